"""Signatures along a chain: what a checkpoint signs, and whom a chain trusts. Pure.

A checkpoint signs the record before it. Whoever holds the station's key could write the chain
anew and sign again, so heads also leave the station: as a short code, as a file, countersigned.
"""

from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from burner.manifest.canonical import dumps
from burner.manifest.chain import Kind
from burner.manifest.signing.keys import PublicKey, Signer
from burner.manifest.signing.trust import keys_of

CODE_BITS = 80
"""Of a hash in a short code: enough that nobody finds a second chain for it."""


class KeyOp(StrEnum):
    """What a record of kind `key` does."""

    MADE = "made"
    """From here on this key signs."""
    ROTATED = "rotated"
    """From here on another key signs; the old one signed that."""
    REVOKED = "revoked"
    """The key is in wrong hands: what it signs after this record counts for nothing."""
    LOST = "lost"
    """The key is gone; the next one comes without its word."""


@dataclass(frozen=True)
class HeadOfChain:
    """Where a chain stands: what is signed, printed and compared."""

    manifest: str
    station: str
    seq: int
    hash: str

    def message(self) -> bytes:
        """The bytes that are signed."""
        return dumps({"burner": "head 1", **vars(self)}).encode()

    def code(self) -> str:
        """`line1 1234 ABCD-EFGH-IJKL-MNOP`: to print, to write down, to read out."""
        raw = b32encode(bytes.fromhex(self.hash)[: CODE_BITS // 8]).decode()
        groups = "-".join(raw[i : i + 4] for i in range(0, len(raw), 4))
        return f"{self.station} {self.seq} {groups}"


def checkpoint_data(head: HeadOfChain, signer: Signer, reason: str) -> dict[str, Any]:
    """The data of a checkpoint record behind `head`."""
    return {
        "hash": head.hash,
        "key": signer.public.id,
        "public": signer.public.raw.hex(),
        "reason": reason,
        "seq": head.seq,
        "signature": signer.sign(head.message()),
    }


def rotation_message(manifest: str, station: str, new: PublicKey) -> bytes:
    """What the old key signs for the new one."""
    return dumps(
        {"burner": "key 1", "manifest": manifest, "public": new.raw.hex(), "station": station}
    ).encode()


class Seals:
    """Follows one chain's keys and checkpoints."""

    def __init__(
        self, manifest: str, station: str, trusted: Mapping[str, PublicKey] | None = None
    ) -> None:
        self._manifest, self._station = manifest, station
        given = keys_of(trusted, station)
        self._given = given is not None
        self._trusted = dict(given or {})
        self._revoked: set[str] = set()
        self.signed = 0
        """Number of the last record under a good signature."""
        self.signers: dict[str, PublicKey] = {}
        """Whoever signed."""
        self.unvouched: list[str] = []
        """Ids of keys that were made while another was in force, without its word."""

    def take(self, kind: str, seq: int, before: str, data: Mapping[str, Any]) -> str:
        """The next `key` or `checkpoint` record; empty, or what is wrong with it.

        Args:
            kind: the record's.
            seq: its number.
            before: hash of the record before it.
            data: of its body.
        """
        try:
            if kind == Kind.KEY:
                return self._key(data)
            return self._checkpoint(seq, before, data)
        except (KeyError, ValueError, TypeError, AttributeError):
            return f"a {kind} that cannot be read"

    def unsigned(self, records: int) -> str:
        """After the last of so many records: what is wrong when keys were given, and none of them
        (nor one they vouch for) signed anything; else empty.
        """
        if not self._given or self.signed or not records:
            return ""
        return "nothing up to here is signed by a key that was given for this station"

    def _key(self, data: Mapping[str, Any]) -> str:
        op = KeyOp(data["op"])
        if op in (KeyOp.REVOKED, KeyOp.LOST):
            self._revoked.add(data["key"])
            return ""
        new = PublicKey(bytes.fromhex(data["public"]))
        if op is KeyOp.MADE:
            if not self._given:
                if self._trusted.keys() - self._revoked - {new.id}:
                    self.unvouched.append(new.id)
                self._trusted[new.id] = new
            return ""
        old = self._trusted.get(data["old"])
        if old is None or old.id in self._revoked:
            return "" if self._given else f"key {new.id} is not vouched for"
        if not old.checks(rotation_message(self._manifest, self._station, new), data["signature"]):
            return f"key {new.id} is not vouched for by key {old.id}"
        self._trusted[new.id] = new
        return ""

    def _checkpoint(self, seq: int, before: str, data: Mapping[str, Any]) -> str:
        key = PublicKey(bytes.fromhex(data["public"]))
        head = HeadOfChain(self._manifest, self._station, seq - 1, before)
        if (data["seq"], data["hash"], data["key"]) != (head.seq, head.hash, key.id):
            return "its checkpoint is of another record"
        if key.id in self._revoked:
            return f"signed by key {key.id}, which was withdrawn before"
        if key.id not in self._trusted and (self._given or self._trusted):
            return (
                f"signed by key {key.id}, which is neither given nor vouched for: a stranger's, "
                "or the station's before or after the given one (give each with --key)"
            )
        if not key.checks(head.message(), data["signature"]):
            return "its signature is false"
        self.signed, self.signers[key.id] = head.seq, key
        return ""
