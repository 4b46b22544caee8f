"""The page of barcodes: what a scanner reads from it, and what it says when it cannot be made."""

from pathlib import Path

import pytest
import zxingcpp
from click.testing import CliRunner, Result
from PIL import Image

from burner.cli.main import root
from burner.station.scanning.operator_commands import (
    CANCEL,
    REWORK,
    OperatorCommand,
    ReasonChosen,
    SlotChosen,
    command_of_barcode,
    mark_of,
    reason_barcode,
    slot_barcode,
)
from tests.runs import PROFILE, ROOT


def labels(*arguments: str | Path) -> Result:
    return CliRunner().invoke(root, ["station", "labels", *map(str, arguments)])


def read(path: Path) -> list[str]:
    """What another program's reader finds on the page."""
    with Image.open(path) as image:
        barcodes = zxingcpp.read_barcodes(image.convert("L"))
    assert {str(barcode.format) for barcode in barcodes} <= {"Code 128", "BarcodeFormat.Code128"}
    return sorted(barcode.text for barcode in barcodes)


def test_every_slot_rework_and_cancel_can_be_scanned_from_the_page(tmp_path: Path) -> None:
    page = tmp_path / "slots.png"
    assert labels("-o", page, "--slots", "32").exit_code == 0
    slots = [str(number) for number in range(1, 33)]
    assert read(page) == sorted([*map(slot_barcode, slots), REWORK, CANCEL])
    commands = [command_of_barcode(text, slots) for text in read(page)]
    assert {command.slot for command in commands if isinstance(command, SlotChosen)} == set(slots)


def test_the_slots_of_a_station_and_the_reasons_of_a_product(tmp_path: Path) -> None:
    station = tmp_path / "line1.yaml"
    names = ("left", "a-slot-with-a-very-long-name.000")
    slots = (f'  {n}: {{esp: {{url: "socket://{n}:1"}}}}\n' for n in names)
    station.write_text("slots:\n" + "".join(slots))
    plug = PROFILE.read_text(encoding="utf-8").replace("../firmware", str(ROOT / "firmware"))
    profile = tmp_path / "plug.yaml"
    profile.write_text(f"{plug}\nrework: {{reasons: [new antenna]}}\n", encoding="utf-8")
    page = tmp_path / "page.png"
    done = labels("-o", page, "--station-file", station, "--profile", profile)
    assert done.exit_code == 0, done.output
    wanted = [*map(slot_barcode, names), REWORK, CANCEL, reason_barcode("new antenna")]
    assert read(page) == sorted(wanted)
    command: OperatorCommand | None = command_of_barcode(reason_barcode("new antenna"), names)
    assert command == ReasonChosen(mark_of("new antenna"))


@pytest.mark.parametrize(("kind", "begins"), [("pdf", b"%PDF"), ("svg", b"<svg")])
def test_the_page_is_a_pdf_or_an_svg_too(tmp_path: Path, kind: str, begins: bytes) -> None:
    page = tmp_path / f"page.{kind}"
    assert labels("-o", page, "--slots", "20").exit_code == 0
    data = page.read_bytes()
    assert data.startswith(begins)
    if kind == "svg":
        assert b">slot 20<" in data
        assert b">BURNER SLOT 20<" in data


def test_in_chinese_the_names_are_chinese_and_the_barcodes_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BURNER_LANG", "en")  # so that what --lang sets is taken back
    page = tmp_path / "page.svg"
    assert labels("-o", page, "--slots", "1", "--lang", "zh").exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert ">工位 1<" in text
    assert ">返工<" in text
    assert f">{REWORK}<" in text


@pytest.mark.parametrize(
    "arguments", [("-o", "page.txt", "--slots", "2"), ("-o", "page.png"), ("--slots", "2")]
)
def test_what_is_missing_is_said(arguments: tuple[str, ...]) -> None:
    done = labels(*arguments)
    assert done.exit_code == 2
    assert "-o" in done.output or "--slots" in done.output
