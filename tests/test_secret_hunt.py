"""The product secret is looked for everywhere a batch with failures leaves anything."""

import base64
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from burner.cli import root
from tests.runs import PROFILE, ROOT

SECRET = "Zk8vQ2mT6xW4yB9nR3sJ7pLd"
FAULTS = (
    {"kind": "wrong-chip"},
    {"kind": "stuck-sector", "address": 0x15000},
    {"kind": "unplug", "step": "write"},
    {"kind": "wrong-md5"},
    {"kind": "dead"},
)


def shapes(secret: str) -> Iterator[bytes]:
    """How a secret may look once it has leaked: whole, and each half of it alone."""
    for text in (secret, secret[:12], secret[12:]):
        raw = text.encode()
        yield raw
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        yield raw.hex(" ").encode()
        yield text.encode("utf-16-le")
        yield text.encode("utf-16-be")
        for lead in range(3):
            whole = base64.b64encode(bytes(lead) + raw)
            yield whole[4 if lead else 0 : -4]


def leaks(data: bytes) -> list[bytes]:
    return [shape for shape in shapes(SECRET) if shape in data]


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
    (work / "plug.yaml").write_text(text)
    units = [{}, *({"faults": [fault]} for fault in FAULTS)]
    bench = {"slots": len(units), "boards": len(units), "units": units}
    (work / "bench.yaml").write_text(yaml.safe_dump(bench))
    return work


def folders(home: Path) -> dict[str, str]:
    names = {"TMPDIR": "tmp", "XDG_STATE_HOME": "state", "HOME": "home"}
    return {key: str(home / name) for key, name in names.items()}


def burner(home: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), **folders(home)}
    return subprocess.run(
        [sys.executable, "-m", "burner", *arguments],
        cwd=home,
        env=env,
        stdin=subprocess.DEVNULL,
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
    ran = burner(home, "burn", "plug.yaml", "--bench", "bench.yaml", "--yes")
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
    for output in outputs:
        assert leaks(output) == []
    files = [path for path in home.rglob("*") if path.is_file()]
    assert {"manifest.db", "plug-c3-1.2.0.burn"} <= {path.name for path in files}
    assert any(path.name.startswith("slot-") for path in files)
    assert [path for path in files if leaks(path.read_bytes())] == []
    assert any(b"esp_worker" in line for line in watch.seen)
    assert [line for line in watch.seen if leaks(line)] == []


def test_the_hunt_finds_a_secret_in_every_shape() -> None:
    raw = SECRET.encode()
    for hidden in (
        raw,
        raw.hex().encode(),
        base64.b64encode(b"x" + raw + b"yz"),
        SECRET.encode("utf-16"),
        raw[:12],
    ):
        assert leaks(b"before " + hidden + b" after")


def test_a_traceback_through_a_burn_shows_no_secret(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import traceback

    from burner.release import open_release

    release = open_release(home / "plug.yaml")
    try:
        release.payload("X").no_such_thing  # type: ignore[attr-defined]  # noqa: B018
    except AttributeError as error:
        with_locals = traceback.TracebackException.from_exception(error, capture_locals=True)
        told = "".join(with_locals.format())
    with caplog.at_level(logging.DEBUG):
        logging.getLogger().debug("%s %r %s", release, release.key, release.segments)
    assert "release = " in told
    assert leaks(told.encode()) == []
    assert leaks(caplog.text.encode()) == []
