"""The folder of a closed batch, for QA and the customer, sealed by one signature.

records.log           the export of the batch, with the proofs of its records
units.csv             the attempts in records.log, one row each
measurements.csv      what their tests measured, one row a value; only where there are tests
names.csv             names of the good units, for the cloud
statement.txt         what was counted, checked and sampled, and how to check it again
release.txt           name and digest of the release
release-01.dsse.json  the envelopes on it: who signed and who approved; of the first article too
report.html, .json    the production report
SEAL                  SHA-256 of every file: a note signed by a key of the log
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import file_digest
from itertools import chain
from pathlib import Path
from typing import Any

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.plain_file import open_plain, read_plain
from burner.core.words.visible_text import in_one_line
from burner.manifest.entries.kinds import (
    AnyEntry,
    BatchApproved,
    BatchOpened,
    Intent,
    NameBound,
    OutcomeEntry,
)
from burner.manifest.exchange.check_file import FileCheck, check_file
from burner.manifest.exchange.log_file import export_log
from burner.manifest.exchange.measurement_table import measurements_csv
from burner.manifest.exchange.table import BOM, attempts_csv, names_csv
from burner.manifest.fold.rows import NEVER, AttemptRow, MemberRow, UnitRow
from burner.manifest.log.note import MAX_BYTES, NoteError, NoteSigner, SignedNote, VerifierKey, sign
from burner.manifest.reading.attempt_json import json_from_records
from burner.manifest.reading.batch_status import BatchStatus
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.reading.tested_attempts import TestedAttempt, attempt_with_tests
from burner.manifest.reading.unit_labels import find_label
from burner.manifest.reading.unit_status import find_correction

RECORDS, UNITS, NAMES = "records.log", "units.csv", "names.csv"
MEASUREMENTS = "measurements.csv"
TABLES = (UNITS, MEASUREMENTS)
"""For a spreadsheet."""
STATEMENT, RELEASE, SEAL = "statement.txt", "release.txt", "SEAL"
SEALED = "burner sealed folder v1"
HEAD_LINES = 3
"""Of a seal, before its files: what it is, the log, the batch."""


def write_folder(
    reader: ManifestReader,
    status: BatchStatus,
    folder: Path,
    *,
    signer: NoteSigner,
    reports: Mapping[str, str],
    bom: bool = False,
) -> FileCheck:
    """Write and seal the folder of a batch that was closed.

    Args:
        reader: the manifest.
        status: of the batch.
        folder: an empty one; `new_folder` makes it.
        signer: the key of the station.
        reports: statement, report and other files to be sealed, by name.
        bom: begin the tables with a byte order mark, for spreadsheets.

    Returns:
        The result for its export.

    Raises:
        BurnerError: E459 the batch is not closed, E713 its export is false.
        OSError: the folder cannot be written.
    """
    if status.row.closed == NEVER:
        raise BurnerError(Code.BATCH_NOT_OPEN, f"batch {status.batch} is not closed")
    _write(folder / RECORDS, export_log(reader, status.batch))
    key = VerifierKey.parse(reader.origin_key())
    export = _BatchExport(folder / RECORDS, reader.origin, key)
    release = f"{status.row.profile}\n{status.row.release_digest}\n"
    contents: dict[str, Iterable[str]] = {
        **{name: (text,) for name, text in reports.items()},
        RELEASE: (release,),
        **export.lists(),
    }
    if bom:
        contents |= {name: chain([BOM], contents[name]) for name in TABLES if name in contents}
    for name, lines in contents.items():
        _write(folder / name, lines)
    seal = _seal_text(reader.origin, status.batch, _digests(folder, [*contents, RECORDS]))
    _write(folder / SEAL, [str(sign(seal, signer))])
    return export.check


def check_folder(
    folder: Path,
    origin: str,
    key: VerifierKey,
    witnesses: tuple[VerifierKey, ...] = (),
    sizes: Collection[int] = (),
) -> tuple[FileCheck, list[str]]:
    """Check a sealed folder with an origin key that is not taken from it.

    Returns:
        The result for its export, and what is wrong with its other files.
    """
    export = _BatchExport(folder / RECORDS, origin, key, witnesses, sizes)
    if export.check.code:
        return export.check, []
    wrong = [*_check_seal(folder, export)]
    for name, lines in export.lists().items():
        try:
            with open_plain(folder / name) as file:
                text = file.read().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError):
            wrong.append(f"{name} cannot be read")
            continue
        if text != "".join(lines):
            wrong.append(f"{name} does not agree with the records")
    return export.check, wrong


class _BatchExport:
    """The export of a folder: lists are made from it, and checked against it."""

    def __init__(
        self,
        path: Path,
        origin: str,
        key: VerifierKey,
        witnesses: tuple[VerifierKey, ...] = (),
        sizes: Collection[int] = (),
    ) -> None:
        self._entries: dict[int, AnyEntry] = {}
        self.check = check_file(
            path, origin, key, witnesses=witnesses, sizes=sizes, on_record=self._entries.__setitem__
        )
        self.origin = origin

    def lists(self) -> dict[str, Iterable[str]]:
        """The files that follow from the records: name → lines."""
        rows = sorted(self.check.state.rows(AttemptRow))
        rows = [row for row in rows if row.batch == self.check.batch]
        tested = [row for row in rows if row.tested]
        measured = measurements_csv(self._tested(row) for row in tested)
        return {
            UNITS: attempts_csv(self._element(row) for row in rows),
            NAMES: self._names(),
            **({MEASUREMENTS: measured} if tested else {}),
            **{name: (text,) for name, text in self._envelopes().items()},
        }

    def _names(self) -> Iterator[str]:
        """The lines of names.csv."""
        state = self.check.state
        good = {row.unit_id for row in state.rows(MemberRow, batch=self.check.batch) if row.passed}
        passed = sorted(row.passed for row in state.rows(UnitRow) if row.unit_id in good)
        rows = (state.get(AttemptRow, number) for number in passed)
        return names_csv(row.device_name for row in rows if row and row.batch == self.check.batch)

    def _envelopes(self) -> dict[str, str]:
        """The envelopes on record, as files: name → text."""
        files: dict[str, str] = {}
        for entry in self._entries.values():
            if isinstance(entry, BatchOpened):
                for number, text in enumerate(entry.envelopes, 1):
                    files[f"release-{number:02}.dsse.json"] = text
            elif isinstance(entry, BatchApproved):
                files["first-article.dsse.json"] = entry.envelope
        return files

    def _tested(self, row: AttemptRow) -> TestedAttempt:
        corrected = find_correction(self.check.state, row)
        return attempt_with_tests(row, self.origin, corrected, self._entries[row.ended])

    def _element(self, row: AttemptRow) -> dict[str, Any]:
        first = self._entries[row.number]
        bound = self._entries.get(row.bound)
        last = self._entries.get(row.ended)
        assert isinstance(first, Intent | OutcomeEntry)  # noqa: S101 - the fold made the row of it
        return json_from_records(
            row,
            first,
            bound if isinstance(bound, NameBound) else None,
            last if isinstance(last, OutcomeEntry) else None,
            origin=self.origin,
            corrected=find_correction(self.check.state, row),
            label=find_label(self.check.state, row),
        )


def _check_seal(folder: Path, export: _BatchExport) -> Iterator[str]:
    try:
        note = SignedNote.parse(read_plain(folder / SEAL, MAX_BYTES))
    except (OSError, NoteError) as error:
        yield f"{SEAL}: {error}"
        return
    try:
        if not any(note.check([VerifierKey.parse(k.key)]) for k in export.check.keys):
            yield f"{SEAL} is not signed by a key of the log"
    except NoteError as error:
        yield f"{SEAL}: {error}"
    names = [path.name for path in sorted(folder.iterdir()) if path.name != SEAL]
    if any(path.is_symlink() or not path.is_file() for path in folder.iterdir()):
        yield "it contains something that is not a file"
        return
    yield from _differences(note.text, export, _digests(folder, names))


def _seal_text(origin: str, batch: str, digests: Mapping[str, str]) -> str:
    lines = [f"{digest} {name}" for name, digest in digests.items()]
    return "\n".join([SEALED, origin, f"batch {batch}", *lines]) + "\n"


def _differences(seal: str, export: _BatchExport, present: Mapping[str, str]) -> Iterator[str]:
    """What in a folder is not as its seal says; `present` is name → digest of its files."""
    origin, batch = export.origin, export.check.batch
    if seal == _seal_text(origin, batch, present):
        return
    rows = (line.partition(" ") for line in seal.split("\n")[HEAD_LINES:-1])
    sealed = {name: digest for digest, _, name in rows}
    if seal != _seal_text(origin, batch, sealed):
        yield f"{SEAL} is of another batch, or not in the form that burner writes"
    for name in sorted(sealed.keys() | present.keys()):
        if sealed.get(name) != present.get(name):
            what = "was changed" if name in present else "is missing"
            yield f"{in_one_line(name)} {what if name in sealed else 'was added'}"


def _digests(folder: Path, names: Iterable[str]) -> dict[str, str]:
    digests = {}
    for name in sorted(names):
        with (folder / name).open("rb") as file:
            digests[name] = file_digest(file, "sha256").hexdigest()
    return digests


def _write(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(lines)
