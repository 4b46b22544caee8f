"""No change of a sealed, signed and approved release opens at a station with a policy.

Whoever makes these changes has the file, other files of the same people, and the recipients of the
stations; but no key of theirs, and not the product secret.
"""

import json
import random
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from io import BytesIO
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from burner.core.canonical_json import canonical, digest
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.release import age
from burner.release.acceptance import StationPolicy
from burner.release.archive import write_archive
from burner.release.documents.evidence import Evidence
from burner.release.envelope.dsse import sign
from burner.release.envelope.statement import PredicateType
from burner.release.opening import open_release
from burner.release.release import Release
from burner.release.release_file import Contents, pack, unpack
from burner.release.seal import SealedInputs, add_seal
from burner.release.statements import add_statement, approval_statement, release_statement
from burner.station.fixture.station_rules import StationRules
from tests.release.envelope.signers import signer
from tests.release.sealed import OTHER_SECRET, identity, inputs_of, profile_in, recipient, sealed
from tests.release.test_file import mutations

Entries = dict[str, bytes]
SBOM = '{"bomFormat": "CycloneDX", "specVersion": "1.5"}'
AT = "2026-01-05T08:00:00Z"
EVIDENCE = (Evidence("report.pdf", 12, "ab" * 32),)
POLICY = StationPolicy({"alice": signer("alice").key}, {"bob": signer("bob").key}, approvals=1)
LINE1 = StationRules(Path("line1.yaml"), "line1", "line1.manifest", POLICY, ())


@dataclass(frozen=True)
class Files:
    """What somebody without a key has."""

    ours: bytes
    """Of line1 and line2: what is changed."""
    later: bytes
    """The next version, for the same stations, by the same people."""
    for_others: bytes
    """The same release, sealed for line3."""
    other_product: bytes
    """With another secret, for line1, by the same people."""


def endorsed(contents: Contents) -> Contents:
    signed = add_statement(contents, release_statement(contents), signer("alice"))
    return add_statement(signed, approval_statement(signed, EVIDENCE, "48 h", AT), signer("bob"))


def with_documents(profile: Path) -> Path:
    for name, text in {"notes.txt": "Notes.", "sbom.json": SBOM}.items():
        profile.with_name(name).write_text(text)
    text = profile.read_text()
    profile.write_text(f"{text}documents: {{notes: notes.txt, sbom: sbom.json}}\n")
    return profile


@cache
def files() -> Files:
    with TemporaryDirectory() as name:
        folder = Path(name)
        profile = with_documents(profile_in(folder / "ours", confidential=True))
        other = with_documents(profile_in(folder / "other", OTHER_SECRET, confidential=True))
        later = with_documents(profile_in(folder / "later", confidential=True))
        later.write_text(later.read_text().replace("1.2.0", "1.3.0"))
        ours = add_seal(sealed(profile, "line1"), inputs_of(profile), [recipient("line2")])
        return Files(
            pack(endorsed(ours)),
            pack(endorsed(sealed(later, "line1", "line2"))),
            pack(endorsed(sealed(profile, "line3"))),
            pack(endorsed(sealed(other, "line1"))),
        )


def opened(data: bytes, folder: Path) -> Release:
    """As a station does before it burns."""
    file = folder / "x.burn"
    file.write_bytes(data)
    return open_release(file, identities=lambda: (identity("line1"),), accepts=LINE1.check_release)


def entries_of(data: bytes) -> Entries:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_rows(entries: Mapping[str, bytes], **changed: object) -> Entries:
    """The index brought in line with the entries, as somebody does who knows the form."""
    try:
        about = {**json.loads(entries.get("release.json", b"")), **changed}
    except ValueError:
        return dict(entries)
    core = [n for n in entries if not n.startswith(("sealed/", "signatures/", "release.json"))]
    about["files"] = [
        {"name": n, "size": len(entries[n]), "sha256": sha256(entries[n]).hexdigest()} for n in core
    ]
    about["digest"] = digest(about.get("index", {}))
    return {**entries, "release.json": canonical(about)}


def flipped(data: bytes, random_: random.Random) -> bytes:
    if not data:
        return b"x"
    at = random_.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << random_.randrange(8))]) + data[at + 1 :]


def raw(random_: random.Random) -> bytes:
    """A bit, a byte, a piece of the file, without regard to its form."""
    return mutations(files().ours, random_)


def an_entry_changed(random_: random.Random) -> Entries:
    entries = entries_of(files().ours)
    name = random_.choice(list(entries))
    data = entries[name]
    entries[name] = random_.choice(
        [flipped(data, random_), data[: random_.randrange(len(data))], data + b"\0", b""]
    )
    return entries


def an_entry_changed_and_the_index_too(random_: random.Random) -> Entries:
    return with_rows(an_entry_of_the_core_changed(random_))


def an_entry_of_the_core_changed(random_: random.Random) -> Entries:
    entries = entries_of(files().ours)
    name = random_.choice([n for n in entries if n.startswith(("parts/", "profile", "documents/"))])
    return {**entries, name: flipped(entries[name], random_)}


def an_entry_taken_away(random_: random.Random) -> Entries:
    entries = entries_of(files().ours)
    del entries[random_.choice(list(entries))]
    return entries


def a_folder_taken_away(random_: random.Random) -> Entries:
    folder = random_.choice(["sealed/", "signatures/", "parts/", "documents/"])
    entries = {n: d for n, d in entries_of(files().ours).items() if not n.startswith(folder)}
    return random_.choice([entries, with_rows(entries)])


def an_entry_added(random_: random.Random) -> Entries:
    entries = entries_of(files().ours)
    names = [
        "sealed/03.age",
        "signatures/03.json",
        "parts/more",
        "documents/notes.txt",
        "x",
        "../x",
    ]
    data = random_.choice([*entries.values(), b"", b"{}"])
    return {**entries, random_.choice(names): data}


def entries_moved(random_: random.Random) -> Entries:
    names = list(entries := entries_of(files().ours))
    random_.shuffle(names)
    return {name: entries[name] for name in names}


def entries_exchanged(random_: random.Random) -> Entries:
    """The bytes of two entries in each other's place."""
    entries = entries_of(files().ours)
    first, second = random_.sample(list(entries), 2)
    exchanged = {**entries, first: entries[second], second: entries[first]}
    return random_.choice([exchanged, with_rows(exchanged)])


def an_entry_of_another_release(random_: random.Random) -> Entries:
    """Some entries of a file that the same people made."""
    ours, theirs = entries_of(files().ours), entries_of(another(random_))
    several = random_.sample(list(theirs), random_.randrange(1, len(theirs)))
    mixed = {**ours, **{name: theirs[name] for name in several}}
    return random_.choice([mixed, with_rows(mixed)]) if "release.json" in mixed else mixed


def a_folder_of_another_release(random_: random.Random) -> Entries:
    """All sealed parts, or all signatures, of another file."""
    folder = random_.choice(["sealed/", "signatures/"])
    theirs = {n: d for n, d in entries_of(another(random_)).items() if n.startswith(folder)}
    mixed: Entries = {}
    for name, data in entries_of(files().ours).items():
        mixed.update(theirs if name.startswith(folder) else {name: data})
    return mixed


def another(random_: random.Random) -> bytes:
    held = files()
    return random_.choice([held.later, held.for_others, held.other_product])


def sealed_by_a_stranger(random_: random.Random) -> bytes:
    """With another secret or other images, for a station whose recipient is known."""
    ours = unpack(files().ours, "x.burn")
    secret = Secret(random_.choice([OTHER_SECRET, "x" * 24, ""]).encode())
    images = random_.choice([{}, {"cert": random_.randbytes(50)}, {"app": b"x"}])
    kept = random_.choice([(), ours.sealed])
    stranger = SealedInputs(secret, images)
    return pack(add_seal(replace(ours, sealed=kept), stranger, [recipient("line1")]))


def sealed_bytes_of_a_stranger(random_: random.Random) -> bytes:
    ours = unpack(files().ours, "x.burn")
    plain = random_.choice([b"", b"{}", b"[]", random_.randbytes(80), b'{"product_secret":""}'])
    crafted = age.encrypt(Secret(plain), [recipient("line1")])
    parts = random_.choice([(crafted,), (crafted, *ours.sealed), (*ours.sealed, crafted)])
    return pack(replace(ours, sealed=parts))


def signed_by_a_stranger(random_: random.Random) -> bytes:
    """Whoever changes the profile signs it anew, with a key that the station does not know."""
    ours = unpack(files().ours, "x.burn")
    kinds = random_.choice(
        [(PredicateType.RELEASE,), (PredicateType.APPROVAL,), tuple(PredicateType)]
    )
    kept = [e for e in ours.envelopes if json_type(e) not in kinds]
    stripped = replace(ours, envelopes=tuple(kept))
    mallory = signer("mallory")
    if PredicateType.RELEASE in kinds:
        stripped = add_statement(stripped, release_statement(stripped), mallory)
    if PredicateType.APPROVAL in kinds:
        stripped = add_statement(stripped, approval_statement(stripped, EVIDENCE, "x", AT), mallory)
    return pack(stripped)


def json_type(envelope: bytes) -> PredicateType:
    from burner.release.envelope.dsse import open_envelope

    return open_envelope(envelope).statement.type


def a_statement_changed_and_signed_by_a_stranger(random_: random.Random) -> bytes:
    """In the name of another, whose signature is kept."""
    ours = unpack(files().ours, "x.burn")
    number = random_.randrange(len(ours.envelopes))
    envelope = json.loads(ours.envelopes[number])
    forged = json.loads(sign(release_statement(ours), signer("mallory")))
    part = random_.choice(["payload", "signatures", "payloadType"])
    envelope[part] = "x" if part == "payloadType" else forged[part]
    envelopes = list(ours.envelopes)
    envelopes[number] = canonical(envelope)
    return pack(replace(ours, envelopes=tuple(envelopes)))


def envelopes_doubled_or_exchanged(random_: random.Random) -> bytes:
    ours = unpack(files().ours, "x.burn")
    first, second = ours.envelopes
    lists = [(second, first), (first, first, second), (first, second, second), (first,), (second,)]
    return pack(replace(ours, envelopes=random_.choice(lists)))


def an_index_changed(random_: random.Random) -> bytes:
    """A setting, an offset, a digest, the seal: with the digest of the index brought in line."""
    entries = entries_of(files().ours)
    index = json.loads(entries["release.json"])["index"]
    place = index
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else range(len(place))
        key = random_.choice(list(keys))
        if not isinstance(place[key], dict | list) or not place[key]:
            place[key] = random_.choice([None, 0, 1, "", "x", [], {}, 10**9, True])
            break
        place = place[key]
    return write_archive(with_rows(entries, index=index))


CHANGES: tuple[Callable[[random.Random], bytes | Entries], ...] = (
    raw,
    raw,
    an_entry_changed,
    an_entry_changed_and_the_index_too,
    an_entry_taken_away,
    a_folder_taken_away,
    an_entry_added,
    entries_moved,
    entries_exchanged,
    an_entry_of_another_release,
    a_folder_of_another_release,
    sealed_by_a_stranger,
    sealed_bytes_of_a_stranger,
    signed_by_a_stranger,
    a_statement_changed_and_signed_by_a_stranger,
    envelopes_doubled_or_exchanged,
    an_index_changed,
)


def check_that_none_opens(count: int, seed: int, folder: Path) -> None:
    """So many different files, by each kind of change in turn: each is refused with a code."""
    random_ = random.Random(seed)
    codes: set[str] = set()
    genuine = {files().ours, files().later}
    tried: set[bytes] = set()
    for change in cycle(CHANGES):
        changed = change(random_)
        data = changed if isinstance(changed, bytes) else write_archive(changed)
        if data in genuine | tried:
            continue
        with pytest.raises(BurnerError) as caught:
            opened(data, folder)
        codes.add(caught.value.code)
        tried.add(data)
        if len(tried) == count:
            break
    assert len(codes) > 10, codes


def test_what_is_changed_here_opens_unchanged(tmp_path: Path) -> None:
    assert opened(files().ours, tmp_path).profile.product.version == "1.2.0"
    assert opened(files().later, tmp_path).profile.product.version == "1.3.0"


def test_none_of_a_hundred_changes_opens(tmp_path: Path) -> None:
    check_that_none_opens(100, 1, tmp_path)


@pytest.mark.full
def test_none_of_two_thousand_changes_opens(tmp_path: Path) -> None:
    check_that_none_opens(2000, 2, tmp_path)
