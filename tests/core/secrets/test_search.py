"""A secret is found in every form that a device may print it in; nothing else is taken out."""

import base64
import json
import pickle
import time
import timeit
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Literal
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.core.secrets.search import REMOVED, RUN, SecretSearch
from burner.core.secrets.secret import Secret

PLAIN = "Zk8vQ2mT6xW4yB9nR3sJ7pLd"
Order = Literal["little", "big"]
ORDERS: tuple[Order, ...] = ("little", "big")
LEAST = 12
"""Characters of a secret that may not be left in a row, whatever the form."""


def each(form: str, between: str = "") -> Callable[[str], str]:
    """Every character by its number, in a form of its own."""
    return lambda text: between.join(form.format(ord(char)) for char in text)


def in_base64(lead: int, url_safe: bool = False) -> Callable[[str], str]:
    """As base64 of something longer that holds it; what its neighbours decide is cut off."""
    encode = base64.urlsafe_b64encode if url_safe else base64.b64encode

    def form(text: str) -> str:
        encoded = encode(b"\0" * lead + text.encode()).decode().rstrip("=")
        whole = 8 * (lead + len(text)) // 6
        return encoded[-(-8 * lead // 6) : whole]

    return form


def dumped(text: str, lead: int) -> str:
    """As ESP-IDF's ESP_LOG_BUFFER_HEXDUMP prints a structure that holds it."""
    data = b"S3EUVBRJLB\0".ljust(lead, b"\0") + text.encode() + b"\0" * 21
    rows = [data[at : at + 16] for at in range(0, len(data), 16)]
    return "\n".join(
        f"I (3{n}) app: 0x3ffb42{n}0   {row.hex(' ')}  |{row.decode().replace(chr(0), '.')}|"
        for n, row in enumerate(rows)
    )


def words(form: str, size: int, order: Order = "little") -> Callable[[str], str]:
    """As numbers of several bytes, from a number's first byte on."""

    def shown(text: str) -> str:
        data = text.encode().ljust(-(-len(text) // size) * size, b"\0")
        words = (data[at : at + size] for at in range(0, len(data), size))
        return " ".join(form.format(int.from_bytes(word, order)) for word in words)

    return shown


def indexed(form: str, between: str = " ") -> Callable[[str], str]:
    """Every character with its place: `{0}` the place, `{1}` its number, `{2}` itself."""
    return lambda text: between.join(
        form.format(at, ord(char), char) for at, char in enumerate(text)
    )


def swapped(size: int) -> Callable[[str], str]:
    """With the characters of each word in the other order."""
    return lambda text: "".join(text[at : at + size][::-1] for at in range(0, len(text), size))


def in_base32(lead: int) -> Callable[[str], str]:
    """As base32 of something longer that holds it; what its neighbours decide is cut off."""

    def form(text: str) -> str:
        encoded = base64.b32encode(b"\0" * lead + text.encode()).decode()
        return encoded[-(-8 * lead // 5) : 8 * (lead + len(text)) // 5]

    return form


FORMS: Mapping[str, Callable[[str], str]] = {
    "plain": str,
    "lower case": str.lower,
    "upper case": str.upper,
    "hex": each("{:02x}"),
    "hex in upper case": each("{:02X}"),
    "hex with colons": each("{:02x}", ":"),
    "hex with dashes": each("{:02X}", "-"),
    "hex with blanks": each("{:02x}", " "),
    "hex over lines": each("{:02x}", "\r\n"),
    "a C array": each("0x{:02x}", ", "),
    "a C array in upper case": each("0X{:02X}", ","),
    "a C array of 16 bits": each("0x{:04x}", ", "),
    "hex of UTF-16LE": each("{:02x}00"),
    "hex of UTF-16BE": each("00{:02x}", ""),
    "decimal": each("{}", ", "),
    "decimal with zeros": each("{:03}", " "),
    "decimal with casts": each("(uint8_t){}", " "),
    "decimal without separators": each("{:03}"),
    "unsigned constants": each("{}u", ","),
    "octal": each("{:03o}", " "),
    "octal without zeros": each("{:o}", " "),
    "octal as C has it": each("0{:o}", ", "),
    "octal with four digits": each("0{:03o}", ", "),
    "octal as Python has it": each("0o{:o}", " "),
    "octal in braces": each("0{:o}", ","),
    "octal without separators": each("{:03o}"),
    "binary": each("{:08b}", " "),
    "binary without separators": each("{:08b}"),
    "binary as C has it": each("0b{:b}", ", "),
    "a stack dump": words("0x{:08x}", 4),
    **{
        f"words of {8 * size} bits, {order}, {name}": words(form, size, order)
        for size in (2, 3, 4, 8)
        for order in ORDERS
        for name, form in {
            "hex": f"{{:0{2 * size}x}}",
            "hex as C has it": f"0x{{:0{2 * size}x}}",
            "hex without zeros": "{:x}",
            "decimal": "{}",
            "octal": f"{{:0{3 * size}o}}",
        }.items()
    },
    "characters with an index": indexed("[{0}]={2}"),
    "pairs of index and character": indexed("{0}:{2}", ", "),
    "JSON by index": indexed('"{0}":"{2}"', ","),
    "hex with an index": indexed("[{0}]=0x{1:02x}"),
    "decimal with an index": indexed("s[{0}]={1}"),
    "decimal with a far index": indexed("s[1{0:02}] = {1}"),
    "hex with numbered names": indexed("b{0}={1:02x}"),
    "backwards": lambda text: text[::-1],
    "hex backwards": lambda text: text[::-1].encode().hex(),
    **{f"swapped in words of {size}": swapped(size) for size in (2, 4, 8)},
    **{f"base32 behind {lead} bytes": in_base32(lead) for lead in range(5)},
    "base32 in hex digits": lambda text: (
        base64.b32hexencode(text.encode()).decode().rstrip("=")[: 8 * len(text) // 5]
    ),
    **{f"base64 behind {lead} bytes": in_base64(lead) for lead in range(3)},
    **{f"url-safe base64 behind {lead} bytes": in_base64(lead, True) for lead in range(3)},
    "base64 in lower case": lambda text: in_base64(1)(text).lower(),
    "base64 over lines": lambda text: "\n".join(in_base64(2)(text)),
    "UTF-16LE": lambda text: text.encode("utf-16-le").decode("latin-1"),
    "UTF-16BE": lambda text: text.encode("utf-16-be").decode("latin-1"),
    "C escapes": each("\\x{:02x}"),
    "C escapes in upper case": each("\\X{:02X}"),
    "octal escapes": each("\\{:03o}"),
    "JSON escapes": each("\\u{:04x}"),
    "JSON escapes in JSON": each("\\\\u{:04x}"),
    "long escapes": each("\\U{:08x}"),
    "escapes of other languages": each("\\u{{{:x}}}"),
    "escapes of Perl": each("\\x{{{:x}}}"),
    "percent": each("%{:02x}"),
    "percent twice": each("%25{:02X}"),
    "percent u": each("%u{:04x}"),
    "quoted-printable": each("={:02X}"),
    "HTML": each("&#{};"),
    "HTML in hex": each("&#x{:X};"),
    "JSON": lambda text: json.dumps(text)[1:-1],
    "in a URL": quote,
    "one escape, then plain": lambda text: f"\\x{ord(text[0]):02x}{text[1:]}",
    "a character a line": "\r\n".join,
    "coloured lines": "\x1b[0m\r\n\x1b[0;32mI (12) app: ".join,
    "lines of a log": "\nI (12) app: ".join,
    "lines with a time in brackets": "\r\n[12:00:01] ".join,
}

secrets = st.one_of(
    st.from_regex(r"[A-Za-z0-9]{24}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9]{16,32}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9_./+-]{16,32}", fullmatch=True),
)
around = st.text(max_size=40)
forms = st.sampled_from(sorted(FORMS))


def windows(secret: str) -> list[str]:
    return [secret[at : at + LEAST] for at in range(len(secret) - LEAST + 1)]


def left(text: str, secret: str, form: Callable[[str], str]) -> list[str]:
    """The parts of a secret that a text still shows in a form."""
    return [part for part in windows(secret) if form(part) in text]


def cut_up(data: bytes, cuts: list[int]) -> list[bytes]:
    at = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    return [data[start:end] for start, end in pairwise(at)]


def cleaned(text: str, secret: str = PLAIN) -> str:
    return SecretSearch(Secret(secret.encode())).clean(text)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_secret_is_taken_out_in_every_form(form: Callable[[str], str]) -> None:
    shown = cleaned(f"key: <{form(PLAIN)}> (24)")
    assert shown.startswith("key: <")
    assert shown.endswith("> (24)")
    assert REMOVED in shown
    assert left(shown, PLAIN, form) == []
    assert len(shown) < len(f"key: <[100]=0x{REMOVED}\0> (24)") + 2


@given(form=forms, secret=secrets, before=around, after=around)
def test_nothing_is_left_of_any_secret_in_any_form(
    form: str, secret: str, before: str, after: str
) -> None:
    shown = cleaned(f"{before} {FORMS[form](secret)} {after}", secret)
    assert left(shown, secret, FORMS[form]) == []


@given(form=forms, secret=secrets, start=st.integers(0, 20))
def test_twelve_characters_of_a_secret_are_enough(form: str, secret: str, start: int) -> None:
    part = windows(secret)[min(start, len(secret) - LEAST)]
    assert FORMS[form](part) not in cleaned(f"<{FORMS[form](part)}>", secret)


@given(form=forms, secret=secrets, cuts=st.lists(st.integers(0, 200), max_size=8))
def test_a_secret_broken_over_reads_does_not_arrive_in_parts_that_make_it_up(
    form: str, secret: str, cuts: list[int]
) -> None:
    text = f"key={FORMS[form](secret)};".encode("latin-1", "replace")
    stream = SecretSearch(Secret(secret.encode())).stream()
    arrived = b"".join(stream.clean_bytes(piece) for piece in cut_up(text, cuts))
    assert stream.found
    assert left(arrived.decode("latin-1").replace(REMOVED, ""), secret, FORMS[form]) == []


@pytest.mark.parametrize("cut", range(1, 8))
def test_bits_that_are_broken_anywhere_are_found(cut: int) -> None:
    stream, bits = SecretSearch(Secret(PLAIN.encode())).stream(), FORMS["binary"](PLAIN)
    assert stream.clean_line(bits.replace(" ", "")[:-cut]) == REMOVED
    assert stream.found


@pytest.mark.parametrize("cut", range(1, len(PLAIN)))
def test_of_a_secret_on_two_lines_fewer_than_eight_characters_pass(cut: int) -> None:
    stream = SecretSearch(Secret(PLAIN.encode())).stream()
    first, second = stream.clean_line(PLAIN[:cut]), stream.clean_line(PLAIN[cut:])
    passed = (first + second).replace(REMOVED, "")
    assert len(passed) < RUN
    assert second == REMOVED
    assert stream.found


@pytest.mark.parametrize("lead", range(11, 11 + 16))
def test_the_dump_of_a_structure_shows_no_run_of_the_secret(lead: int) -> None:
    stream = SecretSearch(Secret(PLAIN.encode())).stream()
    shown = [stream.clean_line(line) for line in dumped(PLAIN, lead).split("\n")]
    assert stream.found
    for line in shown:
        for at in range(len(PLAIN) - RUN + 1):
            part = PLAIN[at : at + RUN]
            assert part not in line
            assert part.encode().hex(" ") not in line
    assert "S3EUVBRJLB" in shown[0]


HEADS = (
    "[12:00:01] ",
    "[…]",
    "[   12.345678] app: ",
    "[  1234][I][main.cpp:23] setup(): ",
    "[00:00:01.234,000] <inf> app: ",
    "\x1b[0;32m[12:00:01.5] [main] ",
    "12:00:01.123 ",
    "2026-11-29T12:00:01Z ",
    "2026/11/29 12:00:01 [main] ",
    "I (12) app: ",
    "I (12:00:01.123) app_main: ",
)
OTHER_HEADS = ("12:00:01 INFO main - ", "D/app(12): ", "key, part 3 of 6 = ", "<info> key>", "")
"""Behind these, the last word of a line is known for a piece, and it alone."""
PIECES: Mapping[str, Callable[[str], str]] = {
    "plain": str,
    "quoted": lambda text: f"'{text}'",
    "hex": each("{:02x}"),
}
SPLIT_PIECES: Mapping[str, Callable[[str], str]] = {
    "hex with blanks": each("{:02x}", " "),
    "a C array": each("0x{:02x}", ", "),
    "decimal": each("{}", ", "),
    "C escapes": each("\\x{:02x}"),
    "escapes of Perl": each("\\x{{{:x}}}"),
}


def shown_in_pieces(head: str, form: Callable[[str], str], size: int, end: str = "") -> list[str]:
    """The secret, a piece a line, as it comes out of a stream."""
    stream = SecretSearch(Secret(PLAIN.encode())).stream()
    pieces = [PLAIN[at : at + size] for at in range(0, len(PLAIN), size)]
    shown = [stream.clean_line(f"{head}{form(piece)}{end}") for piece in pieces]
    return [p for p, line in zip(pieces, shown, strict=True) if line == f"{head}{form(p)}{end}"]


@pytest.mark.parametrize("size", [1, 2, 4, 7])
@pytest.mark.parametrize(
    ("head", "form"),
    [
        *((head, form) for head in HEADS for form in {**PIECES, **SPLIT_PIECES}),
        *((head, form) for head in OTHER_HEADS for form in PIECES),
    ],
)
def test_of_a_secret_in_pieces_behind_the_heads_of_lines_fewer_than_eight_characters_pass(
    head: str, form: str, size: int
) -> None:
    for end in ("", "\r"):
        passed = shown_in_pieces(head, {**PIECES, **SPLIT_PIECES}[form], size, end)
        assert size * len(passed) < RUN


@given(
    lines=st.lists(
        st.tuples(
            st.sampled_from(HEADS + OTHER_HEADS),
            st.lists(st.from_regex(r"[A-Za-z0-9.:=_-]{1,12}", fullmatch=True), max_size=6),
        ),
        max_size=30,
    )
)
def test_of_an_ordinary_log_nothing_is_taken_out(lines: list[tuple[str, list[str]]]) -> None:
    stream = SecretSearch(Secret(PLAIN.encode())).stream()
    for head, words in lines:
        line = head + " ".join(words)
        assert stream.clean_line(line) == line
    assert not stream.found


HARMLESS = (
    "",
    "I (300) app: product_id=S3EUVBRJLB device_name=58CF79000100",
    "rst:0x1 (POWERON),boot:0xc (SPI_FAST_FLASH_BOOT)",
    "A fatal error occurred: Invalid head of packet (0x5A): Possible serial noise or corruption.",
    "Zk8vQ2m",
    "100% of \\x5a, \\u006b and =6B",
    "[12:00:01] Zk8v\n[12:00:02] Q2m\n[12:00:03] done",
    "\ud800 \U0001f511 密钥",
)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert cleaned(text) == text


@given(st.text())
def test_any_text_can_be_searched(text: str) -> None:
    assert cleaned(text) == text


@given(st.binary(), st.lists(st.integers(0, 50), max_size=5))
def test_any_bytes_pass_a_stream_unchanged(data: bytes, cuts: list[int]) -> None:
    stream = SecretSearch(Secret(PLAIN.encode())).stream()
    assert b"".join(map(stream.clean_bytes, cut_up(data, cuts))) == data
    assert not stream.found


def test_what_stands_around_a_secret_stays() -> None:
    line = f"product_id=S3EUVBRJLB secret={PLAIN} device_name=58CF79000100"
    assert cleaned(line) == f"product_id=S3EUVBRJLB secret={REMOVED} device_name=58CF79000100"


@pytest.mark.parametrize("form", FORMS)
def test_the_line_behind_a_secret_stays_as_it_is(form: str) -> None:
    stream = SecretSearch(Secret(PLAIN.encode())).stream()
    stream.clean_line(f"D (310) app: {FORMS[form](PLAIN)}")
    for line in ("I (330) app: product_id=S3EUVBRJLB device_name=58CF79000100", "1200", "end"):
        assert stream.clean_line(line) == line


def test_a_secret_of_marks_alone_is_found() -> None:
    secret = "!#$&'()*+,-./:;<=>?@"
    for form in (str, json.dumps, quote, FORMS["hex"], FORMS["base64 behind 1 bytes"]):
        assert REMOVED in cleaned(form(secret), secret)


def test_a_search_may_learn_more_secrets_and_knows_none_at_first() -> None:
    search, other = SecretSearch(), "Q7wE2rT9yU4iO6pA1sD3fG5h"
    assert search.clean(PLAIN) == PLAIN
    search.add(Secret(PLAIN.encode()))
    search.add(Secret(other.encode()))
    search.add(Secret(other.encode()))
    assert search.clean(f"{other} {PLAIN}") == f"{REMOVED} {REMOVED}"


def test_a_search_shows_none_of_what_it_looks_for() -> None:
    search = SecretSearch(Secret(PLAIN.encode()))
    for shown in (repr(search), str(search), repr(search.stream()), repr([*search._alphabets])):
        assert PLAIN.lower() not in shown.lower()
    with pytest.raises(TypeError):
        pickle.dumps(search)


@pytest.mark.parametrize(
    "unit",
    [
        *("lorem ipsum ", PLAIN, "5a6b3876z", "\\", "\x1b[0", "\n", "%25", "0x", "\\x{5a}", "\\x{"),
        *("\n[", "\n[12:00:01] Zk8v ", "\n[a][b]", "\n1:11:11", "\nI (1) a", "\n>>> ", ">"),
        *("[0]=0x5a ", "132 161 070 ", "01011010", "90 ", "[0]=", "5a6b3876" * 20 + " "),
    ],
)
def test_the_time_grows_with_the_text_and_no_faster(unit: str) -> None:
    def seconds(size: int) -> float:
        """Of three tries the shortest: another process on the machine only ever adds time."""
        text = unit * (size // len(unit))
        tries = timeit.repeat(lambda: cleaned(text), timer=time.process_time, number=1, repeat=3)
        return min(tries)

    assert seconds(200_000) < 30 * max(seconds(20_000), 0.005)  # quadratic would be 100 times
