"""How the key configuration gets to the firmware: a carrier for each kind, listed in `carriers`.

`nvs`, `file`, `patch` and `raw` turn a key into bytes at a place in flash and back; they are pure.
`at` talks to the firmware after its boot.
"""
