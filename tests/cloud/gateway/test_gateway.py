"""The gateway answers as the platforms document it: each refusal once, in both generations."""

from http import HTTPStatus

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from burner.cloud.gateway.registered_devices import DeviceState, ListedName
from burner.core.code import Code
from burner.core.secrets.secret import Secret
from burner.platforms.platform import Cloud
from burner.platforms.product_settings import CredentialKind, RegisterType
from burner.platforms.registration import Credentials, HttpRequest
from burner.platforms.tencent import APIS, OlderTencentApi, TencentApi
from tests.cloud.gateway.products import (
    NOW,
    PRODUCT_ID,
    SECRET,
    gateway,
    product,
    register,
    request,
    values,
)

Api = TencentApi | OlderTencentApi
CURRENT, OLDER = APIS
WRONG = Secret(b"9XzjN8rfgFVGDTNTUGau4snA")
both = pytest.mark.parametrize("api", APIS)


@both
def test_a_device_registers_and_gets_a_psk_of_its_own(api: Api) -> None:
    served = gateway(product())
    first, seen = register(served, api, "a")
    second, _ = register(served, api, "b")
    assert isinstance(first, Credentials)
    assert isinstance(second, Credentials)
    assert len(first.device_secret) == 24
    assert first.device_secret != second.device_secret
    assert seen.registered
    assert (seen.product_id, seen.device_name) == (PRODUCT_ID, "a")


def test_a_product_with_certificates_gives_a_certificate_and_its_key() -> None:
    given, _ = register(gateway(product(kind=CredentialKind.CERTIFICATE)), CURRENT, "a")
    assert isinstance(given, Credentials)
    certificate = x509.load_pem_x509_certificate(given.certificate.encode())
    key = load_pem_private_key(given.private_key.encode(), None)
    assert certificate.public_key() == key.public_key()
    assert certificate.subject.rfc4514_string() == f"CN={PRODUCT_ID}a"


@both
def test_a_wrong_secret_is_refused(api: Api) -> None:
    answer, seen = gateway(product()).answer(request(api, secret=WRONG), secured=True)
    assert seen.code is Code.CLOUD_SIGNATURE_REFUSED
    assert not seen.registered
    if api is OLDER:
        assert values(answer.body)["code"] == 1010


@both
def test_another_products_id_is_refused(api: Api) -> None:
    assert register(gateway(product()), api, product_id="S3EUVBRJLC")[0] == "E802"


@both
@pytest.mark.parametrize("off", [-301, 301])
def test_a_clock_that_is_minutes_off_is_refused_as_that(api: Api, off: int) -> None:
    got, seen = register(gateway(product()), api, seconds=NOW + off)
    assert seen.code is Code.CLOUD_CLOCK_WRONG
    assert seen.detail == f"the device is {off:+} s off"
    assert got == ("E810" if api is CURRENT else "E804")  # the older API has no code for it
    assert register(gateway(product()), api, seconds=NOW + off - off // 301)[1].registered


@both
def test_registration_that_is_off_is_refused(api: Api) -> None:
    served = gateway(product(register_type=RegisterType.OFF, names={"a": ListedName()}))
    assert register(served, api, "a")[0] == "E805"


@both
def test_a_name_that_was_not_created_beforehand_is_refused(api: Api) -> None:
    served = gateway(product(register_type=RegisterType.PRECREATED, names={"a": ListedName()}))
    assert register(served, api, "b")[0] == "E807"
    assert isinstance(register(served, api, "a")[0], Credentials)


@both
def test_the_limit_counts_what_is_created_and_not_what_was_there(api: Api) -> None:
    served = gateway(product(limit=2, names={"there": ListedName()}))
    got = [register(served, api, name)[1].registered for name in ("a", "there", "b", "c")]
    assert got == [True, True, True, False]
    assert register(served, api, "c")[0] == "E809"


@both
def test_a_device_registers_once(api: Api) -> None:
    served = gateway(product())
    assert isinstance(register(served, api)[0], Credentials)
    got, seen = register(served, api)
    assert (got, seen.detail) == ("E808", "registered")


@both
def test_a_device_that_may_repeat_is_refused_when_it_does_it_too_often(api: Api) -> None:
    served = gateway(product(repeats=2))
    got = [register(served, api)[0] for _ in range(4)]
    assert [isinstance(each, Credentials) for each in got] == [True, True, True, False]
    assert got[3] == "E806"


@both
@pytest.mark.parametrize("state", [DeviceState.REGISTERED, DeviceState.ACTIVATED])
def test_a_name_that_is_listed_as_registered_or_activated_is_refused(
    api: Api, state: DeviceState
) -> None:
    served = gateway(product(names={"a": ListedName(state)}))
    assert register(served, api, "a")[0] == "E808"


@both
def test_an_activated_device_does_not_register_again_however_often_it_may(api: Api) -> None:
    served = gateway(product(repeats=9, names={"a": ListedName(DeviceState.ACTIVATED)}))
    assert register(served, api, "a")[0] == "E808"


@pytest.mark.parametrize(
    ("api", "code"), [(api, code) for api in APIS for code in dict.fromkeys(api.codes.values())]
)
def test_every_error_code_can_be_provoked_by_a_listed_name(api: Api, code: Code) -> None:
    served = gateway(product(names={"a": ListedName(refusal=code)}))
    assert register(served, api, "a")[0] == code


def test_all_codes_of_the_older_api_are_those_of_tencents_table() -> None:
    numbers = [1000, 1004, 1006, 1010, 1011, 1012, 1020, 1021, 1031]
    assert [int(code) for code in OLDER.codes] == numbers


@both
def test_a_name_that_no_platform_takes_is_refused_before_it_is_created(api: Api) -> None:
    served = gateway(product(limit=1))
    for name in ("a b", "n" * 49, "x\n"):
        got, seen = register(served, api, name)
        assert (got, seen.code) == ("E803", Code.CLOUD_REQUEST_INVALID)
    assert register(served, api, "a")[1].registered


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"{}", b'{"ProductId": 1}', b"[" * 4000]
)
@both
def test_a_body_that_is_no_request_is_a_bad_parameter(api: Api, body: bytes) -> None:
    headers = request(api).headers
    _, seen = gateway(product()).answer(HttpRequest(api.path, headers, body), secured=True)
    assert (seen.code, seen.status) == (Code.CLOUD_REQUEST_INVALID, HTTPStatus.OK)


@pytest.mark.parametrize(
    ("path", "kind", "status"),
    [
        ("/", "application/json", HTTPStatus.NOT_FOUND),
        ("/device/register/", "application/json", HTTPStatus.NOT_FOUND),
        ("/device/register", "text/plain", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
        ("/device/register", "", HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    ],
)
def test_another_path_or_content_type_is_no_registration(
    path: str, kind: str, status: HTTPStatus
) -> None:
    answer, seen = gateway(product()).answer(
        HttpRequest(path, {"Content-Type": kind}, b"{}"), secured=True
    )
    assert (answer.status, seen.status, seen.registered) == (status, status, False)


def test_several_products_each_with_its_own_devices() -> None:
    other = "7QKX2MPD0C"
    served = gateway(product(), product(product_id=other, cloud=Cloud.TENCENT_EXPLORER))
    assert register(served, CURRENT)[1].registered
    assert register(served, OLDER, product_id=other)[1].registered
    assert register(served, CURRENT, product_id=other)[0] == "E808"


def test_no_answer_and_no_event_holds_the_product_secret() -> None:
    served = gateway(product(limit=1))
    for secret in (SECRET, WRONG):
        for name in ("a", "a", "b"):
            answer, seen = served.answer(request(CURRENT, name, secret=secret), secured=True)
            assert SECRET.reveal() not in answer.body
            assert SECRET.reveal().decode() not in repr(seen)
