"""The languages that people read."""

from typing import Literal

Language = Literal["en", "zh"]
