"""The management APIs of platforms, served on the devices that register at the gateway."""
