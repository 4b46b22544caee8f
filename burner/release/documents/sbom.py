"""The form of a software bill of materials: SPDX (JSON or tag-value) or CycloneDX (JSON). Pure."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

ALLOWED = "SPDX 2 or 3 as JSON, SPDX 2 as tag-value, CycloneDX 1 as JSON"
_TAG = re.compile(r"^([A-Za-z]+):[ \t]*(\S.*)$", re.MULTILINE)
_DOCUMENT = "SPDXRef-DOCUMENT"


@dataclass(frozen=True)
class Sbom:
    """What a bill of materials says of itself."""

    form: str
    """`SPDX 2.3`."""
    name: str
    """Of what; empty where it does not say it."""
    packages: int
    """How many it lists."""
    is_json: bool


def read_sbom(data: bytes) -> Sbom:
    """A bill of materials, its form checked.

    Raises:
        ValueError: it is none; the text says what is wrong.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("not text in UTF-8") from None
    if not text.strip():
        raise ValueError("an empty file")
    if not text.lstrip().startswith("{"):
        return _spdx_tags(text)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON ({error})") from None
    for mark, read in _JSON_FORMS.items():
        if mark in document:
            return read(document)
    raise ValueError("JSON of no known form")


def _spdx_2(document: Mapping[str, Any]) -> Sbom:
    version = str(document["spdxVersion"])
    packages = document.get("packages", [])
    created = document.get("creationInfo")
    _require(
        "SPDX",
        {
            "spdxVersion SPDX-2.…": re.fullmatch(r"SPDX-2\.\d", version),
            f"SPDXID {_DOCUMENT}": document.get("SPDXID") == _DOCUMENT,
            "name": _is_text(document.get("name")),
            "dataLicense": _is_text(document.get("dataLicense")),
            "documentNamespace": _is_text(document.get("documentNamespace")),
            "creationInfo with created and creators": isinstance(created, dict)
            and _is_text(created.get("created"))
            and bool(created.get("creators")),
            "packages, each with SPDXID and name": _are_named(packages, "SPDXID"),
        },
    )
    return Sbom(version.replace("-", " "), document["name"], len(packages), is_json=True)


def _spdx_3(document: Mapping[str, Any]) -> Sbom:
    version = re.search(r"spdx\.org/rdf/(3\.\d)", str(document["@context"]))
    graph = document.get("@graph")
    elements = [e for e in graph if isinstance(e, dict)] if isinstance(graph, list) else []
    kinds = [str(element.get("type", "")) for element in elements]
    _require(
        "SPDX",
        {
            "@context of SPDX 3": version,
            "@graph with a SpdxDocument": "SpdxDocument" in kinds,
        },
    )
    name = next((str(e.get("name", "")) for e in elements if e.get("type") == "SpdxDocument"), "")
    packages = kinds.count("software_Package")
    return Sbom(f"SPDX {version[1] if version else ''}", name, packages, is_json=True)


def _spdx_tags(text: str) -> Sbom:
    tags: dict[str, str] = {}
    for tag, value in _TAG.findall(text):
        tags.setdefault(tag, value.strip())
    if "SPDXVersion" not in tags:
        raise ValueError("neither JSON nor SPDX tags (SPDXVersion: …)")
    version = tags["SPDXVersion"]
    packages = len(re.findall(r"^PackageName:", text, re.MULTILINE))
    fields = ("DataLicense", "DocumentName", "DocumentNamespace", "Creator", "Created")
    _require(
        "SPDX",
        {
            "SPDXVersion SPDX-2.…": re.fullmatch(r"SPDX-2\.\d", version),
            f"SPDXID {_DOCUMENT}": tags.get("SPDXID") == _DOCUMENT,
            **{field: tags.get(field) for field in fields},
            "PackageName": packages,
        },
    )
    return Sbom(version.replace("-", " "), tags["DocumentName"], packages, is_json=False)


def _cyclonedx(document: Mapping[str, Any]) -> Sbom:
    version = document.get("specVersion")
    components = document.get("components", [])
    number = document.get("version", 1)
    _require(
        "CycloneDX",
        {
            "bomFormat CycloneDX": document["bomFormat"] == "CycloneDX",
            "specVersion 1.…": isinstance(version, str) and re.fullmatch(r"1\.\d", version),
            "version, a number from 1": type(number) is int and number >= 1,
            "components, each with type and name": _are_named(components, "type"),
        },
    )
    metadata = document.get("metadata")
    about = metadata.get("component") if isinstance(metadata, dict) else None
    name = str(about.get("name", "")) if isinstance(about, dict) else ""
    return Sbom(f"CycloneDX {version}", name, len(components), is_json=True)


_JSON_FORMS: Final[Mapping[str, Callable[[Mapping[str, Any]], Sbom]]] = {
    "spdxVersion": _spdx_2,
    "@context": _spdx_3,
    "bomFormat": _cyclonedx,
}
"""By a field that only this form has."""


def _require(form: str, fields: Mapping[str, object]) -> None:
    missing = [field for field, there in fields.items() if not there]
    if missing:
        raise ValueError(f"{form} without {'; '.join(missing)}")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _are_named(rows: object, field: str) -> bool:
    return isinstance(rows, list) and all(
        isinstance(row, dict) and _is_text(row.get("name")) and _is_text(row.get(field))
        for row in rows
    )
