"""`burner batch close`: nothing is closed that cannot be checked and written down."""

import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from burner.cli.main import root
from burner.cli.questions.work_order import take_order
from burner.core.attempt import Outcome
from burner.manifest.closing.close_batch import CloseRequest, close_batch
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.writing.batch_id import folder_name_of
from burner.manifest.writing.ledger import Ledger
from tests.chinese import english_in
from tests.cli.commands.test_manifest_desk import WHO, WHY, origin_key
from tests.cli.desk import at_desk, refused, run
from tests.manifest.records import START, Ticking, a_result, an_attempt, burned, open_batch
from tests.manifest.verify.test_edits import edit


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a manifest of one PASS, and a key."""
    at_desk(tmp_path, monkeypatch)
    with Ledger.open("manifest.db", "line1") as ledger:
        open_batch(ledger, quantity=3)
        burned(ledger, 1, batch="WO1")
    return tmp_path


def state() -> str:
    with ManifestReader.open("manifest.db") as reader:
        row = reader.batch("WO1")
    assert row is not None
    return str(row.state)


def test_a_folder_that_cannot_be_made_leaves_the_batch_open(here: Path) -> None:
    (here / "file").write_text("")
    with refused("E705"):
        run("batch", "close", "WO1", *WHO, "-o", "file/sub")
    (here / "used").mkdir()
    (here / "used" / "heads.txt").write_text("")
    with refused("E736"):
        run("batch", "close", "WO1", *WHO, "-o", "used")
    assert state() == "open"
    run("batch", "close", "WO1", *WHO, "-o", "new/deep")
    run("manifest", "verify", "new/deep", "--key", origin_key())


def test_a_mistyped_manifest_is_refused_and_not_made(here: Path) -> None:
    with refused("E701"):
        run("batch", "close", "WO1", *WHO, "--manifest", "typo.db")
    assert not (here / "typo.db").exists()


def test_in_chinese_the_close_is_chinese(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BURNER_LANG", "zh")
    for _ in range(2):  # the second time only the folder is written again
        result = run("batch", "close", "WO1", *WHO, "-o", "folder")
        text = re.sub(r"[0-9a-f]{8}", "", result.output)  # the key's id
        assert english_in(text, ("WO1", "folder", "statement.txt", "line1")) == []
        shutil.rmtree("folder")


def test_an_empty_folder_is_filled_and_none_is_left_beside_it(here: Path) -> None:
    (here / "WO1").mkdir()
    run("batch", "close", "WO1", *WHO)
    assert not list(here.glob(".*"))
    run("manifest", "verify", "WO1", "--key", origin_key())


def test_two_that_write_one_folder_leave_each_others_work_alone(here: Path) -> None:
    def papers() -> dict[str, str]:
        run(
            "manifest", "export", "--format", "tiles", "-o", "out/WO1"
        )  # while the batch is being closed
        return {}

    with Ledger.open("manifest.db", "line1") as ledger, refused("E736"):
        request = CloseRequest("WO1", Path("out/WO1"), "qa")
        close_batch(ledger, request, make_reports=papers, audit_lines=list)
    assert {path.name for path in Path("out/WO1").iterdir()} == {"checkpoint", "tile"}
    assert [path.name for path in Path("out").iterdir()] == ["WO1"]
    run("batch", "close", "WO1", *WHO, "-o", "out/again")
    run("manifest", "verify", "out/again", "--key", origin_key())


def test_a_manifest_that_does_not_agree_closes_no_batch(here: Path) -> None:
    edit(here / "manifest.db", "UPDATE records SET unit_id = 'x' WHERE kind = 'outcome'")
    with refused("E714"):
        run("batch", "close", "WO1", *WHO)
    assert state() == "open"
    assert not (here / "WO1").exists()


def test_a_refused_close_leaves_no_folder(here: Path) -> None:
    with Ledger.open("manifest.db", "line1") as ledger:
        ledger.begin(an_attempt(2, batch="WO1"))
    with refused("E734"):
        run("batch", "close", "WO1", *WHO)
    with refused("E733"):
        run("batch", "close", "WO9", *WHO)
    assert {path.name for path in here.iterdir()} >= {"manifest.db"}
    assert not [path for path in here.iterdir() if "WO" in path.name]


def test_what_changed_after_the_close_is_told_by_status(here: Path) -> None:
    run("batch", "close", "WO1", *WHO)
    assert json.loads(run("batch", "status", "WO1", "--json").stdout)["changed"] == []
    run("unit", "scrap", "7cdfa1000001", *WHO, *WHY)
    output = run("batch", "status", "WO1").stderr
    assert "changed after the close: 7c:df:a1:00:00:01 scrap by wang: dropped" in output
    assert len(json.loads(run("batch", "status", "WO1", "--json").stdout)["changed"]) == 1
    verified = run("manifest", "verify", "--key", origin_key())
    assert "agree" in verified.stdout


def test_a_batch_id_of_an_older_burner_gets_a_folder_here(here: Path) -> None:
    assert folder_name_of("../up/WO 1") == "batch-up-WO-1"
    assert folder_name_of("x" * 300) == "batch-" + "x" * 40
    assert folder_name_of("..") == "batch"
    assert folder_name_of("WO1") == "WO1"


def test_nothing_is_no_unit(here: Path) -> None:
    with Ledger.open("manifest.db", "line1") as ledger:
        ledger.finish(an_attempt(9, silicon=None), a_result(Outcome.ERROR))
    with refused("E712"):
        run("unit", "show", "")


def test_a_line_break_on_the_command_line_is_refused(here: Path) -> None:
    with refused("E738"):
        run("unit", "scrap", "7cdfa1000001", *WHO, "--reason", "dropped\n  300 pass")
    with refused("E738"):
        run("batch", "close", "WO1", "--station", "line1", "--operator", "qa\n  300 pass")


def test_a_day_of_a_batch_is_shown_by_itself(here: Path) -> None:
    def shown(*window: str) -> str:
        return run("batch", "status", "WO1", *window).stdout

    later, earlier = ((START + timedelta(hours=hours)).isoformat() for hours in (1, -1))
    assert "of the units tried in this time: 1 pass, 0 scrap" in shown(
        "--since", earlier, "--until", later
    )
    assert "of the units tried in this time: 0 pass, 0 scrap" in shown("--since", later)
    status = json.loads(run("batch", "status", "WO1", "--until", earlier, "--json").stdout)
    assert (status["attempts"], status["pass"], status["planned"]) == (0, 0, None)


def test_a_sample_is_drawn_among_the_units_of_a_day(here: Path) -> None:
    with ManifestReader.open("manifest.db") as reader:
        newest = reader.last_written()
    assert newest is not None
    later = (newest + timedelta(hours=1)).isoformat()
    drawn = run("batch", "audit", "WO1", "--sample", "1", "--until", later, "--json").stdout
    assert json.loads(drawn)["passed"] == 1
    with refused("E745"):
        run("batch", "audit", "WO1", "--sample", "1", "--since", later)
    result = CliRunner().invoke(root, ["batch", "audit", "WO1", "--since", later])
    assert "not recorded" in result.output


def test_what_passed_after_a_draw_is_told_whatever_the_clocks_say(here: Path) -> None:
    ahead = Ticking(datetime.now(UTC) + timedelta(minutes=5))
    with Ledger.open("manifest.db", "line2", ahead) as ledger:
        burned(ledger, 2, batch="WO1")
    run("batch", "audit", "WO1", "--sample", "1", "--seed", "1", "--record", *WHO)
    late = json.loads(run("batch", "status", "WO1", "--json").stdout)["audit"]["late"]
    assert late == 0, "it passed before the draw, though its clock says later"
    with Ledger.open("manifest.db", "line1") as ledger:
        burned(ledger, 3, batch="WO1")
    late = json.loads(run("batch", "status", "WO1", "--json").stdout)["audit"]["late"]
    assert late == 1


def test_an_operator_or_a_batch_of_two_lines_begins_no_work() -> None:
    def order(batch: str, operator: str) -> None:
        take_order("plug", batch, operator, 1, interactive=False, is_new=lambda _: True)

    for batch, operator in (("WO1\nWO2", "li"), ("WO1", "li\u202e")):
        with refused("E738"):
            order(batch, operator)
