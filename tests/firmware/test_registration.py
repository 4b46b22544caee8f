"""The firmware's registration: what it signs is accepted, what it gets is decrypted."""

import base64
import json
import random
from collections.abc import Iterator, Mapping

import pytest

from burner.provisioning.key_config import KeyConfig
from tests.firmware.burning import random_key
from tests.firmware.host import Field, Host, Operation, Status, status_of
from tests.firmware.registration_check import Registered, accepted, sealed, signed

CURRENT, OLDER = 0, 1
HOSTS = ("ap-guangzhou", "us-east", "europe", "ap-bangkok")
SECRET = b"8XzjN8rfgFVGDTNTUGau4snA"


def case(
    key: KeyConfig, api: int, algorithm: int, host: str, timestamp: int, nonce: int, name: str
) -> tuple[Field, ...]:
    secret = key.product_secret.reveal()
    numbers = (api, algorithm, host, timestamp, nonce)
    return (Operation.REQUEST, *numbers, key.product_id, secret, key.device_name, name)


def random_cases(count: int) -> Iterator[tuple[KeyConfig, str, tuple[Field, ...]]]:
    """Keys, hosts, and requests, half of them of each generation."""
    source = random.Random(count)
    for turn in range(count):
        key = random_key(source)
        host = f"{source.choice(HOSTS)}.gateway.tencentdevices.com"
        timestamp, nonce = source.randrange(2**33), source.randrange(2**32)
        api, algorithm = turn % 2, turn // 2 % 2
        yield key, host, case(key, api, algorithm, host, timestamp, nonce, key.device_name)


def bits_that_count(request: bytes) -> list[int]:
    """Places of the bits that are signed: path, host, the signing headers, the body."""
    places: list[int] = []
    at = 0
    for line in request.splitlines(keepends=True):
        signs = line.startswith((b"POST ", b"Host: ", b"X-TC-", b"{"))
        value = line.find(b": ") + 2 if line[:1] in b"HX" else 0
        used = len(line.rstrip(b"\r\n"))
        places += range(8 * (at + value), 8 * (at + used)) if signs else ()
        at += len(line)
    return places


def turned(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def check_requests(host: Host, count: int) -> None:
    """Every request is accepted, and no longer with a random bit turned."""
    source = random.Random(count)
    cases = list(random_cases(count))
    results = host.run(request for _, _, request in cases)
    for (key, server, _), (status, http) in zip(cases, results, strict=True):
        secret = key.product_secret.reveal()
        assert status_of(status) is Status.OK
        assert accepted(http, secret, server) == Registered(key.product_id, key.device_name)
        bit = source.choice(bits_that_count(http))
        assert accepted(turned(http, bit), secret, server) is None
        assert accepted(http, secret[:-1] + b"\x7f", server) is None


def test_a_thousand_requests_are_accepted_and_none_with_one_bit_changed(host: Host) -> None:
    check_requests(host, 1000)


def test_requests_signed_without_mbedtls_are_accepted_too(own: Host) -> None:
    check_requests(own, 100)


@pytest.mark.full
def test_a_hundred_thousand_requests_are_accepted(host: Host) -> None:
    check_requests(host, 100_000)


@pytest.mark.parametrize("api", [CURRENT, OLDER])
def test_every_single_bit_counts(host: Host, api: int) -> None:
    key, server, request = list(random_cases(2))[api]
    _, http = host.one(*request)
    bits = bits_that_count(http)
    assert len(bits) > 8 * 150
    secret = key.product_secret.reveal()
    assert not [bit for bit in bits if accepted(turned(http, bit), secret, server)]


def test_the_check_knows_tencents_example_of_the_current_api() -> None:
    """The firmware cannot take it itself: its ProductID has eleven characters."""
    body = b'{"ProductId":"PRODUCT_ID1","DeviceName":"DEVICENAME1"}'
    server = "ap-guangzhou.gateway.tencentdevices.com"
    head = (
        "POST /device/register HTTP/1.1",
        f"Host: {server}",
        f"Content-Length: {len(body)}",
        "X-TC-Algorithm: hmacsha1",
        "X-TC-Timestamp: 1629362589",
        "X-TC-Nonce: 333464802",
        "X-TC-Signature: 7u3+tAPlt8O4mPpBm3lambv23sw=",
    )
    request = "\r\n".join(head).encode() + b"\r\n\r\n" + body
    assert accepted(request, b"PRODUCT_SECRETKEY", server) == Registered(
        "PRODUCT_ID1", "DEVICENAME1"
    )


def test_tencents_example_of_the_older_api_comes_out(host: Host) -> None:
    numbers = (OLDER, 0, "gateway.tencentdevices.com", 1568692235, 1439928322)
    status, http = host.one(Operation.REQUEST, *numbers, "S3EUVBRJLB", SECRET, "", "device_1234")
    assert status_of(status) is Status.OK
    body = json.loads(http.partition(b"\r\n\r\n")[2])
    assert body["signature"] == "ZWM4YTEyMWE2ODUxYzk1M2Q0MDc2OWNmN2FhMTg1ZWM1ODgxMWNkNQ=="


@pytest.mark.parametrize(
    ("product_id", "secret", "server", "name"),
    [
        ("S3EUVBRJL", SECRET, "h", "n"),
        ("PRODUCT_ID", SECRET, "h", "n"),
        ("S3EUVBRJLB", SECRET[:15], "h", "n"),
        ("S3EUVBRJLB", b"YOUR_PRODUCT_SECRET", "h", "n"),
        ("S3EUVBRJLB", SECRET, "", "n"),
        ("S3EUVBRJLB", SECRET, "h\r\nX: y", "n"),
        ("S3EUVBRJLB", SECRET, "h" * 129, "n"),
        ("S3EUVBRJLB", SECRET, "h", ""),
        ("S3EUVBRJLB", SECRET, "h", 'a"b'),
        ("S3EUVBRJLB", SECRET, "h", "n" * 49),
    ],
)
def test_nothing_is_signed_that_breaks_the_rules(
    host: Host, product_id: str, secret: bytes, server: str, name: str
) -> None:
    for api in (CURRENT, OLDER):
        result = host.one(Operation.REQUEST, api, 1, server, 1, 1, product_id, secret, "", name)
        assert (status_of(result[0]), result[1]) == (Status.NOT_ALLOWED, b"")


# The answer.


def answer_case(api: int, body: str | bytes, secret: bytes = SECRET) -> tuple[Field, ...]:
    return (Operation.ANSWER, api, "S3EUVBRJLB", secret, "", body)


def answer(host: Host, api: int, body: str, secret: bytes = SECRET) -> list[bytes]:
    return host.one(*answer_case(api, body, secret))


def wrapped(api: int, length: int, payload: str) -> str:
    if api == OLDER:
        return json.dumps({"code": 0, "message": "", "len": length, "payload": payload})
    response = {"Len": length, "Payload": payload, "RequestId": "x"}
    return json.dumps({"Response": response})


@pytest.mark.parametrize("api", [CURRENT, OLDER])
def test_tencents_example_of_an_answer_is_decrypted(host: Host, own: Host, api: int) -> None:
    payload = (
        "eHGRUBar9LBPI+mcaHnVEZsj05mSdoZLPhd54hDJXv/2va2rXSpfddgRy5XE/FIS835NjUr5Mhw1AJSg4yGC/w=="
    )
    for program in (host, own):
        status, psk, *rest = answer(program, api, wrapped(api, 53, payload))
        assert status_of(status) is Status.OK
        assert psk == b"7WmFA/MEs+Fy+32QwJWtYw=="
        assert rest == [b"", b"", b""]


def payloads(source: random.Random) -> Iterator[Mapping[str, object]]:
    for _ in range(20):
        yield {"encryptionType": 2, "psk": base64.b64encode(source.randbytes(16)).decode()}
        pem = "-----BEGIN X-----\n" + base64.encodebytes(source.randbytes(900)).decode() + "é\n"
        yield {"encryptionType": 1, "clientCert": pem, "clientKey": pem[::-1]}


@pytest.mark.parametrize("api", [CURRENT, OLDER])
def test_answers_give_psk_or_certificate(host: Host, api: int) -> None:
    source = random.Random(api)
    cases, wanted = [], []
    for payload in payloads(source):
        secret = random_key(source).product_secret.reveal()
        body = wrapped(api, *sealed(payload, secret)).replace("/", source.choice(("/", "\\/")))
        cases.append(answer_case(api, body, secret))
        names = ("psk", "clientCert", "clientKey")
        wanted.append([str(payload.get(name, "")).encode() for name in names])
    for (status, *credentials, refusal), expected in zip(host.run(cases), wanted, strict=True):
        assert (status_of(status), credentials, refusal) == (Status.OK, expected, b"")


def test_a_wrong_secret_is_named_as_such(host: Host) -> None:
    body = wrapped(CURRENT, *sealed({"encryptionType": 2, "psk": "a" * 24}, SECRET))
    wrong = b"9" + SECRET[1:]
    assert status_of(answer(host, CURRENT, body, wrong)[0]) is Status.UNREADABLE


@pytest.mark.parametrize(
    ("api", "body", "code"),
    [
        (OLDER, {"code": 1010, "message": "bad sign"}, b"1010"),
        (OLDER, {"code": -1}, b"-1"),
        (OLDER, {"code": "x" * 100}, b"x" * 63),
        (CURRENT, {"Response": {"Error": {"Code": "A.B", "Message": "m"}}}, b"A.B"),
        (CURRENT, {"Response": {"Error": {}}}, b""),
        (CURRENT, {"Response": {"Error": {"Code": "\x1b[2J"}}}, b"\\u001b[2J"),
    ],
)
def test_the_cloud_refuses_with_its_code(host: Host, api: int, body: object, code: bytes) -> None:
    result = answer(host, api, json.dumps(body))
    assert (status_of(result[0]), result[4]) == (Status.REFUSED, code)


def test_a_code_that_is_not_plain_text_can_still_be_printed(host: Host) -> None:
    result = answer(host, OLDER, '{"code": "é\x7f1"}')
    assert (status_of(result[0]), result[4]) == (Status.REFUSED, b"???1")


@pytest.mark.parametrize(
    "body",
    [
        {"Response": {}},
        {"Response": {"Len": 5, "Payload": 5}},
        {"Response": {"Len": "5", "Payload": "AAAA"}},
        {"Response": {"Len": 1, "Payload": "AAAA"}},
        {"Response": {"Len": 1, "Payload": ""}},
        {"Response": {"Len": 17, "Payload": base64.b64encode(bytes(16)).decode()}},
        {"Response": {"Len": 1.5, "Payload": base64.b64encode(bytes(16)).decode()}},
        {"Response": {"Len": 1, "Payload": "AA=A" + "A" * 20}},
        {"Response": {"Len": 1, "Payload": "*" * 24}},
        {},
        [],
    ],
)
def test_an_answer_of_another_form_is_damaged(host: Host, body: object) -> None:
    assert status_of(answer(host, CURRENT, json.dumps(body))[0]) is Status.DAMAGED


@pytest.mark.parametrize(
    "payload",
    [
        {"encryptionType": 2, "psk": ""},
        {"encryptionType": 2, "psk": "a" * 65},
        {"encryptionType": 2, "psk": "a b"},
        {"encryptionType": 2},
        {"encryptionType": 1, "clientCert": "x"},
        {"encryptionType": 1, "clientCert": "x", "clientKey": 1},
        {"encryptionType": 3, "psk": "a"},
        {"encryptionType": "2", "psk": "a"},
    ],
)
def test_a_payload_without_credentials_is_damaged(host: Host, payload: dict[str, object]) -> None:
    result = answer(host, CURRENT, wrapped(CURRENT, *sealed(payload, SECRET)))
    assert status_of(result[0]) is Status.DAMAGED
    assert result[1:4] == [b"", b"", b""]


def check_damaged_answers(host: Host, count: int) -> None:
    """Whatever comes, nothing is read beyond it: the sanitizers would end the program."""
    source = random.Random(count)
    original = wrapped(CURRENT, *sealed({"encryptionType": 2, "psk": "a" * 24}, SECRET)).encode()
    cases = []
    for turn in range(count):
        body = bytearray(original)
        for _ in range(source.randrange(1, 4)):
            body[source.randrange(len(body))] = source.choice((0, 34, 92, source.randrange(256)))
        del body[source.choice((len(body), source.randrange(len(body)))) :]
        cases.append(answer_case(turn % 2, bytes(body)))
    for result in host.run(cases):
        status_of(result[0])


def test_damaged_answers_do_no_harm(host: Host) -> None:
    check_damaged_answers(host, 500)


@pytest.mark.full
def test_many_damaged_answers_do_no_harm(host: Host) -> None:
    check_damaged_answers(host, 100_000)


def test_the_check_signs_as_the_firmware_does(host: Host) -> None:
    """The two share no code: one text signed by both, so that a fault of one shows."""
    text = "POST\nh\n/device/register\n\nhmacsha256\n1\n2\n" + "0" * 64
    (digest,) = host.one(Operation.HMAC, 1, SECRET, text)
    assert base64.b64encode(digest).decode() == signed(text, SECRET, "hmacsha256")
