"""Volcengine IoT: DynamicRegister."""

import json

import pytest

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.platforms.payload import encrypt
from burner.platforms.registration import (
    Applicant,
    Credentials,
    HttpRequest,
    RegistrationGrant,
    RegistrationRefusal,
    TimestampAndNonce,
)
from burner.platforms.volcengine import VOLCENGINE, VolcengineApi

API = VolcengineApi()
SECRET = Secret(b"0123456789abcdef01234567")
HOST = VOLCENGINE.hosts["cn-shanghai"]
EXAMPLE = {
    "InstanceID": "0123456789abcdef01234567",
    "product_key": "PK0000000000000000000000",
    "device_name": "a0b1c2d3e4f5",
    "random_num": 12345,
    "timestamp": 1700000000000,
    "auth_type": 0,
    "signature": "dOMq5quc8oIvFWqBg+l+e30Uo+AzbXwLvk1tn974Iu4=",
}


def posted(**changes: object) -> HttpRequest:
    return HttpRequest(API.path, {}, json.dumps({**EXAMPLE, **changes}).encode())


def code_of(answer: object, secret: Secret = SECRET) -> Code:
    with pytest.raises(BurnerError) as refused:
        API.credentials(json.dumps(answer).encode(), secret)
    return refused.value.code


def test_the_signature_is_as_the_platform_describes_it() -> None:
    claim = API.claim(posted())
    assert (claim.product_id, claim.device_name) == (EXAMPLE["product_key"], "a0b1c2d3e4f5")
    assert (claim.precreated, claim.seconds) == (True, 1700000000)
    assert claim.is_signed_with(SECRET)
    assert not claim.is_signed_with(Secret(b"1123456789abcdef01234567"))


def test_numbers_may_be_written_as_c_libraries_do() -> None:
    assert API.claim(posted(timestamp=1.7e12)).is_signed_with(SECRET)
    assert not API.claim(posted(random_num=-12345)).is_signed_with(SECRET)


def test_the_request_is_signed_by_its_own_secret() -> None:
    applicant = Applicant("PK0000000000000000000000", "d", SECRET, instance="i")
    request = API.request(applicant, HOST, TimestampAndNonce(1_700_000_000, 5))
    assert request.path == "/2021-12-14/DynamicRegister?Action=DynamicRegister&Version=2021-12-14"
    claim = API.claim(request)
    assert claim.is_signed_with(SECRET)
    assert (claim.precreated, claim.seconds) == (False, 1_700_000_000)


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp": "1700000000000"},
        {"timestamp": 1.5},
        {"random_num": True},
        {"random_num": 2**63},
        {"auth_type": 2},
        {"device_name": ""},
        {"InstanceID": None},
    ],
)
def test_a_request_with_other_values_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(BurnerError, match="E803"):
        API.claim(posted(**change))


def test_the_answer_gives_the_devices_secret_and_a_wrong_product_secret_is_named() -> None:
    for length in (1, 15, 16, 32):
        given = Credentials(device_secret="s" * length)
        answer = API.granted(RegistrationGrant(API.claim(posted()), given, SECRET, "r"))
        assert API.credentials(json.dumps(answer).encode(), SECRET) == given
        wrong = Secret(b"1123456789abcdef01234567")
        assert code_of(answer, wrong) is Code.CLOUD_ANSWER_UNREADABLE


@pytest.mark.parametrize(
    "plain", [b"\1" * 16, b"s" * 15 + b"\0", b"s" * 15 + b"\x11", b"\x10" * 16]
)
def test_what_decrypts_to_no_secret_is_unreadable(plain: bytes) -> None:
    key = SECRET.reveal()[:16]
    answer = {"Result": {"payload": encrypt(plain, key, key)}}
    assert code_of(answer) is Code.CLOUD_ANSWER_UNREADABLE


@pytest.mark.parametrize(("code", "ours"), API.codes.items())
def test_each_code_is_one_of_ours(code: str, ours: Code) -> None:
    number = int(code) if code.isdecimal() else 0
    error = {"CodeN": number, "Code": "X" if number else code, "Message": "m"}
    assert code_of({"ResponseMetadata": {"Error": error}}) is ours
    assert code_of(API.refused(RegistrationRefusal(ours, "m", "r"))) is ours


@pytest.mark.parametrize(
    ("answer", "ours"),
    [
        ({"ResponseMetadata": {"Error": {}}}, Code.CLOUD_REFUSES),
        ({}, Code.CLOUD_ANSWER_DAMAGED),
        ({"Result": {"payload": "????"}}, Code.CLOUD_ANSWER_DAMAGED),
    ],
)
def test_another_answer_is_named(answer: object, ours: Code) -> None:
    assert code_of(answer) is ours
