"""The child of a slot: drives esptool on one port, told what to do over a pipe.

A process of its own because esptool's logger is one per process and a wedged driver can hold a
call for ever; kept warm because its imports take longer than meeting a chip. Nothing else in
burner imports esptool, save the bench for facts. Started as `python -m burner.devices.esp_worker`.
"""
