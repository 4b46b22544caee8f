"""A batch from its first unit to its sealed folder, and everything a hostile hand may do to it."""

import json
import random
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from burner.errors import BurnerError
from burner.manifest import desk
from burner.manifest.batches import close, status
from burner.manifest.canonical import dumps
from burner.manifest.checks.folder_check import verify_folder
from burner.manifest.checks.verify import verify
from burner.manifest.desk import Correction
from burner.manifest.files.folder import write_folder
from burner.manifest.ledger import Ledger
from burner.manifest.life import lives_of
from burner.manifest.reader import Filter
from burner.manifest.signing import keys
from burner.manifest.signing.keys import PublicKey, Signer
from burner.model import Outcome
from burner.report.of_manifest import report
from tests.manifest.records import Ticking, a_result, an_attempt, burned, open_batch, unit_mac


def refused(code: str) -> "pytest.RaisesExc[BurnerError]":
    return pytest.raises(BurnerError, match=f"^{code}:")


@pytest.fixture(scope="module")
def signer() -> Signer:
    return keys.make("line1", "open sesame")


@dataclass
class Line:
    ledger: Ledger
    path: Path


@pytest.fixture
def line(path: Path) -> Iterator[Line]:
    with Ledger.open(path, "line1", Ticking()) as ledger:
        open_batch(ledger, planned=4)
        yield Line(ledger, path)


def correct(line: Line, what: Correction, unit: int, batch: str = "WO1") -> None:
    desk.correct(
        line.ledger.writer,
        what,
        str(unit_mac(unit)),
        product_id="S3EUVBRJLB",
        operator="wang",
        reason="dropped",
        batch=batch,
    )


def test_a_batch_counts_units_by_their_last_word(line: Line) -> None:
    burned(line.ledger, 1, Outcome.FAIL, batch="WO1")
    burned(line.ledger, 1, batch="WO1")
    burned(line.ledger, 2, Outcome.FAIL, batch="WO1")
    burned(line.ledger, 3, batch="WO1")
    line.ledger.begin(an_attempt(4, batch="WO1"))
    found = status(line.ledger.reader, "WO1")
    assert found.sum() == "4 planned = 2 pass + 0 scrap + 2 missing"
    assert [unit[-1] for unit in (*found.failed, *found.open)] == ["2", "4"]
    assert found.interrupted == ()
    assert found.attempts == 5
    with refused("E733"):
        status(line.ledger.reader, "WO9")


def test_failed_and_interrupted_are_told_apart_as_in_the_report(line: Line) -> None:
    for unit, outcome in enumerate((Outcome.FAIL, Outcome.ERROR, Outcome.ABORTED), 1):
        burned(line.ledger, unit, outcome, batch="WO1")
    never_begun = an_attempt(4, batch="WO1")
    line.ledger.finish(never_begun, a_result(Outcome.ERROR))
    refused_before_its_intent = an_attempt(5, batch="WO1")
    line.ledger.finish(refused_before_its_intent, a_result(Outcome.FAIL))
    found = status(line.ledger.reader, "WO1")
    assert [unit[-1] for unit in found.failed] == ["1", "5"]
    assert [unit[-1] for unit in found.interrupted] == ["2", "3"]
    told = report(line.ledger.reader, Filter(batch="WO1")).units
    assert (told.failed, told.interrupted, told.total) == (2, 2, 4)


def test_a_scrapped_unit_frees_its_place_and_is_counted(line: Line) -> None:
    for unit in (1, 2, 3, 4):
        burned(line.ledger, unit, batch="WO1")
    correct(line, Correction.SCRAP, 4)
    assert status(line.ledger.reader, "WO1").sum() == "4 planned = 3 pass + 1 scrap + 0 missing"
    assert line.ledger.unit(str(unit_mac(4)), "S3EUVBRJLB").passed is None
    burned(line.ledger, 5, batch="WO1")
    found = status(line.ledger.reader, "WO1")
    assert found.sum() == "4 planned = 4 pass + 0 scrap + 0 missing; 1 more scrapped and replaced"
    assert verify(line.ledger.reader).flaw is None


def test_a_void_unit_frees_its_name_too(line: Line) -> None:
    burned(line.ledger, 1, name="plug-1", batch="WO1")
    correct(line, Correction.VOID, 1)
    burned(line.ledger, 2, name="plug-1", batch="WO1")
    assert verify(line.ledger.reader).flaw is None
    assert status(line.ledger.reader, "WO1").sum() == "4 planned = 1 pass + 0 scrap + 3 missing"


def test_a_rework_is_a_remark(line: Line) -> None:
    burned(line.ledger, 1, batch="WO1")
    correct(line, Correction.REWORK, 1)
    assert line.ledger.unit(str(unit_mac(1)), "S3EUVBRJLB").passed is not None
    (life,) = lives_of(line.ledger.reader, str(unit_mac(1)))
    (said,) = life["corrections"]
    assert (said["what"], said["operator"], said["reason"]) == ("rework", "wang", "dropped")


def test_a_correction_needs_a_name_and_a_reason(line: Line) -> None:
    with refused("E731"):
        desk.correct(
            line.ledger.writer,
            Correction.SCRAP,
            "x",
            product_id="p",
            operator=" ",
            reason="because",
        )


def test_a_batch_with_open_units_is_closed_only_when_told_so(line: Line) -> None:
    burned(line.ledger, 1, batch="WO1")
    line.ledger.begin(an_attempt(2, batch="WO1"))
    writer, reader = line.ledger.writer, line.ledger.reader
    with refused("E734"):
        close(writer, reader, "WO1", "wang", with_open=False)
    close(writer, reader, "WO1", "wang", with_open=True)
    with refused("E459"):
        close(writer, reader, "WO1", "wang", with_open=True)
    with refused("E459"):
        line.ledger.begin(an_attempt(3, batch="WO1"))
    with refused("E459"):
        open_batch(line.ledger)
    assert verify(reader).flaw is None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, signer: Signer) -> Path:
    """A closed batch of two stations, with units of another batch in between."""
    place = tmp_path_factory.mktemp("closed")
    clock = Ticking()
    path = place / "manifest.db"
    with Ledger.open(path, "line1", clock) as one, Ledger.open(path, "line2", clock) as two:
        open_batch(one, planned=8)
        open_batch(one, "OTHER")
        burned(two, 20, Outcome.FAIL, batch="WO1", station="line2")
        for unit in range(1, 5):
            burned(one, unit, batch="WO1")
            burned(one, unit + 50, batch="OTHER", operator="a customer's secret")
            burned(two, unit + 10, batch="WO1", station="line2")
        found = close(one.writer, one.reader, "WO1", "wang", with_open=False)
        desk.checkpoint(one.writer, signer, "batch WO1")
        burned(two, 60, station="line2", batch="OTHER")
        verdict = verify(one.reader)
        assert verdict.flaw is None
        write_folder(
            one.reader,
            found,
            verdict,
            place / "WO1",
            signer=signer,
            station="line1",
            audited=["No sample audit was recorded."],
        )
    return place / "WO1"


@pytest.fixture(scope="module")
def trusted(signer: Signer) -> Mapping[str, PublicKey]:
    return {signer.public.id: signer.public}


def test_a_sealed_folder_proves_itself(folder: Path, trusted: Mapping[str, PublicKey]) -> None:
    verdict = verify_folder(folder, trusted)
    assert verdict.flaws == []
    assert verdict.findings is not None
    assert verdict.findings.withheld > 0
    statement = (folder / "statement.txt").read_text()
    assert "8 planned = 8 pass + 0 scrap + 0 missing" in statement
    assert "UTC by wang" in statement
    assert str(unit_mac(20)) in statement
    assert "1  failed: the last attempt ended FAIL" in statement
    assert "No sample audit was recorded." in statement
    (key,) = trusted
    assert f"Signed with key {key} of line1" in statement


def test_a_folder_tells_nothing_of_other_batches(folder: Path) -> None:
    for path in folder.iterdir():
        assert "a customer's secret" not in path.read_text(encoding="utf-8")


def test_a_folder_signed_by_somebody_else_is_refused(folder: Path) -> None:
    stranger = keys.make("stranger", "open sesame").public
    flaws = verify_folder(folder, {stranger.id: stranger}).flaws
    assert "not the given one" in flaws[0]


def hunt(
    folder: Path, trusted: Mapping[str, PublicKey], victim: Path, seed: int, times: int
) -> None:
    """Change, cut, add or remove something in a random file; it must be found each time."""
    dice = random.Random(seed)
    names = sorted(path.name for path in folder.iterdir())
    for _ in range(times):
        shutil.copytree(folder, victim, dirs_exist_ok=True)
        path = victim / dice.choice(names)
        data = bytearray(path.read_bytes())
        place = dice.randrange(len(data))
        match dice.randrange(5):
            case 0:
                data[place] ^= 1 << dice.randrange(8)
            case 1:
                del data[place : place + dice.randrange(1, 200)]
            case 2:
                data[place:place] = bytes([data[place]])
            case 3:
                lines = data.splitlines(keepends=True)
                dice.shuffle(lines)
                data = bytearray(b"".join(lines))
            case 4:
                data = data[:place]
        if bytes(data) == (folder / path.name).read_bytes():
            continue
        path.write_bytes(data)
        assert is_found(victim, trusted), f"seed {seed}: {path.name} at {place}"


def is_found(folder: Path, trusted: Mapping[str, PublicKey]) -> bool:
    try:
        return bool(verify_folder(folder, trusted).flaws)
    except BurnerError as error:
        return error.code in ("E724", "E746")


def test_random_changes_of_files_are_all_found(
    folder: Path, trusted: Mapping[str, PublicKey], tmp_path: Path
) -> None:
    hunt(folder, trusted, tmp_path / "victim", seed=1, times=60)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(2, 12))
def test_a_thousand_changes_of_files_are_all_found(
    folder: Path, trusted: Mapping[str, PublicKey], tmp_path: Path, seed: int
) -> None:
    hunt(folder, trusted, tmp_path / "victim", seed, times=100)


def test_a_signature_has_one_form(
    folder: Path, trusted: Mapping[str, PublicKey], tmp_path: Path
) -> None:
    victim = Path(shutil.copytree(folder, tmp_path / "victim"))
    seal = json.loads((victim / "SEAL.json").read_text())
    other = {**seal, "signature": seal["signature"].upper()}
    (victim / "SEAL.json").write_text(dumps(other) + "\n")
    assert verify_folder(victim, trusted).flaws == ["SEAL.json: its signature is false"]


def test_a_file_added_or_removed_is_found(
    folder: Path, trusted: Mapping[str, PublicKey], tmp_path: Path
) -> None:
    victim = Path(shutil.copytree(folder, tmp_path / "victim"))
    (victim / "note.txt").write_text("all fine")
    (victim / "units.csv").unlink()
    assert verify_folder(victim, trusted).flaws == ["units.csv is missing", "note.txt was added"]
