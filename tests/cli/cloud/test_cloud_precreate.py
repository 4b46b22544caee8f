"""`burner cloud precreate`: names on the platform and on record."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from filelock import FileLock

from burner.cloud.gateway.registered_devices import CreationOutcome
from burner.cloud.precreation import ChunkSent, ChunkSettled
from burner.cloud.precreation_journal import CreationTarget, open_journal
from burner.manifest.entries.cloud_kinds import NamesConfirmed
from burner.manifest.reading.cloud_records import confirmed_names
from burner.manifest.reading.reader import ManifestReader
from tests.cloud.management.faulty_api import CountedDevices, Fault, counted_product, faulty_api
from tests.cloud.management.local_api import CREDENTIALS, SECRET_KEY, LocalApi
from tests.in_process import Completed, run_burner
from tests.manifest.records import a_ledger, records_of
from tests.runs import ADDED, PROFILE

PRODUCT_ID = "7QKX2MPD0C"
NAMES = tuple(f"plug-{number:03}" for number in range(120))
EXISTING, REFUSED = NAMES[3], NAMES[50]


class Desk:
    """A folder with a list of names, and a platform."""

    def __init__(
        self,
        folder: Path,
        api: LocalApi,
        devices: CountedDevices,
        names: Sequence[str] = NAMES,
    ) -> None:
        self.folder, self.api, self.devices = folder, api, devices
        (folder / "names.csv").write_text("\n".join(names), encoding="utf-8")
        self.env = {**ADDED, "BURNER_CLOUD_CREDENTIALS": CREDENTIALS}
        self.env["BURNER_STATE"] = str(folder / "state")
        self.command = ("cloud", "precreate", str(PROFILE), "--names-file", "names.csv")

    def run(self, *arguments: str | Path, credentials: str = "") -> Completed:
        done = run_burner(
            self.folder,
            *(*self.command, "--api-endpoint", self.api.url, *arguments),
            env={**self.env, "OTHER": credentials},
        )
        assert SECRET_KEY not in done.stdout + done.stderr
        return done

    def start(self) -> "subprocess.Popen[bytes]":
        """The same in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "burner", *self.command, "--api-endpoint", self.api.url],
            cwd=self.folder,
            env={**os.environ, **self.env},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def begin_simulated_log(self) -> None:
        """Of simulated units: what a gateway on this computer answers goes on its record."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("BURNER_STATE", self.env["BURNER_STATE"])
            a_ledger(self.folder, simulated=True).close()

    @property
    def on_record(self) -> set[str]:
        with ManifestReader.open(self.folder / "manifest.db") as reader:
            return confirmed_names(reader, PRODUCT_ID, "tencent-hub")

    @property
    def confirmed_by(self) -> set[str]:
        """The endpoints by which records name who answered."""
        with ManifestReader.open(self.folder / "manifest.db") as reader:
            return {entry.endpoint for entry in records_of(reader, NamesConfirmed).values()}

    @property
    def there(self) -> Sequence[str]:
        return [device.name for device in self.devices.page(0, 10_000)[1]]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    devices = CountedDevices(names=[EXISTING], refused={REFUSED: CreationOutcome.TOO_MANY})
    product = counted_product(devices, product_id=PRODUCT_ID)
    with faulty_api(product, faults={("CreateMultiDevice", 2): Fault.CUT_AFTER}) as api:
        yield Desk(tmp_path, api, devices)


def test_names_are_created_and_on_record_and_refused_ones_are_listed(desk: Desk) -> None:
    desk.begin_simulated_log()
    done = desk.run()
    assert done.returncode == 1, done.stderr
    assert "plug-c3 1.2.0: 120 names for Tencent Cloud IoT Hub" in done.stdout
    assert "created 98, already there 21, refused 1" in done.stdout  # 20 after a cut
    assert "newly on record as confirmed: 119" in done.stdout
    assert f"{REFUSED}: error E" in done.stdout
    assert desk.on_record == set(NAMES) - {REFUSED}
    assert desk.confirmed_by == {desk.api.url.removeprefix("http://")}
    assert dict(desk.devices.created) == dict.fromkeys(set(NAMES) - {REFUSED, EXISTING}, 1)

    sent = desk.api.actions.count("CreateMultiDevice")
    again = desk.run()
    assert "created 0, already there 119, refused 1" in again.stdout
    assert "newly on record as confirmed: 0" in again.stdout
    assert desk.api.actions.count("CreateMultiDevice") == sent + 1


def test_what_a_gateway_on_this_computer_has_is_no_confirmed_name_of_real_units(
    desk: Desk,
) -> None:
    done = desk.run()
    assert "created 98, already there 21, refused 1" in done.stdout
    assert "newly on record as confirmed: 0" in done.stdout
    assert "not put on the record of real units" in done.stderr
    assert desk.on_record == set()


def test_what_only_a_journal_says_is_not_put_on_record(desk: Desk) -> None:
    desk.begin_simulated_log()
    target = CreationTarget("tencent-hub", PRODUCT_ID, desk.api.url)
    with open_journal(desk.folder / "names.jsonl", target) as journal:
        journal.add(ChunkSent(1, NAMES[:4]))
        journal.add(ChunkSettled(1))
    (desk.folder / "names.csv").write_text("\n".join(NAMES[:4]), encoding="utf-8")
    done = desk.run("--journal", "names.jsonl")
    assert done.returncode == 1, done.stderr
    assert "created 0, already there 1, refused 3" in done.stdout
    assert f"{NAMES[0]}: error E865" in done.stdout
    assert desk.on_record == {EXISTING}
    assert desk.there == [EXISTING]


def test_a_dry_run_says_what_would_be_sent(desk: Desk) -> None:
    done = desk.run("--dry-run")
    assert (done.returncode, desk.api.actions) == (0, [])
    assert "120 would be sent: plug-000 …" in done.stdout
    assert not (desk.folder / "manifest.db").exists()
    assert not (desk.folder / "state").exists()


def test_names_of_the_platform_are_confirmed_without_creating_any(desk: Desk) -> None:
    desk.begin_simulated_log()
    done = desk.run("--confirm-only")
    assert done.returncode == 1
    assert "The platform has 1 of 120 names." in done.stdout
    assert f"{NAMES[0]}: error E807" in done.stdout
    assert "and 69 more" in done.stdout
    assert desk.on_record == {EXISTING}
    assert desk.there == [EXISTING]


def test_names_of_an_export_are_confirmed_without_the_platform(desk: Desk) -> None:
    export = desk.folder / "export.csv"
    export.write_text("DeviceName\n" + "\n".join(NAMES), encoding="utf-8")
    done = desk.run("--confirm-only", "--export", export)
    assert done.returncode == 0, done.stderr
    assert "The platform has 120 of 120 names." in done.stdout
    assert desk.on_record == set(NAMES)
    assert desk.api.actions == []


@pytest.mark.parametrize("way", ["created", "confirmed", "exported"])
def test_a_name_that_somebody_registered_with_is_not_confirmed(desk: Desk, way: str) -> None:
    desk.begin_simulated_log()
    desk.devices.register(EXISTING, True)
    export = desk.folder / "export.csv"
    rows = [f"{name},{'已激活' if name == EXISTING else '未激活'}" for name in NAMES]
    export.write_text("\n".join(("DeviceName,状态", *rows)), encoding="utf-8")
    options: dict[str, tuple[str | Path, ...]] = {
        "created": (),
        "confirmed": ("--confirm-only",),
        "exported": ("--confirm-only", "--export", export),
    }
    done = desk.run(*options[way])
    assert (done.returncode, f"{EXISTING}: error E808" in done.stdout) == (1, True), done.stdout
    assert EXISTING not in desk.on_record


def test_a_second_run_at_the_same_time_is_refused(desk: Desk) -> None:
    journal = desk.folder / "names.jsonl"
    with FileLock(f"{journal}.lock"):
        done = desk.run("--journal", journal)
    assert (done.returncode, "E862" in done.stderr) == (4, True)
    assert desk.api.actions == []
    assert not (desk.folder / "manifest.db").exists()


def test_after_an_error_it_says_how_to_go_on(desk: Desk) -> None:
    done = desk.run("--api-credentials", "env:OTHER", credentials="AKIDother01:wrongkey0123")
    assert (done.returncode, "E832" in done.stderr) == (4, True)
    assert "To go on, run the same command again" in done.stderr
    assert "120 would be sent" in desk.run("--dry-run").stdout


def test_what_an_earlier_run_sent_without_an_answer_is_asked_first(desk: Desk) -> None:
    path = desk.folder / "names.jsonl"
    with open_journal(path, CreationTarget("tencent-hub", PRODUCT_ID, desk.api.url)) as journal:
        journal.add(ChunkSent(1, NAMES[:100]))
    seen = desk.run("--dry-run", "--journal", path).stdout
    assert "100 were sent, and what became of them is asked first" in seen


@pytest.mark.full
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_2350_names_survive_a_process_that_is_stopped_and_killed(tmp_path: Path) -> None:
    names = [f"plug-{number:04}" for number in range(2350)]
    devices = CountedDevices(names=names[::100], refused={names[1001]: CreationOutcome.TOO_MANY})
    product = counted_product(devices, product_id=PRODUCT_ID)
    faults = {("CreateMultiDevice", number): Fault.CUT_AFTER for number in (3, 11)}
    with faulty_api(product, faults=faults, calls_per_second=20, task_polls=1) as api:
        desk = Desk(tmp_path, api, devices, names)
        desk.begin_simulated_log()
        for created, number, status in ((300, signal.SIGKILL, -9), (900, signal.SIGINT, 130)):
            process = desk.start()
            while len(devices.created) < created and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(number)
            assert process.wait(60) == status
            assert created <= len(devices.created) < 2326
        done = desk.run()
        assert done.returncode == 1, done.stderr
        expected = set(names) - {names[1001]}
        assert desk.on_record == set(desk.there) == expected
        assert dict(devices.created) == dict.fromkeys(expected - set(names[::100]), 1)
