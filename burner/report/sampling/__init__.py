"""The sample audit of a batch: how many, which units, and the verdict."""
