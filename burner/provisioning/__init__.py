"""How the key configuration reaches the firmware: one carrier a kind, listed in `carriers`.

`nvs`, `file`, `patch` and `raw` turn a key into bytes at a place in flash and back again; they are
pure. `at` talks to the firmware after it has booted.
"""
