"""The wall view: all stations of a manifest at a glance, read only."""
