"""The lines of the station's challenge: what is asked, what is an answer, and what is noise."""

import hashlib
import hmac
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.provisioning.challenge import (
    NONCE_SIZE,
    Response,
    ResponseSearch,
    answer,
    nonce_in,
    question,
    response,
)
from burner.provisioning.key_config import KeyConfig
from tests.provisioning.layouts import KEY, NAMED, PLAIN, keys

NONCE = bytes(range(NONCE_SIZE))
NAME = "240AC4A1B2C3"
ANSWER = bytes(range(32))
LINE = response(ANSWER.hex())


def found(*pieces: bytes) -> list[Response]:
    search = ResponseSearch()
    return [each for piece in pieces for each in search.feed(piece)]


def crc(text: str) -> bytes:
    return f"{text} {zlib.crc32(text.encode()):08x}".encode()


@given(keys, st.binary(min_size=NONCE_SIZE, max_size=NONCE_SIZE))
def test_the_answer_is_the_one_that_the_guide_defines(key: KeyConfig, nonce: bytes) -> None:
    """Written a second time, by the words of docs/firmware.md alone."""

    def behind_length(*fields: bytes) -> bytes:
        return b"".join(bytes((len(f) // 256, len(f) % 256)) + f for f in fields)

    product, burned, name = key.product_id.encode(), key.device_name.encode(), NAME.encode()
    digest = hashlib.sha256(behind_length(product, burned)).digest()
    k = hmac.new(key.product_secret.reveal(), b"burner challenge v1", hashlib.sha256).digest()
    message = behind_length(b"1", nonce, product, name, digest)
    assert answer(key, NAME, nonce) == hmac.new(k, message, hashlib.sha256).digest()


@pytest.mark.parametrize(
    ("key", "name", "nonce"),
    [
        (KeyConfig(KEY.product_id, NAMED.product_secret, "another"), NAME, NONCE),
        (KeyConfig("S3EUVBRJLC", KEY.product_secret), NAME, NONCE),
        (KEY, "240AC4A1B2C4", NONCE),
        (KEY, NAME, bytes(NONCE_SIZE)),
    ],
)
def test_every_value_changes_the_answer(key: KeyConfig, name: str, nonce: bytes) -> None:
    assert answer(key, name, nonce) != answer(KEY, NAME, NONCE)


def test_fields_cannot_run_into_one_another() -> None:
    assert answer(KEY, "ab", NONCE) != answer(KEY, "b", NONCE)


def test_no_line_holds_the_secret() -> None:
    lines = question(NONCE) + response(answer(KEY, NAME, NONCE).hex())
    assert PLAIN.encode() not in lines
    assert PLAIN.encode().hex().encode() not in lines


def test_a_question_is_one_line_of_text_with_a_crc() -> None:
    assert question(NONCE) == crc(f"BURNER-CHALLENGE 1 {NONCE.hex()}") + b"\r\n"
    assert nonce_in(question(NONCE).strip()) == NONCE.hex()
    assert len(question(NONCE)) < 128, "longer than the FIFO of a chip that does not listen yet"


@pytest.mark.parametrize(
    ("line", "nonce"),
    [
        (b"\x00\xffnoise " + question(NONCE).strip(), NONCE.hex()),
        (question(NONCE).strip()[:30] + question(NONCE).strip(), NONCE.hex()),
        (crc("BURNER-CHALLENGE 1 "), ""),
        (crc("BURNER-CHALLENGE 1 g 0"), "g 0"),
        (question(NONCE).strip()[:-1], None),
        (question(NONCE).strip() + b" ", None),
        (question(NONCE).strip().replace(b"0a", b"0b"), None),
        (crc(f"BURNER-CHALLENGE 2 {NONCE.hex()}"), None),
        (LINE.strip(), None),
        (b"", None),
    ],
)
def test_a_firmware_finds_the_sound_question_at_the_end_of_a_line(
    line: bytes, nonce: str | None
) -> None:
    assert nonce_in(line) == nonce


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"x" * 5000,
        b"\x00\xff\xfeI (312) wifi: started ",
        question(NONCE),
        question(NONCE).strip() + b" ",
        LINE[:60],
        LINE.strip().replace(b"0a", b"0b") + b"\r\n",
    ],
)
@pytest.mark.parametrize("after", [b"", b"\r\n", b" noise"])
def test_a_response_is_found_in_whatever_stands_around_it(before: bytes, after: bytes) -> None:
    data = before + LINE.strip() + after
    assert found(data) == [Response(ANSWER)]
    assert found(*(data[at : at + 1] for at in range(len(data)))) == [Response(ANSWER)]


def test_a_response_may_come_in_any_two_pieces() -> None:
    assert all(found(LINE[:at], LINE[at:]) == [Response(ANSWER)] for at in range(len(LINE)))


def test_a_refusal_is_a_response() -> None:
    lines = response("refused late") + response("refused answered")
    assert found(lines) == [Response(refusal="late"), Response(refusal="answered")]


def test_a_damaged_response_is_none() -> None:
    text = LINE.strip()
    for at in range(len(text)):
        damaged = bytearray(text)
        damaged[at] ^= 1
        assert found(bytes(damaged)) == []


def test_the_echo_of_a_question_is_no_response() -> None:
    assert found(question(NONCE) * 3) == []


def test_megabytes_without_a_response_are_not_kept() -> None:
    search, source = ResponseSearch(), random.Random(1)
    for _ in range(20):
        search.feed(source.randbytes(50_000))
    assert len(search._rest) < 1000
    assert search.feed(LINE) == [Response(ANSWER)]
