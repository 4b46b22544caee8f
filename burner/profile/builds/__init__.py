"""A firmware build, read from its output folder: a module for each kind of build."""
