"""How a host reaches a simulated port: TCP, RFC 2217, PTY, `sim://`."""
