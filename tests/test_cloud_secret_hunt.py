"""API credentials and product secret are looked for wherever a `burner cloud` command leaves
anything: what it prints, records, writes, logs, starts, and says of what goes wrong."""

import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from burner.cloud.management.tencent_hub import TencentHub
from tests import secret_shapes
from tests.cloud.gateway.running import running_gateway
from tests.in_process import Completed, run_burner
from tests.runs import PROFILE, ROOT

PRODUCT_ID = "7QKX2MPD0C"
PRODUCT_SECRET = "Zk8vQ2mT6xW4yB9nR3sJ7pLd"
KEY_ID = "AKIDm2Vb8Xc4Zq6Wn1Rt5Yp"
KEY, TOKEN = "vK3xQ8mZ5tR1wY7pL2nB9cJ4dF6gH0sA", "tN6yU2iO9pE4rW7qM1zX5cV8bG3hJ0kL"
PROXY_PASSWORD = "hG5fD3sA1qW2eR4t"
NAMES = ("58CF794798B8", "58CF794798BC")
"""Of the first two units of a bench."""
SECRETS = (PRODUCT_SECRET, KEY_ID, KEY, TOKEN, PROXY_PASSWORD)

STARTED: list[str] = []
"""Programs that this process started, with arguments and environment, while it is watched."""
_WATCHED = [False]


def _note_program(event: str, arguments: tuple[object, ...]) -> None:
    if _WATCHED[0] and event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"):
        STARTED.append(repr(arguments))


sys.addaudithook(_note_program)


@contextmanager
def watched_programs() -> Iterator[list[str]]:
    STARTED.clear()
    _WATCHED[0] = True
    try:
        yield STARTED
    finally:
        _WATCHED[0] = False


class Desk:
    """A computer with one account: all that its commands may write to is in one folder."""

    def __init__(self, folder: Path) -> None:
        self.work, self.url = folder / "work", ""
        self._outside = folder / "outside"
        for made in (self._outside, *(self.work / name for name in ("tmp", "state", "home"))):
            made.mkdir(parents=True)
        self._keep("product.secret", PRODUCT_SECRET)
        self._keep("api.credentials", f"{KEY_ID}:{KEY}:{TOKEN}")
        text = PROFILE.read_text(encoding="utf-8")
        text = text.replace("env:PLUG_C3_SECRET", f"file:{self._path('product.secret')}")
        text = text.replace("../firmware", (ROOT / "firmware").as_posix())
        text += "\nregistration: {names: created-before, preflight: required}\n"
        (self.work / "plug.yaml").write_text(text, encoding="utf-8")
        (self.work / "names.txt").write_text("\n".join(NAMES), encoding="utf-8")
        self.texts: list[str] = []
        """What its commands printed."""
        folders = {"BURNER_STATE": "state", "HOME": "home", "TMPDIR": "tmp"}
        self.environment = {key: str(self.work / name) for key, name in folders.items()}
        self.environment["BURNER_CLOUD_CREDENTIALS"] = f"{KEY_ID}:{KEY}:{TOKEN}"

    def _path(self, name: str) -> str:
        return (self._outside / name).as_posix()

    def _keep(self, name: str, secret: str) -> None:
        path = self._outside / name
        path.write_text(secret + "\n", encoding="utf-8")
        path.chmod(0o600)

    def run(self, *arguments: str, **environment: str) -> Completed:
        """A command, with what it printed noted."""
        done = run_burner(self.work, *arguments, env={**self.environment, **environment})
        self.texts.append(f"{arguments[:2]}\n{done.stdout}{done.stderr}")
        return done

    def cloud(self, command: str, *arguments: str, **environment: str) -> Completed:
        """A `cloud` command at the local API."""
        at = ("--api-endpoint", self.url)
        return self.run("cloud", command, "plug.yaml", *at, *arguments, **environment)

    def left(self) -> Iterator[tuple[str, bytes]]:
        """What each command printed, and each file but the flash of simulated units."""
        yield from ((text.splitlines()[0], text.encode()) for text in self.texts)
        for path in self.work.rglob("*"):
            if path.is_file() and self.work / "flash" not in path.parents:
                yield str(path), path.read_bytes()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    own = Desk(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(own.work / "tmp"))
    credentials = ("--api-credentials", "env:BURNER_CLOUD_CREDENTIALS")
    env = {**os.environ, **own.environment, "PYTHONPATH": str(ROOT)}
    with running_gateway(own.work, "plug.yaml", *credentials, env=env) as gateway:
        own.url = gateway.url
        yield own
    assert all(leaks(text.encode()) == [] for text in gateway.printed)


def leaks(data: bytes) -> list[str]:
    return secret_shapes.leaks(data, *SECRETS)


def leaking(found: Sequence[tuple[str, bytes]]) -> dict[str, list[str]]:
    if not leaks(b"\n".join(data for _, data in found)):  # one search takes less than many
        return {}
    return {place: leaks(data) for place, data in found}


def test_what_the_walk_of_a_batch_leaves_holds_no_secret(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    manifest = ("--manifest", "bench.db")
    burn = ("burn", "plug.yaml", "--bench", "sim:2,execute=no", "--yes", "--batch", "B1")
    assert "E816" in desk.run(*burn, *manifest, "--quantity", "2").stderr
    with watched_programs() as started:
        assert desk.cloud("preflight", "--quantity", "2").returncode in (0, 1)
        assert desk.cloud("enable", "--register-type", "1", "--yes").returncode == 0
        assert desk.cloud("precreate", "--names-file", "names.txt", *manifest).returncode == 0
        for more in (("--json",), ()):
            assert desk.cloud("preflight", "--batch", "B1", *manifest, *more).returncode == 0
    assert started == []
    assert desk.run(*burn, *manifest).returncode == 0
    proof = ("--unit", NAMES[0], "--operator", "eng", "--registration-endpoint", desk.url)
    with watched_programs() as started:
        for status, *options in ((0,), (0, "--live", "--yes"), (1, "--live", "--yes", "--json")):
            sent = (*proof, *map(str, options))
            assert desk.run("cloud", "prove", "plug.yaml", *sent, *manifest).returncode == status
        assert desk.cloud("reconcile", "--output", "differences.csv", *manifest).returncode == 0
        assert desk.cloud("reconcile", "--json", *manifest).returncode == 0
    assert started == []
    for reader in (
        ("batch", "status", "B1"),
        ("unit", "show", NAMES[0]),
        ("manifest", "list", "--json"),
        ("manifest", "verify"),
        ("manifest", "export", "--format", "jsonl"),
        ("manifest", "export", "--format", "log", "-o", "log.jsonl"),
        ("report", "-o", "report.html"),
    ):
        assert desk.run(*reader, *manifest).returncode == 0
    assert leaking(list(desk.left())) == {}
    assert leaks(caplog.text.encode()) == []


WRONG = (
    ("preflight", {"BURNER_CLOUD_CREDENTIALS": f"{KEY}{TOKEN}"}, "E831"),
    ("preflight", {"BURNER_CLOUD_CREDENTIALS": f"{KEY_ID}:{KEY[::-1]}:{TOKEN}"}, "E832"),
    ("preflight", {"BURNER_CLOUD_CREDENTIALS": f"{KEY_ID}:{KEY}:{TOKEN[::-1]}"}, "E832"),
    ("preflight", {"BURNER_CLOUD_CREDENTIALS": f"{KEY_ID[::-1]}:{KEY}"}, "E832"),
)
"""A command, what it is given in place of the credentials, and how it ends."""


def test_wrong_credentials_are_told_and_not_shown(desk: Desk) -> None:
    for command, environment, code in WRONG:
        done = desk.cloud(command, **environment)
        assert code in done.stderr
    assert leaking(list(desk.left())) == {}
    whole = f"{KEY_ID}:{KEY}:{TOKEN}"
    for arguments in (
        ("--api-credentials", whole),
        ("--api-endpoint", f"https://{KEY_ID}:{KEY}@127.0.0.1"),
        ("--region", KEY),
        ("--batch", KEY),
        ("--batch", PRODUCT_SECRET),
    ):
        done = desk.cloud("preflight", *arguments)
        assert done.returncode in (2, 3, 4), done.stdout
        assert leaks((done.stdout + done.stderr).encode()) == [], arguments


def test_a_proxy_that_fails_is_named_without_its_password(desk: Desk) -> None:
    proxy = f"http://line:{PROXY_PASSWORD}@127.0.0.1:9"
    names = {"HTTPS_PROXY": proxy, "https_proxy": proxy, "NO_PROXY": "", "no_proxy": ""}
    done = desk.run("cloud", "preflight", "plug.yaml", **names)
    assert "E839" in done.stderr
    assert leaking(list(desk.left())) == {}


def test_a_secret_that_is_typed_as_another_text_is_refused(desk: Desk) -> None:
    for command, *arguments in (
        ("preflight", "--operator", PRODUCT_SECRET),
        ("preflight", "--note", f"see {KEY} of the console"),
        ("precreate", "--operator", TOKEN, "--names-file", "names.txt"),
    ):
        done = desk.cloud(command, *arguments)
        assert "E470" in done.stderr, (command, done.stderr)
    assert leaking(list(desk.left())) == {}


def test_a_bug_in_a_call_is_reported_without_a_secret(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_api: object, _product_id: str) -> None:
        raise RuntimeError(f"{KEY} {PRODUCT_SECRET}")

    monkeypatch.setattr(TencentHub, "product", broken)
    done = desk.cloud("preflight")
    assert (done.returncode, "RuntimeError" in done.stderr) == (70, True)
    assert any(path.name.startswith("burner-bug-") for path in desk.work.rglob("*"))
    assert leaking(list(desk.left())) == {}
