"""Figures computed from attempts: counted in one pass, in memory that does not grow."""
