"""A profile or a release file, opened for burning: checked whole, then frozen."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from burner.core import yaml_document
from burner.core.code import Code
from burner.core.errors import BurnerError, Finding, refuse
from burner.core.plain_file import read_plain
from burner.core.secrets.reference import NO_SECRET, SECRET_ABSENT, resolve
from burner.core.secrets.secret import Secret
from burner.core.segments import Segment
from burner.flash.layout import Layout
from burner.profile.profile import FlashPlan, Profile
from burner.profile.reading import read_profile, validate_profile
from burner.provisioning.carriers import as_flash_carrier, carrier_for
from burner.provisioning.key_config import KeyConfig
from burner.release.archive import MAX_SIZE
from burner.release.contents import check_contents, checked_plan
from burner.release.envelope.dsse import SignedStatement
from burner.release.lint.accepted_warnings import accepted
from burner.release.placement.payload import key_segments, merge_segments
from burner.release.preflight import (
    Preflight,
    preflight_without_secret,
    secret_in_profile,
)
from burner.release.release import KeylessRelease, Release, release_index
from burner.release.release_file import Contents, unpack
from burner.release.seal import open_seal
from burner.release.statements import signed_statements

Identities = Callable[[], Iterable[Secret]]
"""Gives the keys of this station by which it opens sealed releases; may ask for a passphrase."""
Accepts = Callable[[Contents, Sequence[SignedStatement]], None]
"""Refuses a release that the station does not accept, before its secret is opened: by what it holds
and the statements on it."""


def open_release(
    source: Path,
    secret: Secret | None = None,
    prompt_secret: Callable[[], str] | None = None,
    *,
    reference: str = "",
    identities: Identities | None = None,
    accepts: Accepts | None = None,
) -> Release:
    """Open a profile or a release for burning.

    Args:
        source: `profile.yaml` or `NAME-VERSION.burn`.
        secret: the ProductSecret; fetched where it is not given.
        prompt_secret: asks a person for it without echo, for `prompt`.
        reference: where this station keeps it; the profile's reference where it is left out.
        identities: for a release that brings its secret sealed.
        accepts: refuses a release by the policy of the station; None: there is none.

    Raises:
        BurnerError: E1xx with every finding; E2xx a release file that is not what was built; E208
            the profile holds the secret itself; E210, E211 it is sealed for others, or its seal is
            not what was made; E212 it brings its secret, and another one is named.
    """
    return _with_secret(_open(source, accepts), secret, prompt_secret, reference, identities)


def open_with_or_without_key(
    source: Path,
    reference: str,
    prompt_secret: Callable[[], str] | None,
    accepts: Accepts | None = None,
) -> KeylessRelease:
    """Open a profile or a release, with the product key where nobody must be asked for it.

    Args:
        source: `profile.yaml` or `NAME-VERSION.burn`.
        reference: where this station keeps the secret: then it must be there, and may be asked
            for. Empty: where the source says.
        prompt_secret: asks a person for the secret.
        accepts: refuses a release by the policy of the station; None: there is none.

    Raises:
        BurnerError: as `open_release`, but for a secret that nobody names.
    """
    if reference:
        return open_release(
            source, prompt_secret=prompt_secret, reference=reference, accepts=accepts
        )
    return _with_secret_if_present(_open(source, accepts), None, NO_SECRET)


def open_with_key_if_present(
    source: Path,
    reference: str,
    prompt_secret: Callable[[], str] | None,
    accepts: Accepts | None = None,
) -> KeylessRelease:
    """Open a profile or a release, with the product key where the station has it.

    Args:
        source: `profile.yaml` or `NAME-VERSION.burn`.
        reference: where this station keeps the secret: then it must be there. Empty: where the
            source says.
        prompt_secret: asks a person for the secret.
        accepts: refuses a release by the policy of the station; None: there is none.

    Raises:
        BurnerError: as `open_release`, but for a secret that is not there.
    """
    if reference:
        return open_release(
            source, prompt_secret=prompt_secret, reference=reference, accepts=accepts
        )
    return _with_secret_if_present(_open(source, accepts), prompt_secret, SECRET_ABSENT)


def open_keyless(source: Path) -> KeylessRelease:
    """Open a profile or a release where the secret is not at hand, to check units.

    Raises:
        BurnerError: as `open_release`, but for the secret.
    """
    return _keyless(_open(source))


def is_release_file(path: Path) -> bool:
    """Whether a source is a release file, by its name."""
    return path.suffix.lower() == ".burn"


class ReleaseFile(NamedTuple):
    """A release file, everything in it checked."""

    contents: Contents
    seen: Preflight
    statements: tuple[SignedStatement, ...]
    """What its envelopes say, verified."""


def open_release_file(path: Path) -> ReleaseFile:
    """Read a release file, and check everything in it; findings that are left are warnings.

    Raises:
        BurnerError: E201 to E205 it is not what was built, E207 it cannot be read; E216 to E220,
            E245 a statement on it is not what was signed; E1xx it cannot be burned, with every
            finding.
    """
    contents = read_release_file(path)
    seen = check_contents(contents, path)
    statements = signed_statements(contents, path.name)
    refuse(list(seen.findings))
    return ReleaseFile(contents, seen, statements)


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


@dataclass(frozen=True)
class _Opened:
    """A profile or a release file, read and checked; nothing of its secret yet."""

    source: Path
    profile: Profile
    layout: Layout
    index: Mapping[str, Any]
    route: tuple[Segment, ...]
    findings: tuple[Finding, ...]
    contents: Contents | None
    """Of a release file."""

    @property
    def sealed(self) -> bool:
        """Whether it brings its secret."""
        return self.contents is not None and bool(self.contents.sealed)

    @property
    def envelopes(self) -> tuple[bytes, ...]:
        """Signed statements on it."""
        return self.contents.envelopes if self.contents else ()


def _open(source: Path, accepts: Accepts | None = None) -> _Opened:
    if is_release_file(source):
        contents, seen, statements = open_release_file(source)
        if accepts:
            accepts(contents, statements)
        return _checked(source, contents, seen)
    seen = preflight_without_secret(source)
    refuse(list(seen.findings))
    return _checked(source, None, seen)


def _checked(source: Path, contents: Contents | None, seen: Preflight) -> _Opened:
    profile, layout = checked_plan(seen)
    if contents:
        index = contents.index
    else:
        index = release_index(profile, layout, seen.documents, route=seen.route)
    return _Opened(source, profile, layout, index, seen.route, seen.findings, contents)


def _keyless(opened: _Opened) -> KeylessRelease:
    return KeylessRelease(
        opened.profile,
        opened.layout,
        opened.index,
        carrier_for(opened.profile.carrier, opened.profile.possible_keys),
        envelopes=opened.envelopes,
        route=opened.route,
    )


def _with_secret_if_present(
    opened: _Opened, prompt_secret: Callable[[], str] | None, absent: Collection[Code]
) -> KeylessRelease:
    """Without the key where it is sealed, or where the error is one of `absent`."""
    if opened.sealed:
        return _keyless(opened)
    try:
        return _with_secret(opened, prompt_secret=prompt_secret)
    except BurnerError as error:
        if error.code not in absent:
            raise
        return _keyless(opened)


def _with_secret(
    opened: _Opened,
    secret: Secret | None = None,
    prompt_secret: Callable[[], str] | None = None,
    reference: str = "",
    identities: Identities | None = None,
) -> Release:
    if opened.sealed:
        if secret is not None or reference:
            raise BurnerError(Code.RELEASE_BRINGS_SECRET, opened.source.name)
        opened, secret = _unsealed(opened, identities() if identities else ())
    elif secret is None and reference:
        secret = resolve(reference, Path(), prompt_secret)
    elif secret is None:
        kept_at = opened.profile.product.secret
        secret = resolve(kept_at, opened.source.parent, prompt_secret)
    profile = opened.profile
    at = reference or profile.place("product", "secret")
    notes = profile.platform.rules.check_secret(secret, at)
    refuse([*notes, *secret_in_profile(profile, secret)])
    return _freeze(opened, secret, (*opened.findings, *accepted(notes, profile.accept)))


def _unsealed(opened: _Opened, identities: Iterable[Secret]) -> tuple[_Opened, Secret]:
    """The same with the bytes of its confidential images, and its secret."""
    source, contents = opened.source, opened.contents
    assert contents is not None  # noqa: S101 - it is sealed
    inputs = open_seal(contents, opened.profile.product.id, identities, source.name)
    if inputs.images:
        seen = check_contents(contents, source, inputs.images)
        refuse(list(seen.findings))
        opened = _checked(source, contents, seen)
    return opened, inputs.secret


def _freeze(opened: _Opened, secret: Secret, warnings: tuple[Finding, ...]) -> Release:
    profile, layout = opened.profile, opened.layout
    carrier = carrier_for(profile.carrier, profile.possible_keys)
    flash_carrier, key = as_flash_carrier(carrier), KeyConfig(profile.product.id, secret)
    return Release(
        profile=profile,
        layout=layout,
        index=opened.index,
        carrier=carrier,
        envelopes=opened.envelopes,
        key=key,
        segments=merge_segments(
            layout,
            () if carrier.needs_name() else key_segments(flash_carrier, layout, key),
        ),
        route=opened.route,
        warnings=warnings,
    )
