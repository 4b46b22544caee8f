"""`burner profile`: check profiles, look at their layout, teach an editor their keys."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli import options, screen
from burner.cli.commands.names import names
from burner.cli.commands.new import new
from burner.cli.groups import OrderedGroup
from burner.cli.language import language
from burner.core.code import Code
from burner.core.errors import BurnerError, refuse

if TYPE_CHECKING:
    from burner.core.segments import Segment
    from burner.flash.layout import Layout
    from burner.profile.profile import Profile
    from burner.release.preflight import Survey

PROFILE = click.Path(dir_okay=False, path_type=Path)


@click.group(cls=OrderedGroup)
def profile() -> None:
    """Write, check and look at product profiles."""


profile.add_command(new)


@profile.command()
@click.argument("profiles", metavar="PROFILE...", nargs=-1, required=True, type=PROFILE)
@options.compared_manifest_option
@options.json_option
def check(profiles: tuple[Path, ...], manifest: str | None, as_json: bool) -> int:
    """Find everything that is wrong with each PROFILE and its images.

    Works without the secret. With --manifest it is compared with what earlier batches of the same
    version held. Ends with 3 if there is an error in any.
    """
    from burner.release.preflight import survey

    results = [(path, survey(path)) for path in profiles]
    if manifest:
        results = [(path, _compared(seen, manifest)) for path, seen in results]
    if as_json:
        screen.say(_json([_result(path, seen) for path, seen in results]))
    else:
        for path, seen in results:
            _tell(path, seen)
    return 0 if all(_sound(seen) for _, seen in results) else 3


@profile.command()
@click.argument("path", metavar="PROFILE", type=PROFILE)
@options.json_option
def show(path: Path, as_json: bool) -> None:
    """Show what PROFILE puts where in flash, and what stays free."""
    from burner.release.preflight import survey

    show_survey(path, survey(path), as_json)


def show_survey(path: Path, seen: "Survey", as_json: bool) -> None:
    """Print a layout, of a profile or of a release."""
    if seen.layout is None:
        refuse(list(seen.findings))
        raise BurnerError(Code.INPUT_FILE_UNREADABLE, f"{path}: no layout")
    rows = list(stretches(seen.layout, seen.segments))
    if as_json:
        screen.say(_json({**_summary(path, seen), "flash": [asdict(row) for row in rows]}))
        return
    for name, value in _summary(path, seen).items():
        screen.say(f"{name:<11} {value}")
    columns = ("offset", "size", "used", "what", "class", "sha256")
    screen.table("", columns, [row.cells() for row in rows])
    screen.findings(seen.findings, language(), screen.warn)


profile.add_command(names)


@profile.command()
@click.option("--markdown", is_flag=True, help="Print every key in words instead.")
def schema(markdown: bool) -> None:
    """Print the JSON Schema of profiles, for an editor.

    The editor completes and checks a profile by it.
    """
    from burner.profile import json_schema, reference_page

    screen.say(reference_page.page().rstrip() if markdown else _json(json_schema.schema()))


def _compared(seen: "Survey", manifest: str) -> "Survey":
    """With a warning for each earlier batch of the same version whose units are other ones."""
    from burner.core.canonical_json import digest
    from burner.manifest.reading.reader import ManifestReader
    from burner.profile.profile import Profile
    from burner.release.diff import Made, keyless_regions
    from burner.release.lint.accepted_warnings import accepted
    from burner.release.lint.reused_version import same_version_made_otherwise
    from burner.release.preflight import key_fingerprint
    from burner.release.release import index

    plan = seen.plan
    if not isinstance(plan, Profile) or seen.layout is None:
        return seen
    with ManifestReader.open(manifest) as reader:
        earlier = reader.made_before(plan.title, plan.product.id)
    about = index(plan, seen.layout)
    now = Made(digest(about), about, keyless_regions(seen.segments), key_fingerprint(plan))
    at = plan.place("product", "version")
    found = same_version_made_otherwise(plan.title, now, earlier, at)
    return replace(seen, findings=(*seen.findings, *accepted(found, plan.accept)))


@dataclass(frozen=True)
class Stretch:
    """A row of the layout: a segment, a partition that is not written, or a gap. Bytes."""

    offset: int
    size: int
    used: int
    what: str
    region_class: str
    sha256: str

    def cells(self) -> tuple[str, ...]:
        """The row as people read it."""
        share = f"{self.used:#x} {100 * self.used // self.size}%" if self.used else ""
        short = self.sha256[:16]
        return (f"{self.offset:#x}", f"{self.size:#x}", share, self.what, self.region_class, short)


def stretches(layout: "Layout", segments: Sequence["Segment"]) -> Iterator[Stretch]:
    """The whole flash in order: what is written, what is not, what belongs to nobody."""
    taken = [_of_segment(layout, segment) for segment in segments]
    starts = {row.offset for row in taken}
    taken += [
        Stretch(p.offset, p.size, 0, f"{p.name} ({p.kind})", "not written", "")
        for p in layout.table
        if p.offset not in starts
    ]
    end = 0
    for row in sorted(taken, key=lambda row: row.offset):
        if row.offset > end:
            yield Stretch(end, row.offset - end, 0, "", "free", "")
        yield row
        end = max(end, row.offset + row.size)
    if end < layout.flash_size:
        yield Stretch(end, layout.flash_size - end, 0, "", "free", "")


def _of_segment(layout: "Layout", segment: "Segment") -> Stretch:
    region = segment.region()
    partition = layout.table.at(segment.offset)
    size = -(-region.size // 0x1000) * 0x1000
    what = segment.name
    if partition:
        what = f"{partition.name} ({partition.kind})"
        if segment.offset == partition.offset:
            size = partition.size
        if segment.name != partition.name:
            what += f": {segment.name}"
    digest = "holds the key" if segment.confidential else region.sha256
    return Stretch(
        region.offset, size, region.size, what + _described(segment), region.kind, digest
    )


def _described(segment: "Segment") -> str:
    """What an application says of itself."""
    from burner.flash.image import parse

    try:
        descriptor = parse(segment.data).descriptor
    except BurnerError:
        return ""
    return f", {descriptor.project_name} {descriptor.version}" if descriptor else ""


def _summary(path: Path, seen: "Survey") -> dict[str, object]:
    from burner.profile.profile import Profile

    if seen.layout is None or not isinstance(seen.plan, Profile):
        return {"profile": str(path)}
    return {"profile": str(path), **_facts(seen.plan, seen.layout)}


def _facts(plan: "Profile", layout: "Layout") -> dict[str, object]:
    from burner.core.canonical_json import digest
    from burner.provisioning.partition_settings import is_moved
    from burner.release.release import index

    return {
        "title": plan.title,
        "product": plan.product.id,
        "chip": layout.chip,
        "flash_size": layout.flash_size,
        "carrier": plan.carrier.kind,
        "after_boot": "moved" if is_moved(plan.carrier) else "kept",
        "name": plan.name.template,
        "reburn": plan.reburn.value,
        "digest": digest(index(plan, layout)),
    }


def _sound(seen: "Survey") -> bool:
    return all(finding.warning for finding in seen.findings)


def _tell(path: Path, seen: "Survey") -> None:
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


def _result(path: Path, seen: "Survey") -> dict[str, object]:
    findings = [asdict(finding) for finding in seen.findings]
    return {**_summary(path, seen), "ok": _sound(seen), "findings": findings}


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2)
