"""The live display of a run, and the table at its end."""
