"""What was just burned is read back where it holds something; the chip's MD5 proves the rest."""

from dataclasses import replace

import pytest

from burner.burn.readback import check_burned_key
from burner.release.release import Release
from tests.burn.one_slot import NAME
from tests.devices.esp_in_memory import FakeBoard, FakeDevice
from tests.provisioning.test_compare import made

PAGE = 0x1000


class CountingDevice(FakeDevice):
    def __init__(self, board: FakeBoard) -> None:
        super().__init__(board)
        self.read_bytes = 0

    def read(self, offset: int, size: int) -> bytes:
        self.read_bytes += size
        return super().read(offset, size)


@pytest.mark.parametrize("region_class", ["frozen", "mutable"])
def test_one_page_of_nvs_is_read_after_the_burn(release: Release, region_class: str) -> None:
    carrier = made("nvs", **{"class": region_class})
    burned = replace(release, carrier=carrier)
    board = FakeBoard()
    for segment in carrier.fill(release.layout, burned.key_for(NAME)):
        assert list(board.program(segment))
    device = CountingDevice(board)
    check_burned_key(device, burned, NAME)
    assert device.read_bytes == PAGE
