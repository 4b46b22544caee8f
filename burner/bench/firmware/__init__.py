"""The firmware of a booted chip: boot log, key configuration, writes to its own flash."""
