"""The product secret is looked for everywhere a batch with failures leaves anything."""

import base64
import hmac
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from burner.bench.firmware.secret_forms import FORMS
from burner.cli.main import root
from burner.cli.terminal import screen
from burner.core.secrets.search import REMOVED
from tests import secret_shapes
from tests.provisioning.test_carriers_on_bench import Case
from tests.runs import PROFILE, ROOT
from tests.warm.process import SERVERS

SECRET = "Zk8vQ2mT6xW4yB9nR3sJ7pLd"
FAULTS = (
    {"kind": "wrong-chip"},
    {"kind": "stuck-sector", "address": 0x15000},
    {"kind": "unplug", "step": "write"},
    {"kind": "wrong-md5"},
    {"kind": "dead"},
)


def leaks(data: bytes) -> list[str]:
    """Shapes of the secret, of the key of its challenge, and of an answer made with it."""
    derived = hmac.digest(SECRET.encode(), b"burner challenge v1", "sha256")
    shapes = {"key of the challenge": derived, "in hex": derived.hex().encode()}
    found = [shape for shape, value in shapes.items() if value in data]
    answers = re.findall(rb"RESPONSE 1 [0-9a-f]{64}", data)
    return [*secret_shapes.leaks(data, SECRET), *found, *map(repr, answers)]


class ProcessList(threading.Thread):
    """Reads every command line of the machine, over and over, as `ps` would."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: set[bytes] = set()
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.is_set():
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(path.read_bytes())
                except OSError:
                    continue
            time.sleep(0.02)

    def stop(self) -> None:
        self.ended.set()
        self.join()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with everything a run may write to, temp files and state included."""
    secret = tmp_path / "outside" / "product.secret"
    secret.parent.mkdir()
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    work = tmp_path / "work"
    for folder in ("tmp", "state", "home"):
        (work / folder).mkdir(parents=True)
    text = PROFILE.read_text()
    text = text.replace("env:PLUG_C3_SECRET", f"file:{secret.as_posix()}")
    text = text.replace("../firmware", (ROOT / "firmware").as_posix())
    if "challenge: true" not in text:
        text = text.replace("\nboot:\n", "\nboot:\n  challenge: true\n")
    (work / "plug.yaml").write_text(text)
    units = [{}, *({"faults": [fault]} for fault in FAULTS)]
    bench = {"slots": len(units), "boards": len(units), "units": units}
    (work / "bench.yaml").write_text(yaml.safe_dump(bench))
    return work


def folders(home: Path) -> dict[str, str]:
    names = {"TMPDIR": "tmp", "XDG_STATE_HOME": "state", "HOME": "home"}
    secret = home.parent / "outside" / "product.secret"
    return {key: str(home / name) for key, name in names.items()} | {
        "BURNER_SECRET": f"file:{secret.as_posix()}"
    }


def burner(
    home: Path, *arguments: str, scanned: str = "", named: bool = False
) -> subprocess.CompletedProcess[bytes]:
    """A command; `named`: a process list shows it and its workers by their names."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), **folders(home)}
    return subprocess.run(
        [*([sys.executable, "-m", "burner"] if named else SERVERS.command()), *arguments],
        cwd=home,
        env=env,
        input=scanned.encode(),
        capture_output=True,
        timeout=100,
        check=False,
    )


def read(home: Path, *arguments: str) -> str:
    """What a command that burns nothing says, here in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setattr(tempfile, "tempdir", str(home / "tmp"))
        return CliRunner(env=folders(home)).invoke(root, arguments).output


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="there is no /proc here")
def test_after_a_batch_with_failures_the_secret_is_nowhere(home: Path) -> None:
    watch = ProcessList()
    watch.start()
    ran = burner(home, "burn", "plug.yaml", "--bench", "bench.yaml", "--yes", named=True)
    watch.stop()
    assert ran.returncode == 1, ran.stderr
    readers = (
        ("manifest", "list", "--json"),
        ("manifest", "verify"),
        ("manifest", "export", "--format", "jsonl"),
        ("profile", "check", "plug.yaml"),
        ("profile", "show", "plug.yaml"),
        ("release", "build", "plug.yaml"),
        ("doctor", "plug.yaml", "--bench", "sim:1", "--json"),
    )
    outputs = [ran.stdout, ran.stderr, *(read(home, *reader).encode() for reader in readers)]
    assert all(outputs[2:])
    assert b"PASS" in ran.stdout + ran.stderr
    assert '"challenge": "answered"' in read(home, "manifest", "list", "--json")
    for output in outputs:
        assert leaks(output) == []
    assert {"manifest.db", "plug-c3-1.2.0.burn"} <= {path.name for path in left_behind(home)}
    assert any(path.name.startswith("slot-") for path in left_behind(home))
    assert leaking_files(home) == []
    assert any(b"esp_worker" in line for line in watch.seen)
    assert [line for line in watch.seen if leaks(line)] == []


STEPS = ("sync", "stub", "baud", "erase", "write", "md5", "read", "boot")
SHORTLY = "timeout_s: 0.5"
SERIAL = "identity: {{serial: {{source: firmware, pattern: '.+', line: '{}: (.+)'}}}}"
STARTS: Mapping[str, str] = {
    f"boot: {{expect: ['never'], {SHORTLY}}}": "E605",
    f"boot: {{product_id: 'plain: (.+)', {SHORTLY}}}": "E604",
    f"boot: {{device_name: 'hex-blanks: (.+)', {SHORTLY}}}": "E603",
    **{SERIAL.format(form): "E431" for form in ("plain", "utf-16le")},
}
"""What a profile asks of a start, in place of which the secret is printed → how that ends."""


def left_behind(home: Path) -> list[Path]:
    """Every file but the flash of simulated units, where the secret belongs."""
    files = (path for path in home.rglob("*") if path.is_file())
    return [path for path in files if home / "flash" not in path.parents]


def leaking_files(home: Path) -> list[Path]:
    return [path for path in left_behind(home) if leaks(path.read_bytes())]


def write_bench(home: Path, units: Sequence[object], **more: object) -> None:
    bench = {"slots": len(units), "units": units, "keep": "flash", **more}
    (home / "bench.yaml").write_text(yaml.safe_dump(bench))


def burned(
    home: Path, *more: str, profile: str = "plug.yaml", scanned: str = ""
) -> list[dict[str, object]]:
    """The ends of a run's attempts, once its output was searched."""
    options = ("--bench", "bench.yaml", "--yes", "--json", *more)
    ran = burner(home, "burn", profile, *options, scanned=scanned)
    assert leaks(ran.stdout + ran.stderr) == []
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    return [line for line in lines if line["event"] == "finished"]


def read_all(home: Path, profile: str = "plug.yaml") -> str:
    """Whatever shows or copies records, searched; what it says."""
    listed = json.loads(read(home, "manifest", "list", "--json"))
    readers = (
        ("manifest", "list", "--json"),
        ("unit", "show", listed[-1]["unit_id"]),
        ("batch", "status", listed[-1]["batch"]),
        ("manifest", "verify"),
        ("manifest", "export", "--format", "csv", "-o", "all.csv"),
        ("manifest", "export", "--format", "jsonl", "-o", "all.jsonl"),
        ("manifest", "export", "--format", "chain", "-o", "all.chain"),
        ("report", "-o", "report.html"),
        ("identify", profile, "--bench", "bench.yaml", "--json"),
        ("verify", profile, "--bench", "bench.yaml", "--json"),
    )
    output = "".join(read(home, *reader) for reader in readers)
    assert leaks(output.encode()) == []
    return output


def test_a_firmware_that_prints_the_secret_at_every_step_leaves_it_nowhere(home: Path) -> None:
    units = [{"faults": [{"kind": "prints-secret", "step": step}]} for step in STEPS]
    write_bench(home, units)
    first = burned(home)
    again = burned(home, "--rework", "a key is in the flash now")
    assert {line["slot"] for line in first} == {str(n) for n in range(1, len(STEPS) + 1)}
    booted = [line for line in (*first, *again) if line["slot"] == str(STEPS.index("boot") + 1)]
    assert [(line["outcome"], line["warnings"]) for line in booted] == [("PASS", ["E625"])] * 2
    assert len({line["code"] for line in again}) > 2
    assert "E625" in read_all(home)
    assert leaking_files(home) == []


def test_what_is_recorded_of_a_start_that_prints_the_secret_holds_none_of_it(home: Path) -> None:
    profile = (home / "plug.yaml").read_text().split("\nboot:")[0]
    ends = []
    for seed, start in enumerate(STARTS):
        (home / "plug.yaml").write_text(f"{profile}\n{start}\n")
        write_bench(home, [{"faults": [{"kind": "prints-secret"}]}], seed=seed)
        ends += burned(home, "--batch", f"B{seed}")[-1:]
    assert [end["code"] for end in ends] == list(STARTS.values())
    assert all(end["warnings"] == ["E625"] for end in ends)
    assert REMOVED in read_all(home)
    assert leaking_files(home) == []


def test_at_firmware_and_modems_that_print_the_secret_in_every_answer_leave_it_nowhere(
    home: Path,
) -> None:
    cellular = "identity: {imei: {when: after}, serial: {source: modem, pattern: '.+'}}\n"
    for seed, case, modem, more in (
        (1, Case("at", "esp32c3"), {"kind": "tencent-wifi", "port": "esp"}, ""),
        (2, Case("nvs", "esp32c3"), {"kind": "quectel", "serial": "S1"}, cellular),
    ):
        path = case.write(home)
        path.write_text(path.read_text() + more)
        unit = {**case.unit(), "modem": modem, "faults": [{"kind": "prints-secret"}]}
        write_bench(home, [unit], seed=seed)
        ended = burned(home, "--batch", modem["kind"], profile=path.name)
        assert (ended[-1]["outcome"], ended[-1]["warnings"]) == ("PASS", ["E625"])
    read_all(home, path.name)
    assert leaking_files(home) == []


def test_a_label_that_shows_the_secret_leaves_it_nowhere(home: Path) -> None:
    label = "{serial: {source: label, pattern: '.+'}, label: {pattern: 'SN:(?P<serial>.+)'}}"
    (home / "plug.yaml").write_text(f"{(home / 'plug.yaml').read_text()}\nidentity: {label}\n")
    write_bench(home, [{}, {}])
    ends = burned(home, scanned=f"SN:{SECRET}\nSN:{SECRET.encode().hex()}\n")
    assert {end["code"] for end in ends} == {"E440"}
    assert leaking_files(home) == []


def test_the_hunt_finds_a_secret_in_every_shape() -> None:
    raw = SECRET.encode()
    for hidden in (
        raw,
        raw.hex().encode(),
        base64.b64encode(b"x" + raw + b"yz"),
        SECRET.encode("utf-16"),
        raw[:12],
        *(form(raw) for form in FORMS.values()),
    ):
        assert leaks(b"before " + hidden + b" after"), hidden


def test_a_bug_report_names_types_and_places_and_no_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    try:
        try:
            int(SECRET)
        except ValueError as error:
            raise RuntimeError(f"it was {SECRET}") from error
    except RuntimeError as problem:
        screen.bug(problem)
    (report,) = tmp_path.glob("burner-bug-*.txt")
    text = report.read_text()
    assert text.index("ValueError") < text.index("RuntimeError")
    assert "test_secret_hunt.py" in text
    assert leaks(text.encode() + "".join(capsys.readouterr()).encode()) == []


def test_a_traceback_through_a_burn_shows_no_secret(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import traceback

    from burner.release.opening import open_release

    release = open_release(home / "plug.yaml")
    try:
        release.payload("X").no_such_thing  # type: ignore[attr-defined]  # noqa: B018
    except AttributeError as error:
        with_locals = traceback.TracebackException.from_exception(error, capture_locals=True)
        text = "".join(with_locals.format())
    with caplog.at_level(logging.DEBUG):
        logging.getLogger().debug("%s %r %s", release, release.key, release.segments)
    assert "release = " in text
    assert leaks(text.encode()) == []
    assert leaks(caplog.text.encode()) == []
