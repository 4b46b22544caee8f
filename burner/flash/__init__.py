"""The contents of an ESP chip's flash: images, the partition table, otadata. Pure."""
