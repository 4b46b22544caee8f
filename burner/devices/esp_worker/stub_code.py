"""Tells the stub that we upload from one that another program has started."""

from burner.devices.esp_worker.tool import EspLoader, StubFlasher

_SAMPLES = 3
"""Words of its code, from as many places."""


def is_ours(esp: EspLoader) -> bool:
    """Whether the code in RAM is that of our build. Raises FatalError, OSError."""
    stub = StubFlasher(esp)
    for number in range(_SAMPLES):
        place = len(stub.text) * (number + 1) // (_SAMPLES + 1) & ~3
        word = int.from_bytes(stub.text[place : place + 4], "little")
        if esp.read_reg(stub.text_start + place) != word:
            return False
    return True
