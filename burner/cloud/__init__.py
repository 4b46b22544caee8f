"""The network towards cloud platforms."""
