"""`burner profile`: checks profiles, shows their layout, prints the schema for an editor."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli.commands.profile_label import label
from burner.cli.commands.profile_names import names
from burner.cli.commands.profile_new import new
from burner.cli.groups import OrderedGroup
from burner.cli.parameters import options
from burner.cli.parameters.file_argument import FILE
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json
from burner.cli.terminal.language import language
from burner.core.code import Code
from burner.core.errors import BurnerError, refuse

if TYPE_CHECKING:
    from burner.flash.layout import Layout
    from burner.profile.profile import Profile
    from burner.release.placement.flash_map import FlashRow
    from burner.release.preflight import Preflight


@click.group(cls=OrderedGroup)
def profile() -> None:
    """Write, check and look at product profiles."""


profile.add_command(new)


@profile.command()
@click.argument("profiles", metavar="PROFILE...", nargs=-1, required=True, type=FILE)
@options.compared_manifest_option
@options.json_option
def check(profiles: tuple[Path, ...], manifest: str | None, as_json: bool) -> int:
    """Find everything that is wrong with each PROFILE and its images.

    Works without the secret. With --manifest it is compared with what earlier batches of the same
    version held. Ends with 3 if there is an error in any.
    """
    from burner.release.preflight import preflight

    results = [(path, preflight(path)) for path in profiles]
    if manifest:
        results = [(path, _compared(seen, manifest)) for path, seen in results]
    if as_json:
        print_json([_result(path, seen) for path, seen in results])
    else:
        for path, seen in results:
            _print_findings(path, seen)
    return 0 if all(_is_burnable(seen) for _, seen in results) else 3


@profile.command()
@click.argument("path", metavar="PROFILE", type=FILE)
@options.json_option
def show(path: Path, as_json: bool) -> None:
    """Show what PROFILE puts where in flash, and its tests."""
    from burner.cli.pages.tests_page import test_rows, tests_as_data
    from burner.profile.profile import Profile
    from burner.release.placement.flash_map import flash_map
    from burner.release.preflight import preflight

    seen = preflight(path)
    if seen.layout is None:
        refuse(list(seen.findings))
        raise BurnerError(Code.INPUT_FILE_UNREADABLE, f"{path}: no layout")
    rows = list(flash_map(seen.layout, seen.segments))
    whole = seen.plan if isinstance(seen.plan, Profile) else None
    if as_json:
        tests = tests_as_data(whole) if whole else {}
        print_json({**_summary(path, seen), **tests, "flash": [asdict(row) for row in rows]})
        return
    tested = test_rows(whole, seen.route) if whole else ()
    for name, value in (*_summary(path, seen).items(), *tested):
        screen.say(f"{name:<11} {value}")
    print_flash(rows)
    screen.findings(seen.findings, language(), screen.warn)


def print_flash(rows: "Iterable[FlashRow]") -> None:
    """Print a layout, of a profile or of a release."""
    columns = ("offset", "size", "used", "what", "class", "sha256")
    screen.table("", columns, map(_cells, rows))


profile.add_command(names)
profile.add_command(label)


@profile.command()
@click.option("--markdown", is_flag=True, help="Print every key in words instead.")
def schema(markdown: bool) -> None:
    """Print the JSON Schema of profiles, for an editor.

    The editor completes and checks a profile by it.
    """
    from burner.profile import json_schema, reference_page

    if markdown:
        screen.say(reference_page.page().rstrip())
    else:
        print_json(json_schema.schema())


def _compared(seen: "Preflight", manifest: str) -> "Preflight":
    """With a warning for each earlier batch of the same version whose units were made otherwise."""
    from burner.manifest.reading.earlier_batches import warn_of_reused_version
    from burner.manifest.reading.reader import ManifestReader
    from burner.profile.profile import Profile
    from burner.release.preflight import made_without_secret

    made = made_without_secret(seen)
    if made is None or not isinstance(seen.plan, Profile):
        return seen
    with ManifestReader.open(manifest) as reader:
        warnings = warn_of_reused_version(reader, seen.plan, made)
    return replace(seen, findings=(*seen.findings, *warnings))


def _cells(row: "FlashRow") -> tuple[str, ...]:
    """A row of the flash as people read it."""
    share = f"{row.used:#x} {100 * row.used // row.size}%" if row.used else ""
    return f"{row.offset:#x}", f"{row.size:#x}", share, row.what, row.region_class, row.sha256[:16]


def _summary(path: Path, seen: "Preflight") -> dict[str, object]:
    from burner.core.canonical_json import digest
    from burner.profile.profile import Profile
    from burner.release.release import release_index

    if seen.layout is None or not isinstance(seen.plan, Profile):
        return {"profile": str(path)}
    about = digest(release_index(seen.plan, seen.layout, seen.documents, route=seen.route))
    return {"profile": str(path), **facts(seen.plan, seen.layout, about)}


def facts(plan: "Profile", layout: "Layout", about: str) -> dict[str, object]:
    """The facts on the page of a profile or of a release with this digest."""
    from burner.provisioning.partition_settings import is_moved

    expected = plan.registration
    return {
        "title": plan.title,
        "product": plan.product.id,
        "chip": layout.chip,
        "flash_size": layout.flash_size,
        "carrier": plan.carrier.kind,
        "after_boot": "moved" if is_moved(plan.carrier) else "kept",
        "name": plan.name.template,
        **({"label": plan.label.described()} if plan.label else {}),
        "reburn": plan.reburn.value,
        **({"on_platform": expected.described()} if expected != type(expected)() else {}),
        "digest": about,
    }


def _is_burnable(seen: "Preflight") -> bool:
    return all(finding.warning for finding in seen.findings)


def _print_findings(path: Path, seen: "Preflight") -> None:
    screen.findings(seen.findings, language())
    errors = sum(not finding.warning for finding in seen.findings)
    taken = sum(bool(finding.accepted) for finding in seen.findings)
    warnings = len(seen.findings) - errors - taken
    verdict = [_count(errors, "error") if errors else "OK"]
    verdict += [_count(warnings, "warning")] if warnings else []
    verdict += [f"{taken} accepted"] if taken else []
    screen.say(f"{path}: {', '.join(verdict)}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _result(path: Path, seen: "Preflight") -> dict[str, object]:
    findings = [asdict(finding) for finding in seen.findings]
    return {**_summary(path, seen), "ok": _is_burnable(seen), "findings": findings}
