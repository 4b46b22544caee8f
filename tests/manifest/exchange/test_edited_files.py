"""Whoever edits a file that left the manifest, without a key, is refused with a code."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from shutil import copytree
from typing import Any

import pytest
from click.testing import CliRunner

from burner.cli.main import root
from burner.core.errors import BurnerError
from burner.manifest.exchange.certificate import certificate
from burner.manifest.exchange.folder import RECORDS, STATEMENT, write_folder
from burner.manifest.exchange.log_file import export_log
from burner.manifest.local.keys import LocalSigner, make_key
from burner.manifest.reading.batch_status import batch_status
from burner.manifest.writing.batch_close import record_close
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.log_keys import rotate
from tests.manifest.records import a_ledger, burned, open_batch, unit_mac
from tests.manifest.verify.test_edits import another

PLACES = ("all.log", "closed.log", "open.log", "unit.tlog-proof", "later.tlog-proof", "folder")


def leave(ledger: Ledger, folder: Path) -> str:
    """What a log of two batches gives out, one closed and one open; the origin key."""
    folder.mkdir()
    open_batch(ledger, "WO1", 5)
    open_batch(ledger, "WO2")
    for unit in range(1, 6):
        burned(ledger, unit, batch="WO1")
        burned(ledger, 10 + unit, batch="WO2")
    record_close(ledger, "WO1", "qa", with_open=False)
    key = ledger.writer.origin_key
    for name, batch in (("all", ""), ("closed", "WO1"), ("open", "WO2")):
        text = "".join(export_log(ledger.reader, batch))
        (folder / f"{name}.log").write_text(text, encoding="utf-8")
    proof = str(certificate(ledger.reader, str(unit_mac(3))))
    (folder / "unit.tlog-proof").write_text(proof, encoding="utf-8")
    (folder / "folder").mkdir()
    write_folder(
        ledger.reader,
        batch_status(ledger.reader, "WO1"),
        folder / "folder",
        signer=ledger.writer.key.signer,
        reports={STATEMENT: "5 units\n", "report.json": '{"units": 5}\n'},
    )
    later = LocalSigner(ledger.origin, make_key("line1", use=False))
    rotate(ledger, later, operator="qa", reason="yearly")
    proof = str(certificate(ledger.reader, str(unit_mac(3))))
    (folder / "later.tlog-proof").write_text(proof, encoding="utf-8")
    return key


@pytest.fixture(scope="module")
def exported_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, str]]:
    """What our log gave out, what another one did, and the origin key of ours."""
    folder = tmp_path_factory.mktemp("files")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BURNER_STATE", str(folder / "state"))
        with a_ledger(folder) as ledger, a_ledger(folder, "line2", "other.db") as other:
            key = leave(ledger, folder / "ours")
            leave(other, folder / "theirs")
        yield folder / "ours", folder / "theirs", key


def code_of(path: Path, key: str) -> str:
    """The code with which `burner manifest verify` refuses; empty: it agrees. Never a traceback."""
    result = CliRunner().invoke(root, ["manifest", "verify", str(path), "--key", key])
    if isinstance(result.exception, BurnerError):
        return result.exception.code
    if result.exception is not None:
        raise result.exception
    return ""


def test_each_file_of_a_folder_that_is_not_as_it_was_sealed_is_named(
    exported_files: tuple[Path, Path, str], tmp_path: Path
) -> None:
    ours, _, key = exported_files
    folder = tmp_path / "folder"
    copytree(ours / "folder", folder)
    (folder / "note\n.txt").write_text("look", encoding="utf-8")
    (folder / "report.json").unlink()
    (folder / STATEMENT).write_text("6 units\n", encoding="utf-8")
    result = CliRunner().invoke(root, ["manifest", "verify", str(folder), "--key", key])
    assert isinstance(result.exception, BurnerError)
    assert (result.exception.code, result.exception.detail) == (
        "E746",
        "note\\u000a.txt was added; report.json is missing; statement.txt was changed",
    )


Edit = Callable[[bytes, bytes, Random], bytes]
"""Another content, from that of the file, and that of the same file of another log."""


def flip(data: bytes, _: bytes, random: Random) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


def cut(data: bytes, _: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data))]


def change_lines(data: bytes, theirs: bytes, random: Random) -> bytes:
    """Remove, double or swap lines, or put one of the other log in its place."""
    lines, others = data.splitlines(keepends=True), theirs.splitlines(keepends=True)
    at, to = random.randrange(len(lines)), random.randrange(len(lines))
    match random.randrange(4):
        case 0:
            del lines[at]
        case 1:
            lines.insert(to, lines[at])
        case 2:
            lines[at], lines[to] = lines[to], lines[at]
        case _:
            lines[at] = random.choice(others)
    return b"".join(lines)


def change_json(data: bytes, _: bytes, random: Random) -> bytes:
    """Another value or key in the body of a record, written as burner writes it."""
    lines = data.decode().split("\n")
    bodies = [at for at, line in enumerate(lines) if line.partition(" ")[2].startswith("{")]
    if not bodies:
        return data
    at = random.choice(bodies)
    number, _space, body = lines[at].partition(" ")
    values: dict[str, Any] = json.loads(body)
    name = random.choice(sorted(values))
    match random.randrange(4):
        case 0:
            del values[name]
        case 1:
            values[f"{name}x"] = values.pop(name)
        case 2:
            values[name] = random.choice([None, [], {}, 7, -1, "x", "é" * 9, True, [{"a": [1]}]])
        case _:
            value = values[name]
            values[name] = another(value, random) if isinstance(value, int | str) else "x"
    try:
        text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except TypeError:
        return data  # bytes
    lines[at] = f"{number} {text}"
    return "\n".join(lines).encode()


def change_head(data: bytes, theirs: bytes, _: Random) -> bytes:
    """The head of the other log behind our records."""
    return (
        data.rpartition(b"\n\nburner/")[0] + b"\n\nburner/" + theirs.rpartition(b"\n\nburner/")[2]
    )


EDITS: tuple[Edit, ...] = (flip, cut, change_lines, change_lines, change_json, change_json)


def edit_one(path: Path, theirs: Path, random: Random) -> str:
    """Edit a file, or one of a folder; says how, empty where nothing is changed."""
    if path.is_dir():
        name = random.choice(sorted(file.name for file in path.iterdir()))
        path, theirs = path / name, theirs / name
        if random.random() < 0.1:
            path.unlink()
            return f"{name} removed"
    before = path.read_bytes()
    edit = change_head if random.random() < 0.05 else random.choice(EDITS)
    after = edit(before, theirs.read_bytes(), random)
    path.write_bytes(after)
    return f"{path.name} {edit.__name__}" if after != before else ""


def campaign(
    exported_files: tuple[Path, Path, str], folder: Path, edits: int, seed: int
) -> list[str]:
    """Edits that were not refused."""
    ours, theirs, key = exported_files
    missed, random = [], Random(seed)
    for number in range(edits):
        place = PLACES[number % len(PLACES)]
        path = folder / f"{number}-{place}"
        if (ours / place).is_dir():
            copytree(ours / place, path)
        else:
            path.write_bytes((ours / place).read_bytes())
        while not (how := edit_one(path, theirs / place, random)):
            pass
        code = code_of(path, key)
        if not re.fullmatch(r"E7\d\d", code):
            missed.append(f"{path} {how}: {code or 'agrees'}")
    return missed


@pytest.mark.parametrize("place", PLACES)
def test_what_was_given_out_agrees(exported_files: tuple[Path, Path, str], place: str) -> None:
    ours, theirs, key = exported_files
    assert code_of(ours / place, key) == ""
    assert code_of(theirs / place, key) != ""


def test_a_file_more_in_a_sealed_folder_is_reported(
    exported_files: tuple[Path, Path, str], tmp_path: Path
) -> None:
    folder = copytree(exported_files[0] / "folder", tmp_path / "folder")
    (folder / "more.txt").write_text("5 more units\n")
    assert code_of(folder, exported_files[2]) == "E746"


def test_a_closed_batch_without_its_records_is_refused(
    exported_files: tuple[Path, Path, str], tmp_path: Path
) -> None:
    folder = copytree(exported_files[0] / "folder", tmp_path / "folder")
    (folder / RECORDS).unlink()
    assert code_of(folder, exported_files[2]) == "E724"


def test_a_moment_that_never_was_is_refused_as_any_other_edit(
    exported_files: tuple[Path, Path, str], tmp_path: Path
) -> None:
    lines = (exported_files[0] / "all.log").read_text(encoding="utf-8").split("\n")
    before, lines[5] = lines[5], lines[5].replace('"at":"2025-01-31', '"at":"2024-99-31')
    assert lines[5] != before
    (tmp_path / "all.log").write_text("\n".join(lines), encoding="utf-8")
    assert code_of(tmp_path / "all.log", exported_files[2]) == "E714"


def test_random_edits_of_files_are_refused(
    exported_files: tuple[Path, Path, str], tmp_path: Path
) -> None:
    assert campaign(exported_files, tmp_path, 100, seed=1) == []


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_a_thousand_random_edits_of_files_are_refused(
    exported_files: tuple[Path, Path, str], tmp_path: Path
) -> None:
    assert campaign(exported_files, tmp_path, 1000, seed=2) == []
