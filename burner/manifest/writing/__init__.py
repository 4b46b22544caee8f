"""What stations and people write: attempts, batches, corrections, keys, audits."""
