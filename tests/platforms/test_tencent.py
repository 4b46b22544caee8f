"""Tencent's registration: its own vectors, and an independent check of what we sign."""

import base64
import json

import pytest

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.platforms.platform import Cloud
from burner.platforms.platforms import PLATFORMS
from burner.platforms.registration import (
    Applicant,
    Credentials,
    HttpRequest,
    RegistrationGrant,
    RegistrationRefusal,
    TimestampAndNonce,
)
from burner.platforms.tencent import APIS, OlderTencentApi, TencentApi, encrypted_credentials
from tests.firmware.registration_check import Registered, accepted, sealed

SECRET = Secret(b"8XzjN8rfgFVGDTNTUGau4snA")
HOST = "ap-guangzhou.gateway.tencentdevices.com"
PAYLOAD = "eHGRUBar9LBPI+mcaHnVEZsj05mSdoZLPhd54hDJXv/2va2rXSpfddgRy5XE/FIS835NjUr5Mhw1AJSg4yGC/w=="
PSK = "7WmFA/MEs+Fy+32QwJWtYw=="
CURRENT, OLDER = APIS


def code_of(api: TencentApi | OlderTencentApi, answer: object, secret: Secret = SECRET) -> Code:
    with pytest.raises(BurnerError) as refused:
        api.credentials(json.dumps(answer).encode(), secret)
    return refused.value.code


def test_the_signature_of_the_current_api_is_tencents() -> None:
    """Tencent's example: hmacsha1, and a ProductID that no product has."""
    request = HttpRequest(
        "/device/register",
        {
            "Host": HOST,
            "X-TC-Algorithm": "hmacsha1",
            "X-TC-Timestamp": "1629362589",
            "X-TC-Nonce": "333464802",
            "X-TC-Signature": "7u3+tAPlt8O4mPpBm3lambv23sw=",
        },
        b'{"ProductId":"PRODUCT_ID1","DeviceName":"DEVICENAME1"}',
    )
    claim = CURRENT.claim(request)
    assert (claim.product_id, claim.device_name) == ("PRODUCT_ID1", "DEVICENAME1")
    assert claim.seconds == 1629362589
    assert claim.is_signed_with(Secret(b"PRODUCT_SECRETKEY"))
    assert not claim.is_signed_with(SECRET)


def test_the_signature_of_the_older_api_is_tencents() -> None:
    applicant = Applicant("S3EUVBRJLB", "device_1234", SECRET)
    request = OLDER.request(applicant, HOST, TimestampAndNonce(1568692235, 1439928322))
    assert json.loads(request.body)["signature"] == (
        "ZWM4YTEyMWE2ODUxYzk1M2Q0MDc2OWNmN2FhMTg1ZWM1ODgxMWNkNQ=="
    )
    assert OLDER.claim(request).is_signed_with(SECRET)


@pytest.mark.parametrize("api", APIS)
def test_an_independent_check_accepts_what_is_signed(api: TencentApi | OlderTencentApi) -> None:
    request = api.request(Applicant("S3EUVBRJLB", "plug-7", SECRET), HOST, TimestampAndNonce(1, 2))
    registered = accepted(request.text(), SECRET.reveal(), HOST)
    assert registered == Registered("S3EUVBRJLB", "plug-7")


def test_host_and_algorithm_may_be_written_as_http_libraries_do() -> None:
    applicant = Applicant("S3EUVBRJLB", "n", SECRET)
    request = CURRENT.request(applicant, "127.0.0.1", TimestampAndNonce(1, 2))
    for name, value in (("Host", "127.0.0.1:8080"), ("X-TC-Algorithm", "HmacSha256")):
        other = HttpRequest(request.path, {**request.headers, name: value}, request.body)
        assert CURRENT.claim(other).is_signed_with(SECRET)
        assert not CURRENT.claim(other).is_signed_with(Secret(b"x" * 24))


# -- the answer ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("api", "answer"),
    [
        (CURRENT, {"Response": {"Len": 53, "Payload": PAYLOAD, "RequestId": "x"}}),
        (OLDER, {"code": 0, "message": "", "len": 53, "payload": PAYLOAD}),
    ],
)
def test_tencents_example_of_an_answer_is_decrypted(
    api: TencentApi | OlderTencentApi, answer: object
) -> None:
    text = json.dumps(answer).encode()
    assert api.credentials(text, SECRET) == Credentials(device_secret=PSK)
    assert code_of(api, answer, Secret(b"9" + SECRET.reveal()[1:])) is Code.CLOUD_ANSWER_UNREADABLE


def test_what_is_encrypted_is_tencents_payload() -> None:
    assert encrypted_credentials(Credentials(device_secret=PSK), SECRET) == (53, PAYLOAD)
    applicant = Applicant("S3EUVBRJLB", "n", SECRET)
    pem = Credentials(certificate="-----BEGIN é", private_key="k" * 1700)
    for api in APIS:
        claim = api.claim(api.request(applicant, HOST, TimestampAndNonce(1, 2)))
        answer = json.dumps(api.granted(RegistrationGrant(claim, pem, SECRET, "r"))).encode()
        assert api.credentials(answer, SECRET) == pem


@pytest.mark.parametrize(
    "response",
    [
        {},
        {"Len": 53},
        {"Len": "53", "Payload": PAYLOAD},
        {"Len": 65, "Payload": PAYLOAD},
        {"Len": 48, "Payload": PAYLOAD},
        {"Len": 5, "Payload": "????"},
        {"Len": 5, "Payload": ""},
        {"Len": 5, "Payload": base64.b64encode(b"x" * 17).decode()},
        *(
            dict(zip(("Len", "Payload"), sealed(payload, SECRET.reveal()), strict=True))
            for payload in (
                {"encryptionType": 2, "psk": "a" * 65},
                {"encryptionType": 2, "psk": 5},
                {"encryptionType": 1, "clientCert": "c"},
                {"encryptionType": 3, "psk": "a"},
                {"encryptionType": [2], "psk": "a"},
            )
        ),
    ],
)
def test_an_answer_of_another_form_is_damaged(response: object) -> None:
    assert code_of(CURRENT, {"Response": response}) is Code.CLOUD_ANSWER_DAMAGED


@pytest.mark.parametrize(
    "answer", [b"", b"<html>", b"[]", b'{"Response": 1}', b"\xff", b"[" * 9999]
)
def test_what_is_no_answer_is_damaged(answer: bytes) -> None:
    with pytest.raises(BurnerError) as refused:
        CURRENT.credentials(answer, SECRET)
    assert refused.value.code is Code.CLOUD_ANSWER_DAMAGED


# -- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "ours"), OLDER.codes.items())
def test_each_code_of_the_older_api_is_one_of_ours_and_back(code: str, ours: Code) -> None:
    assert code_of(OLDER, {"code": int(code), "message": "m"}) is ours
    assert code_of(OLDER, OLDER.refused(RegistrationRefusal(ours, "m", "r"))) is ours


@pytest.mark.parametrize(("code", "ours"), CURRENT.codes.items())
def test_each_code_of_the_current_api_is_one_of_ours_and_back(code: str, ours: Code) -> None:
    assert code_of(CURRENT, {"Response": {"Error": {"Code": code, "Message": "m"}}}) is ours
    assert code_of(CURRENT, CURRENT.refused(RegistrationRefusal(ours, "m", "r"))) is ours


@pytest.mark.parametrize(
    ("code", "message", "ours"),
    [
        ("X", "Pre create mode: device not exists", Code.CLOUD_NAME_NOT_CREATED),
        (
            "FailedOperation",
            "Not support dynamic device register, please check setting first",
            Code.CLOUD_REGISTRATION_OFF,
        ),
        ("AuthFailure.New", "", Code.CLOUD_SIGNATURE_REFUSED),
        ("InternalError.New", "", Code.CLOUD_FAILED),
        ("New", "why", Code.CLOUD_REFUSES),
        ("", "", Code.CLOUD_REFUSES),
    ],
)
def test_a_code_that_is_not_listed_is_known_by_its_message_or_class(
    code: str, message: str, ours: Code
) -> None:
    assert code_of(CURRENT, {"Response": {"Error": {"Code": code, "Message": message}}}) is ours


def test_an_unknown_code_is_shown_cut_to_a_line() -> None:
    with pytest.raises(BurnerError, match="1999: mmm") as refused:
        OLDER.credentials(json.dumps({"code": 1999, "message": "m" * 999}).encode(), SECRET)
    assert refused.value.code is Code.CLOUD_REFUSES
    assert len(refused.value.detail) < 300


@pytest.mark.parametrize(
    "change",
    [
        {"X-TC-Timestamp": "now"},
        {"X-TC-Timestamp": "9" * 21},
        {"X-TC-Algorithm": "md5"},
        {"X-TC-Signature": ""},
        {"Host": ""},
    ],
)
def test_a_request_without_its_headers_is_refused(change: dict[str, str]) -> None:
    request = CURRENT.request(Applicant("S3EUVBRJLB", "n", SECRET), HOST, TimestampAndNonce(1, 2))
    with pytest.raises(BurnerError) as refused:
        CURRENT.claim(HttpRequest(request.path, {**request.headers, **change}, request.body))
    assert refused.value.code is Code.CLOUD_REQUEST_INVALID


@pytest.mark.parametrize(
    "change",
    [{"nonce": -1}, {"nonce": 1.5}, {"nonce": True}, {"timestamp": None}, {"deviceName": 5}],
)
def test_a_request_with_other_values_is_refused(change: dict[str, object]) -> None:
    request = OLDER.request(Applicant("S3EUVBRJLB", "n", SECRET), HOST, TimestampAndNonce(1, 2))
    body = json.dumps({**json.loads(request.body), **change}).encode()
    with pytest.raises(BurnerError) as refused:
        OLDER.claim(HttpRequest(request.path, request.headers, body))
    assert refused.value.code is Code.CLOUD_REQUEST_INVALID


def test_neither_request_nor_claim_nor_credentials_show_a_secret() -> None:
    applicant = Applicant("S3EUVBRJLB", "n", SECRET)
    request = CURRENT.request(applicant, HOST, TimestampAndNonce(1, 2))
    shown = f"{applicant} {request} {CURRENT.claim(request)} {Credentials(PSK, 'c', PSK)}"
    assert SECRET.reveal().decode() not in shown
    assert PSK not in shown


def test_hub_and_explorer_are_told_apart_by_name_alone() -> None:
    hub, explorer = PLATFORMS[Cloud.TENCENT_HUB], PLATFORMS[Cloud.TENCENT_EXPLORER]
    assert hub.title != explorer.title
    assert hub.rules == explorer.rules
