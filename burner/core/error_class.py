"""What an error is about, by the first two characters of its code."""

from enum import StrEnum


class ErrorClass(StrEnum):
    """What an error is about: the first two characters of its code."""

    PROFILE = "E1"
    """The profile and all that is made ready with it: images, secret, carrier, bench, station."""
    RELEASE = "E2"
    PORT = "E3"
    IDENTITY = "E4"
    """The chip, its IDs, its label, its name and its place in the batch."""
    FLASH = "E5"
    VERIFY = "E6"
    MANIFEST = "E7"
    CLOUD = "E8"
    """The cloud platform, and the gateway that plays one."""
    BUG = "E9"


class NumberedCode(StrEnum):
    """A code whose text is its number."""

    @property
    def error_class(self) -> ErrorClass:
        """What it is about."""
        return ErrorClass(self[:2])
