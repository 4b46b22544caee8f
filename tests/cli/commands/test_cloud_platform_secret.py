"""A platform, or a device on it, that repeats the product secret or the API credentials."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from burner.cloud.management.credentials import CREDENTIAL_REMOVED
from burner.manifest.writing.ledger import Ledger
from burner.platforms.registration import HttpRequest
from tests.cli.desk import at_desk
from tests.cloud.management.alibaba_api import serving
from tests.cloud.management.local_api import CREDENTIALS, SECRET_ID
from tests.in_process import Completed, run_burner
from tests.manifest.records import Ticking, open_batch
from tests.runs import PROFILE, SECRET

PRODUCT_ID = "7QKX2MPD0C"
ONLINE = {"CertState": 1, "FirstOnlineTime": 1_700_000_000}
NAMED_AS_SECRET = {
    "TotalCount": 2,
    "Devices": [{"DeviceName": SECRET, **ONLINE}, {"DeviceName": f"plug-{SECRET[::-1]}", **ONLINE}],
}


def refusal(message: str) -> dict[str, Any]:
    return {"Error": {"Code": "InvalidParameter.Broken", "Message": message}}


@contextmanager
def platform(body: dict[str, Any], request_id: str = SECRET) -> Iterator[str]:
    """The URL of one that answers so to whatever it is asked."""

    def answer(_request: HttpRequest) -> tuple[HTTPStatus, bytes]:
        return HTTPStatus.OK, json.dumps({"Response": {**body, "RequestId": request_id}}).encode()

    with serving(answer) as api:
        yield api.url


@pytest.fixture(autouse=True)
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    at_desk(tmp_path, monkeypatch)
    monkeypatch.setenv("BURNER_CLOUD_CREDENTIALS", CREDENTIALS)
    monkeypatch.setenv("PLUG_C3_SECRET", SECRET)
    with Ledger.open("manifest.db", "line1", Ticking(), simulated=True) as opened:
        open_batch(opened, product_id=PRODUCT_ID)
        yield opened


def cloud(url: str, command: str, *more: str) -> Completed:
    operator = ("--operator", "wang")
    return run_burner(
        Path.cwd(), "cloud", command, PROFILE, "--api-endpoint", url, *operator, *more
    )


@pytest.mark.parametrize("command", ["reconcile", "precreate", "preflight"])
def test_a_refusal_that_repeats_the_product_secret_is_shown_without_it(command: str) -> None:
    Path("names.txt").write_text("plug-1\n", encoding="ascii")
    more = {"precreate": ("--names-file", "names.txt")}
    with platform(refusal(f"no such {SECRET}")) as url:
        ran = cloud(url, command, *more.get(command, ()))
    assert ran.returncode != 0
    assert SECRET not in ran.stdout + ran.stderr
    assert CREDENTIAL_REMOVED in " ".join((ran.stdout + ran.stderr).split())


def test_a_refusal_that_repeats_the_credentials_says_that_one_was_removed() -> None:
    with platform(refusal(f"who is {SECRET_ID}?")) as url:
        ran = cloud(url, "reconcile")
    assert f"who is {CREDENTIAL_REMOVED}" in " ".join((ran.stdout + ran.stderr).split())


@pytest.mark.parametrize("by_export", [False, True])
def test_a_device_that_is_named_as_the_product_secret_shows_it_nowhere(by_export: bool) -> None:
    Path("export.csv").write_text(f"DeviceName,Status\n{SECRET},online\n", encoding="ascii")
    with platform(NAMED_AS_SECRET) as url:
        more = ("--export", "export.csv") if by_export else ()
        ran = cloud(url, "reconcile", "--output", "all.csv", *more)
    assert ran.returncode == 1
    shown = ran.stdout + ran.stderr + Path("all.csv").read_text(encoding="utf-8")
    assert SECRET not in shown
    assert SECRET[::-1] not in shown
    for file in Path.cwd().glob("manifest.db*"):
        assert SECRET.encode() not in file.read_bytes()


def test_an_answer_that_is_no_answer_is_not_repeated() -> None:
    for answer in (f"secret={SECRET}", SECRET):
        ran = cloud("http://127.0.0.1:1", "preflight", "--answer", answer)
        assert ran.returncode == 2
        assert SECRET not in ran.stdout + ran.stderr
        assert "yes" in ran.stderr or "is one of" in ran.stderr


@pytest.mark.parametrize("request_id", ["r", ""])
def test_an_error_code_without_end_is_shown_in_part(request_id: str) -> None:
    error = {"Code": "C" * 100_000, "Message": "m" * 100_000}
    with platform({"Error": error}, request_id) as url:
        ran = cloud(url, "reconcile")
    assert ran.returncode != 0
    assert len(ran.stdout + ran.stderr) < 3000
