"""Checks of a profile and its files before use: everything wrong with them, found at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from burner.core.canonical_json import digest
from burner.core.code import Code
from burner.core.errors import BurnerError, Finding
from burner.core.plain_file import read_plain
from burner.core.secrets.reference import SecretSource, parse_reference, resolve
from burner.core.secrets.secret import Secret
from burner.core.segments import SealedSegment, Segment
from burner.flash.chips import BOOTLOADER_OFFSETS
from burner.flash.image import parse_image
from burner.flash.layout import Layout
from burner.flash.partition_table import PartitionTable
from burner.identity.naming import check_settings
from burner.identity.settings import check_sources
from burner.profile.images import TableFile
from burner.profile.profile import TABLE, FlashPlan, Profile
from burner.profile.reading import Reading, read_profile
from burner.provisioning.carrier import FlashCarrier
from burner.provisioning.carriers import as_flash_carrier, carrier_for
from burner.provisioning.partition_settings import PartitionCarrierSettings
from burner.provisioning.patch_carrier import PatchCarrier
from burner.release.diff import UnitRecipe, keyless_regions
from burner.release.documents.documents import read_documents, secret_in_documents
from burner.release.lint.accepted_warnings import accepted, check_acceptance
from burner.release.lint.baud_rates import check_baud_rates
from burner.release.lint.blank_partitions import check_blanks
from burner.release.lint.carrier_of_platform import check_carrier_of_platform
from burner.release.lint.challenge import check_challenge_in_images, check_challenge_settings
from burner.release.lint.confidential_images import check_confidential_images
from burner.release.lint.fixed_values import check_fixed_values
from burner.release.lint.layout import check_layout
from burner.release.lint.registration_of_platform import check_registration_of_platform
from burner.release.lint.unit_label import check_unit_label
from burner.release.lint.unit_tests import check_unit_tests
from burner.release.lint.validity import check_validity
from burner.release.placement.payload import merge_segments
from burner.release.placement.placement import all_placed, check_segments, place_images
from burner.release.placement.route import check_replaced, place_route
from burner.release.release import release_index

MAX_FILE_SIZE = 128 * 1024 * 1024
"""Bytes; the largest flash there is."""
_OF_NO_PLACE = {Code.VALUE_EXCEEDS_FIELD, Code.PATCH_PLACEHOLDER_WRONG, Code.KEY_FILE_TOO_LARGE}
"""What is wrong with a key that no partition is to blame for."""
"""As long as a secret can be, for a layout that is checked without the real one."""


@dataclass(frozen=True)
class Preflight:
    """All that can be found out about a profile without its secret."""

    plan: Profile | FlashPlan | None
    """The profile; its plan of the flash alone, or None, where the file has errors."""
    layout: Layout | None
    """What every unit shares, before the key is filled in."""
    segments: tuple[Segment, ...]
    """As they would be written, ascending; the key's with a stand-in for the secret."""
    findings: tuple[Finding, ...]
    documents: Mapping[str, bytes] = field(default_factory=dict)
    """SBOM and release notes, by their key in the profile."""
    route: tuple[Segment, ...] = ()
    """What the route writes, ascending; empty where there is none."""


def preflight(path: Path) -> Preflight:
    """Read a profile and its files, and find everything that can be found. Raises nothing."""
    seen, reading = _look_over(path)
    if reading is None or reading.whole.value is None:
        return seen
    profile = reading.whole.value
    secret = filter(reading.concerns, _check_secret(profile, seen.documents))
    return replace(seen, findings=(*seen.findings, *accepted(secret, profile.accept)))


def preflight_without_secret(path: Path) -> Preflight:
    """As `preflight`, without a look for the secret."""
    return _look_over(path)[0]


def _look_over(path: Path) -> tuple[Preflight, Reading | None]:
    try:
        reading = read_profile(path)
    except BurnerError as error:
        return Preflight(None, None, (), error.findings), None
    if reading.whole.value is None:
        return Preflight(None, None, (), reading.findings), reading
    whole = reading.whole.value
    files, missing = read_files(whole)
    documents, unusable = read_documents(whole)
    seen = replace(check_plan(*_what_is_known(reading, whole, files)), documents=documents)
    problems = (*missing, *unusable, *seen.findings)
    findings = (*reading.findings, *filter(reading.concerns, problems))
    if reading.plan is None:
        return Preflight(None, None, (), findings), reading
    return replace(seen, plan=reading.plan, findings=findings), reading


def _what_is_known(
    reading: Reading, whole: Profile, files: Mapping[str, bytes]
) -> tuple[Profile, Mapping[str, bytes]]:
    """A profile without its stand-ins' effects: what has no place of its own is not placed.

    A chip that is not said is the one that the images were built for. Where that is not known
    either, or there is no table yet, there is no layout to check.
    """
    if not reading.findings:
        return whole, files
    fields = {name: whole.files_field(name)[:-1] for name in files}
    placed = {
        name: data
        for name, data in files.items()
        if all(reading.holds(*fields[name], key) for key in ("file", "offset", "partition"))
    }
    chip: str | None = whole.chip.type
    if not reading.holds("chip", "type"):
        chip = next(filter(None, map(_built_for, placed.values())), None)
    if chip is None or not reading.holds("partition_table"):
        unknown = whole.model_copy(update={"partition_table": TableFile(file="-")})
        return unknown, {name: data for name, data in placed.items() if name != TABLE}
    like = whole.chip.model_copy(update={"type": chip})
    return whole.model_copy(update={"chip": like}), placed


def _built_for(data: bytes) -> str | None:
    """The chip of a firmware image; None for anything else."""
    try:
        chip = parse_image(data).chip
    except BurnerError:
        return None
    return chip if chip in BOOTLOADER_OFFSETS else None


def check_plan(
    plan: FlashPlan, files: Mapping[str, bytes], sealed: Mapping[str, str] | None = None
) -> Preflight:
    """Check a profile over the bytes of its files. Pure.

    Args:
        plan: what the profile says.
        files: the bytes, by `plan.files()`'s names.
        sealed: files that are not at hand: SHA-256 of each, whose bytes are as many zeros.
    """
    layout, images, findings = place_images(plan, files)
    if isinstance(plan, Profile):
        findings += _check_values(plan)
    if layout is None:
        return _with_accepted(plan, None, (), [*findings, *_check_key_alone(plan, files)])
    findings += check_confidential_images(plan, layout)
    layout = _with_sealed(layout, sealed or {})
    filled, problems = _fill_stand_in(plan, layout)
    segments = merge_segments(layout, filled)
    findings += [*problems, *check_segments(layout, segments, plan.place("images"))]
    patched = isinstance(plan, Profile) and plan.carrier.kind == "patch"
    route, problems = _place_route(plan, layout, segments, files)
    keys = () if patched else filled or _claimed(plan, layout)
    findings += [*problems, *check_blanks(plan, layout, keys, route)]
    whole = replace(layout, segments={s.name: s for s in segments})
    carried, placed = [s.name for s in filled], all_placed(plan, layout)
    findings += check_layout(plan, whole, images, carried, all_placed=placed)
    if isinstance(plan, Profile) and placed:
        findings += check_challenge_in_images(plan, whole, images)
    return replace(_with_accepted(plan, layout, segments, findings, all_placed=placed), route=route)


def _place_route(
    plan: FlashPlan, layout: Layout, product: tuple[Segment, ...], files: Mapping[str, bytes]
) -> tuple[tuple[Segment, ...], list[Finding]]:
    """What a route writes, and what is wrong with it; nothing where there is none."""
    if not isinstance(plan, Profile) or plan.route is None:
        return (), []
    route, findings = place_route(plan, layout, files)
    if all_placed(plan, layout):  # else something would seem to stay that will be written
        findings += check_replaced(plan, route, product)
    return route, findings


def _with_sealed(layout: Layout, sealed: Mapping[str, str]) -> Layout:
    """Each segment whose bytes are not at hand, under the digest that is known of it."""
    segments = {
        name: SealedSegment(**vars(s), sha256=sealed[name]) if name in sealed else s
        for name, s in layout.segments.items()
    }
    return replace(layout, segments=segments)


def _with_accepted(
    plan: FlashPlan,
    layout: Layout | None,
    segments: tuple[Segment, ...],
    findings: list[Finding],
    *,
    all_placed: bool = False,
) -> Preflight:
    if isinstance(plan, Profile):
        all_checked = all_placed and all(finding.warning for finding in findings)
        findings += check_acceptance(plan, findings, all_checked=all_checked)
        return Preflight(plan, layout, segments, accepted(findings, plan.accept))
    return Preflight(plan, layout, segments, tuple(findings))


def _check_values(profile: Profile) -> list[Finding]:
    """What is wrong with values that no file is needed to judge."""
    rules = profile.platform.rules
    return [
        *check_settings(profile.name, profile.chip.type, profile.place("name")),
        *check_sources(profile.name, profile.identity, profile.place),
        *check_baud_rates(profile),
        *check_validity(profile, datetime.now(UTC)),
        *check_fixed_values(profile),
        *check_challenge_settings(profile),
        *check_carrier_of_platform(profile),
        *check_registration_of_platform(profile),
        *check_unit_tests(profile),
        *check_unit_label(profile),
        *rules.unusual_product_id(profile.product.id, profile.place("product", "id")),
        *_check_private_keys(profile),
    ]


def read_files(plan: FlashPlan) -> tuple[dict[str, bytes], list[Finding]]:
    """The bytes of every file the profile names; a finding for each that cannot be read."""
    files: dict[str, bytes] = {}
    findings: list[Finding] = []
    fields = {plan.files_field(name): name for name in plan.files()}
    for at, name in fields.items():
        path = plan.path.parent / plan.files()[name]
        try:
            files[name] = read_plain(path, MAX_FILE_SIZE)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "not a path"
            findings.append(
                Finding(Code.INPUT_FILE_UNREADABLE, plan.place(*at), f"{path}: {why}", "a file")
            )
    return files, findings


def _check_private_keys(profile: Profile) -> list[Finding]:
    """Private keys in the text of the profile: releases and records would show them."""
    return [
        Finding(Code.SECRET_IN_PROFILE, at, "holds a private key", "a confidential image for it")
        for at in profile.places_of("PRIVATE KEY-----")
    ]


def _flash_carrier(plan: FlashPlan) -> FlashCarrier | None:
    """The carrier that writes the key into flash; None where there is none."""
    if not isinstance(plan, Profile):
        return None
    return as_flash_carrier(carrier_for(plan.carrier, plan.possible_keys))


def _fill_stand_in(plan: FlashPlan, layout: Layout) -> tuple[tuple[Segment, ...], list[Finding]]:
    """The key's segments as they will be, and what is wrong with them."""
    carrier = _flash_carrier(plan)
    if carrier is None or not isinstance(plan, Profile):
        return (), []
    patched = carrier.settings.image if isinstance(carrier, PatchCarrier) else ""
    if patched in plan.files() and patched not in layout.segments:
        return (), []  # what is wrong with the image has been said
    findings = [replace(f, place=plan.place(*f.place.split("."))) for f in carrier.check(layout)]
    if any(not finding.warning for finding in findings):
        return (), findings
    return carrier.fill(layout, plan.possible_keys.longest), findings


def _check_key_alone(plan: FlashPlan, files: Mapping[str, bytes]) -> list[Finding]:
    """What is wrong with the key's settings wherever it will lie: there is no table to tell."""
    carrier = _flash_carrier(plan)
    if carrier is None:
        return []
    images = {e.name: Segment(e.name, 0, files[e.name]) for e in plan.images if e.name in files}
    nowhere = Layout(plan.chip.type, plan.flash.size, PartitionTable(()), images)
    findings = (finding for finding in carrier.check(nowhere) if finding.code in _OF_NO_PLACE)
    return [replace(finding, place=plan.place("carrier")) for finding in findings]


def _claimed(plan: FlashPlan, layout: Layout) -> tuple[Segment, ...]:
    """Where the key would lie that cannot be filled in yet."""
    settings = plan.carrier if isinstance(plan, Profile) else None
    if not isinstance(settings, PartitionCarrierSettings):
        return ()
    partition = layout.table.find(settings.partition)
    return (Segment(partition.name, partition.offset, b""),) if partition else ()


def made_without_secret(seen: Preflight) -> UnitRecipe | None:
    """How its units will be made, as far as the profile shows it; None: it has errors."""
    if not isinstance(seen.plan, Profile) or seen.layout is None:
        return None
    about = release_index(seen.plan, seen.layout, seen.documents, route=seen.route)
    fingerprint = key_fingerprint(seen.plan)
    return UnitRecipe(digest(about), about, keyless_regions(seen.segments), fingerprint)


def key_fingerprint(profile: Profile) -> str:
    """Of the product secret as records hold it; empty where it cannot be fetched without asking."""
    try:
        secret = resolve(profile.product.secret, profile.path.parent)
    except BurnerError:
        return ""
    return secret.fingerprint(profile.product.id)


def _check_secret(profile: Profile, documents: Mapping[str, bytes]) -> list[Finding]:
    """The secret, where it can be fetched here without asking anybody."""
    reference = profile.product.secret
    at = profile.place("product", "secret")
    if parse_reference(reference).source is SecretSource.PROMPT:
        return []
    try:
        secret = resolve(reference, profile.path.parent)
    except BurnerError as error:
        if error.code == Code.SECRET_FILE_EXPOSED:
            return [Finding(error.code, at, error.detail, "0600")]
        found = f"{error.detail or reference} ({error.code})"
        return [
            Finding(
                Code.SECRET_NOT_CHECKED,
                at,
                found,
                "a reference that works on the computer that burns",
                warning=True,
            )
        ]
    return [
        *profile.platform.rules.check_secret(secret, at),
        *secret_in_profile(profile, secret),
        *secret_in_documents(profile, documents, secret),
    ]


def secret_in_profile(profile: Profile, secret: Secret) -> list[Finding]:
    """Wherever a profile holds the secret itself: it would get into releases and records."""
    places = profile.places_of(secret.reveal().decode("utf-8", "replace"))
    return [
        Finding(Code.SECRET_IN_PROFILE, at, "holds the secret itself", "text without the secret")
        for at in places
    ]
