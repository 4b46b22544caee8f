"""The probes of `burner doctor`: each looks at one part of this station and gives health checks.

Nothing is burned, and no file is left behind. `health` judges what the probes find.
"""

import os
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.reference import NO_SECRET
from burner.core.version import burner_version
from burner.core.words.plural import counted
from burner.devices.network_port import check_server
from burner.devices.ports import listing
from burner.devices.slot_log import check_folder
from burner.devices.worker_process import WorkerProcess
from burner.manifest.local import keys
from burner.manifest.reading.empty_database import is_empty
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.store.place import check_expected_log, manifest_place, place_exists
from burner.profile.tests import UnitTest
from burner.programs.missing import missing_for_tests, missing_programs
from burner.release.acceptance import StationPolicy
from burner.release.opening import Accepts, open_release
from burner.station import health
from burner.station.fixture.hook_settings import HookSettings
from burner.station.health import HealthCheck
from burner.station.log_checks import check_limits, check_release_in_log
from burner.unit_labels.printer import Printer

PROTECTION_WORDS = {
    "account": "no passphrase",
    "passphrase": "with a passphrase",
    "keyring": "in the system's keyring",
    "token": "in a token",
}
"""How the private key of a station is protected."""
NOT_UNSEALED = frozenset(
    {
        *(Code.RELEASE_NOT_FOR_STATION, Code.RELEASE_BRINGS_SECRET, Code.RECIPIENT_KEY_UNUSABLE),
        *(Code.PASSPHRASE_WRONG, Code.PASSPHRASE_CANNOT_BE_ASKED),
    }
)
"""Errors that say: this station cannot open a sealed release."""


def check_computer(manifest: str, logs: Path) -> Iterator[HealthCheck]:
    """burner itself, a worker, the clock, the logs, the disks, and programs that take ports."""
    yield health.fine("burner", f"{burner_version()}, Python {platform.python_version()}")
    yield _worker()
    yield health.clock(datetime.now(UTC), _last_record(manifest))
    yield _logs(logs)
    folders = {"logs": logs} if "://" in manifest else {"manifest": Path(manifest), "logs": logs}
    for name, path in folders.items():
        yield health.disk(f"disk of {name}", shutil.disk_usage(_nearest_existing(path)).free)
    yield health.grabbers(_running_programs())


def check_manifest(manifest: str) -> HealthCheck:
    """Whether records can be written. A new manifest is not made: its folder must be writable."""
    what = "manifest"
    if "://" not in manifest:
        path = Path(manifest)
        is_writable = os.access(_nearest_existing(path), os.W_OK)
        if not is_writable or not os.access(_nearest_existing(path.parent), os.W_OK):
            return health.failed(what, BurnerError(Code.MANIFEST_WRITE_DENIED, manifest))
    try:
        where = manifest_place(manifest)
        is_missing = not place_exists(where)
        if is_missing or is_empty(where):
            check_expected_log(where, "")
            state = "is not there yet" if is_missing else "is empty"
            return health.fine(what, f"{where} {state}: it is made at the first use")
        with ManifestReader.open(manifest) as reader:
            check_expected_log(where, reader.origin)
            return health.fine(what, f"{where}, {counted(reader.count_attempts(), 'attempt')}")
    except BurnerError as error:
        return health.failed(what, error)


def check_signing_key(station: str) -> HealthCheck:
    """The key that signs the records of this station. It is made at the first record."""
    what = "signing key"
    try:
        if not keys.has_key(station):
            return health.fine(what, f"{station}: it is made at the first record")
        return health.fine(what, f"of {station}, {PROTECTION_WORDS[keys.protection(station)]}")
    except BurnerError as error:
        return health.failed(what, error)


def check_source(
    source: Path,
    secret: str,
    station: str,
    manifest: str,
    *,
    accepts: Accepts | None = None,
    policy: StationPolicy | None = None,
) -> Iterator[HealthCheck]:
    """Whether this station can burn a profile or release.

    Args:
        source: the profile or release.
        secret: a reference; empty: the source's own.
        station: its name.
        manifest: where it records.
        accepts: refuses a release by the policy of the station; None: there is none.
        policy: of the station; None: there is none.
    """
    try:
        release = open_release(
            source,
            reference=secret,
            identities=partial(keys.station_identities, station),
            accepts=accepts,
        )
    except BurnerError as error:
        what = "secret" if error.code in {*NO_SECRET, *NOT_UNSEALED} else "release"
        if error.code == Code.SECRET_NOT_TYPED:
            yield health.fine(what, "will be asked for at the start")
        elif error.code == Code.PASSPHRASE_CANNOT_BE_ASKED:
            yield health.fine(what, "is sealed; the passphrase will be asked for at the start")
        else:
            yield health.failed(what, error)
        return
    yield health.fine("release", f"{release.profile.title}, {release.digest[:12]}")
    if "sealed" in release.index:
        yield health.fine("secret", f"is sealed, and {station} opens it")
    else:
        yield health.fine("secret", f"{secret or release.profile.product.secret} resolves")
    yield from _tests(release.profile.all_tests, source.parent)
    yield from check_release_in_log(release, manifest, policy)
    yield from check_limits(release, manifest, station)


def _tests(tests: Sequence[UnitTest], folder: Path) -> Iterator[HealthCheck]:
    """Whether the programs and functions that test the units are here."""
    missing = [*missing_for_tests(tests, folder)]
    for finding in missing:
        yield health.failed(finding.place, BurnerError(finding.code, finding.found))
    if tests and not missing:
        yield health.fine("tests", f"programs of {counted(len(tests), 'test')} are here")


def check_printer(printer: Printer) -> HealthCheck:
    """Whether the label printer answers; nothing is printed."""
    what = "label printer"
    try:
        printer.connect().close()
    except BurnerError as error:
        return health.failed(what, error)
    return health.fine(what, printer.name)


def check_hooks(hooks: HookSettings, folder: Path) -> Iterator[HealthCheck]:
    """Whether the programs of the hooks are here; `folder`: of the station file."""
    programs = {f"hooks.{name}": program for name, program in hooks.programs.items()}
    missing = [*missing_programs(programs, folder)]
    for finding in missing:
        yield health.failed(finding.place, BurnerError(finding.code, finding.found))
    if programs and not missing:
        yield health.fine("hooks", ", ".join(hooks.programs))


def check_slots(
    slots: Mapping[str, Callable[[], str]],
    scanners: Mapping[str, Callable[[], str]],
    expected: int | None,
) -> Iterator[HealthCheck]:
    """The ports of slots and scanners.

    Args:
        slots: by name, what gives the device of the slot's ESP now, or raises BurnerError.
        scanners: the same for scanners.
        expected: how many slots there should be; None = as many as `slots` names.
    """
    with ThreadPoolExecutor(max_workers=len(slots) or 1) as pool:  # servers may be slow to answer
        located = dict(zip(slots, pool.map(_located, slots.values()), strict=True))
    for slot, device in located.items():
        yield from _slot(slot, device)
    reachable = sum(isinstance(device, str) for device in located.values())
    yield health.slots(reachable, expected or len(located))
    for name, locate in scanners.items():
        yield _scanner(name, locate)


def _worker() -> HealthCheck:
    """Whether a worker starts, and with which tools."""
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


def _last_record(manifest: str) -> datetime | None:
    with suppress(BurnerError), ManifestReader.open(manifest) as reader:
        return reader.last_written()
    return None


def _logs(folder: Path) -> HealthCheck:
    try:
        check_folder(folder)
    except BurnerError as error:
        return health.failed("logs", error)
    return health.fine("logs", str(folder))


def _located(locate: Callable[[], str]) -> str | BurnerError:
    try:
        device = locate()
        check_server(device)
    except BurnerError as error:
        return error
    return device


def _slot(slot: str, device: str | BurnerError) -> list[HealthCheck]:
    what = f"slot {slot}"
    if isinstance(device, BurnerError):
        return [health.failed(what, device)]
    if "://" in device:
        return [health.fine(what, device)]
    if os.name == "posix" and not Path(device).exists():
        return [health.failed(what, BurnerError(Code.PORT_MISSING, device))]
    listed = {port.device: port for port in listing(usb_only=False)}
    can_open = os.name != "posix" or os.access(device, os.R_OK | os.W_OK)
    return health.port(slot, device, listed, can_open)


def _scanner(name: str, locate: Callable[[], str]) -> HealthCheck:
    device = _located(locate)
    if isinstance(device, BurnerError):
        return health.failed(name, BurnerError(Code.SCANNER_MISSING, device.detail))
    return health.fine(name, device)


def _nearest_existing(path: Path) -> Path:
    """The path itself, or its nearest parent that exists."""
    nearest = path.absolute()
    while not os.path.exists(nearest) and nearest != nearest.parent:  # noqa: PTH110 - never raises
        nearest = nearest.parent
    return nearest


def _running_programs(proc: Path = Path("/proc")) -> Iterator[str]:
    """Names of the running programs (Linux; elsewhere nobody takes serial ports unasked)."""
    for comm in proc.glob("[0-9]*/comm"):
        with suppress(OSError):
            yield comm.read_text().strip()
