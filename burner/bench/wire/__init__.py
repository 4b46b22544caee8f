"""How a host connects to a simulated port: TCP, RFC 2217, PTY, `sim://`."""
