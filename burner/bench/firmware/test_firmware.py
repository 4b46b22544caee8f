"""Whether the flash holds the test firmware of a route: the model then speaks as that one."""

from hashlib import sha256

from burner.bench.silicon.silicon import SimSilicon
from burner.bench.unit.unit_spec import TestFirmware
from burner.core.segments import Region
from burner.flash.partition_table import Partition


def test_firmware_in(silicon: SimSilicon, slot: Partition) -> TestFirmware | None:
    """The test firmware, if it is what starts from this partition."""
    known = silicon.unit.firmware.test_firmware
    if known and any(_is_there(silicon, r) for r in known.images if r.offset == slot.offset):
        return known
    return None


def _is_there(silicon: SimSilicon, image: Region) -> bool:
    held = silicon.flash.read(image.offset, image.size)
    return sha256(held).hexdigest() == image.sha256
