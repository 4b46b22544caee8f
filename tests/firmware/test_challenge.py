"""The station's challenge: what the firmware answers, when, and when not."""

import hashlib
import hmac
import random
import re
import zlib

import pytest

from burner.provisioning import challenge
from burner.provisioning.key_config import KeyConfig
from tests.firmware.burning import random_key
from tests.firmware.host import LIBRARY, Field, Host, Operation, call, compiler, options
from tests.provisioning.layouts import KEY, NAMED

NONCE = bytes(range(16))
NAME = "240AC4A1B2C3"
WITHIN_MS = 10_000


def with_crc(text: str) -> str:
    return f"{text} {zlib.crc32(text.encode()):08x}"


def question(nonce: bytes = NONCE) -> bytes:
    return challenge.question(nonce)


def reply(content: str) -> str:
    return challenge.response(content).decode()


def answer_of(key: KeyConfig, name: str, nonce: bytes) -> str:
    return challenge.answer(key, name, nonce).hex()


def printed(
    host: Host,
    heard: bytes,
    *,
    key: KeyConfig = KEY,
    name: str = NAME,
    registered: bool = False,
    now_ms: int = 100,
) -> str:
    """All that the device prints while it hears this."""
    case = heard_case(heard, key=key, name=name, registered=registered, now_ms=now_ms)
    return host.one(*case)[0].decode()


def heard_case(
    heard: bytes,
    *,
    key: KeyConfig = KEY,
    name: str = NAME,
    registered: bool = False,
    now_ms: int = 100,
) -> tuple[Field, ...]:
    values = (key.product_id, key.product_secret.reveal(), key.device_name, name)
    return (Operation.CHALLENGE, *values, registered, now_ms, heard)


def test_the_answer_is_the_one_that_the_station_computes(host: Host, own: Host) -> None:
    source = random.Random(1)
    units = [(random_key(source), source.randbytes(16)) for _ in range(200)]
    cases = [heard_case(question(nonce), key=key, name=key.device_name) for key, nonce in units]
    wanted = [[reply(answer_of(key, key.device_name, nonce)).encode()] for key, nonce in units]
    assert host.run(cases) == own.run(cases) == wanted


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (KeyConfig(KEY.product_id, NAMED.product_secret, "another"), NAME),
        (KeyConfig("S3EUVBRJLC", KEY.product_secret), NAME),
        (KEY, "240AC4A1B2C4"),
    ],
)
def test_every_value_changes_the_answer(host: Host, key: KeyConfig, name: str) -> None:
    assert printed(host, question(), key=key, name=name) == reply(answer_of(key, name, NONCE))
    assert printed(host, question(), key=key, name=name) != printed(host, question())


def test_an_answer_is_no_signature_of_a_registration(host: Host) -> None:
    """The key is another one, so that no nonce makes the device sign a request."""
    configuration = hashlib.sha256(b"\0\x0a" + KEY.product_id.encode() + b"\0\0").digest()
    fields = (b"1", NONCE, KEY.product_id.encode(), NAME.encode(), configuration)
    message = b"".join(bytes((0, len(field))) + field for field in fields)
    secret = KEY.product_secret.reveal()
    assert hmac.digest(secret, message, "sha256").hex() not in printed(host, question())


NOISE = (
    b"",
    b"\x00\xff\xfe\x80garbage",
    b"ets Jul 29 2019\r\nrst:0x1 (POWERON)\r\n",
    b"BURNER-CHALLENGE 1 BURNER-CHALLENGE 1 00",
    b"x" * 5000,
    question()[:30],
    question()[:-2].replace(b"0a", b"0b"),
    b"\n\r\n\r",
)


@pytest.mark.parametrize("noise", NOISE)
def test_noise_before_the_challenge_does_not_matter(host: Host, noise: bytes) -> None:
    assert printed(host, noise + question()) == reply(answer_of(KEY, NAME, NONCE))


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_a_line_may_end_in_any_way(host: Host, end: bytes) -> None:
    assert printed(host, question()[:-2] + end) == reply(answer_of(KEY, NAME, NONCE))


def test_a_damaged_challenge_is_not_answered(host: Host) -> None:
    """And it does not count: the station may send it again."""
    cases = []
    for at in range(len(question()) - 2):
        damaged = bytearray(question())
        damaged[at] ^= 1
        cases += [heard_case(bytes(damaged)), heard_case(bytes(damaged) + question())]
    answer = reply(answer_of(KEY, NAME, NONCE)).encode()
    assert host.run(cases) == [[b""], [answer]] * (len(question()) - 2)


def test_random_bytes_are_not_answered(host: Host) -> None:
    source = random.Random(2)
    cases = [heard_case(source.randbytes(1000)) for _ in range(20)]
    assert host.run(cases) == [[b""]] * 20


@pytest.mark.parametrize("size", [0, 1, 15, 17, 32])
def test_a_nonce_of_another_length_is_refused(host: Host, size: int) -> None:
    assert printed(host, question(bytes(size))) == reply("refused nonce")


@pytest.mark.parametrize("nonce", ["0" * 31, "g" * 32, "0" * 33])
def test_a_nonce_that_is_no_hex_is_refused(host: Host, nonce: str) -> None:
    line = with_crc(f"BURNER-CHALLENGE 1 {nonce}").encode() + b"\n"
    assert printed(host, line) == reply("refused nonce")


def test_a_question_without_a_nonce_is_none(host: Host) -> None:
    line = with_crc("BURNER-CHALLENGE 1").encode()
    assert printed(host, line + b"\n") == ""
    assert challenge.nonce_in(line) is None


def test_a_challenge_of_another_version_is_not_answered(host: Host) -> None:
    assert printed(host, with_crc(f"BURNER-CHALLENGE 2 {NONCE.hex()}").encode() + b"\n") == ""


def test_there_is_one_answer_after_a_reset(host: Host) -> None:
    twice = printed(host, question() + question(bytes(16)))
    assert twice == reply(answer_of(KEY, NAME, NONCE)) + reply("refused answered")


def test_there_is_an_answer_within_ten_seconds_only(host: Host) -> None:
    assert "refused" not in printed(host, question(), now_ms=WITHIN_MS)
    assert printed(host, question(), now_ms=WITHIN_MS + 1) == reply("refused late")
    later = b"\f"  # the host's program takes it at a later time than the rest
    assert printed(host, later + question(), now_ms=0) == reply("refused late")


def test_a_registered_device_never_answers(host: Host) -> None:
    assert printed(host, question(), registered=True) == reply("refused registered")


def test_a_device_without_a_key_says_so(host: Host) -> None:
    assert printed(host, question(), name="") == reply("refused key")


def test_the_secret_is_in_no_line(host: Host) -> None:
    assert KEY.product_secret.reveal().decode() not in printed(host, question())


def test_it_is_off_unless_compiled_in(host: Host, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("off")
    flags = [option for option in options(sanitize=False) if option != "-DBURNER_CHALLENGE"]
    source = LIBRARY / "src" / "challenge.c"
    call(compiler(), *flags, "-c", source, "-o", folder / "off.o")
    assert not re.search(b"BURNER-|burner_challenge", (folder / "off.o").read_bytes())
    call(compiler(), *flags, "-DBURNER_CHALLENGE", "-c", source, "-o", folder / "on.o")
    assert re.search(b"BURNER-RESPONSE", (folder / "on.o").read_bytes())
