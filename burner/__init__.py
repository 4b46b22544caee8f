"""Burns firmware and the product key into every unit, names each by its IDs, and records it."""
