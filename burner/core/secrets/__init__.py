"""Protects the product secret: its type, references to it, the search in texts, no core dumps."""
