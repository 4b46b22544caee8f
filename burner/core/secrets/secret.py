"""The type of a secret: str, repr, pickle and JSON do not show it."""

import hmac
from collections.abc import Callable
from typing import Final, Never, final

_FINGERPRINT_LABEL: Final = b"burner key fingerprint 1\0"


@final
class Secret:
    """Bytes that only `reveal()` returns.

    Compared in constant time, and with other secrets only. Every secret has the same hash, so that
    the hash tells nothing. A copy is the same object.
    """

    __slots__ = ("reveal",)

    reveal: Callable[[], bytes]
    """The one way out. A closure, so that no attribute holds the bytes."""

    def __init__(self, value: bytes) -> None:
        object.__setattr__(self, "reveal", lambda: value)

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError("a Secret does not change")

    def __repr__(self) -> str:
        return "Secret(…)"

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.reveal(), other.reveal())

    def __hash__(self) -> int:
        return hash(Secret)

    def __bool__(self) -> bool:
        return True

    def __reduce_ex__(self, protocol: object) -> Never:
        raise TypeError("a Secret is not serialised")

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self

    def fingerprint(self, context: str) -> str:
        """16 hex digits that tell equal secrets from different ones, within one context.

        HMAC-SHA256 keyed by the secret, over a fixed label and the context (say, the ProductID),
        cut to 64 bits: a record may hold it.
        """
        return hmac.digest(self.reveal(), _FINGERPRINT_LABEL + context.encode(), "sha256").hex()[
            :16
        ]
