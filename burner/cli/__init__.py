"""The command line: commands, the live display, errors as words and exit status."""
