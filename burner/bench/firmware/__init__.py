"""What a booted chip does: boot log, key configuration, writes to its own flash."""
