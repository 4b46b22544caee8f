"""A profile opened for burning: checked whole, frozen, with one digest for what it makes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from burner import schema
from burner.advice import advise
from burner.canonical import canonical, digest
from burner.carriers import AtCarrier, Carrier, KeyConfig, carrier_for
from burner.errors import BurnerError, Finding, refuse
from burner.files import read_plain
from burner.identity import check_sources
from burner.layout import all_placed, check_segments, merge, place, share
from burner.model import Segment
from burner.naming import check_settings
from burner.partitions import Layout
from burner.profile import TABLE, FlashPlan, Profile, fit_profile, read_profile
from burner.release_file import MAX_SIZE, Contents, unpack
from burner.secrets import Secret, Source, check_product_secret, parse_reference, resolve

INDEX_FORMAT = 1
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


@dataclass(frozen=True)
class Release:
    """What a batch burns. Opened = checked."""

    profile: Profile
    layout: Layout
    digest: str
    """SHA-256 (hex) of the canonical index: what is burned, whatever it is called on disk."""
    carrier: Carrier | AtCarrier
    key: KeyConfig
    """Without the name."""
    segments: tuple[Segment, ...]
    """What every unit shares, ascending; with the key, unless that is made for each unit."""
    warnings: tuple[Finding, ...] = ()

    @property
    def needs_name(self) -> bool:
        """Whether some bytes are made for each unit."""
        return self.carrier.needs_name()

    def key_for(self, device_name: str) -> KeyConfig:
        """What this unit's flash will hold: the name only where the carrier holds one."""
        return replace(self.key, device_name=device_name if self.carrier.holds_name() else "")

    def named_segments(self, device_name: str) -> tuple[Segment, ...]:
        """What is made for this unit alone; nothing where all units are the same."""
        if not self.needs_name:
            return ()
        return _filled(self.carrier, self.layout, self.key_for(device_name))

    def payload(self, device_name: str) -> tuple[Segment, ...]:
        """Every segment of one unit, ascending; without a name yet, only what is shared."""
        if not self.needs_name or not device_name:
            return self.segments
        return merge(self.layout, self.named_segments(device_name))


def open_release(
    source: Path,
    secret: Secret | None = None,
    ask: Callable[[], str] | None = None,
    *,
    reference: str = "",
) -> Release:
    """Open a profile or a release for burning.

    Args:
        source: `profile.yaml` or `NAME-VERSION.burn`.
        secret: the ProductSecret; fetched where it is not given.
        ask: asks a person for it without echo, for `prompt`.
        reference: where this station keeps it; the profile's reference where it is left out.

    Raises:
        BurnerError: E1xx with every finding; E2xx a release file that is not what was built.
    """
    if is_release_file(source):
        _, seen = open_release_file(source)
    else:
        seen = survey_without_secret(source)
        refuse(list(seen.findings))
    assert isinstance(seen.plan, Profile)  # noqa: S101 - no errors, so there is a profile
    assert seen.layout is not None  # noqa: S101
    profile = seen.plan
    if secret is None and reference:
        secret = resolve(reference, Path(), ask)
    elif secret is None:
        secret = resolve(profile.product.secret, source.parent, ask)
    notes = check_product_secret(secret, reference or profile.place("product", "secret"))
    refuse(notes)
    return freeze(profile, seen.layout, secret, (*seen.findings, *notes))


def is_release_file(path: Path) -> bool:
    """Whether a source is a release file, by its name."""
    return path.suffix.lower() == ".burn"


def open_release_file(path: Path) -> tuple[Contents, Survey]:
    """Read a release file, and check everything in it; findings that are left are warnings.

    Raises:
        BurnerError: E201 to E205 it is not what was built, E207 it cannot be read; E1xx it
            cannot be burned, with every finding.
    """
    contents = read_release_file(path)
    seen = survey_contents(contents, path)
    refuse(list(seen.findings))
    return contents, seen


def read_release_file(path: Path) -> Contents:
    """Read and check a release file.

    Raises:
        BurnerError: E201 to E204 it is not what was built, E207 it cannot be read.
    """
    try:
        data = read_plain(path, MAX_SIZE)
    except OSError as error:
        raise BurnerError("E207", f"{path}: {error.strerror}") from None
    return unpack(data, path.name)


def contents_of(seen: Survey) -> Contents:
    """What a release file of this profile holds; needs no secret.

    Raises:
        BurnerError: E1xx with every finding, unless they are warnings.
    """
    refuse(list(seen.findings))
    assert isinstance(seen.plan, Profile)  # noqa: S101 - no errors, so there is a profile
    assert seen.layout is not None  # noqa: S101
    profile, segments = seen.plan, seen.layout.segments
    parts = {name: segments[name].data for name in profile.files()}
    written = profile.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if profile.partition_table:
        written["partition_table"]["file"] = f"parts/{TABLE}"
    for image in written["images"]:
        image["file"] = f"parts/{image['name']}"
    about = index(profile, seen.layout)
    return Contents(
        digest=digest(about),
        index=about,
        profile=canonical(written).decode(),
        parts={f"parts/{name}": data for name, data in parts.items()},
    )


def survey_contents(contents: Contents, path: Path) -> Survey:
    """Check what a release file holds, as its profile was checked when it was built.

    Raises:
        BurnerError: E205 its parts do not make what its index names, or its profile is none.
    """
    document = schema.parse(contents.profile, path.name, "E205")
    plan, findings = fit_profile(document, path)
    if not isinstance(plan, Profile):
        raise BurnerError("E205", path.name, findings)
    files = {name: contents.parts.get(file, b"") for name, file in plan.files().items()}
    seen = examine(plan, files)
    if seen.layout is None or digest(index(plan, seen.layout)) != contents.digest:
        raise BurnerError("E205", path.name)
    return seen


def freeze(
    profile: Profile, layout: Layout, secret: Secret, warnings: tuple[Finding, ...] = ()
) -> Release:
    """A release of what was found sound."""
    carrier = carrier_for(profile.carrier)
    key = KeyConfig(profile.product.id, secret)
    return Release(
        profile=profile,
        layout=layout,
        digest=digest(index(profile, layout)),
        carrier=carrier,
        key=key,
        segments=merge(layout, () if carrier.needs_name() else _filled(carrier, layout, key)),
        warnings=warnings,
    )


def _filled(carrier: Carrier | AtCarrier, layout: Layout, key: KeyConfig) -> tuple[Segment, ...]:
    if isinstance(carrier, AtCarrier):
        return ()
    return share(layout, carrier.fill(layout, key))


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


def index(profile: Profile, layout: Layout) -> dict[str, Any]:
    """What a release is, as data: what the profile decides, and the digest of every part.

    Not in it: paths, times, baud rates, where the secret is kept, or anything of the secret.
    """
    decides = profile.model_dump(
        mode="json",
        by_alias=True,
        exclude_defaults=True,
        exclude={
            "product": {"secret"},
            "flash": {"baud", "early_baud"},
            "partition_table": True,
            "images": True,
        },
    )
    parts = [
        {
            "name": region.name,
            "offset": region.offset,
            "size": region.size,
            "sha256": region.sha256,
            "class": region.kind.value,
        }
        for region in (segment.region() for segment in layout.segments.values())
    ]
    return {"format": INDEX_FORMAT, "profile": decides, "parts": parts}


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
    at = plan.place("carrier")
    findings = [
        replace(f, place=f"{at}{f.place.removeprefix('carrier')}") for f in carrier.check(layout)
    ]
    if any(not finding.warning for finding in findings):
        return (), findings
    return carrier.fill(layout, KeyConfig("P" * 10, _STAND_IN, "N" * 48)), findings


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
    return check_product_secret(secret, at)
