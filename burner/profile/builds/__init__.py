"""A firmware build, read from the folder it left behind: one module a kind of build."""
