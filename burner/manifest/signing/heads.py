"""Heads outside the station: a file to send, to countersign, to hold against the manifest later."""

import json
import re
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from burner.errors import BurnerError
from burner.files import read_plain
from burner.manifest.checks.shapes import wrong_heads
from burner.manifest.reader import Reader
from burner.manifest.signing.keys import PublicKey, Signer
from burner.manifest.signing.seals import HeadOfChain
from burner.manifest.tables import chains, records

_CODE = re.compile(
    r"\s*(\S|\S.*\S)\s+([0-9]{1,15})\s+([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})\s*", re.IGNORECASE
)
LARGEST = 16 << 20
"""Bytes of a file of heads."""
_SIGNATURE = ("by", "key", "public", "seq", "signature", "station")


@dataclass(frozen=True)
class Wanted:
    """A head that a manifest must contain."""

    station: str
    seq: int
    prefix: str = ""
    """The start of its hash in base 32, as a printed code has it."""
    hash: str = ""
    """All of it, and whose chain it is, as a file has it."""
    manifest: str = ""

    def met_by(self, manifest: str, hash_: str) -> bool:
        """Whether the record of that number, in the chain of that station, is this one."""
        if self.hash:
            return (self.manifest, self.hash) == (manifest, hash_)
        return _base32(hash_).startswith(self.prefix)


@dataclass(frozen=True)
class HeadFile:
    """What a file of heads says."""

    heads: tuple[Wanted, ...]
    countersigned: bool
    """Whether each head bears a good signature (of a given key, when keys are given)."""


def parse_code(text: str) -> Wanted:
    """A short code as it was printed: station, number, hash. A station's id may hold blanks.

    Raises:
        BurnerError: E735 when it is none.
    """
    match = _CODE.fullmatch(text)
    if match is None:
        raise BurnerError("E735", text)
    return Wanted(match[1], int(match[2]), match[3].upper().replace("-", ""))


def current_heads(reader: Reader) -> list[HeadOfChain]:
    """Where every chain of this manifest stands."""
    from burner.manifest.batches import heads

    with reader.connection() as connection:
        return [HeadOfChain(**head) for head in heads(connection)]


def write_heads(path: Path, heads: list[HeadOfChain]) -> None:
    """A file for the mail, the archive, or QA's countersignature.

    Raises:
        BurnerError: E705 when it cannot be written.
    """
    _write(
        path,
        {"burner": "heads 1", "heads": [vars(head) for head in heads], "signatures": []},
    )


def heads_of(path: Path) -> list[HeadOfChain]:
    """The heads of a file, to be looked at before they are signed.

    Raises:
        BurnerError: E735 when it holds no heads.
    """
    return [HeadOfChain(**head) for head in _read(path)["heads"]]


def countersign(path: Path, signer: Signer, who: str) -> list[HeadOfChain]:
    """Add a signature over every head of a file.

    Returns:
        What was signed.

    Raises:
        BurnerError: E735 when the file holds no heads, E705 when it cannot be written.
    """
    data = _read(path)
    heads = [HeadOfChain(**head) for head in data["heads"]]
    others = [each for each in data["signatures"] if each["key"] != signer.public.id]
    mine = [
        {
            "by": who,
            "key": signer.public.id,
            "public": signer.public.raw.hex(),
            "seq": head.seq,
            "signature": signer.sign(head.message()),
            "station": head.station,
        }
        for head in heads
    ]
    _write(path, {**data, "signatures": [*others, *mine]})
    return heads


def read_heads(path: Path, trusted: Mapping[str, PublicKey] | None = None) -> HeadFile:
    """The heads of a file, its signatures checked.

    Args:
        path: the file.
        trusted: keys by id; when given and anybody has signed, one of them must be among the
            signers of each head.

    Raises:
        BurnerError: E735 when it holds no heads, or a signature is false or missing.
    """
    data = _read(path)
    heads = [HeadOfChain(**head) for head in data["heads"]]
    signers: dict[HeadOfChain, set[str]] = {head: set() for head in heads}
    for signature in data["signatures"]:
        head, key = _signed(path, heads, signature)
        signers[head].add(key)
    if data["signatures"]:
        for head, keys in signers.items():
            if not (keys if trusted is None else keys & set(trusted)):
                what = f"{path}: {head.station} {head.seq} is signed by no given key"
                raise BurnerError("E735", what)
    wanted = tuple(Wanted(h.station, h.seq, hash=h.hash, manifest=h.manifest) for h in heads)
    return HeadFile(wanted, bool(data["signatures"]))


def missing_heads(reader: Reader, wanted: list[Wanted]) -> list[Wanted]:
    """Those that this manifest does not contain."""
    return [
        head
        for head in wanted
        if not any(head.met_by(*found) for found in _hashes_at(reader, head))
    ]


def _hashes_at(reader: Reader, head: Wanted) -> list[tuple[str, str]]:
    """Manifest and hash of each record of that number; imported stations may have the same id."""
    query = (
        select(chains.c.manifest, records.c.hash)
        .join(chains, chains.c.chain == records.c.chain)
        .where(chains.c.station == head.station, records.c.seq == head.seq)
    )
    with reader.connection() as connection:
        return [(row.manifest, row.hash) for row in connection.execute(query).all()]


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(read_plain(path, LARGEST).decode("utf-8"))
        if type(data) is not dict or data.get("burner") != "heads 1" or not data.get("heads"):
            raise ValueError("holds no heads")
        if wrong := wrong_heads(data["heads"]):
            raise ValueError(wrong)
        for each in data["signatures"]:
            if not set(each) >= set(_SIGNATURE) or type(each["seq"]) is not int:
                raise ValueError("a signature of another form")
    except OSError as error:
        raise BurnerError("E735", f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BurnerError("E735", f"{path}: {error}") from error
    return data


def _write(path: Path, data: dict[str, Any]) -> None:
    """Whole or not at all: a full disk must not cost the signatures that are there."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise BurnerError("E705", f"{path}: {error.strerror}") from error


def _signed(
    path: Path, heads: list[HeadOfChain], signature: Mapping[str, Any]
) -> tuple[HeadOfChain, str]:
    """The head that a signature is of, and the key that made it."""
    of = (signature["station"], signature["seq"])
    try:
        key = PublicKey(bytes.fromhex(signature["public"]))
        for head in heads:
            good = (head.station, head.seq) == of and key.id == signature["key"]
            if good and key.checks(head.message(), signature["signature"]):
                return head, key.id
    except (ValueError, TypeError):
        pass
    raise BurnerError("E735", f"{path}: a signature of {of[0]} {of[1]} is false")


def _base32(hash_: str) -> str:
    return b32encode(bytes.fromhex(hash_)).decode()
