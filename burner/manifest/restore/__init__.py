"""A new log in place of one whose newest records, or whose keys, are lost."""
