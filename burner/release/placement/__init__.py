"""The places in flash: images placed and checked, the bytes of one unit, the map."""
