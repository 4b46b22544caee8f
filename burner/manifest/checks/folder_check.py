"""Checks the folder of a closed batch with nothing but itself and, better, the public key."""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from burner.errors import BurnerError
from burner.files import read_plain
from burner.manifest.canonical import dumps
from burner.manifest.chain import Flaw
from burner.manifest.checks.offline import Findings, check_file
from burner.manifest.checks.shapes import is_hash
from burner.manifest.checks.tally import Tally, digest_of
from burner.manifest.files.chainfile import chain_lines
from burner.manifest.files.export import COLUMNS, FORMS
from burner.manifest.files.folder import (
    NAMES,
    RECORDS,
    REQUIRED,
    SEAL,
    STATEMENT,
    UNITS,
    digest_file,
    names_csv,
)
from burner.manifest.files.statement import facts
from burner.manifest.signing.heads import Wanted
from burner.manifest.signing.keys import PublicKey

COUNTED = {
    "PASS": "pass",
    "FAIL": "failed",
    "ERROR": "interrupted",
    "ABORTED": "interrupted",
    "OPEN": "open",
    "scrap": "scrap",
    "void": "void",
}
"""Last words on units → what a close counts."""

LONGEST = 16 << 20
"""Characters of a cell."""
LARGEST, LARGEST_SEAL = 256 << 20, 1 << 20
"""Bytes of a list of names or a statement, and of the seal."""


@dataclass
class FolderVerdict:
    """What a batch folder proves; `flaws` empty = all of it."""

    batch: str = ""
    key: str = ""
    findings: Findings | None = None
    flaws: list[str] = field(default_factory=list)
    broken: bool = False
    """True where the chain of records itself does not hold, False where the files around it."""


def verify_folder(
    folder: Path,
    trusted: Mapping[str, PublicKey] | None = None,
    wanted: Sequence[Wanted] = (),
) -> FolderVerdict:
    """Check a batch folder.

    Args:
        folder: as `write_folder` made it.
        trusted: keys by id, one of which must have sealed it; None = the one in the folder.
        wanted: heads to look for in its records; those met stand in `findings`.

    Raises:
        BurnerError: E746 when it is no batch folder, E724 when its records are none.
    """
    verdict = FolderVerdict()
    seal = _read_seal(folder)
    verdict.batch, verdict.key = seal["batch"], seal["key"]
    public = PublicKey(bytes.fromhex(seal["public"]))
    signed = {key: value for key, value in seal.items() if key != "signature"}
    if public.id != seal["key"] or not public.checks(dumps(signed).encode(), seal["signature"]):
        verdict.flaws.append(f"{SEAL}: its signature is false")
    try:
        verdict.flaws += _wrong_files(folder, seal["files"])
        if not verdict.flaws:
            keys = {public.id: public} if trusted is None else trusted
            _check_content(folder, seal, keys, wanted, verdict)
    except OSError as error:
        raise BurnerError("E746", f"{folder}: {error.strerror}") from error
    if trusted is not None and public.id not in trusted and not _vouched(verdict, public.id):
        verdict.flaws.insert(0, f"{SEAL}: signed by key {public.id}, which is not the given one")
    return verdict


def _vouched(verdict: FolderVerdict, key: str) -> bool:
    """Whether the records hand over from a given key to the one that sealed."""
    chains = verdict.findings.chains if verdict.findings else []
    return not verdict.flaws and any(key in chain.signers for chain in chains)


def _read_seal(folder: Path) -> dict[str, Any]:
    try:
        text = read_plain(folder / SEAL, LARGEST_SEAL).decode("utf-8")
        seal = json.loads(text)
        kinds = {"batch": str, "burner": str, "files": dict, "key": str, "manifest": str}
        form = {**kinds, "public": str, "signature": str}
        if {key: type(value) for key, value in seal.items()} != form or seal["burner"] != "batch 1":
            raise ValueError("other keys than a seal has")
        if dumps(seal) + "\n" != text or len(bytes.fromhex(seal["public"])) != 32:
            raise ValueError("not as burner writes it")
        if missing := REQUIRED - set(seal["files"]):
            raise ValueError(f"does not seal {', '.join(sorted(missing))}")
        for name, digest in seal["files"].items():
            if not is_hash(digest) or name != Path(name).name or "\\" in name or name == SEAL:
                raise ValueError(f"{name!r} is not the name of a sealed file")
    except OSError as error:
        raise BurnerError("E746", f"{folder / SEAL}: {error.strerror}") from error
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise BurnerError("E746", f"{folder / SEAL}: {error}") from error
    return dict(seal)


def _wrong_files(folder: Path, files: Mapping[str, str]) -> list[str]:
    flaws = []
    if (folder / SEAL).is_symlink():
        flaws.append(f"{SEAL} is a link to elsewhere")
    for name, wanted in files.items():
        path = folder / name
        if path.is_symlink():
            flaws.append(f"{name} is a link to elsewhere")
        elif not path.is_file():
            flaws.append(f"{name} is missing")
        elif digest_file(path) != wanted:
            flaws.append(f"{name} was changed")
    there = {path.name for path in folder.iterdir()}
    return flaws + [f"{name} was added" for name in sorted(there - set(files) - {SEAL})]


def _check_content(
    folder: Path,
    seal: Mapping[str, Any],
    trusted: Mapping[str, PublicKey],
    wanted: Sequence[Wanted],
    verdict: FolderVerdict,
) -> None:
    """The files against each other: the chain holds, the close covers it, the rest follows."""
    batch = str(seal["batch"])
    columns = _columns(folder / UNITS)
    tally = Tally(str(seal["manifest"]), batch, columns)
    with chain_lines(folder / RECORDS) as lines:
        found = check_file(lines, trusted, watch=tally.take, wanted=wanted)
    verdict.findings = found
    tally.end()
    if found.flaw:
        verdict.flaws.append(f"{RECORDS}: {found.flaw}")
        verdict.broken = True
        return
    if found.batch != batch:
        verdict.flaws.append(f"{RECORDS} is no export of batch {batch}")
    if len(tally.closings) != 1:
        verdict.flaws.append(f"{RECORDS}: batch {batch} is closed {len(tally.closings)} times")
        return
    closing = tally.closings[0]
    verdict.flaws += [f"{RECORDS}: {flaw}" for flaw in _uncovered(found, closing)]
    verdict.flaws += _miscounted(tally, closing["data"]["counts"])
    verdict.flaws += _wrong_rows(folder / UNITS, tally, columns)
    if NAMES in seal["files"] and not _same_names(folder / NAMES, tally):
        verdict.flaws.append(f"{NAMES} is not the list of the good units in {RECORDS}")
    verdict.flaws += _wrong_statement(folder / STATEMENT, closing)


def _uncovered(found: Findings, closing: Mapping[str, Any]) -> list[Flaw]:
    """Chains that do not reach to where the close saw them, or whose close is not signed."""
    head = closing["head"]
    heads = {(h["manifest"], h["station"]): h for h in closing["data"]["heads"]}
    flaws = []
    for chain in found.chains:
        if chain.station == head["station"] and chain.manifest == head["manifest"]:
            if chain.signed < head["seq"]:
                flaws.append(Flaw(chain.station, head["seq"], "the close is not signed"))
            continue
        seen = heads.get((chain.manifest, chain.station))
        if seen is None or (seen["seq"], seen["hash"]) != (chain.last, chain.hash):
            flaws.append(Flaw(chain.station, chain.last, "ends elsewhere than the close says"))
    return flaws


def _miscounted(tally: Tally, counts: Mapping[str, Any]) -> list[str]:
    """The first number of the signed close that is not that of the records."""
    if hidden := tally.hidden():
        return [f"{RECORDS}: {hidden}"]
    there = Counter(COUNTED[word] for word, _ in tally.words())
    for what in COUNTED.values():
        if counts[what] != there[what]:
            return [f"{RECORDS}: the close counts {counts[what]} {what}, it shows {there[what]}"]
    return []


def _columns(path: Path) -> tuple[str, ...]:
    """Those of the file, if burner has ever written such; else today's, which it then lacks."""
    try:
        there = tuple(next(_rows(path), ()))
    except (ValueError, csv.Error):
        return COLUMNS
    return there if there in FORMS else COLUMNS


def _wrong_rows(path: Path, tally: Tally, columns: Sequence[str]) -> list[str]:
    """The first row that is not as the records have it."""
    left = dict(tally.rows)
    try:
        for number, row in enumerate(_rows(path), 1):
            if number == 1:
                if row != list(columns):
                    return [f"{UNITS}, row 1: not the columns burner writes"]
                continue
            cells = dict(zip(columns, row, strict=True))
            where = (_without_guard(cells["station"]), int(cells["seq"]))
            if left.pop(where, None) != digest_of(row):
                what = f"is not the attempt of {where[0]}, record {where[1]}, in {RECORDS}"
                return [f"{UNITS}, row {number}, {what}"]
    except (ValueError, csv.Error) as error:
        return [f"{UNITS} cannot be read: {error}"]
    for station, seq in left:
        return [f"{UNITS} lacks the attempt of {station}, record {seq}"]
    return []


def _rows(path: Path) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST)
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.reader(file, strict=True)


def _without_guard(cell: str) -> str:
    """A station's id as it is: the apostrophe before a formula is the file's."""
    return cell[1:] if cell.startswith("'") else cell


def _same_names(path: Path, tally: Tally) -> bool:
    try:
        there = read_plain(path, LARGEST).decode("utf-8")
    except ValueError:
        return False
    return sorted(there.split("\n")) == sorted("".join(names_csv(tally)).split("\n"))


def _wrong_statement(path: Path, closing: Mapping[str, Any]) -> list[str]:
    """What the page says of the close, line by line; what it says besides is the station's word."""
    try:
        lines = iter(read_plain(path, LARGEST).decode("utf-8").split("\n"))
    except ValueError:
        return [f"{STATEMENT} is no text"]
    for fact in facts(closing):
        if fact not in lines:  # goes on behind the one before
            return [f"{STATEMENT} does not say what the close says: {fact.strip()}"]
    return []
