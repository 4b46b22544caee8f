"""A server that registers devices as the platforms document it, for firmware teams and tests."""
