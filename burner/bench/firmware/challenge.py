"""A firmware that answers the station's challenge, as `firmware/identity` does.

It answers with the key that the flash really holds, and by the name that it makes of its own IDs.
"""

from collections.abc import Callable
from dataclasses import dataclass

from burner.provisioning import challenge
from burner.provisioning.challenge import NONCE_SIZE, WITHIN_S, Refusal
from burner.provisioning.key_config import KeyConfig

LINE_SIZE = 160
"""Bytes of a line that the firmware keeps; of a longer one the front goes."""


@dataclass(frozen=True)
class OwnIdentity:
    """What a firmware knows of itself."""

    key: KeyConfig
    device_name: str


class ChallengedFirmware:
    """The firmware's half of the challenge, from one reset to the next."""

    def __init__(self, identity: Callable[[], OwnIdentity | None], *, registered: bool) -> None:
        """A firmware that has just started.

        Args:
            identity: looks for its key in the flash; None: there is none, or no name.
            registered: whether the device has registered with the cloud.
        """
        self._identity, self._registered = identity, registered
        self._answered = False
        self._line = b""

    def receive(self, data: bytes, since_reset_s: float) -> bytes:
        """What it prints when it hears these bytes."""
        *lines, rest = (self._line + data).replace(b"\r", b"\n").split(b"\n")
        self._line = rest[-LINE_SIZE:]
        nonces = (challenge.nonce_in(line[-LINE_SIZE:]) for line in lines)
        return b"".join(
            challenge.response(self._content(nonce, since_reset_s))
            for nonce in nonces
            if nonce is not None
        )

    def _content(self, nonce: str, since_reset_s: float) -> str:
        refusal = self._refusal(nonce, since_reset_s)
        if refusal is None:
            self._answered = True  # even if there is no key: one challenge, one try
            if own := self._identity():
                return challenge.answer(own.key, own.device_name, bytes.fromhex(nonce)).hex()
            refusal = Refusal.KEY
        return f"refused {refusal}"

    def _refusal(self, nonce: str, since_reset_s: float) -> Refusal | None:
        if self._registered:
            return Refusal.REGISTERED
        if self._answered:
            return Refusal.ANSWERED
        if since_reset_s > WITHIN_S:
            return Refusal.LATE
        return None if _is_nonce(nonce) else Refusal.NONCE


def _is_nonce(text: str) -> bool:
    return len(text) == 2 * NONCE_SIZE and all(digit in "0123456789abcdefABCDEF" for digit in text)
