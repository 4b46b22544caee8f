"""Programs of the factory, and functions of its packages: run, bounded, and understood."""
