"""Alibaba Cloud: one product, one secret, over HTTPS."""

import json
from urllib.parse import parse_qs, urlencode

import pytest

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.platforms.alibaba import ALIBABA, AlibabaApi
from burner.platforms.registration import (
    Applicant,
    Credentials,
    HttpRequest,
    RegistrationGrant,
    RegistrationRefusal,
    TimestampAndNonce,
)

API = AlibabaApi()
SECRET = Secret(b"0123456789abcdef")
HOST = ALIBABA.hosts["cn-shanghai"]
EXAMPLE = {
    "productKey": "a1B2c3D4e5F",
    "deviceName": "a0b1c2d3e4f5",
    "random": "8Ygb7ULYh53B6OA",
    "sign": "e9ad8c72da19792fa62d85f40f034b35d61a9396ab88e1d5189fadd0de96ed38",
    "signMethod": "hmacsha256",
}


def form(values: dict[str, str]) -> HttpRequest:
    headers = {"Content-Type": API.content_type}
    return HttpRequest(API.path, headers, urlencode(values).encode())


def code_of(answer: object) -> Code:
    with pytest.raises(BurnerError) as refused:
        API.credentials(json.dumps(answer).encode(), SECRET)
    return refused.value.code


def test_the_signature_is_as_the_platform_describes_it() -> None:
    claim = API.claim(form(EXAMPLE))
    assert (claim.product_id, claim.device_name) == ("a1B2c3D4e5F", "a0b1c2d3e4f5")
    assert (claim.precreated, claim.seconds) == (True, None)
    assert claim.is_signed_with(SECRET)
    assert API.claim(form({**EXAMPLE, "sign": EXAMPLE["sign"].upper()})).is_signed_with(SECRET)
    assert not claim.is_signed_with(Secret(b"0123456789abcdeg"))


@pytest.mark.parametrize("method", ["hmacmd5", "HmacMD5", "hmacsha1"])
def test_what_is_signed_by_another_hash_is_checked_by_it(method: str) -> None:
    claim = API.claim(form({**EXAMPLE, "signMethod": method}))
    assert not claim.is_signed_with(SECRET)
    (right,) = claim.signatures(SECRET.reveal())
    assert API.claim(form({**EXAMPLE, "signMethod": method, "sign": right})).is_signed_with(SECRET)


def test_the_request_is_a_form_that_its_own_secret_signed() -> None:
    request = API.request(Applicant("a1B2c3D4e5F", "dev 1", SECRET), HOST, TimestampAndNonce(0, 42))
    values = parse_qs(request.body.decode())
    assert set(values) == set(EXAMPLE)
    assert values["deviceName"] == ["dev 1"]
    assert API.claim(request).is_signed_with(SECRET)


@pytest.mark.parametrize("missing", EXAMPLE)
def test_a_form_without_a_value_is_refused(missing: str) -> None:
    with pytest.raises(BurnerError, match="E803"):
        API.claim(form({name: text for name, text in EXAMPLE.items() if name != missing}))


@pytest.mark.parametrize("body", [b"", b"\xff", b"a=b&" * 30, b"{}"])
def test_a_body_that_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(BurnerError, match="E803"):
        API.claim(HttpRequest(API.path, {}, body))


def test_the_answer_gives_the_devices_secret() -> None:
    claim = API.claim(form(EXAMPLE))
    given = Credentials(device_secret=ALIBABA.device_secret(bytes(16)))
    answer = API.granted(RegistrationGrant(claim, given, SECRET, "r"))
    assert answer["data"]["deviceName"] == "a0b1c2d3e4f5"
    assert API.credentials(json.dumps(answer).encode(), SECRET) == given
    assert len(given.device_secret) == 32


@pytest.mark.parametrize(("code", "ours"), API.codes.items())
def test_each_documented_code_is_one_of_ours(code: str, ours: Code) -> None:
    assert code_of({"code": int(code), "message": "m"}) is ours
    assert code_of(API.refused(RegistrationRefusal(ours, "m", "r"))) is ours


@pytest.mark.parametrize(
    ("answer", "ours"),
    [
        ({"code": 6999}, Code.CLOUD_REFUSES),
        ({}, Code.CLOUD_REFUSES),
        ([], Code.CLOUD_ANSWER_DAMAGED),
        ({"code": 200}, Code.CLOUD_ANSWER_DAMAGED),
        ({"code": 200, "data": {"deviceSecret": 5}}, Code.CLOUD_ANSWER_DAMAGED),
    ],
)
def test_another_answer_is_named(answer: object, ours: Code) -> None:
    assert code_of(answer) is ours


@pytest.mark.parametrize("name", ["abc", "a" * 33, "a b12", "插座插座"])
def test_names_that_alibaba_refuses_are_refused(name: str) -> None:
    with pytest.raises(BurnerError, match="E164"):
        ALIBABA.rules.names.check(name)


def test_names_may_have_alibabas_marks_without_being_asked_for() -> None:
    ALIBABA.rules.names.check("a-b_c@d.e:f")
