"""From the IDs of a unit to its name: what is read, what is valid, what the name is. Pure."""
