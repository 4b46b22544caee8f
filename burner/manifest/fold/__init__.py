"""What follows from the records: `apply(state, number, entry) → changes`. Pure."""
