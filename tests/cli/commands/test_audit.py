"""`burner batch audit`: a sample, its checks, and what they say about the batch."""

import json
from datetime import timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from click.testing import CliRunner, Result

from burner.cli.main import root
from burner.core.attempt import Outcome
from burner.core.errors import BurnerError
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.verify.database import verify
from burner.manifest.writing.audits import record_check
from burner.manifest.writing.corrections import CorrectionKind, correct
from burner.manifest.writing.ledger import Ledger
from burner.report.sampling.audit import audit_lines
from tests.cli.desk import at_desk
from tests.manifest.records import START, Ticking, burned, open_batch
from tests.runs import PROFILE, burn, burner

UNITS = 30


@pytest.fixture(scope="module")
def thirty_good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A batch of thirty good units and a bad one: made once, each test works on a copy."""
    folder = tmp_path_factory.mktemp("thirty")
    with pytest.MonkeyPatch.context() as patch:
        at_desk(folder, patch)
        with Ledger.open("manifest.db", "line1", Ticking()) as ledger:
            open_batch(ledger)
            open_batch(ledger, "WO2")
            for unit in range(1, UNITS + 1):
                burned(ledger, unit, batch="WO1")
            burned(ledger, 99, Outcome.FAIL, batch="WO1")
    return folder


@pytest.fixture
def here(thirty_good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copytree(thirty_good, tmp_path, dirs_exist_ok=True)
    at_desk(tmp_path, monkeypatch)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(
        root, ["batch", "audit", *arguments], catch_exceptions=False, standalone_mode=False
    )


def audit(*arguments: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(run("WO1", "--json", *arguments).stdout)
    return result


def check(unit_id: str, good: bool = True) -> None:
    """What `burner verify --record` writes."""
    with Ledger.open("manifest.db", "qa1", Ticking()) as ledger:
        record = ledger.unit(unit_id, "").passed
        assert record
        verdict = "same" if good else "differs"
        findings = [{"what": "app at 0x20000", "verdict": verdict, "why": ""}]
        record_check(ledger, record, good=good, findings=findings, operator="qa")


def test_the_same_seed_pulls_the_same_units(here: Path) -> None:
    first, again = audit("--sample", "5", "--seed", "7"), audit("--sample", "5", "--seed", "7")
    assert first == again
    assert len({unit["unit_id"] for unit in first["sample"]}) == 5
    assert audit("--sample", "5", "--seed", "8")["sample"] != first["sample"]


def test_without_a_seed_a_new_one_is_made_and_told(here: Path) -> None:
    seed = audit("--sample", "5")["seed"]
    assert audit("--sample", "5", "--seed", seed)["seed"] == seed
    assert f"--seed {seed}" in run("WO1", "--sample", "5", "--seed", seed).stdout


def test_only_units_that_passed_are_in_the_box(here: Path) -> None:
    result = audit("--sample", "100", "--seed", "7")
    assert (result["passed"], len(result["sample"])) == (UNITS, UNITS)
    assert result["sample"][0]["device_name"].startswith("7cdfa1")


def test_a_plan_of_the_standard(here: Path) -> None:
    result = audit("--aql", "1", "--lot-size", "1000", "--seed", "7")
    plan = result["plan"]
    assert (plan["code_letter"], plan["sample_size"], plan["accept"]) == ("J", UNITS, 2)
    result = audit("--aql", "6.5", "--inspection-level", "I", "--seed", "7")
    assert (result["plan"]["code_letter"], result["plan"]["sample_size"]) == ("C", 8)
    out = run("WO1", "--aql", "6.5", "--inspection-level", "I", "--seed", "7").stdout
    assert "letter C → D, n = 8, Ac 1, Re 2" in out


def test_a_plan_for_a_lot_far_above_the_units_is_warned_of(here: Path) -> None:
    result = run("WO1", "--aql", "1", "--lot-size", "1000", "--seed", "7")
    assert "The plan is for a lot of 1000: a sample of 80, Ac 2. Only 30 can be drawn" in " ".join(
        result.stderr.split()
    )
    assert "The plan is for a lot" not in run("WO1", "--aql", "1", "--seed", "7").stderr


def test_checks_lead_from_incomplete_to_accept(here: Path) -> None:
    arguments = ("--sample", "2", "--seed", "7")
    result = audit(*arguments)
    assert (result["verdict"], result["counts"]["not checked"]) == ("incomplete", 2)
    for unit in result["sample"]:
        check(unit["unit_id"])
    result = audit(*arguments)
    assert (result["verdict"], result["counts"]["good"]) == ("accept", 2)
    assert result["sample"][0]["check"]["operator"] == "qa"
    assert result["sample"][0]["check"]["at"].endswith("Z")
    out = run("WO1", *arguments).stdout
    assert "ACCEPT" in out


def test_a_unit_that_differs_rejects_and_burning_or_scrapping_it_changes_nothing(
    here: Path,
) -> None:
    arguments = ("--sample", "3", "--seed", "7")
    bad = audit(*arguments)["sample"][0]["unit_id"]
    check(bad, good=False)
    check(bad, good=True)
    with Ledger.open("manifest.db", "line1", Ticking(START + timedelta(hours=1))) as ledger:
        correct(
            ledger,
            CorrectionKind.SCRAP,
            bad,
            product_id="S3EUVBRJLB",
            operator="li",
            reason="differs",
        )
    ran = run("WO1", *arguments)
    assert ran.return_value == 1
    assert "REJECT" in ran.stdout
    assert "app at 0x20000" in ran.stdout
    assert [u["state"] for u in audit(*arguments)["sample"]].count("differs") == 1


def test_a_differing_unit_beside_the_sample_is_reported(here: Path) -> None:
    drawn = {unit["unit_id"] for unit in audit("--sample", "3", "--seed", "7")["sample"]}
    everyone = audit("--sample", "30", "--seed", "7")["sample"]
    other = next(u["unit_id"] for u in everyone if u["unit_id"] not in drawn)
    check(other, good=False)
    ran = run("WO1", "--sample", "3", "--seed", "7")
    assert other in ran.stderr
    assert ran.return_value == 0


RECORD = ("--record", "--operator", "qa", "--station", "desk")


def statement() -> list[str]:
    """What the statement and the status of the batch say of the audit."""
    with ManifestReader.open("manifest.db") as reader:
        return audit_lines(reader, "WO1")


def test_a_recorded_draw_is_asked_for_again_without_its_plan(here: Path) -> None:
    drawn = audit("--aql", "1", "--seed", "7", *RECORD)
    again = audit()
    assert drawn == again
    assert drawn["drawn"]
    for unit in drawn["sample"]:
        check(unit["unit_id"])
    assert audit()["verdict"] == "accept"
    plan, limits, made, checked, verdict = statement()
    assert plan == "plan     ISO 2859-1, single, normal inspection, level II, AQL 1.0"
    assert limits == "         lot 30, letter D → E, n = 13, Ac 0, Re 1"
    assert "UTC by qa, seed 7" in made
    assert checked == "checked  13 of 13 units of the sample: 13 good, 0 differ"
    assert verdict.startswith("verdict  ACCEPT")


def test_units_that_passed_after_the_draw_are_not_accepted_by_it(here: Path) -> None:
    for unit in audit("--sample", "3", "--seed", "7", *RECORD)["sample"]:
        check(unit["unit_id"])
    assert audit()["verdict"] == "accept"
    with Ledger.open("manifest.db", "line2") as ledger:
        burned(ledger, 40, batch="WO1")
    assert (audit()["verdict"], audit()["late"]) == ("incomplete", 1)
    assert "units that passed after the draw: 1. Draw again." in statement()[-1]


def test_the_statement_names_differing_units_and_earlier_draws(here: Path) -> None:
    audit("--sample", "3", "--seed", "6", *RECORD)
    sample = audit("--sample", "3", "--seed", "7", *RECORD)["sample"]
    assert statement()[-1] == "verdict  INCOMPLETE: not checked yet: 3 of the sample."
    check(sample[0]["unit_id"], good=False)
    result = statement()
    assert "earlier draws on record: 1" in result[2]
    assert result[-2].startswith(f"differs  {sample[0]['unit_id']}")
    assert result[-1].startswith("verdict  REJECT")


def test_the_statement_says_when_nothing_was_drawn_or_checked(here: Path) -> None:
    assert statement() == ["No sample audit was recorded."]
    audit("--sample", "3")
    check("7c:df:a1:00:00:01")
    assert statement() == ["No sample was drawn on record.", "checked  1 unit: 0 differ"]


def test_checks_are_records_of_the_chain(here: Path) -> None:
    check("7c:df:a1:00:00:01")
    audit("--sample", "3", *RECORD)
    with ManifestReader.open("manifest.db") as reader:
        with reader.connection() as connection:
            assert verify(connection).agrees
        assert [c["good"] for c in reader.unit_overviews("7c:df:a1:00:00:01")[0]["checks"]] == [
            True
        ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("WO1",), "--sample N or --aql"),
        (("WO1", "--sample", "3", "--aql", "1"), "--sample N or --aql"),
        (("WO1", "--aql", "0.7"), "is none of 0.010"),
        (("WO1", "--seed", "7"), "--sample N or --aql"),
        (("WO1", "--sample", "3", "--record"), "--operator ID"),
    ],
)
def test_a_wish_that_is_none_is_a_usage_error(
    here: Path, arguments: tuple[str, ...], words: str
) -> None:
    ran = CliRunner().invoke(root, ["batch", "audit", *arguments])
    assert ran.exit_code == 2
    assert words in ran.stderr


@pytest.mark.parametrize(("batch", "code"), [("none", "E733"), ("WO2", "E745")])
def test_a_batch_without_good_units_cannot_be_audited(here: Path, batch: str, code: str) -> None:
    with pytest.raises(BurnerError, match=f"^{code}:"):
        run(batch, "--sample", "3")


def test_units_are_checked_on_the_bench_and_the_audit_reads_it(tmp_path: Path) -> None:
    bench = ("--bench", "sim:2,keep=flash")
    assert burn(tmp_path, *bench, "--batch", "WO1", "--operator", "li").status == 0
    asked = ("verify", str(PROFILE), *bench, "--record")
    without = burner(tmp_path, *asked)
    assert (without.returncode, "--operator" in without.stderr) == (2, True)
    assert burner(tmp_path, *asked, "--operator", "qa").returncode == 0
    result = burner(tmp_path, "batch", "audit", "WO1", "--sample", "2", "--json")
    result = json.loads(result.stdout)
    assert (result["verdict"], result["counts"]["good"]) == ("accept", 2)
    assert "key configuration" in [f["what"] for f in result["sample"][0]["check"]["findings"]]
