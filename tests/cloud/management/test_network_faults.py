"""Faults of credentials, clock and network, over the real SDKs: each its code, none a secret."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from burner.cloud.gateway.tls import tls_for_a_run
from burner.cloud.management.credentials import ApiCredentials
from burner.core.code import Code
from burner.core.secrets.secret import Secret
from burner.platforms.platform import Cloud
from burner.platforms.product_settings import RegisterType
from tests.cloud.gateway.products import PRODUCT_ID, SECRET, product
from tests.cloud.management.faulty_api import CountedDevices, Fault, counted_product, faulty_api
from tests.cloud.management.local_api import CREDENTIALS, SECRET_ID, SECRET_KEY, local_api
from tests.cloud.management.opened import MovedClock, opened
from tests.cloud.management.seen_faults import CODES, SECRETS, TOKEN, Proxy, refused

READ, CHANGE = "DescribeProduct", "CreateMultiDevice"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


# -- the network -----------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", CODES)
def test_a_reading_call_that_fails_once_is_good(fault: Fault) -> None:
    served, clock = counted_product(CountedDevices()), MovedClock()
    with faulty_api(served, faults={(READ, 1): fault}, lasts=clock.pass_a_try) as api:
        assert opened(api.url, clock=clock).product(PRODUCT_ID).secret == SECRET


@pytest.mark.parametrize("fault", CODES)
def test_a_reading_call_that_fails_always_has_the_code_of_its_fault(
    fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    served, clock = counted_product(CountedDevices()), MovedClock()
    faults = {(READ, number): fault for number in range(1, 4)}
    with (
        faulty_api(served, faults=faults, lasts=clock.pass_a_try) as api,
        refused(CODES[fault], caplog) as error,
    ):
        opened(api.url, clock=clock).product(PRODUCT_ID)
    assert error.detail.endswith("; 3 tries")


@pytest.mark.parametrize("fault", CODES)
def test_a_call_that_creates_is_sent_once_and_says_that_it_may_have_been_done(
    fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    devices, clock = CountedDevices(), MovedClock()
    served, faults = counted_product(devices), {(CHANGE, 1): fault}
    with (
        faulty_api(served, faults=faults, lasts=clock.pass_a_try) as api,
        refused(CODES[fault], caplog) as error,
    ):
        opened(api.url, clock=clock).create(PRODUCT_ID, ["a"])
    assert error.is_uncertain
    assert "it may have been done" in error.detail
    assert devices.attempts["a"] == (0 if fault in {Fault.CUT_BEFORE, Fault.STATUS_502} else 1)


def test_five_times_slow_down_is_waited_for_and_creates_once() -> None:
    devices, slept = CountedDevices(), list[float]()
    faults = {(CHANGE, number): "RequestLimitExceeded" for number in range(1, 6)}
    with faulty_api(counted_product(devices), faults=faults) as api:
        opened(api.url, slept=slept.append).create(PRODUCT_ID, ["a"])
    assert devices.attempts == {"a": 1}
    assert len(slept) == 5
    assert all(earlier / 2 < later for earlier, later in pairwise(slept))


@pytest.fixture
def unused_port() -> Iterator[int]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # nobody listens there, and nobody else gets it
        yield bound.getsockname()[1]


def test_nobody_listens(unused_port: int, caplog: pytest.LogCaptureFixture) -> None:
    with refused(Code.API_UNREACHABLE, caplog) as error:
        opened(f"http://127.0.0.1:{unused_port}").product(PRODUCT_ID)
    assert error.detail.startswith(f"127.0.0.1:{unused_port}: ")


def test_a_name_that_no_dns_knows(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unknown(*_arguments: Any, **_more: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with refused(Code.API_HOST_UNKNOWN, caplog) as error:
        opened("https://api.invalid").product(PRODUCT_ID)
    assert error.detail == "api.invalid; 3 tries"


def test_a_header_that_never_ends_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    ended, clock = threading.Event(), MovedClock()

    def drip() -> None:
        with suppress(OSError), listener.accept()[0] as client:
            client.recv(1)
            client.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
            clock.pass_a_try()
            while not ended.wait(0.02):
                client.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=drip, daemon=True)
        server.start()
        try:
            with refused(Code.API_DEADLINE_PASSED, caplog):
                url = f"http://127.0.0.1:{listener.getsockname()[1]}"
                opened(url, clock=clock).set_registration("p", RegisterType.OFF, 0)
        finally:
            ended.set()
        server.join()


@pytest.mark.parametrize("host", [f"{'a' * 64}.example", "a..example"])
def test_a_name_that_can_be_none(host: str, caplog: pytest.LogCaptureFixture) -> None:
    with refused(Code.API_HOST_UNKNOWN, caplog) as error:
        opened(f"https://{host}").product(PRODUCT_ID)
    assert error.detail.startswith(host)


# -- TLS -------------------------------------------------------------------------------------------


def test_a_certificate_of_ones_own_is_trusted_by_its_file(tmp_path: Path) -> None:
    with local_api(product(), tls=tls_for_a_run(["127.0.0.1"])) as api:
        ca = tmp_path / "ca.pem"
        ca.write_text(api.certificate)
        assert opened(api.url, ca=ca).product(PRODUCT_ID).secret == SECRET


def test_a_certificate_that_nobody_trusts(caplog: pytest.LogCaptureFixture) -> None:
    with (
        local_api(product(), tls=tls_for_a_run(["127.0.0.1"])) as api,
        refused(Code.API_CERTIFICATE_UNTRUSTED, caplog) as error,
    ):
        opened(api.url).product(PRODUCT_ID)
    assert "self" in error.detail
    assert api.calls == []


def test_a_certificate_of_another_host(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with local_api(product(), tls=tls_for_a_run(["another.example"])) as api:
        ca = tmp_path / "ca.pem"
        ca.write_text(api.certificate)
        with refused(Code.API_CERTIFICATE_UNTRUSTED, caplog) as error:
            opened(api.url, ca=ca).product(PRODUCT_ID)
    assert "127.0.0.1" in error.detail
    assert api.calls == []


@pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.HALF_ANSWER])
def test_a_creation_that_is_cut_over_tls_may_have_been_done(
    fault: Fault, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    served, tls = counted_product(CountedDevices()), tls_for_a_run(["127.0.0.1"])
    with faulty_api(served, faults={(CHANGE, 1): fault}, tls=tls) as api:
        ca = tmp_path / "ca.pem"
        ca.write_text(api.certificate)
        with refused(Code.API_ANSWER_UNREADABLE, caplog) as error:
            opened(api.url, ca=ca).create(PRODUCT_ID, ["a"])
    assert error.is_uncertain


def test_a_creation_that_is_cut_before_it_was_sent_was_not_done(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def cut() -> None:
        listener.accept()[0].close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=cut, daemon=True)
        server.start()
        with refused(Code.API_UNREACHABLE, caplog) as error:
            opened(f"https://127.0.0.1:{listener.getsockname()[1]}").create(PRODUCT_ID, ["a"])
        server.join()
    assert not error.is_uncertain


def test_a_server_without_tls(caplog: pytest.LogCaptureFixture) -> None:
    with local_api(product()) as api, refused(Code.API_UNREACHABLE, caplog) as error:
        opened(api.url.replace("http:", "https:")).product(PRODUCT_ID)
    assert "no TLS" in error.detail


def test_a_file_of_certificates_without_any_is_told_before_a_call(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("no certificate")
    with refused(Code.GATEWAY_CERTIFICATE_UNUSABLE, caplog) as error:
        opened("https://127.0.0.1:1", ca=ca)
    assert error.detail == f"{ca}: no certificate in PEM"
    with refused(Code.GATEWAY_CERTIFICATE_UNUSABLE, caplog):
        opened("https://127.0.0.1:1", ca=tmp_path / "nowhere.pem")


# -- the proxy -------------------------------------------------------------------------------------


HOST = "iotcloud.example"


def test_the_usual_variable_names_the_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with local_api(product(), tls=tls_for_a_run([HOST])) as api:
        ca = tmp_path / "ca.pem"
        ca.write_text(api.certificate)
        proxy = Proxy(int(api.url.rpartition(":")[2]))
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert opened(f"https://{HOST}", ca=ca).product(PRODUCT_ID).secret == SECRET
        proxy.close()
    assert set(proxy.asked) == {f"{HOST}:443"}
    assert "proxyPassword" not in caplog.text


def test_a_proxy_that_refuses_is_told_with_its_status_and_without_its_password(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    proxy = Proxy(1, "407 Proxy Authentication Required")
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    with refused(Code.API_PROXY_FAILED, caplog) as error:
        opened(f"https://{HOST}").product(PRODUCT_ID)
    proxy.close()
    at = proxy.url.rpartition("@")[2]
    assert error.detail == f"{HOST} by the proxy {at}: status 407; 3 tries"


def test_a_proxy_that_is_not_there(
    unused_port: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:proxyPassword@127.0.0.1:{unused_port}")
    with refused(Code.API_PROXY_FAILED, caplog) as error:
        opened(f"https://{HOST}").product(PRODUCT_ID)
    assert "proxyPassword" not in error.detail


@pytest.mark.parametrize(
    "url",
    [
        "socks5://127.0.0.1:1",
        "ftp://127.0.0.1:1",
        "http://",
        "http://a..b:1",
        "127.0.0.1:x",
        "http://[::1",
    ],
)
def test_a_proxy_that_can_be_none(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", url)
    with refused(Code.API_PROXY_FAILED, caplog):
        opened(f"https://{HOST}").product(PRODUCT_ID)


def test_a_loopback_address_is_called_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with local_api(product()) as api:
        assert opened(api.url).product(PRODUCT_ID).devices == 0


# -- credentials, clock, permissions ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("credentials", "token"),
    [
        (f"AKIDanother00000:{SECRET_KEY}", None),
        (f"{SECRET_ID}:anotherKey0123456789", None),
        (f"{SECRET_ID}:{SECRET_KEY}:{TOKEN}x", TOKEN),
    ],
)
def test_credentials_that_the_platform_does_not_know(
    credentials: str, token: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    key = ApiCredentials(
        Secret(SECRET_ID.encode()),
        Secret(SECRET_KEY.encode()),
        Secret(token.encode()) if token else None,
    )
    with (
        local_api(product(), key=key) as api,
        refused(Code.API_CREDENTIALS_REFUSED, caplog) as error,
    ):
        opened(api.url, credentials=credentials).product(PRODUCT_ID)
    assert error.detail.startswith("DescribeProduct: AuthFailure.")
    assert "request" in error.detail


def test_temporary_credentials_are_sent_with_their_token() -> None:
    key = ApiCredentials(
        Secret(SECRET_ID.encode()), Secret(SECRET_KEY.encode()), Secret(TOKEN.encode())
    )
    with local_api(product(), key=key) as api:
        found = opened(api.url, credentials=f"{CREDENTIALS}:{TOKEN}").product(PRODUCT_ID)
    assert found.secret == SECRET


def test_a_clock_that_is_20_minutes_off_is_told_as_that(caplog: pytest.LogCaptureFixture) -> None:
    served = counted_product(CountedDevices())
    with (
        faulty_api(served, faults={(READ, 1): Fault.CLOCK_OFF}) as api,
        refused(Code.API_CLOCK_WRONG, caplog) as error,
    ):
        opened(api.url).product(PRODUCT_ID)
    assert error.detail.startswith("this computer is 20 minutes behind the platform; ")


@pytest.mark.parametrize(
    ("platform_code", "code"),
    [
        ("AuthFailure.UnauthorizedOperation", Code.API_PERMISSION_MISSING),
        ("UnauthorizedOperation.PermissionDenied", Code.API_PERMISSION_MISSING),
        ("UnauthorizedOperation", Code.API_PERMISSION_MISSING),
        ("UnauthorizedOperation.ProductIsForbidden", Code.API_CALL_REFUSED),
        ("AuthFailure.SecretIdNotFound", Code.API_CREDENTIALS_REFUSED),
        ("UnsupportedRegion", Code.API_CALL_REFUSED),
        ("InternalError.DBOperationError", Code.API_FAILED),
        ("SomethingNew", Code.API_CALL_REFUSED),
    ],
)
def test_a_refusal_names_the_action_and_the_platforms_code(
    platform_code: str, code: Code, caplog: pytest.LogCaptureFixture
) -> None:
    served = counted_product(CountedDevices())
    faults = {(READ, number): platform_code for number in range(1, 4)}
    with faulty_api(served, faults=faults) as api, refused(code, caplog) as error:
        opened(api.url).product(PRODUCT_ID)
    assert error.detail.startswith(f"DescribeProduct: {platform_code}: as planned; request r")


# -- nothing that is secret is logged --------------------------------------------------------------


@pytest.mark.parametrize("cloud", [Cloud.TENCENT_HUB, Cloud.TENCENT_EXPLORER])
def test_no_log_of_any_library_holds_credentials_or_the_product_secret(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "tencentcloud_sdk_common")
    with local_api(product(cloud=cloud)) as api:
        management = opened(api.url, cloud)
        management.product(PRODUCT_ID)
        management.set_registration(PRODUCT_ID, RegisterType.OFF, 0)
    assert [secret for secret in SECRETS if secret in caplog.text] == []
