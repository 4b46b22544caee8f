"""The simulated bench: chips, modems and lines at the wire, for the real esptool to talk to."""
