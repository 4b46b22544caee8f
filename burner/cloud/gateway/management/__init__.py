"""The management API of Tencent Cloud, served on the devices that register at the gateway."""
