"""How the key configuration reaches the firmware: one file a kind.

`nvs`, `file`, `patch` and `raw` turn a key into bytes at a place in flash and back again; they are
pure. `at` talks to the firmware after it has booted.
"""

from burner.carriers.key import Carrier, KeyConfig, Place

__all__ = ["Carrier", "KeyConfig", "Place"]
