"""Many slots: one thread a slot, events up one queue, labels brought to their slots."""
