"""From the IDs of a unit to its name: which IDs are read, which are valid, which name they give.

Pure.
"""
