"""Keys, signatures and heads: who stands behind a chain."""
