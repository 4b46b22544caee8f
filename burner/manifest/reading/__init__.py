"""Reading a manifest: attempts, units, batches, audits. Never writes."""
