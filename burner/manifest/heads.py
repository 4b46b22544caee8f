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
from burner.manifest.keys import PublicKey, Signer
from burner.manifest.reader import Reader
from burner.manifest.seals import HeadOfChain
from burner.manifest.tables import chains, records

_CODE = re.compile(r"(\S+) (\d+) ([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})")


@dataclass(frozen=True)
class Wanted:
    """A head that a manifest must contain: `prefix` is the start of its hash in base 32."""

    station: str
    seq: int
    prefix: str

    def met_by(self, hash_: str | None) -> bool:
        """Whether the record of that number has this hash."""
        return hash_ is not None and _base32(hash_).startswith(self.prefix)


def parse_code(text: str) -> Wanted:
    """A short code as it was printed.

    Raises:
        BurnerError: E735 when it is none.
    """
    match = _CODE.fullmatch(" ".join(text.upper().split()[-3:]))
    if match is None:
        raise BurnerError("E735", text)
    return Wanted(text.split()[-3], int(match[2]), match[3].replace("-", ""))


def current_heads(reader: Reader) -> list[HeadOfChain]:
    """Where every chain of this manifest stands."""
    from burner.manifest.batches import heads

    with reader.connection() as connection:
        return [HeadOfChain(**head) for head in heads(connection)]


def write_heads(path: Path, heads: list[HeadOfChain]) -> None:
    """A file for the mail, the archive, or QA's countersignature."""
    data = {"burner": "heads 1", "heads": [vars(head) for head in heads], "signatures": []}
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def countersign(path: Path, signer: Signer, who: str) -> None:
    """Add a signature over every head of a file.

    Raises:
        BurnerError: E735 when the file holds no heads.
    """
    data = _read(path)
    for head in data["heads"]:
        data["signatures"].append(
            {
                "by": who,
                "key": signer.public.id,
                "public": signer.public.raw.hex(),
                "seq": head["seq"],
                "signature": signer.sign(HeadOfChain(**head).message()),
                "station": head["station"],
            }
        )
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def read_heads(path: Path, trusted: Mapping[str, PublicKey] | None = None) -> list[Wanted]:
    """The heads of a file, its signatures checked.

    Args:
        path: the file.
        trusted: keys by id; when given, one of them must have signed each head.

    Raises:
        BurnerError: E735 when it holds no heads, or a signature is false or missing.
    """
    data = _read(path)
    wanted = []
    for each in data["heads"]:
        head = HeadOfChain(**each)
        signers = {_checked(path, head, s) for s in data["signatures"] if _of(s, head)}
        if trusted is not None and not signers & set(trusted):
            raise BurnerError(
                "E735", f"{path}: {head.station} {head.seq} is signed by no given key"
            )
        wanted.append(Wanted(head.station, head.seq, _base32(head.hash)))
    return wanted


def missing_heads(reader: Reader, wanted: list[Wanted]) -> list[Wanted]:
    """Those that this manifest does not contain."""
    return [head for head in wanted if not head.met_by(_hash_at(reader, head))]


def _hash_at(reader: Reader, head: Wanted) -> str | None:
    query = (
        select(records.c.hash)
        .join(chains, chains.c.chain == records.c.chain)
        .where(chains.c.station == head.station, records.c.seq == head.seq)
        .order_by(chains.c.manifest != reader.manifest)
    )
    with reader.connection() as connection:
        return connection.execute(query).scalars().first()


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        heads = [HeadOfChain(**head) for head in data["heads"]]
        if data["burner"] != "heads 1" or not heads or not isinstance(data["signatures"], list):
            raise ValueError("holds no heads")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BurnerError("E735", f"{path}: {error}") from error
    return dict(data)


def _of(signature: dict[str, Any], head: HeadOfChain) -> bool:
    return (signature.get("station"), signature.get("seq")) == (head.station, head.seq)


def _checked(path: Path, head: HeadOfChain, signature: dict[str, Any]) -> str:
    try:
        key = PublicKey(bytes.fromhex(signature["public"]))
        good = key.id == signature["key"] and key.checks(head.message(), signature["signature"])
    except (KeyError, ValueError, TypeError):
        good = False
    if not good:
        raise BurnerError("E735", f"{path}: a signature of {head.station} {head.seq} is false")
    return key.id


def _base32(hash_: str) -> str:
    return b32encode(bytes.fromhex(hash_)).decode()
