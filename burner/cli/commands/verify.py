"""`burner verify`: the units in the slots against their records; writes nothing to them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli import options, screen
from burner.cli.language import language
from burner.cli.questions import asks_product_secret
from burner.core.errors import BurnerError

if TYPE_CHECKING:
    from burner.burn.verify import VerifyResult
    from burner.devices.esp import EspDevice
    from burner.manifest.reading.reader import ManifestReader
    from burner.release.release import KeylessRelease


@click.command()
@click.argument("source", type=click.Path(path_type=Path, dir_okay=False), required=False)
@options.slot_options
@options.manifest_option
@options.logs_option
@options.secret_option
@options.slot_station_option
@options.repeat_options
@options.record_option
@options.operator_option(required=False)
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
    station: str | None,
    watch: bool,
    count: int | None,
    record: bool,
    operator: str | None,
    as_json: bool,
) -> int:
    """Compare the units in the slots with their records.

    The record of a unit is its last PASS in the manifest. Every region that must stay as burned is
    compared by digest. With SOURCE (the profile or release they were burned from) the key
    configuration is read and decoded too, and its secret compared by the fingerprint on record: the
    secret itself is not needed here. Regions that the firmware may change are left out, and said
    so. --record makes the result part of the manifest, where `burner batch audit` reads it; it
    needs --operator.

    With --watch or --count, sample after sample: put a board in, read PASS or DIFFERS, take it
    out, put the next one in. --json prints a line each then (burner explain --events).

    Ends with 1 if any unit differs from its record, or has none; 130 after Ctrl-C.
    """
    from burner.burn.verify import verify_unit
    from burner.cli.commands.verify_watch import plain
    from burner.cli.commands.verify_watch import watch as watched
    from burner.cli.slots import open_slots, warm_devices
    from burner.core.secrets.search import SecretSearch
    from burner.devices.segment_cache import SegmentCache
    from burner.manifest.reading.reader import ManifestReader
    from burner.release.release import Release

    if record and not (operator or "").strip():
        raise click.UsageError("--record needs --operator ID: who checks")
    release = _open(source, secret)
    search = release.search if isinstance(release, Release) else SecretSearch()
    with (
        ManifestReader.open(manifest) as reader,
        open_slots(ports, station_file, bench, source, count, station=station) as slots,
        warm_devices(slots, logs, SegmentCache(), search) as devices,
        _recorder(manifest, slots.station, operator if record else None) as write_down,
    ):
        if watch or count:
            return watched(
                slots,
                devices,
                lambda device: verify_unit(device, reader, release),
                record=write_down,
                count=count,
                by_hand=watch,
                as_json=as_json,
            )
        verified = _all(devices, reader, release)
        for slot, result in verified.items():
            write_down(slot, result)
    if as_json:
        rows = [plain(slot, result) for slot, result in verified.items()]
        screen.say(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for slot, result in verified.items():
            _show(slot, result)
    return 0 if all(result.good for result in verified.values()) else 1


@contextmanager
def _recorder(
    manifest: str, station: str, operator: str | None
) -> "Iterator[Callable[[str, VerifyResult], None]]":
    """Writes results down, each when it comes; nothing where nobody checks for the record."""
    from burner.manifest.writing.audits import record_check
    from burner.manifest.writing.ledger import Ledger

    if operator is None:
        yield lambda _slot, _result: None
        return
    with Ledger.open(manifest, station) as ledger:

        def write_down(slot: str, result: "VerifyResult") -> None:
            """A unit without a record of its own has nothing to be checked by."""
            if result.record is None or result.problem is not None:
                screen.warn(f"slot {slot}: not verified, so nothing is recorded")
                return
            findings = [{k: str(v) for k, v in asdict(c).items()} for c in result.comparisons]
            record_check(
                ledger,
                result.record,
                good=result.good,
                findings=findings,
                operator=operator,
            )

        yield write_down


def _open(source: Path | None, secret: str) -> "KeylessRelease | None":
    """With the secret where it can be had without asking, which an AT firmware needs."""
    from burner.core.secrets.reference import NO_SECRET
    from burner.release.opening import open_keyless, open_release

    if source is None:
        return None
    if secret:
        return open_release(source, ask=asks_product_secret(source.name), reference=secret)
    try:
        return open_release(source)
    except BurnerError as error:
        if error.code not in NO_SECRET:
            raise
        return open_keyless(source)


def _all(
    devices: "Mapping[str, EspDevice]", reader: "ManifestReader", release: "KeylessRelease | None"
) -> "dict[str, VerifyResult]":
    from burner.burn.verify import verify_unit

    with ThreadPoolExecutor(len(devices)) as pool:
        running = {
            slot: pool.submit(verify_unit, device, reader, release)
            for slot, device in devices.items()
        }
        return {slot: future.result() for slot, future in running.items()}


def _show(slot: str, result: "VerifyResult") -> None:
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
        [(c.what, c.verdict.value, c.why) for c in result.comparisons],
    )
