"""Labels as people meet them: printed by a run, listed, printed later, again, and confirmed."""

from csv import DictReader
from dataclasses import asdict
from pathlib import Path

import pytest

from burner.bench.printer.printer import SimulatedPrinter
from burner.manifest.reading.unit_labels import LabelCounts
from tests.images import write_product
from tests.runs import burn, burner

LABEL = """
  size_mm: [50, 25]
  scan_back: {}
  elements:
    - {{text: "{{name}}", at_mm: [2, 2]}}
    - {{qr: "https://x.example/{{name}}", at_mm: [33, 6], module_mm: 0.4}}"""
AWAY = "tcp://127.0.0.1:1"
WHO = ("--operator", "li", "--batch", "WO1")


@pytest.fixture
def product(tmp_path: Path) -> Path:
    return write_product(tmp_path, label=LABEL.format("false"))


def test_a_doubtful_label_is_listed_confirmed_or_printed_again_with_a_reason(
    tmp_path: Path, product: Path
) -> None:
    ran = burn(
        *(tmp_path, "--bench", "sim:2", *WHO, "--printer", "sim:cut=1"),
        profile=product,
    )
    assert ran.status == 0  # the PASS stands
    assert ran.summary["labels"] == asdict(LabelCounts(doubtful=1, sent=1))
    (doubt,) = [line for line in ran.lines if line["event"] == "unit label" and line["code"]]
    assert (doubt["state"], doubt["code"]) == ("doubtful", "E338")
    listed = burner(tmp_path, "batch", "labels", "WO1")
    assert listed.returncode == 1
    assert doubt["unit_id"] in listed.stdout
    assert "0 owed, 1 doubtful, 1 sent" in listed.stdout
    unit = ("unit", "label", doubt["unit_id"])
    with SimulatedPrinter() as printer:
        ordered = ("--reprint", "--operator", "li", "--reason", "none came out")
        again = burner(tmp_path, *unit, *ordered, "--printer", printer.url)
        assert again.returncode == 0, again.stderr
        assert len(printer.labels) == 1
    wrong = burner(tmp_path, *unit, "--scanned", "https://x.example/other")
    assert (wrong.returncode, "E340" in wrong.stderr) == (4, True)
    code = printer.labels[0].codes[0]
    assert "scanned back" in burner(tmp_path, *unit, "--scanned", code).stdout
    shown = burner(tmp_path, "unit", "show", doubt["unit_id"]).stdout
    assert "none came out" in shown
    assert "sent, scanned back" in shown
    assert burner(tmp_path, "batch", "labels", "WO1").returncode == 0
    closed = burner(tmp_path, "batch", "close", "WO1", "--operator", "qa")
    assert "0 owed, 0 doubtful, 1 sent, 1 scanned back" in closed.stdout
    assert "confirmed      1" in (tmp_path / "WO1/statement.txt").read_text(encoding="utf-8")
    exported = burner(tmp_path, "manifest", "export").stdout
    sealed = (tmp_path / "WO1/units.csv").read_text(encoding="utf-8")
    for table in (exported, sealed):
        rows = [(r["printed_label"], r["label_prints"]) for r in DictReader(table.splitlines())]
        assert sorted(rows) == [("confirmed", "2"), ("sent", "1")]
    assert burner(tmp_path, "manifest", "verify").returncode == 0


def test_labels_that_are_owed_are_printed_by_a_command(tmp_path: Path, product: Path) -> None:
    ran = burn(tmp_path, "--bench", "sim:2", *WHO, "--printer", AWAY, profile=product)
    assert ran.status == 0
    assert ran.summary["labels"]["owed"] == 2
    (away,) = [line for line in ran.lines if line["event"] == "printer"]
    assert (away["printer"], away["code"]) == (AWAY, "E337")
    prints = ("batch", "labels", "WO1", "--print", "--printer")
    refused = burner(tmp_path, *prints, AWAY)
    assert (refused.returncode, "E337" in refused.stderr) == (4, True)
    with SimulatedPrinter() as printer:
        assert burner(tmp_path, *prints, printer.url).returncode == 0
        assert burner(tmp_path, *prints, printer.url).returncode == 0
        assert len(printer.labels) == 2
    assert printer.errors == []


def test_a_slot_takes_the_next_board_after_its_label_was_scanned(tmp_path: Path) -> None:
    product = write_product(tmp_path, label=LABEL.format("true"))
    ran = burn(tmp_path, "--bench", "sim:1,boards=3", "--count", "3", *WHO, profile=product)
    assert ran.summary["labels"] == asdict(LabelCounts(confirmed=3))
    order = [line["state"] for line in ran.lines if line["event"] in {"slot", "unit label"}]
    for board in range(3):
        start = [i for i, state in enumerate(order) if state == "PASS"][board]
        assert order[start + 1 : start + 3] == ["sent", "confirmed"]


@pytest.mark.parametrize(
    ("printer", "code"), [("lpr://x", "E339"), (AWAY, "E341"), ("sim:broken", "E190")]
)
def test_a_printer_that_cannot_serve_is_refused(tmp_path: Path, printer: str, code: str) -> None:
    product = write_product(tmp_path, label=LABEL.format("true"))
    run = ("burn", product, "--yes", "--bench", "sim:1", *WHO, "--printer", printer)
    refused = burner(tmp_path, *run)
    assert f"{code} " in refused.stderr
    assert refused.returncode != 0


def test_the_label_of_a_profile_is_a_picture_or_zpl(tmp_path: Path, product: Path) -> None:
    picture, zpl = tmp_path / "x.png", tmp_path / "x.zpl"
    assert burner(tmp_path, "profile", "label", product, "-o", picture).returncode == 0
    assert burner(tmp_path, "profile", "label", product, "-o", zpl).returncode == 0
    shown = burner(tmp_path, "profile", "show", product).stdout
    assert "50 × 25 mm, 203 dpi: text, qr" in shown
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert zpl.read_text().startswith("^XA^CI28^PW400^LL200")
