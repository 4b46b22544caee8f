"""`burner cloud gateway`: as it is typed, what it prints, and how it ends."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from burner.cli.commands.cloud_gateway import gateway as gateway_command
from burner.cli.gateway.arguments import GatewayArguments
from burner.cli.gateway.journal import GatewayJournal
from burner.cli.gateway.run import serving
from burner.cloud.gateway.gateway import Served
from burner.cloud.gateway.management.api_call import ApiCallServed
from burner.core.code import Code
from burner.core.secrets.search import SecretSearch
from burner.core.secrets.secret import Secret
from burner.platforms.registration import Applicant, Credentials, TimestampAndNonce
from burner.platforms.tencent import APIS
from tests.chinese import english_in
from tests.cloud.gateway.test_http_server import exchange
from tests.cloud.management.local_api import CREDENTIALS, SECRET_KEY, LocalApi
from tests.cloud.management.sdk_calls import call, refused
from tests.in_process import Completed, run_burner
from tests.runs import ADDED, PROFILE, SECRET

PRODUCT_ID = "7QKX2MPD0C"
CURRENT, OLDER = APIS


def gateway(folder: Path, *arguments: str | Path) -> Completed:
    """A command that is refused, so that it ends."""
    return run_burner(folder, "cloud", "gateway", *arguments, env=ADDED)


def register(url: str, name: str, secret: str, certificate: str = "") -> bytes:
    """The body of the answer to a device's request."""
    place = urlsplit(url)
    assert place.hostname
    applicant = Applicant(PRODUCT_ID, name, Secret(secret.encode()))
    request = OLDER.request(applicant, place.hostname, TimestampAndNonce(int(time.time()), 7))
    with socket.create_connection((place.hostname, place.port or 0), timeout=20) as connection:
        if certificate:
            trust = ssl.create_default_context(cadata=certificate)
            with trust.wrap_socket(connection, server_hostname=place.hostname) as secured:
                _, body = exchange(secured, request.text())
        else:
            _, body = exchange(connection, request.text())
    return body


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_devices_register_over_http_and_tls_until_ctrl_c(tmp_path: Path) -> None:
    names = tmp_path / "names.csv"
    names.write_text("DeviceName\nlisted\nstuck,activated\n", encoding="utf-8")
    command = [sys.executable, "-m", "burner", "cloud", "gateway", str(PROFILE), "--json"]
    command += [
        "--https-port",
        "0",
        "-o",
        "run.pem",
        "--created-file",
        str(names),
        "--created",
        "more",
        "--api-credentials",
        "env:DESK_API",
    ]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, **ADDED, "DESK_API": CREDENTIALS},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout
    try:
        ready = json.loads(process.stdout.readline())
        assert ready["products"] == {"plug-c3 1.2.0": PRODUCT_ID}
        http, https = ready["urls"]
        assert ready["management_urls"] == [http, https]
        certificate = (tmp_path / "run.pem").read_text(encoding="ascii")
        answers = [
            register(http, "listed", SECRET),
            register(https, "more", SECRET, certificate),
            register(http, "listed", SECRET),
            register(http, "stuck", SECRET),
            register(http, "unknown", SECRET),
            register(http, "listed", "wrong" * 5),
        ]
        management = LocalApi(http, ())
        found = call(
            management, "2021", "DescribeDevice", ProductId=PRODUCT_ID, DeviceName="listed"
        )
        assert found.CertState == 1
        product = call(management, "2021", "DescribeProduct", ProductId=PRODUCT_ID)
        assert product.ProductProperties.ProductSecret == SECRET
        wrong = refused(
            management, "2021", "DescribeProduct", secret_key="other", ProductId=PRODUCT_ID
        )
        assert wrong == "AuthFailure.SignatureFailure"
        mistaken = {"ProductId": PRODUCT_ID, "DeviceName": f"{SECRET_KEY} x"}
        invalid = refused(management, "2021", "DescribeDevice", **mistaken)
    finally:
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=60)
    assert [json.loads(answer)["code"] for answer in answers] == [0, 0, 1021, 1021, 1020, 1010]
    assert isinstance(OLDER.credentials(answers[0], Secret(SECRET.encode())), Credentials)
    lines = [json.loads(line) for line in rest.splitlines()]
    requests = [line["code"] for line in lines if line["event"] == "request"]
    assert requests == ["", "", "E808", "E808", "E807", "E804"]
    calls = [(line["action"], line["code"]) for line in lines if line["event"] == "call"]
    assert calls == [
        ("DescribeDevice", ""),
        ("DescribeProduct", ""),
        ("DescribeProduct", wrong),
        ("DescribeDevice", invalid),
    ]
    assert lines[-1] == {"event": "stopped", "registered": 2, "refused": 4, "calls": 4}
    assert (process.returncode, errors) == (0, "")
    assert SECRET not in rest
    assert SECRET_KEY not in rest


def test_the_management_api_leaves_this_computer_over_tls_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {**ADDED, "DESK_API": CREDENTIALS}.items():
        monkeypatch.setenv(name, value)
    typed = [str(PROFILE), "--host", "0.0.0.0", "--https-port", "0", "--json"]
    typed += ["--api-credentials", "env:DESK_API"]
    parsed = gateway_command.make_context("gateway", typed).params
    with serving(GatewayArguments(**parsed)):
        ready = json.loads(capsys.readouterr().out)
        http, https = ready["urls"]
        assert ready["management_urls"] == [https]
        api = LocalApi(http.replace("0.0.0.0", "127.0.0.1"), ())
        assert refused(api, "2021", "DescribeProduct") == "ServerNetworkError"
    assert json.loads(capsys.readouterr().out)["status"] == HTTPStatus.NOT_FOUND


def test_a_platform_without_a_management_api_is_named(tmp_path: Path) -> None:
    text = PROFILE.read_text(encoding="utf-8").replace("../", f"{PROFILE.parents[1].as_posix()}/")
    text = text.replace("  id:", "  cloud: volcengine\n  id:").replace("esp-qcloud", "volcengine")
    (tmp_path / "volc.yaml").write_text(text, encoding="utf-8")
    done = gateway(tmp_path, "volc.yaml", "--api-credentials", "env:X")
    assert (done.returncode, done.stdout) == (3, "")
    assert "E844" in done.stderr


# -- what is printed -------------------------------------------------------------------------------


def printed(capsys: pytest.CaptureFixture[str], served: Served, *, as_json: bool = False) -> str:
    journal = GatewayJournal(SecretSearch(Secret(SECRET.encode())), as_json=as_json)
    journal._print_served("10.0.0.7", served)
    return capsys.readouterr().out


def line_of(capsys: pytest.CaptureFixture[str], **facts: Any) -> Mapping[str, Any]:
    given = {"status": HTTPStatus.OK, "path": "/register/dev", **facts}
    line = json.loads(printed(capsys, Served(**given), as_json=True))
    assert isinstance(line, dict)
    return line


def test_a_line_says_who_registered_and_what_was_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ok = printed(capsys, Served(HTTPStatus.OK, "/register/dev", PRODUCT_ID, "plug-7"))
    assert ok.split("  ")[1:] == ["10.0.0.7", "/register/dev", PRODUCT_ID, "plug-7", "registered\n"]
    refused = Served(
        HTTPStatus.OK, "/register/dev", PRODUCT_ID, "n", Code.CLOUD_CLOCK_WRONG, "+900 s"
    )
    assert "refused: E810 The clock of the device is wrong" in printed(capsys, refused)
    slow = Served(HTTPStatus.REQUEST_TIMEOUT, detail="too slow")
    assert printed(capsys, slow).endswith("10.0.0.7  HTTP 408: too slow\n")


def test_the_line_of_a_request_is_chinese_for_who_reads_chinese(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BURNER_LANG", "zh")
    refused = Served(HTTPStatus.OK, "", "", "", Code.CLOUD_CLOCK_WRONG, "the device is +900 s off")
    assert english_in(printed(capsys, refused)) == []
    assert english_in(printed(capsys, Served(HTTPStatus.OK))) == []


@pytest.mark.parametrize("field", ["product_id", "device_name", "path", "detail"])
def test_a_secret_in_the_wrong_field_is_not_printed(
    capsys: pytest.CaptureFixture[str], field: str
) -> None:
    for as_json in (True, False):
        refused = Served(HTTPStatus.OK, code=Code.CLOUD_REQUEST_INVALID)
        served = replace(refused, **{field: f"x{SECRET}"})  # type: ignore[arg-type]
        out = printed(capsys, served, as_json=as_json)
        assert SECRET not in out
        assert "[product secret removed]" in out


def called(capsys: pytest.CaptureFixture[str], called: ApiCallServed, *, as_json: bool) -> str:
    journal = GatewayJournal(SecretSearch(Secret(SECRET.encode())), as_json=as_json)
    journal._print_call("10.0.0.7", called)
    return capsys.readouterr().out


def test_a_call_of_the_management_api_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    done = ApiCallServed("DescribeDevices", PRODUCT_ID, "", "1 to 10 of 23")
    line = called(capsys, done, as_json=False)
    assert line.split("  ")[1:] == ["10.0.0.7", "DescribeDevices", PRODUCT_ID, "1 to 10 of 23\n"]
    wrong = replace(done, code="AuthFailure.SignatureFailure", detail="It is wrong.")
    assert called(capsys, wrong, as_json=False).endswith(
        "  refused: AuthFailure.SignatureFailure It is wrong.\n"
    )
    event = json.loads(called(capsys, wrong, as_json=True))
    assert (event["event"], event["code"]) == ("call", "AuthFailure.SignatureFailure")


def test_a_secret_in_a_call_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    for field in ("action", "product_id", "code", "detail"):
        seen = replace(ApiCallServed("a", "p", "c", "d"), **{field: f"x{SECRET}"})
        assert SECRET not in called(capsys, seen, as_json=True)
        assert SECRET not in called(capsys, seen, as_json=False)


@pytest.mark.parametrize(
    ("status", "detail"),
    [
        *((status, "") for status in (400, 404, 411, 413, 415, 431, 500, 505)),
        *((400, f"no TLS: {why}") for why in ("1", "2")),
        (408, "too slow"),
        (400, "cut off"),
        (400, "half a request"),
        (503, "too many connections"),
        (403, "over TLS only"),
        (415, "the content type is not 7"),
        (400, "Content-Length is not a number"),
        (501, "Unsupported method ('7')"),
        (400, "Bad request version ('7')"),
        (400, "Bad request syntax ('7')"),
        (431, "Line too long"),
        (431, "Too many headers"),
    ],
)
def test_what_is_no_request_is_said_in_chinese_too(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    detail: str,
) -> None:
    monkeypatch.setenv("BURNER_LANG", "zh")
    line = printed(capsys, Served(HTTPStatus(status), detail=detail))
    assert english_in(line, ["HTTP", "TLS", "Content-Length"]) == []


def test_what_a_stranger_sends_is_one_line_and_short(capsys: pytest.CaptureFixture[str]) -> None:
    served = Served(HTTPStatus.OK, "/", "\x1b[2J\n" + "p" * 4000, "n\r\n" * 2000)
    out = printed(capsys, served)
    assert out.count("\n") == 1
    assert "\x1b" not in out
    assert len(out) < 1500
    assert line_of(capsys, device_name="n" * 4000)["device_name"] == "n" * 200


# -- what is asked for -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Missing argument 'PROFILE...'"),
        ((PROFILE, PROFILE), f"two profiles are of the product {PRODUCT_ID}"),
        ((PROFILE, PROFILE, "--secret", "env:X"), "--secret belongs to one product"),
        ((PROFILE, "--tls-cert", "c.pem", "--https-port", "0"), "go together"),
        ((PROFILE, "-o", "c.pem"), "need --https-port"),
        ((PROFILE, "--http-port", "70000"), "0<=x<=65535"),
        ((PROFILE, "--licenses", "5"), "Tencent Cloud IoT Hub has no licenses"),
        ((PROFILE, "--host", "10.0.0.7", "--api-credentials", "env:X"), "need --https-port"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(
    tmp_path: Path, arguments: tuple[str | Path, ...], words: str
) -> None:
    done = gateway(tmp_path, *arguments)
    assert done.returncode == 2
    assert words in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "code", "status"),
    [
        (("--secret", "env:NO_SUCH_VARIABLE"), "E151", 3),
        (("--created-file", "none.csv"), "E822", 3),
        (("--created", "a b"), "E822", 3),
        (("--host", "no.such.host.invalid"), "E820", 4),
        (("--api-credentials", "env:NO_SUCH_VARIABLE"), "E151", 3),
        (("--api-credentials", "env:PLUG_C3_SECRET"), "E831", 3),
        (("--https-port", "0", "--tls-cert", "none.pem", "--tls-key", "none.pem"), "E821", 3),
        (("--https-port", "0", "-o", "c" * 300), "E729", 4),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_served(
    tmp_path: Path, arguments: tuple[str, ...], code: str, status: int
) -> None:
    done = gateway(tmp_path, PROFILE, *arguments)
    assert done.returncode == status
    assert code in done.stderr
    assert done.stdout == ""
