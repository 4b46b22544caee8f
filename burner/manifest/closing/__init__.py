"""Closing a batch: its record, its statement, its sealed folder."""
