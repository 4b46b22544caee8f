"""What a simulated chip can be doing."""

from enum import Enum, auto


class Mode(Enum):
    """What the chip is doing."""

    OFF = auto()
    RESET = auto()
    """EN is low."""
    STARTING = auto()
    """Out of reset, straps not read yet."""
    DOWNLOAD = auto()
    APP = auto()
