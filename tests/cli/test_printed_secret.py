"""A firmware that prints its secret: shown to the operator, the engineer and QA; a unit passes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from burner.cli.main import root
from burner.core.errors import lookup
from burner.core.words.language import Language
from burner.core.words.phrases import phrase
from burner.manifest.reading.reader import ManifestReader
from tests.runs import PROFILE, SECRET

BENCH = """
slots: 2
keep: flash
units:
  - {}
  - {faults: [{kind: prints-secret, form: hex-dump}]}
"""
SERIAL = "identity: {serial: {source: firmware, pattern: '.+', line: 'never (.+)'}}"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLUG_C3_SECRET", SECRET)
    Path("bench.yaml").write_text(BENCH)


def run(*arguments: str) -> tuple[int, str]:
    ran = CliRunner().invoke(root, arguments, standalone_mode=False)
    assert ran.exception is None
    return int(ran.return_value or 0), ran.output


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_is_told_and_recorded_and_the_unit_passes(language: Language) -> None:
    row = lookup("E625")
    burn = ("burn", str(PROFILE), "--bench", "bench.yaml", "--yes", "--batch", "B1")
    status, output = run("--lang", language, *burn)
    assert status == 0
    assert row.sentence(language) in output
    assert row.remedy(language).replace(" ", "") in "".join(output.split())
    listed = json.loads(run("manifest", "list", "--json")[1])
    assert [(row["outcome"], row["evidence"].get("warnings")) for row in listed] == [
        ("PASS", ["E625"] if row["slot"] == "2" else None) for row in listed
    ]
    printing = next(row["unit_id"] for row in listed if row["slot"] == "2")
    assert "E625" in run("unit", "show", printing)[1]
    standing = run("batch", "status", "B1")[1]
    assert phrase("seen of units", language, "E625", 1, row.sentence(language)) in standing
    assert json.loads(run("batch", "status", "B1", "--json")[1])["warnings"] == {"E625": 1}


def test_it_stands_in_the_statement_of_the_sealed_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BURNER_STATE", str(Path("state").absolute()))
    monkeypatch.setenv("BURNER_STATION", "line1")
    run("burn", str(PROFILE), "--bench", "bench.yaml", "--yes", "--batch", "B1")
    run("batch", "close", "B1", "--operator", "li")
    page = Path("B1/statement.txt").read_text()
    assert f"1  E625 {lookup('E625').says}" in page
    with ManifestReader.open("manifest.db") as reader:
        origin_key = reader.log_keys()[0].key
    assert run("manifest", "verify", "B1", "--key", origin_key)[0] == 0


def test_a_look_at_the_unit_names_it_as_a_problem(tmp_path: Path) -> None:
    run("burn", str(PROFILE), "--bench", "bench.yaml", "--yes")
    text = PROFILE.read_text().replace("../firmware", str(PROFILE.parents[1] / "firmware"))
    (tmp_path / "plug.yaml").write_text(f"{text}\n{SERIAL}\n")
    status, output = run("identify", "plug.yaml", "--bench", "bench.yaml", "--json")
    assert status == 1
    problems = {row["slot"]: [p["code"] for p in row["problems"]] for row in json.loads(output)}
    assert problems == {"1": [], "2": ["E625"]}
