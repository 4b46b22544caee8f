"""A simulated ESP32-C3 that executes what its flash holds."""
