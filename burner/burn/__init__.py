"""One unit: identified, named, written, verified, started, on record."""
