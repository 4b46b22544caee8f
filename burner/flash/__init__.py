"""What lies in the flash of an ESP chip: images, the partition table, otadata. Pure."""
