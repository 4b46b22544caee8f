"""How the key configuration reaches the firmware: one file a kind.

`nvs`, `file`, `patch` and `raw` turn a key into bytes at a place in flash and back again; they are
pure. `at` talks to the firmware after it has booted.
"""

from typing import Annotated

from pydantic import Field

from burner.provisioning.at import AtCarrier, AtSettings
from burner.provisioning.file import FileCarrier, FileSettings
from burner.provisioning.key import Carrier, KeyConfig, KeyState, Place, is_moved
from burner.provisioning.nvs import NvsCarrier, NvsSettings
from burner.provisioning.patch import PatchCarrier, PatchSettings
from burner.provisioning.raw import RawCarrier, RawSettings

__all__ = [
    "AtCarrier",
    "AtSettings",
    "Carrier",
    "CarrierSettings",
    "FileSettings",
    "KeyConfig",
    "KeyState",
    "NvsSettings",
    "PatchCarrier",
    "PatchSettings",
    "Place",
    "RawSettings",
    "carrier_for",
    "is_moved",
]

AnySettings = NvsSettings | FileSettings | PatchSettings | RawSettings | AtSettings
CarrierSettings = Annotated[AnySettings, Field(discriminator="kind")]
"""A profile's `carrier`, told apart by `kind`."""


def carrier_for(settings: AnySettings) -> Carrier | AtCarrier:
    """The carrier that a profile's settings ask for."""
    match settings:
        case NvsSettings():
            return NvsCarrier(settings)
        case FileSettings():
            return FileCarrier(settings)
        case PatchSettings():
            return PatchCarrier(settings)
        case RawSettings():
            return RawCarrier(settings)
        case AtSettings():
            return AtCarrier(settings)
