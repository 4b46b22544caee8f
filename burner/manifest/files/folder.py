"""The folder of a closed batch: what QA and the customer keep, sealed by one signature.

records.chain.jsonl   the chains from the batch's first record to its close; bodies of other
                      batches withheld
units.csv             one row an attempt
names.csv             names of the good units, for the cloud
statement.txt         one page: what was counted, checked and sampled, how to check it again
release.txt           name and digest of what every unit got
report.html, .json    the production report
public-key.pem        checks the signatures
SEAL.json             SHA-256 of every file, signed

All but the report are of the moment of the close, also when the folder is written again later.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import file_digest
from pathlib import Path
from typing import Any

from sqlalchemy import select

from burner.errors import BurnerError
from burner.manifest.batches import BatchStatus, closing, warned
from burner.manifest.bodies import Data, Life, element
from burner.manifest.canonical import dumps
from burner.manifest.chain import Kind
from burner.manifest.checks.tally import Tally
from burner.manifest.checks.verify import Verdict
from burner.manifest.files.chainfile import Line, chain_lines, export_chain, read_chain
from burner.manifest.files.export import csv_of, with_bom
from burner.manifest.files.name_list import HEADER
from burner.manifest.files.statement import statement
from burner.manifest.reader import Filter, Reader
from burner.manifest.signing.keys import Signer
from burner.manifest.tables import RARE, chains, records

RECORDS, UNITS, STATEMENT = "records.chain.jsonl", "units.csv", "statement.txt"
RELEASE, KEY, SEAL, NAMES = "release.txt", "public-key.pem", "SEAL.json", "names.csv"
REQUIRED = frozenset((RECORDS, UNITS, STATEMENT, RELEASE, KEY))
"""Files without which a folder is none."""

Ends = Mapping[tuple[str, str], int]
"""(manifest, station) → last record."""


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
    bom: bool = False,
) -> None:
    """Write and seal the folder of a batch that was closed and checked.

    Args:
        reader: the manifest.
        found: the batch as it stands.
        verdict: of the manifest, after the close.
        folder: made when it is missing.
        signer: the key of the checkpoint behind the close.
        station: whose key that is.
        audited: what is on record of the sample audit, for the statement.
        extra: further files by name (a report); a list of names is made anew, from the records.
        bom: begin units.csv with a byte order mark, for spreadsheets.

    Raises:
        BurnerError: E459 when the batch is not closed, E705 when the folder cannot be written.
    """
    closed = closing(reader, found.batch)
    if closed is None:
        raise BurnerError("E459", f"batch {found.batch} is not closed")
    ends = _ends(reader, closed)
    page = statement(
        found,
        closed,
        verdict,
        key=signer.public.id,
        station=station,
        audited=audited,
        warned=warned(reader, found.batch),
    )
    units = csv_of(_as_closed(reader, found.batch, {**ends, **_own_end(closed)}))
    contents: dict[str, Iterable[str]] = {
        **{name: (text,) for name, text in (extra or {}).items()},
        RELEASE: (f"{found.profile}\n{found.release_digest}\n",),
        KEY: (signer.public.pem(),),
        STATEMENT: (page,),
        RECORDS: export_chain(reader, found.batch, ends),
        UNITS: with_bom(units) if bom else units,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, lines in contents.items():
            _write(folder / name, lines)
        names = names_csv(_tally(folder / RECORDS, reader.manifest, found.batch))
        _write(folder / NAMES, names)
        digests = {name: digest_file(folder / name) for name in sorted({*contents, NAMES})}
        _write(folder / SEAL, (_seal(found, reader, digests, signer),))
    except OSError as error:
        raise BurnerError("E705", f"{folder}: {error.strerror}") from error


def names_csv(tally: Tally) -> Iterator[str]:
    """The lines of the list of names."""
    yield HEADER + "\n"
    for name in tally.names():
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow([name])
        yield text.getvalue()


def _tally(path: Path, manifest: str, batch: str) -> Tally:
    tally = Tally(manifest, batch)

    def record(line: Line) -> str:
        if line.body:
            tally.take(line)
        return ""

    with chain_lines(path) as lines:
        read_chain(lines, lambda _head, _batch: None, record)
    tally.end()
    return tally


def _ends(reader: Reader, closed: Data) -> Ends:
    """Where each chain ends in the folder: where the close saw it; its own at the signature."""
    head = closed["head"]
    ends = {
        (each["manifest"], each["station"]): int(each["seq"])
        for each in closed["data"]["heads"]
        if each["manifest"] == head["manifest"]
    }
    sign = (
        select(records.c.seq)
        .join(chains, chains.c.chain == records.c.chain)
        .where(RARE, records.c.kind == Kind.CHECKPOINT.value, records.c.seq > head["seq"])
        .where(chains.c.manifest == head["manifest"], chains.c.station == head["station"])
        .order_by(records.c.seq)
        .limit(1)
    )
    with reader.connection() as connection:
        signed = connection.execute(sign).scalar()
    return {**ends, (head["manifest"], head["station"]): signed or head["seq"]}


def _own_end(closed: Data) -> Ends:
    head = closed["head"]
    return {(head["manifest"], head["station"]): head["seq"]}


def _as_closed(reader: Reader, batch: str, ends: Ends) -> Iterator[Data]:
    """The attempts of a batch as far as the close saw them: one that ended later is OPEN."""
    for life, _ in reader.lives(Filter(batch=batch)):
        end = ends.get((life.first["manifest"], life.first["station"]), 0)
        if life.first["seq"] <= end:
            yield element(life if life.last["seq"] <= end else _until(reader, life, end))


def _until(reader: Reader, life: Life, end: int) -> Life:
    query = (
        select(records.c.body)
        .join(chains, chains.c.chain == records.c.chain)
        .where(chains.c.manifest == life.first["manifest"])
        .where(chains.c.station == life.first["station"])
        .where(records.c.intent == life.first["seq"], records.c.seq <= end)
        .order_by(records.c.seq)
    )
    # On a connection of its own: attempts are being streamed on the reader's.
    with Reader(reader.where) as beside, beside.connection() as connection:
        return Life(list(connection.execute(query).scalars()))


def _write(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(lines)


def digest_file(path: Path) -> str:
    """SHA-256 of a file, as hex."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _seal(found: BatchStatus, reader: Reader, digests: Mapping[str, str], signer: Signer) -> str:
    seal: dict[str, Any] = {
        "batch": found.batch,
        "burner": "batch 1",
        "files": dict(digests),
        "key": signer.public.id,
        "manifest": reader.manifest,
        "public": signer.public.raw.hex(),
    }
    return dumps({**seal, "signature": signer.sign(dumps(seal).encode())}) + "\n"
