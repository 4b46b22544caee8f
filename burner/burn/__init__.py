"""One unit: identify, name, payload, claim, write, verify, reset, prove, record (`burn.py`)."""
