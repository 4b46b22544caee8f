"""Many slots: a thread for each slot; their events come through one queue."""
