"""`burner doctor`: what is wrong with this station, before the shift begins."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli.parameters import options
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json
from burner.cli.terminal.language import language
from burner.core.code import Code
from burner.core.errors import BurnerError, lookup

if TYPE_CHECKING:
    from burner.station.health import HealthCheck

MARKS = {"ok": "✔ ok", "warn": "! warn", "fail": "✘ fail"}


@click.command()
@click.argument("source", required=False, type=click.Path(path_type=Path, dir_okay=False))
@options.slot_options
@options.manifest_option
@options.logs_option
@options.secret_option
@options.slot_station_option
@options.slot_count_option
@options.json_option
@options.lang_option
def doctor(
    *,
    source: Path | None,
    ports: tuple[str, ...],
    station_file: Path | None,
    bench: str | None,
    manifest: str,
    logs: Path,
    secret: str,
    station: str | None,
    slot_count: int | None,
    as_json: bool,
) -> int:
    """Find out what is wrong with this station.

    With SOURCE also whether it can be burned. --slots says how many slots there should be. Burns
    nothing, and makes no file. Ends with 4 if anything must be repaired first.
    """
    from burner.cli.parameters.command_rules import own_station_file, rules_of_command
    from burner.station.account import check_policy
    from burner.station.doctor import (
        check_computer,
        check_manifest,
        check_signing_key,
        check_source,
    )
    from burner.station.health import failed
    from burner.station.log_checks import check_enrolment

    try:
        station_file = own_station_file(station_file, ports)
        rules = rules_of_command(
            station_file, source=source, secret=secret, manifest=manifest, station=station
        )
        of_policy = [*check_policy(rules)] if rules else []
    except BurnerError as error:
        rules, of_policy = None, [failed("station file", error)]
        if error.code not in (Code.STATION_FILE_INVALID, Code.SLOT_PLACE_SHARED):
            # the policy does not allow them
            source, ports, station_file, bench = None, (), None, None
    manifest = rules.manifest if rules else manifest
    checks = [*check_computer(manifest, logs), check_manifest(manifest), *of_policy]
    name = _station_id(station, station_file)
    checks += [check_signing_key(name), *check_enrolment(manifest, name)]
    if source is not None:
        accepts = rules.check_release if rules else None
        policy = rules.policy if rules else None
        checks += check_source(source, secret, name, manifest, accepts=accepts, policy=policy)
    if ports or station_file or bench:
        checks += _slots(ports, station_file, bench, slot_count)
    if as_json:
        _print_json(checks)
    else:
        _print_table(checks)
    return 4 if any(check.state == "fail" for check in checks) else 0


def _station_id(name: str | None, station_file: Path | None) -> str:
    from burner.cli.parameters.slots import station_id
    from burner.station.fixture.station_file import load_station

    if station_file and name is None:
        with suppress(BurnerError):  # the check of the slots says what is wrong with the file
            name = load_station(station_file).station
    return station_id(name)


def _slots(
    ports: tuple[str, ...], station_file: Path | None, bench: str | None, expected: int | None
) -> "Iterator[HealthCheck]":
    from burner.cli.parameters.slots import open_slots
    from burner.station.doctor import check_hooks, check_printer, check_slots
    from burner.station.health import failed

    try:
        with open_slots(ports, station_file, bench) as slots:
            yield from check_slots(
                {slot: partial(locate, "esp") for slot, locate in slots.locate.items()},
                {scanner.name: scanner.locate for scanner in slots.scanners},
                expected,
            )
            if slots.printer:
                yield check_printer(slots.printer)
            if slots.hooks:
                yield from check_hooks(slots.hooks, slots.folder)
            if slots.mes:
                from burner.station.mes.mes_health import check_mes

                yield from check_mes(slots.mes, slots.station, slots.folder)
    except BurnerError as error:
        yield failed("slots", error)


def _print_json(checks: "Sequence[HealthCheck]") -> None:
    remedies = [lookup(c.code).remedy(language()) if c.code else "" for c in checks]
    rows = [{**asdict(c), "do": remedy} for c, remedy in zip(checks, remedies, strict=True)]
    print_json(rows)


def _print_table(checks: "Sequence[HealthCheck]") -> None:
    rows = [(MARKS[check.state], check.what, check.code, check.detail) for check in checks]
    screen.table("", ("", "check", "code", "found"), rows)
    for code in dict.fromkeys(check.code for check in checks if check.code):
        row = lookup(code)
        screen.say(f"{code}  {row.sentence(language())}")
        screen.say(f"      → {row.remedy(language())}")
