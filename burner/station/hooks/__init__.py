"""Programs of the factory that are told of units and batches on record. They change nothing."""
