"""How the key configuration reaches the firmware: one file a kind.

`nvs`, `file`, `patch` and `raw` turn a key into bytes at a place in flash and back again; they are
pure. `at` talks to the firmware after it has booted.
"""

from burner.carriers.key import Carrier, KeyConfig, Place
from burner.carriers.nvs import NvsCarrier, NvsSettings

__all__ = ["Carrier", "CarrierSettings", "KeyConfig", "Place", "carrier_for"]

CarrierSettings = NvsSettings
"""A profile's `carrier`, told apart by `kind`."""


def carrier_for(settings: CarrierSettings) -> Carrier:
    """The carrier that a profile's settings ask for."""
    return NvsCarrier(settings)
