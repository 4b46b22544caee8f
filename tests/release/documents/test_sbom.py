"""Bills of materials: the forms that build tools write are read, all else is refused by name."""

import json
from typing import Any

import pytest

from burner.release.documents.sbom import Sbom, read_sbom

SPDX: dict[str, Any] = {
    "spdxVersion": "SPDX-2.3",
    "SPDXID": "SPDXRef-DOCUMENT",
    "name": "blinky",
    "dataLicense": "CC0-1.0",
    "documentNamespace": "http://spdx.org/spdxdocs/blinky-1",
    "creationInfo": {"created": "2026-11-29T09:00:00Z", "creators": ["Tool: x"]},
    "packages": [{"SPDXID": "SPDXRef-P", "name": "freertos"}],
}
SPDX_3: dict[str, Any] = {
    "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
    "@graph": [
        {"type": "SpdxDocument", "name": "blinky"},
        {"type": "software_Package", "name": "freertos"},
    ],
}
CYCLONEDX: dict[str, Any] = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "metadata": {"component": {"type": "firmware", "name": "blinky"}},
    "components": [{"type": "library", "name": "freertos"}],
}
TAGS = """\
# Document information
SPDXVersion: SPDX-2.2
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
DocumentName: blinky
DocumentNamespace: http://spdx.org/spdxdocs/blinky-1
Creator: Tool: ESP-IDF SBOM builder
Created: 2026-11-29T09:00:00Z

PackageName: freertos
SPDXID: SPDXRef-P
"""


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (json.dumps(SPDX), Sbom("SPDX 2.3", "blinky", 1, is_json=True)),
        (json.dumps(SPDX_3), Sbom("SPDX 3.0", "blinky", 1, is_json=True)),
        (json.dumps(CYCLONEDX), Sbom("CycloneDX 1.6", "blinky", 1, is_json=True)),
        ("\ufeff" + json.dumps(CYCLONEDX), Sbom("CycloneDX 1.6", "blinky", 1, is_json=True)),
        (TAGS, Sbom("SPDX 2.2", "blinky", 1, is_json=False)),
        (TAGS.replace("\n", "\r\n"), Sbom("SPDX 2.2", "blinky", 1, is_json=False)),
    ],
)
def test_every_form_that_a_build_writes_is_read(data: str, expected: Sbom) -> None:
    assert read_sbom(data.encode()) == expected


def without(document: dict[str, Any], field: str, **more: Any) -> str:
    return json.dumps({k: v for k, v in document.items() if k != field} | more)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "an empty file"),
        ("hello", "neither JSON nor SPDX tags"),
        ("{", "not JSON"),
        ("{}", "JSON of no known form"),
        ("[" * 100_000, "neither JSON"),
        ('{"a":' * 100_000, "not JSON"),
        (without(SPDX, "name"), "SPDX without name"),
        (without(SPDX, "creationInfo", creationInfo=[]), "without creationInfo"),
        (without(SPDX, "packages", packages=[{"name": 1}]), "without packages"),
        (without(SPDX, "packages", packages={}), "without packages"),
        (without(SPDX, "", spdxVersion="SPDX-9"), "without spdxVersion"),
        (without(SPDX_3, "@graph"), "without @graph"),
        (without(SPDX_3, "", **{"@context": "x"}), "without @context of SPDX 3"),
        (without(CYCLONEDX, "specVersion"), "CycloneDX without specVersion"),
        (without(CYCLONEDX, "", version=0), "without version"),
        (without(CYCLONEDX, "", bomFormat="x"), "without bomFormat"),
        (without(CYCLONEDX, "", metadata=[], components=[1]), "without components"),
        (TAGS.replace("DocumentName:", "Document:"), "SPDX without DocumentName"),
        (TAGS.replace("PackageName:", "Package:"), "SPDX without PackageName"),
    ],
)
def test_a_file_of_another_form_is_refused_with_what_is_missing(data: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_sbom(data.encode())


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ValueError, match="UTF-8"):
        read_sbom(b"\xff\xfe{\0")
