"""The sealed folder against whoever holds the station's key, and against its own records."""

import csv
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from burner.errors import BurnerError
from burner.manifest import desk
from burner.manifest.checks.folder_check import verify_folder
from burner.manifest.desk import Correction
from burner.manifest.ledger import Ledger
from burner.manifest.signing import keys
from burner.manifest.signing.heads import current_heads, parse_code
from burner.manifest.signing.keys import PublicKey, Signer
from burner.model import Outcome
from tests.manifest.folders import a_folder, correct, sealed
from tests.manifest.forging import reseal, withheld
from tests.manifest.records import Ticking, a_result, an_attempt, burned, open_batch, unit_mac


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "manifest.db", "line1", Ticking()) as opened:
        open_batch(opened, planned=9)
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, signer: Signer) -> Path:
    return a_folder(tmp_path_factory.mktemp("folder"), signer)


def test_an_honest_folder_with_everything_in_it_agrees(
    folder: Path, trusted: Mapping[str, PublicKey]
) -> None:
    assert verify_folder(folder, trusted).flaws == []
    assert verify_folder(folder).flaws == []
    names = (folder / "names.csv").read_text().splitlines()
    assert names[0] == "DeviceName"
    good = {1, 2, 3, 6, 7, *range(21, 28)}
    assert set(names[1:]) == {unit_mac(unit).octets.hex() for unit in good} | {"7cdfa1000005"}
    assert len(names) == 1 + 13


def test_a_cell_that_a_spreadsheet_would_execute_is_guarded(folder: Path) -> None:
    with (folder / "units.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert "'=cmd|'/C calc'!A0" in cells
    assert '\'-1, "x"\rnew\0' in cells


def test_a_folder_sealed_before_there_were_columns_for_ids_still_agrees(
    folder: Path, trusted: Mapping[str, PublicKey], signer: Signer, tmp_path: Path
) -> None:
    victim = Path(shutil.copytree(folder, tmp_path / "older"))
    with (victim / "units.csv").open(encoding="utf-8", newline="") as file:
        rows = [row[:26] for row in csv.reader(file)]
    assert rows[0][-1] == "attempt"
    write_rows(victim / "units.csv", rows)
    reseal(victim, signer)
    assert verify_folder(victim, trusted).flaws == []
    rows[2][5] = "wu"
    write_rows(victim / "units.csv", rows)
    reseal(victim, signer)
    assert verify_folder(victim, trusted).flaws[0].startswith("units.csv, row 3, is not")


def write_rows(path: Path, rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def test_an_outcome_withheld_from_the_folder_is_missed_however_well_it_is_sealed(
    folder: Path, trusted: Mapping[str, PublicKey], signer: Signer, tmp_path: Path
) -> None:
    victim = Path(shutil.copytree(folder, tmp_path / "victim"))
    lines = (victim / "records.chain.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    for outcome, words in (("FAIL", "its outcome is withheld"), ("PASS", "the close counts")):
        hidden = [withheld(line) if f'"outcome":"{outcome}"' in line else line for line in lines]
        (victim / "records.chain.jsonl").write_text("".join(hidden), encoding="utf-8")
        reseal(victim, signer)
        assert words in verify_folder(victim, trusted).flaws[0]


def test_a_scrap_said_elsewhere_under_another_batch_is_in_the_folder(
    tmp_path: Path, signer: Signer, trusted: Mapping[str, PublicKey]
) -> None:
    path, clock = tmp_path / "manifest.db", Ticking()
    with Ledger.open(path, "line1", clock) as one, Ledger.open(path, "desk", clock) as office:
        open_batch(one, planned=9)
        open_batch(one, "WO2")
        for unit in (1, 2):
            burned(one, unit, batch="WO1")
        burned(one, 1, Outcome.FAIL, batch="WO2", rework="again")
        correct(office, Correction.SCRAP, 1, "WO2")
        folder = sealed(one, tmp_path / "WO1", signer)
    assert verify_folder(folder, trusted).flaws == []
    assert (folder / "names.csv").read_text().splitlines()[1:] == [unit_mac(2).octets.hex()]


def test_a_link_is_no_file_of_the_folder(
    folder: Path, trusted: Mapping[str, PublicKey], tmp_path: Path
) -> None:
    victim = Path(shutil.copytree(folder, tmp_path / "victim"))
    for name in ("units.csv", "SEAL.json"):
        (victim / name).unlink()
        (victim / name).symlink_to(folder / name)
    flaws = verify_folder(victim, trusted).flaws
    assert flaws == ["SEAL.json is a link to elsewhere", "units.csv is a link to elsewhere"]


def test_a_seal_of_no_files_or_of_files_elsewhere_is_none(
    folder: Path, signer: Signer, tmp_path: Path
) -> None:
    victim = Path(shutil.copytree(folder, tmp_path / "victim"))
    sealed_files = json.loads((victim / "SEAL.json").read_text())["files"]
    digest = "0" * 64
    for files in (
        {},
        {name: digest for name in sealed_files if name != "units.csv"},
        {**sealed_files, "../outside": digest},
        {**sealed_files, "report.json": 5},
        {**sealed_files, "report.json": "zz"},
        {**sealed_files, "SEAL.json": digest},
    ):
        reseal(victim, signer, files=files)
        with pytest.raises(BurnerError, match=r"^E746"):
            verify_folder(victim)
    for text in (b"[]", b"\xff", b"[" * 100_000, b""):
        (victim / "SEAL.json").write_bytes(text)
        with pytest.raises(BurnerError, match=r"^E746"):
            verify_folder(victim)


def test_another_batchs_name_on_the_seal_is_found(
    folder: Path, trusted: Mapping[str, PublicKey], signer: Signer, tmp_path: Path
) -> None:
    victim = Path(shutil.copytree(folder, tmp_path / "victim"))
    reseal(victim, signer, batch="WO2")
    assert "records.chain.jsonl is no export of batch WO2" in verify_folder(victim, trusted).flaws


def test_a_head_is_looked_for_in_a_folder_too(
    ledger: Ledger, tmp_path: Path, signer: Signer, trusted: Mapping[str, PublicKey]
) -> None:
    burned(ledger, 1, batch="WO1")
    good = [parse_code(head.code()) for head in current_heads(ledger.reader)]
    folder = sealed(ledger, tmp_path / "WO1", signer)
    bad = parse_code("line1 3 AAAA-AAAA-AAAA-AAAA")
    verdict = verify_folder(folder, trusted, [*good, bad])
    assert verdict.flaws == []
    assert verdict.findings is not None
    assert verdict.findings.heads == good


def test_a_folder_written_again_later_is_of_the_moment_of_the_close(
    tmp_path: Path, signer: Signer, trusted: Mapping[str, PublicKey]
) -> None:
    path, clock = tmp_path / "manifest.db", Ticking()
    with Ledger.open(path, "line1", clock) as one, Ledger.open(path, "line2", clock) as two:
        open_batch(one, planned=9)
        burned(one, 1, batch="WO1")
        burned(two, 2, batch="WO1", station="line2")
        late = an_attempt(3, batch="WO1", station="line2")
        two.begin(late)
        first = sealed(one, tmp_path / "first", signer)
        two.finish(late, a_result())
        with Ledger.open(path, "desk", clock) as office:
            correct(office, Correction.SCRAP, 2)
        correct(one, Correction.SCRAP, 1)
        again = sealed(one, tmp_path / "again", signer)
    for name in ("records.chain.jsonl", "units.csv", "names.csv"):
        assert (first / name).read_bytes() == (again / name).read_bytes()
    assert verify_folder(first, trusted).flaws == []
    assert verify_folder(again, trusted).flaws == []
    assert "Since the close" in (again / "statement.txt").read_text()
    assert "Since the close" not in (first / "statement.txt").read_text()


def test_a_folder_that_spans_a_rotation_agrees_with_both_keys_and_with_the_old_one(
    ledger: Ledger, tmp_path: Path, signer: Signer, trusted: Mapping[str, PublicKey]
) -> None:
    new = keys.make("line1", "open sesame")
    burned(ledger, 1, batch="WO1")
    desk.checkpoint(ledger.writer, signer, "before")
    desk.rotate(ledger.writer, signer, new.public, operator="wang", reason="yearly")
    burned(ledger, 2, batch="WO1")
    folder = sealed(ledger, tmp_path / "WO1", new)
    assert verify_folder(folder, {**trusted, new.public.id: new.public}).flaws == []
    assert verify_folder(folder, trusted).flaws == []
    assert verify_folder(folder).flaws != []  # the seal's key alone does not know the old one
