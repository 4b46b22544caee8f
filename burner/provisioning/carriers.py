"""The list of carriers: the settings of each kind, and the carrier for them."""

from typing import Annotated

from pydantic import Field

from burner.provisioning.at_carrier import AtCarrier, AtSettings
from burner.provisioning.carrier import FlashCarrier
from burner.provisioning.file_carrier import FileCarrier, FileSettings
from burner.provisioning.key_config import PossibleKeys
from burner.provisioning.nvs_carrier import NvsCarrier, NvsSettings
from burner.provisioning.patch_carrier import PatchCarrier, PatchSettings
from burner.provisioning.raw_carrier import RawCarrier
from burner.provisioning.raw_settings import RawSettings

AnySettings = NvsSettings | FileSettings | PatchSettings | RawSettings | AtSettings
CarrierSettings = Annotated[AnySettings, Field(discriminator="kind")]
"""A profile's `carrier`, told apart by `kind`."""

Carrier = FlashCarrier | AtCarrier


def carrier_for(settings: AnySettings, possible: PossibleKeys) -> Carrier:
    """The carrier for the settings of a profile, and for the keys of its product."""
    match settings:
        case NvsSettings():
            return NvsCarrier(settings, possible)
        case FileSettings():
            return FileCarrier(settings, possible)
        case PatchSettings():
            return PatchCarrier(settings, possible)
        case RawSettings():
            return RawCarrier(settings, possible)
        case AtSettings():
            return AtCarrier(settings)


def as_flash_carrier(carrier: Carrier) -> FlashCarrier | None:
    """The carrier, if it writes the key into flash; None if the firmware is told the key."""
    return None if isinstance(carrier, AtCarrier) else carrier


def as_at_carrier(carrier: Carrier) -> AtCarrier | None:
    """The carrier, if it tells the started firmware the key by AT commands; else None."""
    return carrier if isinstance(carrier, AtCarrier) else None
