"""Whether the manifest still says what was written: the log folded again, everything compared."""
