"""`label` of a profile: what is printed, and what cannot be."""

from pathlib import Path

import pytest

from burner.core.errors import Finding
from burner.release.preflight import preflight_without_secret
from tests.images import write_product

NAME = '{text: "{name}", at_mm: [1, 1]}'


def findings(folder: Path, elements: str = NAME, rest: str = "", **sections: str) -> list[Finding]:
    section = f"{{size_mm: [40, 20], elements: [{elements}]{rest}}}"
    seen = preflight_without_secret(write_product(folder, label=section, **sections))
    return [finding for finding in seen.findings if "label" in finding.place]


def test_a_label_that_fits_is_good(tmp_path: Path) -> None:
    qr = '{qr: "{mac}", at_mm: [27, 3], module_mm: 0.5}'
    assert findings(tmp_path, f"{NAME}, {qr}", ", scan_back: true") == []


@pytest.mark.parametrize(
    ("elements", "rest", "field", "found"),
    [
        ('{text: "{mac} {mac}", at_mm: [1, 1]}', "", "elements[0]", "over the edge"),
        ('{qr: "{mac}", at_mm: [1, 12], module_mm: 1}', "", "elements[0]", "over the edge"),
        (f'{NAME}, {{text: "x", at_mm: [2, 3]}}', "", "elements[1]", "lies on"),
        ('{text: "{nme}", at_mm: [1, 1]}', "", "elements[0].text", "{nme}"),
        ('{text: "{mac", at_mm: [1, 1]}', "", "elements[0].text", "{mac"),
        ('{text: "a\\nb", at_mm: [1, 1]}', "", "elements[0].text", "a"),
        ('{text: "a", qr: "b", at_mm: [1, 1]}', "", "elements[0]", ""),
        ('{text: "产品", at_mm: [1, 1]}', "", "elements[0].font", "no Chinese letters"),
        ('{code128: "产品", at_mm: [1, 1]}', "", "elements", "ASCII"),
        ('{code128: "a>b", at_mm: [9, 1]}', "", "elements", ">"),
        ('{text: "{imei}", at_mm: [1, 1]}', "", "elements[0].text", "needs imei"),
        (NAME, ", scan_back: true", "label", ""),
        (NAME, ", dpi: 200", "dpi", "200"),
    ],
)
def test_what_cannot_be_printed_is_found_with_its_place(
    tmp_path: Path, elements: str, rest: str, field: str, found: str
) -> None:
    (finding, *_) = findings(tmp_path, elements, rest)
    assert finding.place.endswith(field)
    assert found in finding.found


def test_a_serial_number_of_any_length_needs_an_example(tmp_path: Path) -> None:
    serial = {"identity": "{serial: {source: firmware, line: 'SN=(.+)'}}"}
    element = '{text: "SN {serial}", at_mm: [1, 1]}'
    (finding,) = findings(tmp_path, element, **serial)
    assert (finding.code, finding.allowed) == ("E101", "label.examples.serial: the longest one")
    assert findings(tmp_path, element, ", examples: {serial: SN000001}", **serial) == []
    (finding,) = findings(tmp_path, element, f", examples: {{serial: {'S' * 40}}}", **serial)
    assert "over the edge" in finding.found
