"""From the IDs of a unit to its name: what is read, what is sound, what the name is. Pure."""
