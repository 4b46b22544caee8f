"""What a person sets for a product in the console of a platform."""

from enum import IntEnum, StrEnum


class RegisterType(IntEnum):
    """Tencent's RegisterType: the switch of a product's dynamic registration."""

    OFF = 0
    PRECREATED = 1
    """On, for names that were created beforehand."""
    AUTOMATIC = 2
    """On, and creates devices up to a limit."""


class CredentialKind(StrEnum):
    """How devices of a product prove who they are."""

    KEY = "key"
    CERTIFICATE = "certificate"
