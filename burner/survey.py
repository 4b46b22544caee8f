"""A profile and its files looked over: all that is wrong with them, found at once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from burner.advice import advise
from burner.carriers import AtCarrier, KeyConfig, carrier_for
from burner.errors import BurnerError, Finding
from burner.files import read_plain
from burner.identity_settings import check_sources
from burner.layout import all_placed, check_segments, merge, place
from burner.model import Segment
from burner.naming import check_settings
from burner.partitions import Layout
from burner.profile import FlashPlan, Profile, read_profile
from burner.secrets import Secret, Source, check_product_secret, parse_reference, resolve

MAX_FILE_SIZE = 128 * 1024 * 1024
"""Bytes; the largest flash there is."""
_STAND_IN = Secret(b"S" * 32)
"""As long as a secret can be, for a layout that is checked without the real one."""


@dataclass(frozen=True)
class Survey:
    """All that can be found out about a profile without its secret."""

    plan: Profile | FlashPlan | None
    """The profile; its plan of the flash alone, or None, where the file has errors."""
    layout: Layout | None
    """What every unit shares, before the key is filled in."""
    segments: tuple[Segment, ...]
    """As they would be written, ascending; the key's with a stand-in for the secret."""
    findings: tuple[Finding, ...]


def survey(path: Path) -> Survey:
    """Read a profile and its files, and find everything that can be found. Raises nothing."""
    seen = survey_without_secret(path)
    secret = _check_secret(seen.plan) if isinstance(seen.plan, Profile) else []
    return replace(seen, findings=(*seen.findings, *secret))


def survey_without_secret(path: Path) -> Survey:
    """As `survey`, without a look for the secret."""
    try:
        plan, findings = read_profile(path)
    except BurnerError as error:
        return Survey(None, None, (), error.findings)
    if plan is None:
        return Survey(None, None, (), findings)
    files, missing = read_files(plan)
    seen = examine(plan, files)
    return replace(seen, findings=(*findings, *missing, *seen.findings))


def examine(plan: FlashPlan, files: Mapping[str, bytes]) -> Survey:
    """Check a profile over the bytes of its files, by `plan.files()`'s names. Pure."""
    layout, images, findings = place(plan, files)
    if isinstance(plan, Profile):
        findings += check_settings(plan.name, plan.chip.type, plan.place("name"))
        findings += check_sources(plan.name, plan.identity, plan.place)
        findings += _check_product_id(plan)
    if layout is None:
        return Survey(plan, None, (), tuple(findings))
    filled, problems = _fill_stand_in(plan, layout)
    segments = merge(layout, filled)
    findings += [*problems, *check_segments(layout, segments, plan.place("images"))]
    whole = replace(layout, segments={s.name: s for s in segments})
    if all_placed(plan, layout):
        findings += advise(plan, whole, images, [s.name for s in filled])
    return Survey(plan, layout, segments, tuple(findings))


def read_files(plan: FlashPlan) -> tuple[dict[str, bytes], list[Finding]]:
    """The bytes of every file the profile names; a finding for each that cannot be read."""
    files: dict[str, bytes] = {}
    findings: list[Finding] = []
    fields = {plan.files_field(name): name for name in plan.files()}
    for field, name in fields.items():
        path = plan.path.parent / plan.files()[name]
        try:
            files[name] = read_plain(path, MAX_FILE_SIZE)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "not a path"
            findings.append(Finding("E105", plan.place(*field), f"{path}: {why}", "a file"))
    return files, findings


def _check_product_id(profile: Profile) -> list[Finding]:
    if profile.product.id == profile.product.id.upper():
        return []
    at = profile.place("product", "id")
    return [Finding("E103", at, f"found {profile.product.id!r}", "0-9 and A-Z", warning=True)]


def _fill_stand_in(plan: FlashPlan, layout: Layout) -> tuple[tuple[Segment, ...], list[Finding]]:
    """The key's segments as they will be, and what is wrong with them."""
    carrier = carrier_for(plan.carrier) if isinstance(plan, Profile) else None
    if carrier is None or isinstance(carrier, AtCarrier):
        return (), []
    findings = [replace(f, place=plan.place(*f.place.split("."))) for f in carrier.check(layout)]
    if any(not finding.warning for finding in findings):
        return (), findings
    return carrier.fill(layout, KeyConfig("P" * 10, _STAND_IN, "N" * 48)), findings


def key_fingerprint(profile: Profile) -> str:
    """Of the product secret as records hold it; empty where it cannot be fetched without asking."""
    try:
        secret = resolve(profile.product.secret, profile.path.parent)
    except BurnerError:
        return ""
    return secret.fingerprint(profile.product.id)


def _check_secret(profile: Profile) -> list[Finding]:
    """The secret, where it can be fetched here without asking anybody."""
    reference = profile.product.secret
    at = profile.place("product", "secret")
    if parse_reference(reference).source is Source.PROMPT:
        return []
    try:
        secret = resolve(reference, profile.path.parent)
    except BurnerError as error:
        if error.code == "E153":
            return [Finding(error.code, at, error.detail, "0600")]
        found = f"{error.detail or reference} ({error.code})"
        return [Finding("E128", at, found, "a reference that works where it burns", warning=True)]
    return [*check_product_secret(secret, at), *secret_in_profile(profile, secret)]


def secret_in_profile(profile: Profile, secret: Secret) -> list[Finding]:
    """Wherever a profile holds the secret itself: it would get into releases and records."""
    places = profile.places_of(secret.reveal().decode("utf-8", "replace"))
    return [Finding("E208", at, "holds the secret itself", "other text") for at in places]
