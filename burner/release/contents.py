"""From a profile to the contents of a release file, and back: what is in it is checked alike."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from burner.core import yaml_document
from burner.core.canonical_json import canonical, digest
from burner.core.code import Code
from burner.core.errors import BurnerError, refuse
from burner.core.secrets.reference import resolve
from burner.flash.layout import Layout
from burner.profile.profile import TABLE, Profile
from burner.profile.reading import validate_profile
from burner.release.documents.documents import name_in_release, secret_in_documents
from burner.release.preflight import Preflight, check_plan, secret_in_profile
from burner.release.release import release_index
from burner.release.release_file import Contents
from burner.release.seal import SealedInputs, commitment, confidential_parts


def release_contents(seen: Preflight, inputs: SealedInputs | None = None) -> Contents:
    """What a release file of this profile holds; needs no secret, unless it is to be sealed.

    Args:
        seen: the profile.
        inputs: what is to be sealed; `seal.add_seal` does that.

    Raises:
        BurnerError: E1xx with every finding, unless they are warnings.
    """
    refuse(list(seen.findings))
    profile, layout = checked_plan(seen)
    placed = {**{segment.name: segment for segment in seen.route}, **layout.segments}
    parts = {name: placed[name].data for name in profile.files()}
    written = profile.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if profile.partition_table:
        written["partition_table"]["file"] = f"parts/{TABLE}"
    for image in written["images"]:
        sealed = image.get("confidential")
        image["file"] = f"{'sealed' if sealed else 'parts'}/{image['name']}"
        if sealed:
            del parts[image["name"]]
    for image in written["route"]["images"] if profile.route else ():
        image["file"] = f"parts/{image['name']}"
    entries = {kind: name_in_release(kind, data) for kind, data in seen.documents.items()}
    if entries:
        written["documents"] = entries
    seal = commitment(inputs.secret, profile.product.id) if inputs else None
    about = release_index(profile, layout, seen.documents, seal, route=seen.route)
    return Contents(
        digest=digest(about),
        index=about,
        profile=canonical(written).decode(),
        parts={f"parts/{name}": data for name, data in parts.items()},
        documents={entries[kind]: data for kind, data in seen.documents.items()},
    )


def inputs_to_seal(seen: Preflight, prompt_secret: Callable[[], str] | None) -> SealedInputs:
    """The secret and the confidential images of a profile.

    Raises:
        BurnerError: E1xx with every finding, E15x there is no secret, E208 the profile holds it.
    """
    refuse(list(seen.findings))
    profile, layout = checked_plan(seen)
    secret = resolve(profile.product.secret, profile.path.parent, prompt_secret)
    notes = profile.platform.rules.check_secret(secret, profile.place("product", "secret"))
    in_documents = secret_in_documents(profile, seen.documents, secret)
    refuse([*notes, *secret_in_profile(profile, secret), *in_documents])
    images = (image.name for image in profile.images if image.confidential)
    return SealedInputs(secret, {name: layout.segments[name].data for name in images})


def check_contents(
    contents: Contents, path: Path, sealed_images: Mapping[str, bytes] | None = None
) -> Preflight:
    """Check what a release file holds, as its profile was checked when it was built.

    Args:
        contents: of the file.
        path: how to call it in findings.
        sealed_images: those from its seal; None: it is not opened.

    Raises:
        BurnerError: E205 its parts do not make what its index names, or its profile is none; E222
            a document has another form.
    """
    document = yaml_document.parse(contents.profile, path.name, Code.RELEASE_CONTRADICTS_INDEX)
    reading = validate_profile(document, path)
    plan = reading.profile
    if plan is None:
        raise BurnerError(Code.RELEASE_CONTRADICTS_INDEX, path.name, reading.findings)
    sealed = {image.name for image in plan.images if image.confidential}
    files = {name: file for name, file in plan.files().items() if name not in sealed}
    seal = contents.index.get("sealed")
    if contents.parts.keys() != set(files.values()) or not _is_commitment(
        seal, needed=bool(sealed)
    ):
        raise BurnerError(Code.RELEASE_CONTRADICTS_INDEX, path.name)
    held = {name: contents.parts[file] for name, file in files.items()}
    if sealed_images is None:
        regions = _sealed_regions(contents.index, sealed, plan.flash.size, path.name)
        zeros = {name: bytes(size) for name, (size, _) in regions.items()}
        digests = {name: digest for name, (_, digest) in regions.items()}
        seen = check_plan(plan, held | zeros, digests)
    else:
        seen = check_plan(plan, {**held, **sealed_images})
    documents = _documents(contents, plan, path.name)
    if seen.layout is None or contents.digest != digest(
        release_index(plan, seen.layout, documents, seal, route=seen.route)
    ):
        raise BurnerError(Code.RELEASE_CONTRADICTS_INDEX, path.name)
    return replace(seen, documents=documents)


def _documents(contents: Contents, plan: Profile, file: str) -> dict[str, bytes]:
    """The documents of a release file, by their key in the profile; their form checked."""
    entries = plan.documents.paths()
    if set(entries.values()) != contents.documents.keys():
        raise BurnerError(Code.RELEASE_CONTRADICTS_INDEX, f"{file}: its documents")
    documents = {kind: contents.documents[entry] for kind, entry in entries.items()}
    for kind, data in documents.items():
        try:
            named = name_in_release(kind, data)
        except ValueError as error:
            raise BurnerError(Code.DOCUMENT_INVALID, f"{file}: {entries[kind]}: {error}") from None
        if named != entries[kind]:
            raise BurnerError(Code.RELEASE_CONTRADICTS_INDEX, f"{file}: {entries[kind]}")
    return documents


def _is_commitment(seal: Any, *, needed: bool) -> bool:
    """Whether an index may hold this as its seal."""
    if seal is None:
        return not needed
    forms = {"key": "[0-9a-f]{16}", "product_secret": "[0-9a-f]{64}"}
    return (
        isinstance(seal, dict)
        and seal.keys() == forms.keys()
        and all(re.fullmatch(form, str(seal[key])) for key, form in forms.items())
    )


def _sealed_regions(
    index: Mapping[str, Any], names: set[str], most: int, file: str
) -> dict[str, tuple[int, str]]:
    """Size and SHA-256 of each confidential image, by name, as the index has them."""
    try:
        rows = {row["name"]: (row["size"], row["sha256"]) for row in confidential_parts(index)}
        if rows.keys() == names and all(0 < size <= most for size, _ in rows.values()):
            return {name: (int(size), str(digest)) for name, (size, digest) in rows.items()}
    except (KeyError, TypeError, AttributeError):
        pass
    raise BurnerError(Code.RELEASE_CONTRADICTS_INDEX, file)


def checked_plan(seen: Preflight) -> tuple[Profile, Layout]:
    """The profile and the layout of what has no errors."""
    assert isinstance(seen.plan, Profile)  # noqa: S101 - no errors, so there is a profile
    assert seen.layout is not None  # noqa: S101
    return seen.plan, seen.layout
