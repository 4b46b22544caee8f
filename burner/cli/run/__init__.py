"""A run of `burner burn`: its inputs, its display, its events as JSON."""
