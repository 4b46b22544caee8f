"""A profile or a release file, opened for burning: checked whole, then frozen."""

from collections.abc import Callable
from pathlib import Path

from burner.core import yaml_document
from burner.core.canonical_json import canonical, digest
from burner.core.code import Code
from burner.core.errors import BurnerError, Finding, refuse
from burner.core.plain_file import read_plain
from burner.core.secrets.product_secret import check_product_secret
from burner.core.secrets.reference import NO_SECRET, SECRET_ABSENT, resolve
from burner.core.secrets.secret import Secret
from burner.flash.layout import Layout
from burner.profile.profile import TABLE, FlashPlan, Profile
from burner.profile.reading import read_profile, validate_profile
from burner.provisioning.carriers import as_flash_carrier, carrier_for
from burner.provisioning.key_config import KeyConfig
from burner.release.archive import MAX_SIZE
from burner.release.lint.accepted_warnings import accepted
from burner.release.placement.payload import key_segments, merge_segments
from burner.release.preflight import (
    Preflight,
    check_plan,
    preflight_without_secret,
    secret_in_profile,
)
from burner.release.release import KeylessRelease, Release, release_index
from burner.release.release_file import Contents, unpack
from burner.release.statements import signed_statements


def open_release(
    source: Path,
    secret: Secret | None = None,
    prompt_secret: Callable[[], str] | None = None,
    *,
    reference: str = "",
) -> Release:
    """Open a profile or a release for burning.

    Args:
        source: `profile.yaml` or `NAME-VERSION.burn`.
        secret: the ProductSecret; fetched where it is not given.
        prompt_secret: asks a person for it without echo, for `prompt`.
        reference: where this station keeps it; the profile's reference where it is left out.

    Raises:
        BurnerError: E1xx with every finding; E2xx a release file that is not what was built; E208
            the profile holds the secret itself.
    """
    profile, layout, findings = _open(source)
    if secret is None and reference:
        secret = resolve(reference, Path(), prompt_secret)
    elif secret is None:
        secret = resolve(profile.product.secret, source.parent, prompt_secret)
    notes = check_product_secret(secret, reference or profile.place("product", "secret"))
    refuse([*notes, *secret_in_profile(profile, secret)])
    return freeze(profile, layout, secret, (*findings, *accepted(notes, profile.accept)))


def open_with_or_without_key(
    source: Path, reference: str, prompt_secret: Callable[[], str] | None
) -> KeylessRelease:
    """Open a profile or a release, with the product key where nobody must be asked for it.

    Args:
        source: `profile.yaml` or `NAME-VERSION.burn`.
        reference: where this station keeps the secret: then it must be there, and may be asked
            for. Empty: where the source says.
        prompt_secret: asks a person for the secret.

    Raises:
        BurnerError: as `open_release`, but for a secret that nobody names.
    """
    if reference:
        return open_release(source, prompt_secret=prompt_secret, reference=reference)
    try:
        return open_release(source)
    except BurnerError as error:
        if error.code not in NO_SECRET:
            raise
        return open_keyless(source)


def open_with_key_if_present(
    source: Path, reference: str, prompt_secret: Callable[[], str] | None
) -> KeylessRelease:
    """Open a profile or a release, with the product key where the station has it.

    Args:
        source: `profile.yaml` or `NAME-VERSION.burn`.
        reference: where this station keeps the secret: then it must be there. Empty: where the
            source says.
        prompt_secret: asks a person for the secret.

    Raises:
        BurnerError: as `open_release`, but for a secret that is not there.
    """
    try:
        return open_release(source, prompt_secret=prompt_secret, reference=reference)
    except BurnerError as error:
        if reference or error.code not in SECRET_ABSENT:
            raise
        return open_keyless(source)


def open_keyless(source: Path) -> KeylessRelease:
    """Open a profile or a release where the secret is not at hand, to check units.

    Raises:
        BurnerError: as `open_release`, but for the secret.
    """
    profile, layout, _ = _open(source)
    about = digest(release_index(profile, layout))
    return KeylessRelease(profile, layout, about, carrier_for(profile.carrier))


def _open(source: Path) -> tuple[Profile, Layout, tuple[Finding, ...]]:
    if is_release_file(source):
        _, seen = open_release_file(source)
    else:
        seen = preflight_without_secret(source)
        refuse(list(seen.findings))
    assert isinstance(seen.plan, Profile)  # noqa: S101 - no errors, so there is a profile
    assert seen.layout is not None  # noqa: S101
    return seen.plan, seen.layout, seen.findings


def is_release_file(path: Path) -> bool:
    """Whether a source is a release file, by its name."""
    return path.suffix.lower() == ".burn"


def open_release_file(path: Path) -> tuple[Contents, Preflight]:
    """Read a release file, and check everything in it; findings that are left are warnings.

    Raises:
        BurnerError: E201 to E205 it is not what was built, E207 it cannot be read; E216 to E220,
            E245 a statement on it is not what was signed; E1xx it cannot be burned, with every
            finding.
    """
    contents = read_release_file(path)
    signed_statements(contents, path.name)
    seen = check_contents(contents, path)
    refuse(list(seen.findings))
    return contents, seen


def read_release_file(path: Path) -> Contents:
    """Read and check a release file.

    Raises:
        BurnerError: E201 to E204 it is not what was built, E207 it cannot be read.
    """
    if path.suffix.lower() in (".yaml", ".yml"):
        words = "a profile; `burner release build` makes a release file from it"
        raise BurnerError(Code.NOT_A_RELEASE, f"{path}: {words}")
    try:
        data = read_plain(path, MAX_SIZE)
    except OSError as error:
        raise BurnerError(Code.RELEASE_FILE_INACCESSIBLE, f"{path}: {error.strerror}") from None
    return unpack(data, path.name)


def profile_of(source: Path) -> Profile | FlashPlan | None:
    """What a profile or a release says, without a look at its images; None where it says nothing.

    Raises:
        BurnerError: E101 it is not YAML; E201 to E205, E207 the release file.
    """
    if not is_release_file(source):
        return read_profile(source).plan
    document = yaml_document.parse(
        read_release_file(source).profile, source.name, Code.RELEASE_CONTRADICTS_INDEX
    )
    return validate_profile(document, source).plan


def release_contents(seen: Preflight) -> Contents:
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
    about = release_index(profile, seen.layout)
    return Contents(
        digest=digest(about),
        index=about,
        profile=canonical(written).decode(),
        parts={f"parts/{name}": data for name, data in parts.items()},
    )


def check_contents(contents: Contents, path: Path) -> Preflight:
    """Check what a release file holds, as its profile was checked when it was built.

    Raises:
        BurnerError: E205 its parts do not make what its index names, or its profile is none.
    """
    document = yaml_document.parse(contents.profile, path.name, Code.RELEASE_CONTRADICTS_INDEX)
    reading = validate_profile(document, path)
    plan = reading.profile
    if plan is None:
        raise BurnerError(Code.RELEASE_CONTRADICTS_INDEX, path.name, reading.findings)
    files = {name: contents.parts.get(file, b"") for name, file in plan.files().items()}
    seen = check_plan(plan, files)
    if seen.layout is None or digest(release_index(plan, seen.layout)) != contents.digest:
        raise BurnerError(Code.RELEASE_CONTRADICTS_INDEX, path.name)
    return seen


def freeze(
    profile: Profile, layout: Layout, secret: Secret, warnings: tuple[Finding, ...] = ()
) -> Release:
    """A release of a profile and a layout that were checked."""
    carrier = carrier_for(profile.carrier)
    flash_carrier, key = as_flash_carrier(carrier), KeyConfig(profile.product.id, secret)
    return Release(
        profile=profile,
        layout=layout,
        digest=digest(release_index(profile, layout)),
        carrier=carrier,
        key=key,
        segments=merge_segments(
            layout,
            () if carrier.needs_name() else key_segments(flash_carrier, layout, key),
        ),
        warnings=warnings,
    )
