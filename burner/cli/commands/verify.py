"""`burner verify`: compares the units in the slots with their records; writes nothing to them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli.parameters import options
from burner.cli.questions.secret_questions import product_secret_prompt
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json
from burner.cli.terminal.language import language

if TYPE_CHECKING:
    from burner.burn.verify import VerifyResult
    from burner.core.secrets.search import SecretSearch
    from burner.devices.device import Device
    from burner.manifest.reading.reader import ManifestReader
    from burner.release.opening import Accepts
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
    secret itself is not needed here. With the secret on record, a unit that answered the station's
    challenge is asked again. What is not compared is left out, and said so: regions that the
    firmware may change, a challenge without that secret. --record makes the result part of the
    manifest, where `burner batch audit` reads it; it needs --operator.

    With --watch or --count, sample after sample: put a board in, read PASS or DIFFERS, take it
    out, put the next one in. --json prints a line each then (burner explain --events).

    Ends with 1 if any unit differs from its record, or has none; 130 after Ctrl-C.
    """
    from burner.burn.verify import verify_unit
    from burner.cli.commands.verify_watch import watch_samples
    from burner.cli.parameters.command_rules import own_station_file, rules_of_command
    from burner.cli.parameters.slots import open_slots, warm_devices
    from burner.devices.segment_cache import SegmentCache
    from burner.manifest.reading.reader import ManifestReader

    if record and not (operator or "").strip():
        raise click.UsageError("--record needs --operator ID: who checks")
    station_file = own_station_file(station_file, ports)
    rules = rules_of_command(
        station_file, source=source, secret=secret, manifest=manifest, station=station
    )
    manifest = rules.manifest if rules else manifest
    release, search = _opened(source, secret, rules.check_signatures if rules else None)
    with (
        ManifestReader.open(manifest) as reader,
        open_slots(ports, station_file, bench, source, count, station=station) as slots,
        warm_devices(slots, logs, SegmentCache(), search) as devices,
        _recording(manifest, slots.station, operator if record else None) as record_result,
    ):
        if watch or count:
            check = partial(verify_unit, reader=reader, release=release)
            return watch_samples(
                slots, devices, check, record_result, count=count, by_hand=watch, as_json=as_json
            )
        results = _verify_once(devices, reader, release, record_result)
        _warn_of_withdrawn(reader, results.values())
    _print(results, as_json=as_json)
    return 0 if all(result.good for result in results.values()) else 1


def _verify_once(
    devices: "Mapping[str, Device]",
    reader: "ManifestReader",
    release: "KeylessRelease | None",
    record_result: "Callable[[str, VerifyResult], None]",
) -> "dict[str, VerifyResult]":
    """Verify the units that are in the slots now, and record the results."""
    from burner.station.verify_slots import verify_slots

    results = verify_slots(devices, reader, release)
    for slot, result in results.items():
        record_result(slot, result)
    return results


def _warn_of_withdrawn(reader: "ManifestReader", results: "Iterable[VerifyResult]") -> None:
    """A warning for each release on record that was withdrawn after its units were burned."""
    attempts = (result.record.attempt for result in results if result.record)
    for digest, profile in {(a.release_digest, a.profile): None for a in attempts}:
        if withdrawal := reader.withdrawal(digest):
            screen.warn(f"The release {profile} was withdrawn {withdrawal}")


def _opened(
    source: Path | None, secret: str, accepts: "Accepts | None"
) -> "tuple[KeylessRelease | None, SecretSearch]":
    """The release, with its key where that can be had, and the search for its secret in output."""
    from burner.core.secrets.search import SecretSearch
    from burner.release.opening import open_with_or_without_key
    from burner.release.release import Release

    if source is None:
        return None, SecretSearch()
    release = open_with_or_without_key(source, secret, product_secret_prompt(source.name), accepts)
    return release, release.search if isinstance(release, Release) else SecretSearch()


@contextmanager
def _recording(
    manifest: str, station: str, operator: str | None
) -> "Iterator[Callable[[str, VerifyResult], None]]":
    """What records a result; without an operator it does nothing."""
    from burner.station.verify_slots import recording

    if operator is None:
        yield lambda _slot, _result: None
        return
    with recording(manifest, station, operator) as record:

        def record_or_warn(slot: str, result: "VerifyResult") -> None:
            if not record(result):
                screen.warn(f"slot {slot}: not verified, so nothing is recorded")

        yield record_or_warn


def _print(results: "Mapping[str, VerifyResult]", *, as_json: bool) -> None:
    from burner.cli.commands.verify_watch import result_json

    if as_json:
        rows = [result_json(slot, result) for slot, result in results.items()]
        print_json(rows)
        return
    for slot, result in results.items():
        _print_result(slot, result)


def _print_result(slot: str, result: "VerifyResult") -> None:
    from burner.core.words.error_details import detail_in
    from burner.core.words.phrases import Wording

    say = Wording(language())
    if result.problem is not None:
        screen.say(say("slot not verified", slot))
        screen.error(result.problem, language())
        return
    assert result.record is not None  # noqa: S101 - no problem, so there is one
    attempt, ended = result.record.attempt, result.record.result.ended
    title = "unit as recorded" if result.good else "unit not as recorded"
    burned = (f"{ended:%Y-%m-%d %H:%M}", attempt.profile, result.record.seq)
    screen.table(
        f"{say(title, slot, attempt.device_name, attempt.unit_id)}\n{say('unit burned', *burned)}",
        (say("what"), say("verdict"), ""),
        [
            (say(c.what), say(c.verdict.value), detail_in(language(), c.why))
            for c in result.comparisons
        ],
    )
