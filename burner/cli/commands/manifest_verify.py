"""`burner manifest verify`: computes a database, a file or a folder again, and compares."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from burner.cli.parameters import key_options, options
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json
from burner.core.errors import BurnerError, exit_code
from burner.core.words.plural import counted

if TYPE_CHECKING:
    from burner.manifest.evidence.export_check import OutsideCheck
    from burner.manifest.exchange.certificate import Certified
    from burner.manifest.heads.head_argument import CarriedHead
    from burner.manifest.log.note import VerifierKey
    from burner.manifest.verify.checks import CheckResult, Verification


@click.command()
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@key_options.key_option()
@key_options.witness_key_option
@click.option(
    "--head",
    "heads",
    metavar="HEAD|FILE",
    multiple=True,
    help="A head that was carried out: `1234 ABCD-…` as on paper, or a checkpoint file.",
)
@options.manifest_option
@options.json_option
def verify(
    *,
    path: Path | None,
    key: str | None,
    witness_keys: tuple[str, ...],
    heads: tuple[str, ...],
    manifest: str,
    as_json: bool,
) -> int:
    """Check the manifest, or a file or folder that left it.

    PATH is an export, a certificate or a sealed folder. It needs --key: who is trusted never comes
    from the file itself.
    """
    from burner.manifest.exchange.certificate import is_certificate
    from burner.manifest.heads.head_argument import read_carried_head
    from burner.manifest.local.key_argument import read_key
    from burner.manifest.log.note import KeyType

    witnesses = [read_key(text, KeyType.COSIGNATURE) for text in witness_keys]
    trusted = read_key(key) if key is not None else None
    if path is not None and trusted is None:
        raise click.UsageError("a file is checked with --key: the origin key from outside it")
    if path is not None and heads and is_certificate(path):
        raise click.UsageError("--head is for a manifest or an export, not for a certificate")
    carried = {text: read_carried_head(text) for text in heads}
    if path is None or trusted is None:
        return _database(manifest, trusted, witnesses, carried, as_json=as_json)
    if is_certificate(path):
        return _certificate(path, trusted, witnesses, as_json=as_json)
    return _outside(path, trusted, witnesses, carried, as_json=as_json)


# -- a database ------------------------------------------------------------------------------------


def _database(
    manifest: str,
    key: "VerifierKey | None",
    witnesses: "Sequence[VerifierKey]",
    heads: "Mapping[str, CarriedHead]",
    *,
    as_json: bool,
) -> int:
    from burner.manifest.evidence.manifest_check import verify_by_evidence
    from burner.manifest.reading.reader import ManifestReader

    with (
        ManifestReader.open(manifest) as reader,
        screen.progress("verify", reader.size()) as progress,
    ):
        checked = verify_by_evidence(reader, key, heads, witnesses, progress)
        policy = reader.policy() if checked.agrees else None
        withdrawals = reader.withdrawals() if checked.agrees else {}
    bad = next((result for result in checked.results.values() if result.code), None)
    if as_json:
        print_json({**_plain(checked), "policy": policy.digest if policy else ""})
        return exit_code(bad.code) if bad else 0
    screen.table(
        f"log {checked.origin}, {counted(checked.size, 'record')}",
        ("check", "covered", "", "first bad place"),
        [(r.check.value, r.covered, _mark(r), r.place) for r in checked.results.values()],
    )
    for warning in checked.warnings:
        screen.warn(warning)
    if bad:
        raise BurnerError(bad.code, f"{bad.check}: {bad.place}")
    screen.say(f"{counted(checked.size, 'record')} checked: all agree.")
    if policy:
        screen.say(f"Station policy {policy.digest} is in force, by record {policy.number}.")
    for digest, withdrawal in withdrawals.items():
        screen.say(f"Release {digest} is withdrawn {withdrawal}")
    for head in heads:
        screen.say(f"The head {head} is one of this log.")
    return 0


def _mark(result: "CheckResult") -> str:
    if result.code:
        return f"✘ {result.code}"
    return "✔ agrees" if result.covered else "not checked"


def _plain(checked: "Verification") -> Mapping[str, Any]:
    return {
        "ok": checked.agrees,
        "origin": checked.origin,
        "size": checked.size,
        "root": checked.root,
        "checks": [
            {"check": r.check.value, "covered": r.covered, "code": r.code, "place": r.place}
            for r in checked.results.values()
        ],
        "warnings": checked.warnings,
    }


# -- a file or folder ------------------------------------------------------------------------------


def _outside(
    path: Path,
    key: "VerifierKey",
    witnesses: "Sequence[VerifierKey]",
    heads: "Mapping[str, CarriedHead]",
    *,
    as_json: bool,
) -> int:
    from burner.manifest.evidence.export_check import check_outside

    with screen.progress("verify", path.stat().st_size) as progress:
        check = check_outside(path, key, witnesses, heads, progress)
    for head in check.heads_not_compared:
        where = "check it at the manifest: burner manifest verify --head"
        screen.warn(f"Not compared, the file is as of size {check.file.size}: {head} ({where})")
    if as_json:
        print_json(check.as_json())
        return exit_code(check.code) if check.code else 0
    if check.code:
        raise BurnerError(check.code, check.place)
    _show_outside(check, witnesses)
    return 0


def _show_outside(check: "OutsideCheck", witnesses: "Sequence[VerifierKey]") -> None:
    file = check.file
    for warning in file.warnings:
        screen.warn(warning)
    what = f"batch {file.batch}, keys included," if file.batch else "the whole log"
    screen.say(
        f"{counted(file.shown, 'record')} of {what} checked: all agree, as of size {file.size}."
    )
    screen.say(f"Signed by {file.signed_by} for {file.origin}.")
    for cosignature in file.cosignatures:
        screen.say(f"Cosigned by {cosignature.witness.name}.")
    cosigned = {cosignature.witness for cosignature in file.cosignatures}
    for missing in (witness for witness in witnesses if witness not in cosigned):
        screen.say(f"Not cosigned by {missing.name}: its head was not carried to that witness.")
    for head in check.heads:
        screen.say(f"The head {head} is one of this log.")
    screen.say(check.completeness())
    if file.opened:
        screen.say(check.acceptance())


# -- a certificate ---------------------------------------------------------------------------------


def _certificate(
    path: Path, key: "VerifierKey", witnesses: "Sequence[VerifierKey]", *, as_json: bool
) -> int:
    from burner.manifest.exchange.certificate import check_certificate_file

    facts = _facts(check_certificate_file(path, key.name, key, tuple(witnesses)))
    if as_json:
        print_json(facts)
        return 0
    for name, value in facts.items():
        shown = (", ".join(value) or "nobody asked for") if isinstance(value, list) else value
        screen.say(f"{name:<14} {shown}")
    return 0


def _facts(certified: "Certified") -> Mapping[str, Any]:
    return {
        "unit": certified.outcome.unit_id,
        "outcome": certified.outcome.result.outcome,
        "batch": certified.outcome.batch,
        "product": certified.outcome.product_id,
        "station": certified.outcome.station,
        "at": certified.outcome.at,
        "record": certified.number,
        "origin": certified.head.origin,
        "as of size": certified.head.size,
        "cosigned by": [c.witness.name for c in certified.cosignatures],
    }
