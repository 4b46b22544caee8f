"""A simulated label printer: strict about what it gets, with faults of its own."""
