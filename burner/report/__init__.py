"""Readers of records that count: production figures, and samples to pull from the box."""
