"""Faults of the network over Alibaba's SDK: each its code, none a secret, nothing sent twice."""

import logging
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from burner.cloud.gateway.tls import tls_for_a_run
from burner.cloud.management.account import ApiAccount
from burner.cloud.management.alibaba_client import AlibabaClient
from burner.cloud.management.endpoint import api_endpoint
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.platforms.platform import Cloud
from tests.cloud.gateway.products import SECRET, product
from tests.cloud.management.alibaba_api import KEY, OF_ALIBABA, PRODUCT_KEY
from tests.cloud.management.faulty_api import CountedDevices, Fault, counted_product, faulty_api
from tests.cloud.management.local_api import local_api
from tests.cloud.management.opened import MovedClock, opened
from tests.cloud.management.seen_faults import CODES, Proxy, refused

READ, CHANGE = "QueryProduct", "BatchRegisterDeviceWithApplyId"
ALIBABA = Cloud.ALIBABA


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize("fault", CODES)
def test_a_reading_call_that_fails_once_is_good(fault: Fault) -> None:
    served, clock = counted_product(CountedDevices(), **OF_ALIBABA), MovedClock()
    with faulty_api(served, faults={(READ, 1): fault}, lasts=clock.pass_a_try) as api:
        assert opened(api.url, ALIBABA, clock=clock).product(PRODUCT_KEY).secret == SECRET


@pytest.mark.parametrize("fault", CODES)
def test_a_reading_call_that_fails_always_has_the_code_of_its_fault(
    fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    served, clock = counted_product(CountedDevices(), **OF_ALIBABA), MovedClock()
    faults = {(READ, number): fault for number in range(1, 4)}
    with (
        faulty_api(served, faults=faults, lasts=clock.pass_a_try) as api,
        refused(CODES[fault], caplog) as error,
    ):
        opened(api.url, ALIBABA, clock=clock).product(PRODUCT_KEY)
    assert error.detail.endswith("; 3 tries")


@pytest.mark.parametrize("fault", CODES)
def test_the_call_that_creates_is_sent_once_and_says_that_it_may_have_been_done(
    fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    devices, clock = CountedDevices(), MovedClock()
    served, faults = counted_product(devices, **OF_ALIBABA), {(CHANGE, 1): fault}
    with (
        faulty_api(served, faults=faults, lasts=clock.pass_a_try) as api,
        refused(CODES[fault], caplog) as error,
    ):
        opened(api.url, ALIBABA, clock=clock).create(PRODUCT_KEY, ["n001"])
    assert error.is_uncertain
    assert devices.attempts["n001"] == (0 if fault in {Fault.CUT_BEFORE, Fault.STATUS_502} else 1)


def test_the_call_that_creates_was_not_done_where_it_was_cut_before_it_was_sent() -> None:
    def cut() -> None:
        listener.accept()[0].close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=cut, daemon=True)
        server.start()
        endpoint = api_endpoint(f"https://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(BurnerError) as raised:
            AlibabaClient(ApiAccount(KEY, endpoint=endpoint)).change(CHANGE, {"ApplyId": 5})
        server.join()
    assert (type(raised.value), raised.value.code) == (BurnerError, Code.API_UNREACHABLE)


def test_a_check_of_names_that_was_cut_is_made_again_and_creates_once() -> None:
    devices = CountedDevices()
    cut: dict[tuple[str, int], Fault | str] = {
        ("BatchCheckDeviceNames", 1): Fault.CUT_AFTER,
        ("QueryBatchRegisterDeviceStatus", 1): Fault.HALF_ANSWER,
        (CHANGE, 1): "Throttling.User",
    }
    with faulty_api(counted_product(devices, **OF_ALIBABA), faults=cut) as api:
        management = opened(api.url, ALIBABA)
        task = management.create(PRODUCT_KEY, ["n001"])
        result = management.creation_result(PRODUCT_KEY, task)
    assert result
    assert result.created == ("n001",)
    assert devices.attempts == {"n001": 1}


def test_a_clock_that_is_20_minutes_off_is_told_as_that(caplog: pytest.LogCaptureFixture) -> None:
    served = counted_product(CountedDevices(), **OF_ALIBABA)
    with (
        faulty_api(served, faults={(READ, 1): Fault.CLOCK_OFF}) as api,
        refused(Code.API_CLOCK_WRONG, caplog) as error,
    ):
        opened(api.url, ALIBABA).product(PRODUCT_KEY)
    assert error.detail.startswith("this computer is 20 minutes behind the platform; ")


@pytest.mark.parametrize(
    ("platform_code", "code"),
    [
        ("Forbidden.RAM", Code.API_PERMISSION_MISSING),
        ("NoPermission", Code.API_PERMISSION_MISSING),
        ("InvalidAccessKeyId.Inactive", Code.API_CREDENTIALS_REFUSED),
        ("InvalidSecurityToken.Expired", Code.API_CREDENTIALS_REFUSED),
        ("ServiceUnavailable", Code.API_FAILED),
        ("iot.system.SystemException", Code.API_FAILED),
        ("iot.common.RamActionPermissionDeny", Code.API_PERMISSION_MISSING),
        ("iot.prod.InvalidFormattedProductkey", Code.CLOUD_PRODUCT_UNKNOWN),
        ("iot.somewhere.SomethingNew", Code.API_CALL_REFUSED),
        ("SomethingNew", Code.API_CALL_REFUSED),
    ],
)
def test_a_refusal_names_the_action_and_the_platforms_code(
    platform_code: str, code: Code, caplog: pytest.LogCaptureFixture
) -> None:
    served = counted_product(CountedDevices(), **OF_ALIBABA)
    faults = {(READ, number): platform_code for number in range(1, 4)}
    with faulty_api(served, faults=faults) as api, refused(code, caplog) as error:
        opened(api.url, ALIBABA).product(PRODUCT_KEY)
    assert error.detail.startswith(f"QueryProduct: {platform_code}: as planned; request r")


# -- TLS, DNS and the proxy ------------------------------------------------------------------------


def test_a_certificate_that_nobody_trusts(caplog: pytest.LogCaptureFixture) -> None:
    with (
        local_api(product(**OF_ALIBABA), tls=tls_for_a_run(["127.0.0.1"])) as api,
        refused(Code.API_CERTIFICATE_UNTRUSTED, caplog),
    ):
        opened(api.url, ALIBABA).product(PRODUCT_KEY)
    assert api.calls == []


def unknown(*_arguments: Any, **_more: Any) -> None:
    """In place of `getaddrinfo`."""
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def test_a_host_that_no_dns_knows(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with refused(Code.API_HOST_UNKNOWN, caplog) as error:
        opened("https://iot.example", ALIBABA).product(PRODUCT_KEY)
    assert error.detail == "iot.example; 3 tries"


def test_a_proxy_is_used_for_the_platform_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with local_api(product(**OF_ALIBABA), tls=tls_for_a_run(["iot.example", "127.0.0.1"])) as api:
        ca = tmp_path / "ca.pem"
        ca.write_text(api.certificate)
        proxy = Proxy(int(api.url.rpartition(":")[2]))
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        for url in ("https://iot.example", api.url):
            assert opened(url, ALIBABA, ca=ca).product(PRODUCT_KEY).secret == SECRET
        proxy.close()
    assert proxy.asked == ["iot.example:443"]
    assert "proxyPassword" not in caplog.text


def test_a_proxy_of_the_environment_is_not_used_where_no_proxy_names_the_host(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    proxy = Proxy(1, "407 Proxy Authentication Required")
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "iot.example")
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with refused(Code.API_HOST_UNKNOWN, caplog):
        opened("https://iot.example", ALIBABA).product(PRODUCT_KEY)
    proxy.close()
    assert proxy.asked == []
