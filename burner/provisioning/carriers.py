"""The list of carriers: the settings of each kind, and the carrier that they ask for."""

from typing import Annotated

from pydantic import Field

from burner.provisioning.at_carrier import AtCarrier, AtSettings
from burner.provisioning.carrier import FlashCarrier
from burner.provisioning.file_carrier import FileCarrier, FileSettings
from burner.provisioning.nvs_carrier import NvsCarrier, NvsSettings
from burner.provisioning.patch_carrier import PatchCarrier, PatchSettings
from burner.provisioning.raw_carrier import RawCarrier
from burner.provisioning.raw_settings import RawSettings

AnySettings = NvsSettings | FileSettings | PatchSettings | RawSettings | AtSettings
CarrierSettings = Annotated[AnySettings, Field(discriminator="kind")]
"""A profile's `carrier`, told apart by `kind`."""


def carrier_for(settings: AnySettings) -> FlashCarrier | AtCarrier:
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
