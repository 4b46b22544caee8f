"""What a record says: one frozen type a kind, and its canonical bytes. Pure."""
