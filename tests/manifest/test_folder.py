"""The sealed folder against whoever holds the station's key, and against its own records."""

import csv
import json
import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from burner.errors import BurnerError
from burner.manifest import batches, desk, keys
from burner.manifest.desk import Correction
from burner.manifest.folder import write_folder
from burner.manifest.folder_check import verify_folder
from burner.manifest.heads import current_heads, parse_code
from burner.manifest.keys import PublicKey, Signer
from burner.manifest.ledger import Ledger
from burner.manifest.verify import verify
from burner.model import Outcome
from tests.manifest.forging import reseal, withheld
from tests.manifest.records import Ticking, a_result, an_attempt, burned, open_batch, unit_mac


@pytest.fixture(scope="module")
def signer() -> Signer:
    return keys.make("line1", "open sesame")


@pytest.fixture(scope="module")
def stranger() -> Signer:
    return keys.make("stranger", "open sesame")


@pytest.fixture(scope="module")
def trusted(signer: Signer) -> Mapping[str, PublicKey]:
    return {signer.public.id: signer.public}


def correct(ledger: Ledger, what: Correction, unit: int, batch: str = "WO1") -> None:
    words = {"product_id": "S3EUVBRJLB", "operator": "wang", "reason": "dropped"}
    desk.correct(ledger.writer, what, str(unit_mac(unit)), **words, batch=batch)


def sealed(ledger: Ledger, folder: Path, signer: Signer, batch: str = "WO1") -> Path:
    """Close the batch, unless it is closed, and write its folder."""
    if batches.closing(ledger.reader, batch) is None:
        batches.close(ledger.writer, ledger.reader, batch, "wang", with_open=True)
    desk.checkpoint(ledger.writer, signer, f"batch {batch}")
    write_folder(
        ledger.reader,
        batches.status(ledger.reader, batch),
        verify(ledger.reader),
        folder,
        signer=signer,
        station="line1",
        audited=["No sample audit was recorded."],
        extra={"report.json": "{}\n"},
    )
    return folder


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "manifest.db", "line1", Ticking()) as opened:
        open_batch(opened, planned=9)
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, signer: Signer) -> Path:
    """A batch with rework, scrap, void, a late name, an open unit, and words that are formulas."""
    place = tmp_path_factory.mktemp("folder")
    clock = Ticking()
    path = place / "manifest.db"
    with Ledger.open(path, "line1", clock) as one, Ledger.open(path, "line2", clock) as two:
        open_batch(one, planned=20)
        open_batch(one, "OTHER")
        for unit in range(1, 8):
            burned(one, unit, Outcome.FAIL if unit == 3 else Outcome.PASS, batch="WO1")
            burned(two, unit + 20, batch="WO1", station="line2", operator="=cmd|'/C calc'!A0")
            burned(one, unit + 40, batch="OTHER")
        burned(two, 3, batch="WO1", station="line2", rework="again\r\n+1")
        correct(one, Correction.SCRAP, 4)
        correct(two, Correction.VOID, 5)
        burned(two, 30, batch="WO1", station="line2", name="7cdfa1000005")
        correct(one, Correction.REWORK, 6)
        burned(one, 6, batch="OTHER", rework="for another")
        burned(one, 6, batch="WO1", rework="back")
        ended = an_attempt(8, batch="WO1")
        one.finish(ended, a_result(Outcome.ERROR, detail='-1, "x"\rnew\0'))
        one.begin(an_attempt(9, batch="WO1"))
        found = sealed(one, place / "WO1", signer)
        burned(two, 60, station="line2")
    return found


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


FORGERIES: dict[str, tuple[Callable[[Path], object], str]] = {
    "names.csv": (
        lambda folder: (folder / "names.csv").write_text("DeviceName\nevil\n"),
        "names.csv is not the list",
    ),
    "an error code in units.csv": (
        lambda folder: change(folder / "units.csv", "E501", "E502"),
        "units.csv, row ",
    ),
    "an operator in units.csv": (
        lambda folder: change(folder / "units.csv", ",li,", ",wu,"),
        "units.csv, row 2",
    ),
    "a row less in units.csv": (
        lambda folder: cut_row(folder / "units.csv"),
        "units.csv lacks the attempt of line1",
    ),
    "a row twice in units.csv": (
        lambda folder: double_row(folder / "units.csv"),
        "units.csv, row 3, is not",
    ),
    "other columns in units.csv": (
        lambda folder: change(folder / "units.csv", "seq,", "number,"),
        "units.csv, row 1",
    ),
    "units.csv as garbage": (
        lambda folder: (folder / "units.csv").write_bytes(b"\xff"),
        "units.csv cannot be read",
    ),
    "statement.txt": (
        lambda folder: (folder / "statement.txt").write_text("all fine"),
        "statement.txt does not say what the close says: Batch WO1",
    ),
    "a count in statement.txt": (
        lambda folder: change(folder / "statement.txt", "1  failed", "0  failed"),
        "statement.txt does not say",
    ),
}


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8", errors="strict")
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(path_text(text, old, new))


def path_text(text: str, old: str, new: str) -> str:
    assert old in text or old == "1  failed"
    return text.replace(old, new) if old in text else text.replace("0  failed", "1  failed")


def cut_row(path: Path) -> None:
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([lines[0], *lines[2:]]))


def double_row(path: Path) -> None:
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*lines[:2], *lines[1:]]))


@pytest.mark.parametrize(("forge", "words"), FORGERIES.values(), ids=FORGERIES)
def test_lists_that_are_not_those_of_the_records_are_found_under_a_good_seal(
    folder: Path,
    trusted: Mapping[str, PublicKey],
    signer: Signer,
    tmp_path: Path,
    forge: Callable[[Path], object],
    words: str,
) -> None:
    victim = Path(shutil.copytree(folder, tmp_path / "victim"))
    forge(victim)
    reseal(victim, signer)
    (flaw,) = verify_folder(victim, trusted).flaws
    assert words in flaw


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


# -- random edits by whoever holds the key ---------------------------------------------------------


def edited(dice: random.Random, victim: Path, signer: Signer, stranger: Signer) -> str:
    """What is done to a folder, so that its seal fits afterwards."""
    match dice.randrange(6):
        case 0:
            name = dice.choice(["units.csv", "names.csv", "records.chain.jsonl"])
            path = victim / name
            data = bytearray(path.read_bytes())
            place = dice.choice([i for i, byte in enumerate(data) if chr(byte).isalnum()])
            data[place] = data[place] ^ 1 if chr(data[place] ^ 1).isalnum() else ord("x")
            path.write_bytes(data)
        case 1:
            name = dice.choice(["units.csv", "names.csv", "statement.txt"])
            rows = (victim / name).read_bytes().splitlines(keepends=True)
            # Behind its first lines the page says what is in no record.
            del rows[dice.choice([0, 2, 3, 4, 5] if name == "statement.txt" else range(len(rows)))]
            (victim / name).write_bytes(b"".join(rows))
        case 2:
            name = "records.chain.jsonl"
            lines = [*(victim / name).read_text(encoding="utf-8").splitlines(keepends=True)]
            shown = [i for i, line in enumerate(lines) if '"kind":"outcome"' in line]
            place = dice.choice(shown)
            lines[place] = withheld(lines[place])
            (victim / name).write_text("".join(lines), encoding="utf-8")
        case 3:
            name = dice.choice(sorted(path.name for path in victim.iterdir()))
            path = victim / name
            path.rename(victim.with_name("elsewhere"))
            path.symlink_to(victim.with_name("elsewhere"))
            return f"{name} linked"
        case 4:
            name = "nothing"
            reseal(victim, stranger)
            return "sealed by a stranger"
        case _:
            name = dice.choice(["units.csv", "statement.txt", "release.txt", "public-key.pem"])
            (victim / name).unlink()
    reseal(victim, signer)
    return f"{name} edited"


def hunt(folder: Path, victim: Path, signer: Signer, stranger: Signer, seed: int, n: int) -> None:
    dice, trusted = random.Random(seed), {signer.public.id: signer.public}
    for turn in range(n):
        shutil.rmtree(victim, ignore_errors=True)
        shutil.copytree(folder, victim)
        what = edited(dice, victim, signer, stranger)
        with suppress(BurnerError):
            assert verify_folder(victim, trusted).flaws, f"seed {seed}, turn {turn}: {what}"


def test_random_edits_by_whoever_holds_the_key_are_all_found(
    folder: Path, tmp_path: Path, signer: Signer, stranger: Signer
) -> None:
    hunt(folder, tmp_path / "victim", signer, stranger, seed=1, n=60)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(2, 7))
def test_a_thousand_edits_by_whoever_holds_the_key_are_all_found(
    folder: Path, tmp_path: Path, signer: Signer, stranger: Signer, seed: int
) -> None:
    hunt(folder, tmp_path / "victim", signer, stranger, seed, n=200)


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
        with pytest.raises(BurnerError, match=r"^E724"):
            verify_folder(victim)
    for text in (b"[]", b"\xff", b"[" * 100_000, b""):
        (victim / "SEAL.json").write_bytes(text)
        with pytest.raises(BurnerError, match=r"^E724"):
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
