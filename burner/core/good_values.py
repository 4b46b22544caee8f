"""Which measured values are good: the one rule, for the test of a unit and for its record. Pure."""

import re
from decimal import Decimal
from typing import Final

from burner.core import regex
from burner.core.measurements import Limits, Measurement
from burner.core.record_limits import MAX_VALUE

NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
"""The whole name of a value, a test or a resource."""
NUMBER: Final = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")
"""A whole decimal number."""


def number_of(text: str) -> Decimal | None:
    """A decimal number, to its last digit; None where the text is none, such as `NaN`."""
    return Decimal(text) if NUMBER.fullmatch(text) else None


def is_number(limits: Limits) -> bool:
    """Whether a value must be a number: it has a limit or a unit."""
    return bool(limits.low or limits.high or limits.unit)


def is_good(measurement: Measurement) -> bool:
    """Whether a value is as it must be; limits are good values. `measurement.good` is not asked."""
    value = measurement.value
    if len(value) > MAX_VALUE:
        return False
    if measurement.text:
        return value == measurement.text
    if measurement.pattern:
        return regex.fullmatch(measurement.pattern, value) is not None
    if not is_number(measurement):
        return True
    number = number_of(value)
    low, high = number_of(measurement.low), number_of(measurement.high)
    if number is None or (measurement.low and low is None) or (measurement.high and high is None):
        return False
    return (low is None or low <= number) and (high is None or number <= high)
