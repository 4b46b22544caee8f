"""Reads a profile from its file: whole, or as far as it is valid, with every finding."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import reduce
from operator import getitem
from pathlib import Path

from burner.core import yaml_document, yaml_schema
from burner.core.code import Code
from burner.core.errors import Finding, refuse
from burner.core.yaml_document import Document, FieldPath, dotted
from burner.profile.profile import FILL_IN, FORMAT, FlashPlan, Profile
from burner.profile.stand_ins import ANY, FilledDocument, StandIns, fill_in, is_under

_IMAGE = {"name": "image", "file": "-", "offset": 0}
_STAND_INS: StandIns = {
    ("burner",): FORMAT,
    ("product",): {"name": "product", "version": "0", "id": "0" * 10, "secret": "prompt"},
    ("product", "name"): "product",
    ("product", "version"): "0",
    ("product", "id"): "0" * 10,
    ("product", "secret"): "prompt",
    ("chip",): {"type": "esp32"},
    ("chip", "type"): "esp32",
    ("flash",): {"size": "128MB"},
    ("flash", "size"): "128MB",
    ("partition_table", "file"): "-",
    ("images",): [_IMAGE],
    ("images", ANY): _IMAGE,
    **{("images", ANY, key): value for key, value in _IMAGE.items()},
    ("blank", ANY): "-",
    ("carrier",): {"kind": "at"},
    ("tests", ANY, "serial", "lines", ANY): {"expect": "-"},
    ("route", "tests", ANY, "serial", "lines", ANY): {"expect": "-"},
    ("identity", "imei"): {},
    ("identity", "serial"): {},
    ("identity", "label"): {"pattern": ".*"},
}
"""For what a profile needs: what lets the checks behind it run."""


_JUDGED_BY: Mapping[str, FieldPath] = {
    **dict.fromkeys(
        (
            Code.FLASH_REGIONS_OVERLAP,
            Code.LAYOUT_EXCEEDS_FLASH,
            Code.PARTITION_TOO_SMALL,
            Code.KEY_WHERE_FIRMWARE_WRITES,
        ),
        ("carrier", "offset"),
    ),
    **dict.fromkeys((Code.VALUE_EXCEEDS_FIELD, Code.PATCH_PLACEHOLDER_WRONG), ("carrier",)),
    Code.IMAGE_OF_OTHER_CHIP: ("chip", "type"),
    Code.IMAGE_FLASH_SIZE_DIFFERS: ("flash", "size"),
    Code.OTHER_APPLICATION_MAY_START: ("blank",),
    Code.IMAGE_NEEDS_NEWER_CHIP: ("chip", "min_revision"),
}
"""Codes of findings that say, of another place, what follows from one field."""

_FOLLOWS_FROM: Mapping[tuple[str, str], FieldPath] = {
    (Code.PROFILE_INVALID, "boot.challenge"): ("carrier", "kind"),
}
"""Findings, by code and field, that only say what follows from another field."""


@dataclass(frozen=True)
class Reading:
    """A profile as far as it is valid."""

    profile: Profile | None
    """Where it has no mistakes."""
    plan: FlashPlan | None
    """The profile; its plan of the flash where that part alone has no errors."""
    whole: FilledDocument[Profile]
    """With stand-ins for what is wrong, so that all the rest can be checked too."""
    unfilled: frozenset[FieldPath]
    """Where it says `FILL_IN`."""
    findings: tuple[Finding, ...]

    def holds(self, *path: str | int) -> bool:
        """Whether a field is in the file, and filled in."""
        return self.whole.holds(*path) and not is_under(path, self.unfilled)

    def concerns(self, finding: Finding) -> bool:
        """Whether a finding is about what the file says, not about a stand-in."""
        field = finding.place.partition(" ")[2]
        invented = {dotted(path) for path in self.whole.stand_ins | self.unfilled}
        if any(field == at or field.startswith((f"{at}.", f"{at}[")) for at in invented):
            return False
        cause = _FOLLOWS_FROM.get((finding.code, field))
        if cause and not self.holds(*cause):
            return False
        if finding.code == Code.ACCEPTED_WARNING_ABSENT and self.findings:
            return False  # it may occur once the rest is put right
        behind = _JUDGED_BY.get(finding.code, ())
        if behind[:1] == ("carrier",) and ("carrier",) in self.whole.stand_ins:
            return True  # its stand-in burns nothing that anything could follow from
        parts = (path[: len(behind)] for path in self.whole.stand_ins | self.unfilled)
        return not behind or (self.holds(*behind) and behind not in parts)


def load_profile(path: Path) -> Profile:
    """Read a profile.

    Raises:
        BurnerError: E1xx, with every finding in the file itself.
    """
    reading = read_profile(path)
    refuse(list(reading.findings))
    assert reading.profile is not None  # noqa: S101 - no errors, so there is a profile
    return reading.profile


def read_profile(path: Path) -> Reading:
    """Read a profile as far as it is valid.

    Raises:
        BurnerError: E101 where it is not YAML at all.
    """
    if path.suffix.lower() == ".burn":
        wanted = "the profile from which it was built"
        refuse([Finding(Code.PROFILE_INVALID, str(path), "is a release file", wanted)])
    return validate_profile(yaml_document.read(path, Code.PROFILE_INVALID, flawed=True), path)


def validate_profile(document: Document, path: Path) -> Reading:
    """As `read_profile`, from a document that was read already."""
    unfilled = [at for at, text in document.texts.items() if text == FILL_IN]
    whole = fill_in(_numbered(document, unfilled), Profile, Code.PROFILE_INVALID, _STAND_INS)
    flawed = {flaw.place for flaw in document.flaws}
    problems = [finding for finding in whole.findings if finding.place not in flawed]
    findings = _with_unfilled(document, unfilled, (*document.flaws, *problems))
    if whole.value is not None:
        whole.value.read_from(document, path)
    if whole.value is not None and not findings:
        return Reading(whole.value, whole.value, whole, frozenset(), ())
    data = document.data if isinstance(document.data, dict) else {}
    part = {key: data[key] for key in FlashPlan.model_fields if key in data}
    plan, _ = yaml_schema.validate(replace(document, data=part), FlashPlan, Code.PROFILE_INVALID)
    if plan is not None:
        plan.read_from(document, path)
    return Reading(None, plan, whole, frozenset(unfilled), findings)


def _numbered(document: Document, unfilled: Sequence[FieldPath]) -> Document:
    """The document with a number in each `FILL_IN`, so that no two of them are equal."""
    data = deepcopy(document.data)
    for number, (*parts, last) in enumerate(filter(None, unfilled), 1):
        reduce(getitem, parts, data)[last] = f"{FILL_IN}{number}"
    return replace(document, data=data)


def _with_unfilled(
    document: Document, unfilled: Sequence[FieldPath], findings: tuple[Finding, ...]
) -> tuple[Finding, ...]:
    """The findings, with one for each value that is not filled in yet in place of its other
    findings.
    """
    allowed = {finding.place: finding.allowed for finding in findings}
    places = [document.place(*path) for path in unfilled]
    still = tuple(
        Finding(
            Code.VALUE_NOT_FILLED_IN,
            at,
            f"is still {FILL_IN}",
            allowed.get(at, "the product's own value"),
        )
        for at in places
    )
    return (*still, *(finding for finding in findings if finding.place not in places))
