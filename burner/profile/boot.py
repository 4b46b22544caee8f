"""What a booted unit must print, according to the profile."""

from typing import Annotated

from pydantic import Field, StrictBool

from burner.core.baud_rates import Baud
from burner.core.regex import Capture, Regex
from burner.core.yaml_schema import StrictModel


class BootSettings(StrictModel):
    """What the firmware prints when it starts well. Without any expectation nothing is awaited."""

    baud: Baud = 115200
    """Bits per second of the application's console; the ESP8266's ROM and many of its
    applications use 74880."""
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 5.0
    """Seconds from the reset until every awaited line must have come. A unit whose lines have come
    is not waited for any longer."""
    device_name: Capture | None = None
    r"""The line in which the firmware prints its name, as a regular expression of RE2; its one
    group is the name, which must be the one on record (E603): `'device_name=([\w-]+)'`."""
    product_id: Capture | None = None
    r"""The line with the ProductID that the firmware found, as a regular expression of RE2; its one
    group must be the product's (E604): `'product_id=(\w+)'`."""
    expect: tuple[Regex, ...] = ()
    """Further lines that must come, in any order (E605), as regular expressions of RE2. Each may
    match anywhere in a line: `[wifi ready]`."""
    challenge: StrictBool = False
    """`true`: when these lines have come, the station asks the firmware to prove its key and its
    name (E630 to E632). The firmware is built with BURNER_CHALLENGE: docs/firmware.md."""

    @property
    def awaited(self) -> tuple[str, ...]:
        """Every pattern that some line must match."""
        named = (p for p in (self.device_name, self.product_id) if p)
        return (*self.expect, *named)
