"""The worker process of a slot: it drives esptool on one port, and gets its commands on a pipe.

It is a process of its own because esptool has one logger for a process, and because a call into a
bad driver may never return. It is kept running because its imports take longer than to connect to a
chip. Started as `python -m burner.devices.esp_worker`.
"""
