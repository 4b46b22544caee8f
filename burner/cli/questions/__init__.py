"""Questions to a person before the work begins."""
