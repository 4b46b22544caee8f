"""`burner manifest verify`: does it still say what was written? Of a database, a file, a folder."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from burner.cli import screen
from burner.cli.options import json_option, manifest_option
from burner.core.code import Code
from burner.core.errors import BurnerError, exit_code
from burner.core.words.plural import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from burner.manifest.exchange.certificate import Certified
    from burner.manifest.exchange.check_file import FileCheck
    from burner.manifest.log.note import VerifierKey
    from burner.manifest.verify.checks import CheckResult, Verification

key_option = click.option(
    "--key",
    metavar="KEY|FILE",
    help="Origin key of the log, as QA wrote it down: name+id+base64, or a file that holds it.",
)
witness_option = click.option(
    "--witness-key",
    "witness_keys",
    metavar="KEY|FILE",
    multiple=True,
    help="Key of a witness whose cosignature counts.",
)


@click.command()
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@key_option
@witness_option
@click.option(
    "--head",
    "heads",
    metavar="HEAD|FILE",
    multiple=True,
    help="A head that was carried out: `1234 ABCD-…` as on paper, or a checkpoint file.",
)
@manifest_option
@json_option
def verify(
    *,
    path: Path | None,
    key: str | None,
    witness_keys: tuple[str, ...],
    heads: tuple[str, ...],
    manifest: str,
    as_json: bool,
) -> int:
    """Check the manifest, or the export or sealed folder at PATH.

    A file or folder needs --key: who is trusted never comes from the file itself.
    """
    witnesses = _witnesses(witness_keys)
    if path is None:
        return _database(manifest, key, witnesses, heads, as_json=as_json)
    if key is None:
        raise click.UsageError("a file is checked with --key: the origin key from outside it")
    from burner.manifest.local.key_files import read_key

    trusted = read_key(key)
    return _outside(path, trusted, witnesses, heads, as_json=as_json)


def _database(
    manifest: str,
    key: str | None,
    witnesses: "Sequence[VerifierKey]",
    heads: tuple[str, ...],
    *,
    as_json: bool,
) -> int:
    from burner.manifest.local.key_files import read_key
    from burner.manifest.local.known_log import known_log
    from burner.manifest.reading.reader import ManifestReader
    from burner.manifest.verify.database import verify as check

    with ManifestReader.open(manifest) as reader:
        if key is not None and read_key(key).name != reader.origin:
            raise BurnerError(
                Code.LOG_IS_ANOTHER, f"it is of {reader.origin}, the key of {read_key(key).name}"
            )
        known, size = known_log(reader.origin), reader.size()
        with reader.connection() as connection, screen.progress("verify", size) as advance:
            seen = [known] if known else []
            found = check(connection, seen, advance, witnesses=tuple(witnesses))
        _check_origin_key(found, reader.origin_key(), key)
        _check_heads(reader, found, heads)
    report = {
        "ok": found.agrees,
        "origin": found.origin,
        "size": found.size,
        "root": found.root,
        "checks": [
            {"check": r.check.value, "covered": r.covered, "code": r.code, "place": r.place}
            for r in found.results.values()
        ],
        "warnings": found.warnings,
    }
    bad = next((r for r in found.results.values() if r.code), None)
    if as_json:
        screen.say(json.dumps(report, ensure_ascii=False, indent=2))
        return exit_code(bad.code) if bad else 0
    _tell(found)
    _warn(found.warnings)
    if bad:
        raise BurnerError(bad.code, f"{bad.check}: {bad.place}")
    screen.say(f"{counted(found.size, 'record')} checked: all agree.")
    for head in heads:
        screen.say(f"The head {head} is one of this log.")
    return 0


def _tell(found: "Verification") -> None:
    screen.table(
        f"log {found.origin}, {counted(found.size, 'record')}",
        ("check", "covered", "", "first bad place"),
        [(r.check.value, r.covered, _mark(r), r.place) for r in found.results.values()],
    )


def _warn(warnings: tuple[str, ...]) -> None:
    for warning in warnings:
        screen.warn(warning)


def _mark(result: "CheckResult") -> str:
    if result.code:
        return f"✘ {result.code}"
    return "✔ agrees" if result.covered else "not checked"


def _check_origin_key(found: "Verification", origin_key: str, key: str | None) -> None:
    from burner.manifest.local.key_files import read_key
    from burner.manifest.verify.checks import ManifestCheck

    if key is not None and str(read_key(key)) != origin_key:
        found.fail(
            ManifestCheck.HEADS, Code.LOG_SIGNER_NOT_AUTHORIZED, f"the origin key is {origin_key}"
        )


def _check_heads(reader: Any, found: "Verification", heads: tuple[str, ...]) -> None:
    from burner.manifest.heads.heads import is_head_of
    from burner.manifest.verify.checks import ManifestCheck

    for text in heads:
        if not is_head_of(reader, _head(text)):
            found.fail(
                ManifestCheck.COMPUTER, Code.HEAD_INVALID, f"the head {text} is not one of this log"
            )


def _head(text: str) -> Any:
    """A head as it was written down, or as a file."""
    from burner.core.plain_file import read_plain
    from burner.manifest.heads.heads import checkpoint_of, read_note
    from burner.manifest.heads.paper_head import PaperHead

    try:
        data = read_plain(Path(text), 64 << 10)
    except (OSError, ValueError):
        return PaperHead.parse(text)
    return checkpoint_of(read_note(data))


def _outside(
    path: Path,
    key: "VerifierKey",
    witnesses: "Sequence[VerifierKey]",
    heads: tuple[str, ...],
    *,
    as_json: bool,
) -> int:
    from burner.manifest.exchange.certificate import check_certificate_file, is_certificate
    from burner.manifest.exchange.check_file import check_file
    from burner.manifest.exchange.folder import check_folder

    known = {text: _head(text) for text in heads}
    if is_certificate(path):
        if heads:
            raise click.UsageError("--head is for a manifest or an export, not for a certificate")
        found_one = check_certificate_file(path, key.name, key, tuple(witnesses))
        return _certificate(found_one, as_json=as_json)
    sizes = {head.size for head in known.values()}
    if path.is_dir():
        found, wrong = check_folder(path, key.name, key, tuple(witnesses), sizes)
    else:
        wrong = []
        with screen.progress("verify", path.stat().st_size) as advance:
            found = check_file(
                path,
                key.name,
                key,
                witnesses=witnesses,
                sizes=sizes,
                progress=advance,
                ended=lambda _attempt: None,  # nobody asks for them: they need no memory
            )
    compared = _compare(found, known)
    return _tell_file(found, wrong, compared, witnesses, as_json=as_json)


def _compare(found: "FileCheck", known: dict[str, Any]) -> list[str]:
    """The heads that are of the same log.

    A file proves the head that it ends with, and those before of which it shows all records.
    """
    from burner.manifest.heads.paper_head import PaperHead
    from burner.manifest.log.checkpoint import Checkpoint

    compared: list[str] = []
    if found.code:
        return compared
    for text, head in known.items():
        if not (root := found.roots.get(head.size)):
            where = "check it at the manifest: burner manifest verify --head"
            screen.warn(f"Not compared, the file is as of size {found.size}: {text} ({where})")
            continue
        there = Checkpoint(found.origin, head.size, bytes.fromhex(root))
        if head not in (there, PaperHead.of(there)):
            found.code, found.place = Code.HEAD_INVALID, f"the head {text} is another"
        else:
            compared.append(text)
    return compared


def _tell_file(
    found: "FileCheck",
    wrong: list[str],
    compared: list[str],
    witnesses: "Sequence[VerifierKey]",
    *,
    as_json: bool,
) -> int:
    code = found.code or (Code.BATCH_FOLDER_INVALID if wrong else "")
    place = found.place or "; ".join(wrong)
    report = {
        "ok": not code,
        "code": code,
        "place": place,
        "origin": found.origin,
        "size": found.size,
        "root": found.root,
        "batch": found.batch,
        "shown": found.shown,
        "complete": _completeness(found),
        "signed_by": found.signed_by,
        "cosigned": [{"witness": c.witness.name, "time": c.time} for c in found.cosignatures],
        "heads": compared,
        "warnings": found.warnings,
    }
    if as_json:
        screen.say(json.dumps(report, ensure_ascii=False, indent=2))
        return exit_code(code) if code else 0
    if code:
        raise BurnerError(code, place)
    _warn(found.warnings)
    what = f"batch {found.batch}, keys included," if found.batch else "the whole log"
    screen.say(
        f"{counted(found.shown, 'record')} of {what} checked: all agree, as of size {found.size}."
    )
    screen.say(f"Signed by {found.signed_by} for {found.origin}.")
    for cosignature in found.cosignatures:
        screen.say(f"Cosigned by {cosignature.witness.name}.")
    cosigned = {c.witness for c in found.cosignatures}
    for missing in (witness for witness in witnesses if witness not in cosigned):
        screen.say(f"Not cosigned by {missing.name}: its head was not carried to that witness.")
    for head in compared:
        screen.say(f"The head {head} is one of this log.")
    screen.say(_completeness(found))
    return 0


def _certificate(found: "Certified", *, as_json: bool) -> int:
    facts = _facts(found)
    if as_json:
        screen.say(json.dumps(facts, ensure_ascii=False, indent=2))
        return 0
    for name, value in facts.items():
        shown = (", ".join(value) or "nobody asked for") if isinstance(value, list) else value
        screen.say(f"{name:<14} {shown}")
    return 0


def _facts(found: "Certified") -> dict[str, Any]:
    """For people and scripts."""
    return {
        "unit": found.outcome.unit_id,
        "outcome": found.outcome.result.outcome,
        "batch": found.outcome.batch,
        "product": found.outcome.product_id,
        "station": found.outcome.station,
        "at": found.outcome.at,
        "record": found.number,
        "origin": found.head.origin,
        "as of size": found.head.size,
        "cosigned by": [c.witness.name for c in found.cosignatures],
    }


def _witnesses(keys: tuple[str, ...]) -> "list[VerifierKey]":
    from burner.manifest.local.key_files import read_key
    from burner.manifest.log.note import KeyType

    return [read_key(key, KeyType.COSIGNATURE) for key in keys]


def _completeness(found: "FileCheck") -> str:
    """What is proved of what is not shown."""
    if not found.batch:
        return "It shows every record of the log up to this head."
    if found.closed is None:
        return "The batch is open: completeness not proven."
    records = counted(found.closed, "record")
    text = f"The batch is complete up to its close: {records}, as its close counted."
    behind = f" Behind the close {found.behind_close} are shown; completeness not proven."
    return text + (behind if found.behind_close else "")
