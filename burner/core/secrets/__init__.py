"""What keeps the product secret in: the type, its references, the search for it, no core dumps."""
