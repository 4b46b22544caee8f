"""The terminal: what people read, the keys they press, signals, the language."""
