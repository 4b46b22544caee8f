"""The text of a new profile, filled in from a build as far as the build says."""
