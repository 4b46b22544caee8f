"""The door to the database: the production ledger, its chain of records, its claims of names."""
