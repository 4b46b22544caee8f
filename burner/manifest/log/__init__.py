"""The transparency log: RFC 6962 tree, C2SP notes, checkpoints and proofs. Pure: no I/O."""
