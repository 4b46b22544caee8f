"""Alibaba's SDK as burner uses it: what it sends, where, with which credentials; and what not."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from darabonba.core import DaraCore

from burner.cloud.gateway.management.acs3 import check_signature
from burner.cloud.gateway.management.alibaba_api import AlibabaService
from burner.cloud.gateway.management.api_call import ApiCallRefusedError
from burner.cloud.gateway.tls import tls_for_a_run
from burner.cloud.management.account import ApiAccount
from burner.cloud.management.alibaba import AlibabaIot
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.platforms.registration import HttpRequest
from tests.cloud.gateway.products import SECRET
from tests.cloud.management.alibaba_api import (
    CREDENTIALS,
    KEY,
    KEY_ID,
    KEY_SECRET,
    PRODUCT_KEY,
    AlibabaServer,
    alibaba_api,
    alibaba_product,
    quick_calls,
)

TOKEN = "temporary0123456789"
WITH_TOKEN = replace(KEY, token=Secret(TOKEN.encode()))


def signed_now(request: HttpRequest, now: float) -> str:
    """The code with which a request is refused; empty: its signature is right."""
    try:
        check_signature(request, KEY, now)
    except ApiCallRefusedError as refused:
        return refused.code
    return ""


# -- the signature ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sent() -> HttpRequest:
    """What the SDK sends to check a name."""
    with alibaba_api() as api:
        api.opened().create(PRODUCT_KEY, ["n001"])
        return next(r for r in api.requests if r.header("x-acs-action") == "BatchCheckDeviceNames")


def moment(request: HttpRequest) -> float:
    return datetime.fromisoformat(request.header("x-acs-date")).timestamp()


def test_the_sdk_signs_with_acs3_and_sends_no_secret(sent: HttpRequest) -> None:
    assert sent.header("Authorization").startswith(f"ACS3-HMAC-SHA256 Credential={KEY_ID},")
    assert KEY_SECRET.encode() not in sent.text()
    assert signed_now(sent, moment(sent)) == ""


def test_every_byte_that_is_signed_counts(sent: HttpRequest) -> None:
    now = moment(sent)
    assert "ProductKey" in sent.path
    assert signed_now(replace(sent, path=f"{sent.path}0"), now) == "SignatureDoesNotMatch"
    assert signed_now(replace(sent, body=sent.body + b"0"), now) == "SignatureDoesNotMatch"
    signed = sent.header("Authorization").split("SignedHeaders=")[1].split(",")[0].split(";")
    assert {"host", "x-acs-action", "x-acs-date", "x-acs-signature-nonce"} <= set(signed)
    for name in signed:
        headers = {n: v + "0" if n.lower() == name else v for n, v in sent.headers.items()}
        assert signed_now(replace(sent, headers=headers), now) in (
            "SignatureDoesNotMatch",
            "InvalidTimeStamp.Format",
        ), name


@pytest.mark.parametrize(
    ("header", "old", "new", "code"),
    [
        ("Authorization", "ACS3", "ACS4", "IncompleteSignature"),
        ("Authorization", ";x-acs-date", "", "IncompleteSignature"),
        ("Authorization", KEY_ID, "LTAI5tOther", "InvalidAccessKeyId.NotFound"),
        ("x-acs-date", "T", " ", "InvalidTimeStamp.Format"),
    ],
)
def test_another_form_is_refused_with_its_code(
    sent: HttpRequest, header: str, old: str, new: str, code: str
) -> None:
    headers = {
        name: value.replace(old, new) if name.lower() == header.lower() else value
        for name, value in sent.headers.items()
    }
    assert signed_now(replace(sent, headers=headers), moment(sent)) == code


@pytest.mark.parametrize(("seconds", "code"), [(900, ""), (901, "InvalidTimeStamp.Expired")])
def test_the_clock_may_be_15_minutes_off(sent: HttpRequest, seconds: int, code: str) -> None:
    assert signed_now(sent, moment(sent) + seconds) == code
    assert signed_now(sent, moment(sent) - seconds) == code


def test_a_request_is_taken_once(sent: HttpRequest) -> None:
    service = AlibabaService([alibaba_product()], KEY, now=lambda: moment(sent))
    assert [service.answer(sent)[1].code for _ in range(2)] == ["", "SignatureNonceUsed"]


# -- what it does not do ---------------------------------------------------------------------------


def test_it_looks_for_no_other_credentials_and_calls_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN", "ECS_METADATA"):
        monkeypatch.setenv(f"ALIBABA_CLOUD_{name}", "another0123456789")
    looked_up = set()
    known = socket.getaddrinfo

    def look_up(host: Any, *rest: Any, **more: Any) -> Any:
        looked_up.add(host)
        return known(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with alibaba_api() as api:
        assert api.opened().product(PRODUCT_KEY).secret == SECRET
    assert looked_up == {"127.0.0.1"}


def test_without_an_endpoint_it_calls_the_platform_in_its_region_over_tls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(*_arguments: Any, **_more: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    for region, host in (("", "iot.cn-shanghai"), ("eu-central-1", "iot.eu-central-1")):
        with pytest.raises(BurnerError) as error:
            AlibabaIot(ApiAccount(KEY, region, calls=quick_calls())).product(PRODUCT_KEY)
        assert error.value.code == Code.API_HOST_UNKNOWN
        assert error.value.detail == f"{host}.aliyuncs.com; 3 tries"


def test_it_starts_no_thread_of_its_own() -> None:
    with alibaba_api() as api:
        before = set(threading.enumerate())
        api.opened().product(PRODUCT_KEY)
        names = {thread.name for thread in set(threading.enumerate()) - before}
    ours = ("management call", "_serve")  # of calls.py, of the server
    assert [name for name in names if not any(one in name for one in ours)] == []


def test_its_debug_log_stays_off(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DEBUG", "sdk")
    caplog.set_level(logging.DEBUG)
    with alibaba_api(key=WITH_TOKEN) as api:
        api.opened(f"{CREDENTIALS}:{TOKEN}").product(PRODUCT_KEY)
    shown = caplog.text + "".join(capfd.readouterr())
    secrets = (KEY_SECRET, TOKEN, SECRET.reveal().decode())
    assert [secret for secret in secrets if secret in shown] == []


@contextmanager
def redirecting(target: str) -> Iterator[str]:
    """A server that sends everybody elsewhere."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(307)
            self.send_header("Location", target)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - of http.server
            """Print nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_it_follows_no_redirect() -> None:
    with (
        alibaba_api() as elsewhere,
        redirecting(f"{elsewhere.url}/") as url,
        pytest.raises(BurnerError) as refused,
    ):
        AlibabaServer(url).opened().product(PRODUCT_KEY)
    assert refused.value.code == Code.API_ANSWER_UNREADABLE
    assert "status 307" in refused.value.detail
    assert elsewhere.requests == []


def test_each_address_has_a_connection_of_its_own() -> None:
    with alibaba_api() as one, alibaba_api() as other:
        first, second = one.opened(), other.opened()
        first.product(PRODUCT_KEY)
        second.product(PRODUCT_KEY)
        first.product(PRODUCT_KEY)
    assert (len(one.calls), len(other.calls)) == (2, 1)


def test_two_accounts_at_one_address_have_a_connection_each(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    tls = tls_for_a_run(["127.0.0.1"])
    ca.write_text(tls.certificate)
    with alibaba_api(tls=tls) as api:
        trusting = api.opened(ca=ca)
        other = api.opened()  # made later, with the public certificates
        assert trusting.product(PRODUCT_KEY).secret == SECRET
        with pytest.raises(BurnerError) as refused:
            other.product(PRODUCT_KEY)
        assert trusting.product(PRODUCT_KEY).secret == SECRET
    assert refused.value.code == Code.API_CERTIFICATE_UNTRUSTED


def test_an_sdk_that_sends_by_a_session_of_its_own_is_told_after_one_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(DaraCore, "_get_session", lambda **_more: requests.Session())
    with alibaba_api() as api, pytest.raises(BurnerError) as refused:
        api.opened().product(PRODUCT_KEY)
    assert refused.value.code == Code.MANAGEMENT_SDK_MISSING
    assert "darabonba-core" in refused.value.detail
    assert len(api.calls) == 1
