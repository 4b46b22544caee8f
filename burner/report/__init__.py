"""Figures computed from records: the production report, and the sample audit."""
