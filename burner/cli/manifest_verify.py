"""`burner manifest verify`: a manifest, an exported chain or a batch folder against itself."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from burner.cli import screen
from burner.cli.desk import is_path
from burner.cli.options import json_option, manifest_option
from burner.errors import BurnerError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from burner.manifest.checks.offline import Findings
    from burner.manifest.checks.verify import ChainState
    from burner.manifest.signing.heads import Wanted
    from burner.manifest.signing.keys import PublicKey
    from burner.manifest.signing.trust import Trust

FILE = click.Path(exists=True, path_type=Path)
MOST_GAPS = 10
"""Stretches of withheld records that are named."""

key_option = click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="[STATION=]PUB.pem",
    help="Public key that must have signed; with STATION= that station's chain, and no other's.",
)


def trust(keys: tuple[str, ...]) -> "Trust | None":
    """The keys of `--key`; None where none is given.

    Raises:
        BurnerError: E747 for a file that is no public key.
    """
    from burner.manifest.signing.keys import read_public
    from burner.manifest.signing.trust import Trust

    free, bound = [], []
    for text in keys:
        station, equals, file = text.rpartition("=")
        if equals and not is_path(text):
            bound.append((station, read_public(Path(file))))
        else:
            free.append(read_public(Path(text)))
    return Trust(free, bound) if keys else None


@click.command()
@click.argument("target", metavar="[FILE|FOLDER]", required=False, type=FILE)
@manifest_option
@key_option
@click.option("--head", "heads", multiple=True, help="Printed code, or file, it must contain.")
@click.option("--thorough", is_flag=True, help="Have SQLite read every index, however large.")
@json_option
def verify(
    *,
    target: Path | None,
    manifest: str,
    keys: tuple[str, ...],
    heads: tuple[str, ...],
    thorough: bool,
    as_json: bool,
) -> None:
    """Recompute every hash, compare every column, name, place and ID; name the first bad place.

    Without an argument: the manifest. With FILE: a chain exported with --format chain. With
    FOLDER: the sealed folder of a closed batch. With --key every chain must be signed by one of
    the given keys; without it signatures prove only that nobody without *a* key changed anything.
    """
    trusted = trust(keys)
    wanted, remarks = _wanted(heads, trusted)
    if target is None:
        report = _manifest(manifest, trusted, wanted, thorough)
    elif target.is_dir():
        report = _folder(target, trusted, wanted)
    else:
        report = _file(target, trusted, wanted)
    report["warnings"] += remarks
    if as_json:
        screen.say(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _tell(report)
    for warning in report["warnings"]:
        screen.warn(warning)
    if not report["ok"]:
        raise BurnerError(report["code"], report["flaw"])


def _manifest(
    manifest: str,
    trusted: "Mapping[str, PublicKey] | None",
    wanted: "list[Wanted]",
    thorough: bool,
) -> dict[str, Any]:
    from burner.manifest.checks.verify import size
    from burner.manifest.checks.verify import verify as check
    from burner.manifest.reader import Reader
    from burner.manifest.signing.heads import missing_heads

    with Reader.open(manifest) as reader:
        with screen.progress("verify", size(reader)) as advance:
            verdict = check(reader, advance, trusted, thorough=thorough)
        lost = missing_heads(reader, wanted) if verdict.flaw is None else []
    flaw = str(verdict.flaw) if verdict.flaw else _lost(lost)
    code = "E714" if verdict.flaw and not verdict.broken else "E713"
    warnings = [*verdict.warnings, *_unvouched(verdict.chains, trusted)]
    return _report(verdict.chains, flaw, code, warnings)


def _file(
    path: Path, trusted: "Mapping[str, PublicKey] | None", wanted: "list[Wanted]"
) -> dict[str, Any]:
    from burner.manifest.checks.offline import check_file
    from burner.manifest.files.chainfile import chain_lines

    with (
        chain_lines(path) as lines,
        screen.progress("verify", path.stat().st_size) as advance,
    ):
        found = check_file(_measured(lines, advance), trusted, wanted=wanted)
    lost = [head for head in wanted if head not in found.heads]
    flaw = str(found.flaw) if found.flaw else _lost(lost)
    return _report(found.chains, flaw, "E713", _open_questions(found, trusted))


def _folder(
    path: Path, trusted: "Mapping[str, PublicKey] | None", wanted: "list[Wanted]"
) -> dict[str, Any]:
    from burner.manifest.checks.folder_check import verify_folder

    verdict = verify_folder(path, trusted, wanted)
    found = verdict.findings
    chains = found.chains if found else []
    code = "E713" if verdict.broken else "E746"
    if found and not verdict.flaws and (lost := [h for h in wanted if h not in found.heads]):
        verdict.flaws.append(_lost(lost))
        code = "E713"
    warnings = _open_questions(found, trusted) if found else []
    report = _report(chains, "; ".join(verdict.flaws), code, warnings)
    return {**report, "batch": verdict.batch, "key": verdict.key}


def _open_questions(found: "Findings", trusted: "Mapping[str, PublicKey] | None") -> list[str]:
    """What a file does not prove."""
    from burner.manifest.checks.chain_state import shared, tails

    signed = trusted is not None or any(chain.signed for chain in found.chains)
    told = [*_unvouched(found.chains, trusted), *(tails(found.chains) if signed else ())]
    return [*told, *shared(found.chains), *found.answered, *_part(found)]


def _part(found: "Findings") -> list[str]:
    """What an export of one batch does not show."""
    if not found.batch:
        return []
    told = [f"Shown is batch {found.batch} alone."]
    behind = [f"{station} behind record {seq}" for station, seq in found.begins.items()]
    if behind:
        told.append(f"The file begins later than the chains: {', '.join(behind)}.")
    if found.withheld:
        spans = [f"{s} {a}" if a == b else f"{s} {a}-{b}" for s, a, b in found.gaps[:MOST_GAPS]]
        more = " …" if len(found.gaps) > MOST_GAPS else ""
        told.append(
            f"{found.withheld} records are withheld ({', '.join(spans)}{more}). Their order is "
            "proved, no more: what they say is the exporter's word. In doubt ask for the whole "
            "chain."
        )
    return told


def _report(
    chains: "Iterable[ChainState]", flaw: str, code: str, warnings: list[str]
) -> dict[str, Any]:
    listed = [asdict(chain) for chain in chains]
    return {
        "ok": not flaw,
        "flaw": flaw,
        "code": code if flaw else "",
        "records": sum(chain["records"] for chain in listed),
        "chains": listed,
        "warnings": warnings,
    }


def _tell(report: Mapping[str, Any]) -> None:
    screen.table(
        "",
        ("head", "records", "last (UTC)", "signed up to", "by key"),
        [
            (c["code"], c["records"], c["at"], c["signed"] or "–", ", ".join(c["signers"]) or "–")
            for c in report["chains"]
        ],
    )
    if not report["ok"]:
        return
    screen.say(f"{report['records']} records agree.")
    if "batch" in report:
        screen.say(f"Batch {report['batch']}: every file is as key {report['key']} sealed it.")


def _unvouched(
    chains: "Iterable[ChainState]", trusted: "Mapping[str, PublicKey] | None"
) -> list[str]:
    if trusted is not None or not any(chain.signed for chain in chains):
        return []
    return ["The signatures were checked with the keys found beside them: give --key."]


def _wanted(
    heads: tuple[str, ...], trusted: "Mapping[str, PublicKey] | None"
) -> "tuple[list[Wanted], list[str]]":
    """The heads to look for, and what is to be said of them."""
    from burner.manifest.signing.heads import parse_code, read_heads

    wanted: list[Wanted] = []
    remarks = []
    for text in heads:
        if not is_path(text):
            wanted.append(parse_code(text))
            continue
        file = read_heads(Path(text), trusted)
        wanted += file.heads
        if not file.countersigned:
            remarks.append(f"{text} is not countersigned: it proves as much as its way here.")
    return wanted, remarks


def _lost(lost: "list[Wanted]") -> str:
    places = ", ".join(f"{head.station} {head.seq}" for head in lost)
    return f"does not contain the head of {places}" if lost else ""


def _measured(lines: "Iterable[str]", advance: "screen.Advance") -> "Iterable[str]":
    for line in lines:
        advance(len(line))
        yield line
