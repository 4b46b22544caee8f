"""A test firmware that every unit runs before its own firmware, according to the profile."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from burner.core.baud_rates import Baud
from burner.core.regex import Regex
from burner.core.yaml_schema import AtLeastOne, StrictModel
from burner.profile.images import FirmwareFile
from burner.profile.tests import Tests


class RouteBoot(StrictModel):
    """What the test firmware prints when it starts well."""

    baud: Baud = 115200
    """Bits per second of its console."""
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 5.0
    """Seconds from the reset until every awaited line must have come."""
    expect: tuple[Regex, ...] = ()
    """Lines that must come, in any order, as regular expressions of RE2. Each may match anywhere in
    a line: `[RF test ready]`."""


class RouteSettings(StrictModel):
    """A test firmware: it is written first, runs its tests, and the product's firmware replaces it.

    Bootloader, partition table and otadata of the product are written with it.
    """

    images: AtLeastOne[FirmwareFile]
    """The files of the test firmware, each at an offset or in a partition of the product's table.
    The product's images and `blank` must write again whatever they write (E159)."""
    boot: RouteBoot = RouteBoot()
    """What the test firmware prints when it starts well."""
    tests: Tests = ()
    """Tests that run on the started test firmware, in their order."""

    @model_validator(mode="after")
    def _on_the_test_firmware(self) -> Self:
        if any(test.before or test.after for test in self.tests):
            raise ValueError("tests of a route without before and after: they run when it started")
        return self
