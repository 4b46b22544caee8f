"""burner: one product key into every unit, each named by its own silicon, every one on record."""
