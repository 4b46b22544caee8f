"""What a release brings sealed is looked for wherever a station leaves anything."""

import json
import logging
import os
import subprocess
import sys
import traceback
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from burner.core.errors import BurnerError
from burner.manifest.local import keys
from burner.release.opening import open_release
from burner.release.release_file import pack, unpack
from tests import secret_shapes
from tests.in_process import Completed, run_burner
from tests.release.sealed import CERTIFICATE, SECRET, profile_in
from tests.runs import ROOT
from tests.test_secret_hunt import ProcessList

CONFIDENTIAL = (
    *(CERTIFICATE[30:50], CERTIFICATE[30:50].hex().encode()),
    *(b64encode(CERTIFICATE[at:])[4:40] for at in (30, 31, 32)),
)
"""A piece of the image, as a leak of it would look."""
WHO = ("--yes", "--operator", "wang", "--batch", "WO1")
BURN = ("burn", "plug.burn", "--station", "line1", *WHO)


@pytest.fixture
def line(tmp_path: Path) -> Path:
    """All that a station may write to, temporary files and state included; the engineer is
    elsewhere.
    """
    line = tmp_path / "line"
    for folder in ("tmp", "state", "home"):
        (line / folder).mkdir(parents=True)
    units = [{}, {"faults": [{"kind": "wrong-md5"}]}]
    bench = {"slots": len(units), "boards": len(units), "units": units}
    (line / "bench.yaml").write_text(yaml.safe_dump(bench))
    run(line, "key", "recipient", "--station", "line1", "-o", "line1.pub")
    profile = profile_in(tmp_path / "engineer", confidential=True)
    built = run(line, "release", "build", str(profile), "--to", "line1.pub", "-o", "plug.burn")
    assert built.returncode == 0, built.stderr
    return line


def folders(line: Path) -> dict[str, str]:
    names = {"TMPDIR": "tmp", "BURNER_STATE": "state", "HOME": "home"}
    return {key: str(line / name) for key, name in names.items()}


def run(line: Path, *arguments: str) -> Completed:
    return run_burner(line, *arguments, env=folders(line))


def leaks(data: bytes) -> list[str]:
    """What must not be there, in which shape."""
    names = secret_shapes.leaks(data, SECRET)
    names += ["private key"] if b"AGE-SECRET-KEY-" in data.upper() else []
    return names + (["confidential image"] if any(shape in data for shape in CONFIDENTIAL) else [])


def leaking(line: Path) -> list[str]:
    """Files of the station that hold any of it; `test_seal` searches releases themselves."""
    files = [path for path in line.rglob("*") if path.is_file() and path.suffix != ".burn"]
    assert len(files) > 5
    return [path.relative_to(line).as_posix() for path in files if leaks(path.read_bytes())]


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="there is no /proc here")
def test_a_station_that_burns_a_sealed_release_leaves_what_was_sealed_nowhere(line: Path) -> None:
    watch = ProcessList()
    watch.start()
    ran = subprocess.run(
        [sys.executable, "-m", "burner", *BURN, "--bench", "bench.yaml"],
        cwd=line,
        env={**os.environ, "PYTHONPATH": str(ROOT), **folders(line)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=100,
        check=False,
    )
    watch.stop()
    assert ran.returncode == 1, ran.stderr
    assert b"PASS" in ran.stdout + ran.stderr
    readers = (
        ("manifest", "list", "--json"),
        ("manifest", "verify"),
        ("manifest", "export", "--format", "jsonl"),
        ("batch", "status", "WO1"),
        ("key", "show", "--station", "line1"),
        ("release", "show", "plug.burn"),
        ("release", "check", "plug.burn", "--json"),
        ("doctor", "plug.burn", "--station", "line1"),
        ("doctor", "plug.burn", "--station", "line2"),
        ("burn", "plug.burn", "--bench", "sim:1", "--station", "line2", *WHO),
        (*BURN, "--bench", "sim:1", "--secret", "env:HOME"),
    )
    listed = json.loads(run(line, "manifest", "list", "--json").stdout)
    (unit,) = (each["device_name"] for each in listed if each["outcome"] == "PASS")
    prove = ("cloud", "prove", "plug.burn", "--unit", unit, "--station", "line1")
    nowhere = ("--registration-endpoint", "http://127.0.0.1:9", "--live", "--yes")
    checklist = ("cloud", "preflight", "plug.burn", "--checklist", "--answer", "clock=yes")
    of_the_cloud = (
        ("cloud", "names", "plug.burn", "-o", "names.csv"),
        (*checklist, "--note", "looked at"),
        prove,
        (*prove, *nowhere, "--operator", "wang"),
    )
    outputs = [run(line, *reader) for reader in (*readers, *of_the_cloud)]
    for output in (ran.stdout, ran.stderr, *((o.stdout + o.stderr).encode() for o in outputs)):
        assert leaks(output) == []
    assert any("E210" in output.stderr for output in outputs)
    assert "E836" in outputs[-1].stderr
    (private,) = leaking(line)
    assert private.startswith("state/keys/line1/")
    assert [word for word in watch.seen if leaks(word)] == []


def test_a_refused_seal_leaves_nothing_and_no_traceback_shows_any_of_it(
    line: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("BURNER_STATE", str(line / "state"))
    contents = unpack((line / "plug.burn").read_bytes(), "plug.burn")
    damaged = contents.sealed[0][:-1] + b"x"
    changes = replace(contents, seal_code="0" * 64), replace(contents, sealed=(damaged,))
    for number, changed in enumerate(changes):
        file = line / f"{number}.burn"
        file.write_bytes(pack(changed))
        with pytest.raises(BurnerError, match="E211") as caught:
            open_release(file, identities=lambda: keys.station_identities("line1"))
        refusal = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        assert leaks("".join(refusal.format()).encode()) == []
    release = open_release(line / "plug.burn", identities=lambda: keys.station_identities("line1"))
    with pytest.raises(AttributeError) as bug:
        release.payload("X").no_such_thing  # type: ignore[attr-defined]  # noqa: B018
    traceback_text = traceback.TracebackException.from_exception(bug.value, capture_locals=True)
    with caplog.at_level(logging.DEBUG):
        logging.getLogger().debug("%s %r %s", release, release.key, release.segments)
    assert leaks("".join(traceback_text.format()).encode() + caplog.text.encode()) == []
    assert [path for path in leaking(line) if not path.startswith("state/keys/line1/")] == []
