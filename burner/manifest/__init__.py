"""The manifest: one signed log of records, what follows from them, and who reads and writes it."""
