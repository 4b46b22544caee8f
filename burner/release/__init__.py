"""Releases: a profile and its files, placed, checked, packed, signed and compared."""
