"""`burner doctor`: what is wrong with this station, before the shift begins."""

import json
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from burner.cli import options, screen
from burner.cli.language import language
from burner.core.code import Code
from burner.core.errors import BurnerError, lookup
from burner.core.version import burner_version
from burner.core.words.plural import counted

if TYPE_CHECKING:
    from burner.cli.slots import ScannerAt, Slots
    from burner.station.health import Check

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
    nothing, and makes no file. Ends with 4 if anything must be mended first.
    """
    checks = [*_computer(manifest, logs), _manifest(manifest), _key(station, station_file)]
    if source is not None:
        checks += _source(source, secret)
    checks += _slots(ports, station_file, bench, slot_count)
    if as_json:
        screen.say(json.dumps([_plain(check) for check in checks], ensure_ascii=False, indent=2))
    else:
        _show(checks)
    return 4 if any(check.state == "fail" for check in checks) else 0


def _computer(manifest: str, logs: Path) -> "Iterator[Check]":
    from burner.station import health

    yield health.fine("burner", f"{burner_version()}, Python {platform.python_version()}")
    yield _worker()
    yield health.clock(datetime.now(UTC), _last_record(manifest))
    yield _logs(logs)
    folders = {"logs": logs} if "://" in manifest else {"manifest": Path(manifest), "logs": logs}
    for what, path in folders.items():
        yield health.disk(f"disk of {what}", shutil.disk_usage(_existing(path)).free)
    yield health.grabbers(_processes())


def _logs(folder: Path) -> "Check":
    """Can the slots' logs be kept there?"""
    from burner.devices.slot_log import check_folder
    from burner.station import health

    try:
        check_folder(folder)
    except BurnerError as error:
        return health.failed("logs", error)
    return health.fine("logs", str(folder))


def _worker() -> "Check":
    """Does a worker start, and with which tools?"""
    from tempfile import TemporaryDirectory

    from burner.devices.worker_process import WorkerProcess
    from burner.station import health

    with TemporaryDirectory() as folder:
        try:
            worker = WorkerProcess(Path(folder) / "doctor.log")
            try:
                versions = worker.versions
            finally:
                worker.stop()
        except BurnerError as error:
            return health.failed("worker", error)
    return health.fine("worker", ", ".join(f"{name} {v}" for name, v in versions.items()))


def _manifest(manifest: str) -> "Check":
    """Can it be written? A new one is not made: its folder must be writable then."""
    from burner.manifest.local.places import log_at
    from burner.manifest.reading.empty_database import is_empty
    from burner.manifest.reading.reader import ManifestReader
    from burner.manifest.store.place import manifest_place, place_exists
    from burner.station import health

    what = "manifest"
    if "://" not in manifest:
        path = Path(manifest)
        writable = os.access(_existing(path), os.W_OK)
        if not writable or not os.access(_existing(path.parent), os.W_OK):
            return health.failed(what, BurnerError(Code.MANIFEST_WRITE_DENIED, manifest))
    try:
        where = manifest_place(manifest)
        expected = log_at(where.name)
        missing = not place_exists(where)
        if missing or is_empty(where):
            if expected:
                raise BurnerError(Code.MANIFEST_REPLACED, f"{where}: the log {expected} was here")
            there = "is not there yet" if missing else "is empty"
            return health.fine(what, f"{where} {there}: it is made at the first use")
        with ManifestReader.open(manifest) as reader:
            if expected not in ("", reader.origin):
                raise BurnerError(Code.MANIFEST_REPLACED, f"{where}: the log {expected} was here")
            return health.fine(what, f"{where}, {counted(reader.attempt_count(), 'attempt')}")
    except BurnerError as error:
        return health.failed(what, error)


_KEPT = {
    "account": "no passphrase",
    "passphrase": "with a passphrase",
    "keyring": "in the system's keyring",
    "token": "in a token",
}
"""How the key of a station is kept, in words."""


def _key(name: str | None, station_file: Path | None) -> "Check":
    """The key that signs the records of this station: made at its first record."""
    from burner.cli.slots import station_id
    from burner.manifest.local import keys
    from burner.station import health
    from burner.station.map import load_station

    what = "signing key"
    if station_file and name is None:
        with suppress(BurnerError):  # told where the slots are
            name = load_station(station_file).station
    station = station_id(name)
    try:
        if not keys.has_key(station):
            return health.fine(what, f"{station}: it is made at the first record")
        return health.fine(what, f"of {station}, {_KEPT[keys.protection(station)]}")
    except BurnerError as error:
        return health.failed(what, error)


def _last_record(manifest: str) -> datetime | None:
    from burner.manifest.reading.reader import ManifestReader

    with suppress(BurnerError), ManifestReader.open(manifest) as reader:
        return reader.newest()
    return None


def _source(source: Path, reference: str) -> "Iterator[Check]":
    """Can the release be read, and its secret be had?"""
    from burner.core.secrets.reference import NO_SECRET
    from burner.release.opening import open_release
    from burner.station import health

    try:
        release = open_release(source, reference=reference)
    except BurnerError as error:
        what = "secret" if error.code in NO_SECRET else "release"
        if error.code == Code.SECRET_NOT_TYPED:
            yield health.fine(what, "will be asked for at the start")
        else:
            yield health.failed(what, error)
        return
    yield health.fine("release", f"{release.profile.title}, {release.digest[:12]}")
    yield health.fine("secret", f"{reference or release.profile.product.secret} resolves")


def _slots(
    ports: tuple[str, ...], station_file: Path | None, bench: str | None, expected: int | None
) -> "Iterator[Check]":
    from burner.cli.slots import open_slots
    from burner.station import health

    if not (ports or station_file or bench):
        return
    try:
        with open_slots(ports, station_file, bench) as slots:
            found = dict(_located(slots))
            for slot, there in found.items():
                yield from _slot(slot, there)
            reachable = sum(isinstance(there, str) for there in found.values())
            yield health.slots(reachable, expected or len(found))
            yield from map(_scanner, slots.scanners)
    except BurnerError as error:
        yield health.failed("slots", error)


def _located(slots: "Slots") -> Iterator[tuple[str, str | BurnerError]]:
    for slot, locate in slots.locate.items():
        try:
            yield slot, locate("esp")
        except BurnerError as error:
            yield slot, error


def _slot(slot: str, there: str | BurnerError) -> "list[Check]":
    from burner.devices.ports import listing
    from burner.station import health

    if isinstance(there, BurnerError):
        return [health.failed(f"slot {slot}", there)]
    if "://" in there:
        return [health.fine(f"slot {slot}", there)]
    if os.name == "posix" and not Path(there).exists():
        return [health.failed(f"slot {slot}", BurnerError(Code.PORT_MISSING, there))]
    listed = {port.device: port for port in listing(usb_only=False)}
    can_open = os.name != "posix" or os.access(there, os.R_OK | os.W_OK)
    return health.port(slot, there, listed, can_open)


def _scanner(scanner: "ScannerAt") -> "Check":
    from burner.station import health

    try:
        return health.fine(scanner.name, scanner.locate())
    except BurnerError as error:
        return health.failed(scanner.name, BurnerError(Code.SCANNER_MISSING, error.detail))


def _existing(path: Path) -> Path:
    """The nearest folder or file above that is there."""
    here = path.absolute()
    while not os.path.exists(here) and here != here.parent:  # noqa: PTH110 - never raises
        here = here.parent
    return here


def _processes(proc: Path = Path("/proc")) -> Iterator[str]:
    """Names of the running programs (Linux; elsewhere nobody takes serial ports unasked)."""
    for comm in proc.glob("[0-9]*/comm"):
        with suppress(OSError):
            yield comm.read_text().strip()


def _plain(check: "Check") -> Mapping[str, Any]:
    remedy = lookup(check.code).remedy(language()) if check.code else ""
    return {**asdict(check), "do": remedy}


def _show(checks: "list[Check]") -> None:
    rows = [(MARKS[check.state], check.what, check.code, check.detail) for check in checks]
    screen.table("", ("", "check", "code", "found"), rows)
    for code in dict.fromkeys(check.code for check in checks if check.code):
        row = lookup(code)
        screen.say(f"{code}  {row.sentence(language())}")
        screen.say(f"      → {row.remedy(language())}")
