"""Thousands of faulty burns, each unit's whole flash compared with what the record says of it.

`python -m tests.campaign --help` runs it; `tests/test_campaign.py` does so for the suite. Real:
`burner.burn`, the manifest, the slot's device, the worker's code, esptool, the simulated chips.
Left out: the worker's process, sockets and waiting. Time passes only when somebody waits, so a
burn takes some 50 ms whatever goes wrong, and the same seed gives the same campaign.
"""
