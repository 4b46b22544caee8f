"""The log and what follows from it in a database: SQLite, or PostgreSQL."""
