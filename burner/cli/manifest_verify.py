"""`burner manifest verify`: a manifest, an exported chain or a batch folder against itself."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from burner.cli import screen
from burner.cli.options import json_option, manifest_option
from burner.errors import BurnerError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from burner.manifest.heads import Wanted
    from burner.manifest.keys import PublicKey
    from burner.manifest.verify import ChainState

FILE = click.Path(exists=True, path_type=Path)


@click.command()
@click.argument("target", metavar="[FILE|FOLDER]", required=False, type=FILE)
@manifest_option
@click.option("--key", "keys", multiple=True, type=FILE, help="Public key that must have signed.")
@click.option("--head", "heads", multiple=True, help="Printed code, or file, it must contain.")
@json_option
def verify(
    target: Path | None,
    manifest: str,
    keys: tuple[Path, ...],
    heads: tuple[str, ...],
    as_json: bool,
) -> None:
    """Recompute every hash, compare every column, name, place and ID; name the first bad place.

    Without an argument: the manifest. With FILE: a chain exported with --format chain. With
    FOLDER: the sealed folder of a closed batch. With --key the signatures must be that key's:
    without it they prove only that nobody without *a* key changed anything.
    """
    from burner.manifest.keys import read_public

    trusted = {key.id: key for key in map(read_public, keys)} or None
    if target is None:
        report = _manifest(manifest, trusted, _wanted(heads, trusted))
    elif target.is_dir():
        report = _folder(target, trusted)
    else:
        report = _file(target, trusted, _wanted(heads, trusted))
    if as_json:
        screen.say(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _tell(report)
    for warning in report["warnings"]:
        screen.warn(warning)
    if not report["ok"]:
        raise BurnerError(report["code"], report["flaw"])


def _manifest(
    manifest: str, trusted: "Mapping[str, PublicKey] | None", wanted: "list[Wanted]"
) -> dict[str, Any]:
    from burner.manifest.heads import missing_heads
    from burner.manifest.reader import Reader
    from burner.manifest.verify import size
    from burner.manifest.verify import verify as check

    with Reader.open(manifest) as reader:
        with screen.progress("verify", size(reader)) as advance:
            verdict = check(reader, advance, trusted)
        lost = missing_heads(reader, wanted) if verdict.flaw is None else []
    flaw = str(verdict.flaw) if verdict.flaw else _lost(lost)
    code = "E714" if verdict.flaw and not verdict.broken else "E713"
    warnings = [*verdict.warnings, *_unvouched(verdict.chains, trusted)]
    return _report(verdict.chains, flaw, code, warnings)


def _file(
    path: Path, trusted: "Mapping[str, PublicKey] | None", wanted: "list[Wanted]"
) -> dict[str, Any]:
    from burner.manifest.offline import check_file

    with (
        path.open(encoding="utf-8", newline="\n") as lines,
        screen.progress("verify", path.stat().st_size) as advance,
    ):
        found = check_file(_measured(lines, advance), trusted, wanted=wanted)
    lost = [head for head in wanted if head not in found.heads]
    flaw = str(found.flaw) if found.flaw else _lost(lost)
    warnings = _unvouched(found.chains, trusted)
    if found.withheld:
        warnings.append(f"{found.withheld} records are withheld: their order is proved, no more")
    return _report(found.chains, flaw, "E713", warnings)


def _folder(path: Path, trusted: "Mapping[str, PublicKey] | None") -> dict[str, Any]:
    from burner.manifest.folder import verify_folder

    verdict = verify_folder(path, trusted)
    chains = verdict.findings.chains if verdict.findings else []
    report = _report(chains, "; ".join(verdict.flaws), "E713", _unvouched(chains, trusted))
    return {**report, "batch": verdict.batch, "key": verdict.key}


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


def _wanted(heads: tuple[str, ...], trusted: "Mapping[str, PublicKey] | None") -> "list[Wanted]":
    from burner.manifest.heads import parse_code, read_heads

    wanted: list[Wanted] = []
    for text in heads:
        path = Path(text)
        wanted += read_heads(path, trusted) if path.is_file() else [parse_code(text)]
    return wanted


def _lost(lost: "list[Wanted]") -> str:
    places = ", ".join(f"{head.station} {head.seq}" for head in lost)
    return f"does not contain the head of {places}" if lost else ""


def _measured(lines: "Iterable[str]", advance: "screen.Advance") -> "Iterable[str]":
    for line in lines:
        advance(len(line))
        yield line
