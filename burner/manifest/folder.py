"""The folder of a closed batch: what QA and the customer keep, sealed by one signature.

records.chain.jsonl   the chain from the batch's first record to its close; bodies of other
                      batches withheld
units.csv             one row an attempt
statement.txt         one page: what was counted, checked and sampled, how to check it again
release.txt           name and digest of what every unit got
report.html, .json    the production report
names.csv             names of the good units, for the cloud
public-key.pem        checks the signatures
SEAL.json             SHA-256 of every file, signed
"""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from burner.errors import BurnerError
from burner.manifest.batches import BatchStatus, closing
from burner.manifest.canonical import dumps
from burner.manifest.chain import Flaw, Kind
from burner.manifest.chainfile import export_chain
from burner.manifest.claims import CLOSED
from burner.manifest.export import csv_lines
from burner.manifest.keys import PublicKey, Signer
from burner.manifest.offline import Findings, check_file
from burner.manifest.reader import Filter, Reader
from burner.manifest.statement import statement
from burner.manifest.verify import Verdict

RECORDS, UNITS, STATEMENT = "records.chain.jsonl", "units.csv", "statement.txt"
RELEASE, KEY, SEAL = "release.txt", "public-key.pem", "SEAL.json"


def write_folder(
    reader: Reader,
    found: BatchStatus,
    verdict: Verdict,
    folder: Path,
    *,
    signer: Signer,
    station: str,
    audited: Sequence[str],
    extra: Mapping[str, str] | None = None,
) -> None:
    """Write and seal the folder of a batch that was just closed and checked.

    Args:
        reader: the manifest.
        found: the batch as it was closed.
        verdict: of the manifest, after the close.
        folder: made when it is missing.
        signer: the key of the checkpoint behind the close.
        station: whose key that is.
        audited: what is on record of the sample audit, for the statement.
        extra: further files by name (a report).

    Raises:
        BurnerError: E705 when it cannot be written.
    """
    texts = {
        RELEASE: f"{found.profile}\n{found.release_digest}\n",
        KEY: signer.public.pem(),
        STATEMENT: statement(
            found,
            verdict,
            key=signer.public.id,
            station=station,
            closed=_closed(reader, found.batch),
            audited=audited,
        ),
        **(extra or {}),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        contents: dict[str, Iterable[str]] = {
            **{name: (text,) for name, text in texts.items()},
            RECORDS: export_chain(reader, found.batch, _ends(reader, found.batch)),
            UNITS: csv_lines(reader, Filter(batch=found.batch)),
        }
        for name, lines in contents.items():
            with (folder / name).open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(lines)
        digests = {name: _digest(folder / name) for name in sorted(contents)}
        (folder / SEAL).write_text(_seal(found, reader, digests, signer), encoding="utf-8")
    except OSError as error:
        raise BurnerError("E705", f"{folder}: {error.strerror}") from error


def _closed(reader: Reader, batch: str) -> str:
    closed = closing(reader, batch)
    if closed is None:
        return "no"
    return f"{closed['head']['at'][:16].replace('T', ' ')} UTC by {closed['data']['operator']}"


def _ends(reader: Reader, batch: str) -> dict[tuple[str, str], int]:
    """Other stations go on: their chains end in the folder where the close saw them."""
    closed = closing(reader, batch)
    if closed is None:
        return {}
    own = (closed["head"]["manifest"], closed["head"]["station"])
    seen = {(h["manifest"], h["station"]): int(h["seq"]) for h in closed["data"]["heads"]}
    return {where: seq for where, seq in seen.items() if where != own}


@dataclass
class FolderVerdict:
    """What a batch folder proves; `flaws` empty = all of it."""

    batch: str = ""
    key: str = ""
    findings: Findings | None = None
    flaws: list[str] = field(default_factory=list)


def verify_folder(folder: Path, trusted: Mapping[str, PublicKey] | None = None) -> FolderVerdict:
    """Check a batch folder with nothing but itself and, better, QA's copy of the public key.

    Raises:
        BurnerError: E724 when it is no batch folder.
    """
    verdict = FolderVerdict()
    seal = _read_seal(folder)
    verdict.batch, verdict.key = seal["batch"], seal["key"]
    public = PublicKey(bytes.fromhex(seal["public"]))
    signed = {key: value for key, value in seal.items() if key != "signature"}
    if public.id != seal["key"] or not public.checks(dumps(signed).encode(), seal["signature"]):
        verdict.flaws.append(f"{SEAL}: its signature is false")
    if trusted is not None and public.id not in trusted:
        verdict.flaws.append(f"{SEAL}: signed by key {public.id}, which is not the given one")
    verdict.flaws += _wrong_files(folder, seal["files"])
    if not verdict.flaws:
        _check_content(folder, seal, {public.id: public} if trusted is None else trusted, verdict)
    return verdict


def _seal(found: BatchStatus, reader: Reader, digests: Mapping[str, str], signer: Signer) -> str:
    seal = {
        "batch": found.batch,
        "burner": "batch 1",
        "files": dict(digests),
        "key": signer.public.id,
        "manifest": reader.manifest,
        "public": signer.public.raw.hex(),
    }
    return dumps({**seal, "signature": signer.sign(dumps(seal).encode())}) + "\n"


def _read_seal(folder: Path) -> dict[str, Any]:
    try:
        text = (folder / SEAL).read_text(encoding="utf-8")
        seal = json.loads(text)
        kinds = {"batch": str, "burner": str, "files": dict, "key": str, "manifest": str}
        wanted = {**kinds, "public": str, "signature": str}
        if {key: type(value) for key, value in seal.items()} != wanted:
            raise ValueError("other keys than a seal has")
        if dumps(seal) + "\n" != text or len(bytes.fromhex(seal["public"])) != 32:
            raise ValueError("not as burner writes it")
    except OSError as error:
        raise BurnerError("E724", f"{folder / SEAL}: {error.strerror}") from error
    except (ValueError, AttributeError) as error:
        raise BurnerError("E724", f"{folder / SEAL}: {error}") from error
    return dict(seal)


def _wrong_files(folder: Path, files: Mapping[str, str]) -> list[str]:
    flaws = []
    for name, wanted in files.items():
        path = folder / Path(name).name
        if not path.is_file():
            flaws.append(f"{name} is missing")
        elif _digest(path) != wanted:
            flaws.append(f"{name} was changed")
    there = {path.name for path in folder.iterdir()}
    return flaws + [f"{name} was added" for name in sorted(there - set(files) - {SEAL})]


def _check_content(
    folder: Path,
    seal: Mapping[str, Any],
    trusted: Mapping[str, PublicKey],
    verdict: FolderVerdict,
) -> None:
    """The files against each other: the chain holds, the close covers it, the CSV agrees."""
    batch = str(seal["batch"])
    closings: list[dict[str, Any]] = []
    attempts: dict[tuple[str, int], tuple[str, str, str]] = {}

    def watch(body: dict[str, Any]) -> None:
        head = body["head"]
        if head["batch"] != batch:
            return
        if head["kind"] == Kind.BATCH and body["data"]["op"] == CLOSED:
            closings.append(body)
        elif head["kind"] in (Kind.INTENT, Kind.CLAIM, Kind.OUTCOME):
            outcome = head["outcome"] or "OPEN"
            where = (head["station"], head["intent"])
            attempts[where] = (head["unit_id"], head["device_name"], outcome)

    with (folder / RECORDS).open(encoding="utf-8", newline="\n") as lines:
        verdict.findings = check_file(lines, trusted, watch=watch)
    if flaw := verdict.findings.flaw:
        verdict.flaws.append(f"{RECORDS}: {flaw}")
        return
    if len(closings) != 1:
        verdict.flaws.append(f"{RECORDS}: batch {batch} is closed {len(closings)} times")
        return
    verdict.flaws += [f"{RECORDS}: {flaw}" for flaw in _uncovered(verdict.findings, closings[0])]
    if _rows(folder / UNITS) != attempts:
        verdict.flaws.append(f"{UNITS} and {RECORDS} tell of different attempts")


def _uncovered(found: Findings, closing: dict[str, Any]) -> list[Flaw]:
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


def _rows(path: Path) -> dict[tuple[str, int], tuple[str, str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {
            (row["station"], int(row["seq"])): (
                row["unit_id"],
                row["device_name"],
                row["outcome"],
            )
            for row in csv.DictReader(file)
        }


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
