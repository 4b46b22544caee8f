"""`burner release diff`: all that two releases, or a release and a profile, do not share."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli.parameters import options
from burner.cli.parameters.file_argument import FILE
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json
from burner.core.words.plural import counted

if TYPE_CHECKING:
    from burner.release.diff import Difference
    from burner.release.release_file import Contents


@click.command()
@click.argument("before", metavar="A", type=FILE)
@click.argument("after", metavar="B", type=FILE)
@options.json_option
def diff(before: Path, after: Path, as_json: bool) -> int:
    """Show what changed from A to B, release files or profiles.

    Settings, parts, limits, documents and the seal; of two release files also who signed and
    approved them. Ends with 1 if anything changed.
    """
    from burner.release.diff import differences, is_of_a_unit, settings_of_no_unit
    from burner.release.opening import is_release_file

    old, new = _contents(before), _contents(after)
    changes = differences(old.index, new.index)
    of_units = any(is_of_a_unit(change.what) for change in changes)
    changes += settings_of_no_unit(json.loads(old.profile), json.loads(new.profile))
    if is_release_file(before) and is_release_file(after):
        changes += _beside_core(old, new)
    if as_json:
        print_json([asdict(change) for change in changes])
        return 1 if changes else 0
    if changes:
        columns = ("what", str(before), str(after))
        screen.table("", columns, [(d.what, d.before, d.after) for d in changes])
    if old.digest == new.digest:
        screen.say("They make the same units.")
    elif not of_units:
        screen.say("Parts and settings of a unit are the same; the digest is another one.")
    return 1 if changes else 0


def _contents(path: Path) -> "Contents":
    from burner.release.contents import release_contents
    from burner.release.opening import is_release_file, open_release_file
    from burner.release.preflight import preflight_without_secret

    if is_release_file(path):
        return open_release_file(path).contents
    return release_contents(preflight_without_secret(path))


def _beside_core(old: "Contents", new: "Contents") -> "list[Difference]":
    """Of two release files: who signed and approved them, and for how many they are sealed.

    The bytes of two seals are never the same, and say nothing.
    """
    from burner.release.age import count_recipients
    from burner.release.diff import compared

    numbers = (sum(map(count_recipients, c.sealed)) for c in (old, new))
    sealed = ({"sealed for": counted(n, "recipient") if n else ""} for n in numbers)
    return [*compared(_endorsements(old), _endorsements(new)), *compared(*sealed)]


def _endorsements(contents: "Contents") -> Mapping[str, str]:
    """`approved by SHA256:…` → name, note and evidence."""
    from burner.release.envelope.statement import PredicateType
    from burner.release.statements import evidence_of, signed_statements

    endorsements = {}
    for signed in signed_statements(contents, "the release"):
        if signed.statement.type is PredicateType.RELEASE:
            endorsements[f"signed by {signed.key.fingerprint}"] = signed.name
            continue
        evidence = (f"{e.name} sha256 {e.sha256[:16]}…" for e in evidence_of(signed.statement))
        words = (signed.name, signed.statement.predicate["note"], *evidence)
        endorsements[f"approved by {signed.key.fingerprint}"] = ", ".join(words)
    return endorsements
