"""`burner verify`: the units in the slots against their records; writes nothing to them."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli import language, options, screen
from burner.cli.questions import asks_product_secret
from burner.errors import BurnerError

if TYPE_CHECKING:
    from burner.devices.esp import Esp
    from burner.manifest.reader import Reader
    from burner.release import KeylessRelease
    from burner.verify import Verified


@click.command()
@click.argument("source", type=click.Path(path_type=Path, dir_okay=False), required=False)
@options.slot_options
@options.manifest_option
@options.logs_option
@options.secret_option
@click.option("--record", is_flag=True, help="Write each result into the manifest, for an audit.")
@click.option("--operator", metavar="ID", help="Who checks; needed with --record.")
@options.json_option
@options.lang_option
def verify(
    source: Path | None,
    *,
    ports: Sequence[str],
    station_file: Path | None,
    bench: str | None,
    manifest: str,
    logs: Path,
    secret: str,
    record: bool,
    operator: str | None,
    as_json: bool,
) -> int:
    """Compare the units in the slots with their last PASS in the manifest.

    Every region that must stay as burned is compared by digest. With SOURCE (the profile or
    release they were burned from) the key configuration is read and decoded too, and its secret
    compared by the fingerprint on record: the secret itself is not needed here. Regions that the
    firmware may change are left out, and said so. --record makes the result part of the manifest:
    `burner manifest audit` reads it.

    Ends with 1 if any unit differs from its record, or has none.
    """
    from burner.cli.slots import open_slots, warm_devices
    from burner.devices.stock import Stock
    from burner.manifest.reader import Reader
    from burner.release import Release
    from burner.secret_search import SecretSearch

    if record and not (operator or "").strip():
        raise click.UsageError("--record needs --operator ID: who checks")
    release = _open(source, secret)
    search = SecretSearch(*([release.key.product_secret] if isinstance(release, Release) else []))
    with (
        Reader.open(manifest) as reader,
        open_slots(ports, station_file, bench, source) as slots,
        warm_devices(slots, logs, Stock(), search) as devices,
    ):
        verified = _all(devices, reader, release)
        if record:
            _record(verified, manifest, slots.station, operator or "")
    if as_json:
        rows = [_plain(slot, result) for slot, result in verified.items()]
        screen.say(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for slot, result in verified.items():
            _show(slot, result)
    return 0 if all(result.good for result in verified.values()) else 1


def _record(verified: "Mapping[str, Verified]", manifest: str, station: str, operator: str) -> None:
    """Write the results down; a unit without a record of its own has nothing to be checked by."""
    from burner.manifest.audits import record_check
    from burner.manifest.ledger import Ledger

    with Ledger.open(manifest, station) as ledger:
        for slot, result in verified.items():
            if result.record is None or result.problem is not None:
                screen.warn(f"slot {slot}: not verified, so nothing is recorded")
                continue
            findings = [{k: str(v) for k, v in asdict(c).items()} for c in result.checks]
            record_check(
                ledger.writer,
                result.record,
                good=result.good,
                findings=findings,
                operator=operator,
            )


def _open(source: Path | None, secret: str) -> "KeylessRelease | None":
    """With the secret where it can be had without asking, which an AT firmware needs."""
    from burner.release import open_keyless, open_release

    if source is None:
        return None
    if secret:
        return open_release(source, ask=asks_product_secret(source.name), reference=secret)
    try:
        return open_release(source)
    except BurnerError as error:
        if not error.code.startswith("E15"):
            raise
        return open_keyless(source)


def _all(
    devices: "Mapping[str, Esp]", reader: "Reader", release: "KeylessRelease | None"
) -> "dict[str, Verified]":
    from burner.verify import verify_unit

    with ThreadPoolExecutor(len(devices)) as pool:
        running = {
            slot: pool.submit(verify_unit, device, reader, release)
            for slot, device in devices.items()
        }
        return {slot: future.result() for slot, future in running.items()}


def _plain(slot: str, result: "Verified") -> dict[str, object]:
    attempt = result.record.attempt if result.record else None
    problem = result.problem
    return {
        "slot": slot,
        "good": result.good,
        "unit_id": result.unit_id,
        "device_name": attempt.device_name if attempt else "",
        "seq": result.record.seq if result.record else None,
        "checks": [asdict(check) for check in result.checks],
        "code": result.code,
        "detail": problem.detail if problem else "",
    }


def _show(slot: str, result: "Verified") -> None:
    if result.problem is not None:
        screen.say(f"slot {slot}: not verified")
        screen.error(result.problem, language())
        return
    assert result.record is not None  # noqa: S101 - no problem, so there is one
    attempt, ended = result.record.attempt, result.record.result.ended
    verdict = "is what its record says" if result.good else "DIFFERS from its record"
    screen.table(
        f"slot {slot}: {attempt.device_name} ({attempt.unit_id}) {verdict}\n"
        f"burned {ended:%Y-%m-%d %H:%M} UTC, {attempt.profile}, record {result.record.seq}",
        ("what", "verdict", ""),
        [(check.what, check.verdict.value, check.why) for check in result.checks],
    )
