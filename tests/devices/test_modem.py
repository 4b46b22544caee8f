"""The modem dialogue: every dialect, every vice, and no way to write or to take a wrong IMEI."""

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burner.bench.modem.modem import KINDS, SimModem
from burner.bench.unit.modem_spec import ModemSpec, imei_for
from burner.core.errors import BurnerError
from burner.devices.modem import read_imei, read_serial
from burner.identity.modem_dialects import COMMANDS, IMEI_DIALECTS, parse_answer
from burner.identity.settings import ImeiSettings, SerialSettings
from tests.bench.modem_line import VirtualLine

IMEI = "490154203237518"
OTHER = "351756051523993"
PACKAGE = Path(__file__).parents[2] / "burner"


def read(spec: ModemSpec, **fields: object) -> str:
    line = VirtualLine(SimModem(spec))
    rules = ImeiSettings.model_validate(fields)
    try:
        return read_imei(line, rules, line.clock)
    finally:
        assert line.now <= rules.timeout_s + 0.01
        assert {data.decode().strip() for data in line.sent} <= COMMANDS


def code_of(spec: ModemSpec, **fields: object) -> str:
    with pytest.raises(BurnerError) as refused:
        read(spec, **fields)
    return refused.value.code


# -- dialects ---------------------------------------------------------------------------------


@pytest.mark.parametrize("noise", [False, True], ids=["clean", "noisy"])
@pytest.mark.parametrize("echo", [False, True], ids=["mute", "echo"])
@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"tencent-wifi"}))
def test_every_kind_of_modem_tells_its_imei(kind: str, echo: bool, noise: bool) -> None:
    spec = ModemSpec(kind=kind, echo=echo, noise=noise)  # type: ignore[arg-type]
    assert read(spec) == IMEI


@pytest.mark.parametrize(
    ("command", "transcript"),
    [
        ("AT+CGSN", "AT+CGSN\r\r\n490154203237518\r\n\r\nOK\r\n"),
        ("AT+CGSN", "490154203237518\r\nOK\r\n"),
        ("AT+GSN", "\r\n490154203237518\r\n\r\nOK\r\n"),
        ("AT+CGSN=1", '\r\n+CGSN: "490154203237518"\r\n\r\nOK\r\n'),
        ("AT+CGSN=1", "\r\n+CGSN:490154203237518\r\n\r\nOK\r\n"),
        ("AT+GSN?", '+GSN: "490154203237518"\r\nOK\r\n'),
        ("AT+SIMEI?", "+SIMEI: 490154203237518\r\n\r\nOK\r\n"),
        ("AT+EGMR=0,7", '+EGMR: "490154203237518"\r\n\r\nOK\r\n'),
        (
            "AT+TCMODULE",
            "Module HW name: M1\r\nModule FW version: V1\r\nModule IMEI: 490154203237518\r\nOK\r\n",
        ),
    ],
)
def test_answers_as_vendors_print_them_are_understood(command: str, transcript: str) -> None:
    answer = parse_answer(transcript.encode(), command)
    assert answer
    assert answer.ok
    assert IMEI_DIALECTS[command].values(answer.lines) == (IMEI,)  # type: ignore[index]


PREFIXES = {
    "AT+CGSN=1": "+CGSN:",
    "AT+CGSN": "+CGSN:",
    "AT+GSN": "+GSN:",
    "AT+GSN?": "+GSN:",
    "AT+SIMEI?": "+SIMEI:",
    "AT+EGMR=0,7": "+EGMR:",
}


@pytest.mark.parametrize("quote", ["", '"'], ids=["plain", "quoted"])
@pytest.mark.parametrize("blank", ["", " "], ids=["close", "blank"])
@pytest.mark.parametrize("prefixed", [True, False], ids=["prefix", "bare"])
@pytest.mark.parametrize("command", PREFIXES)
def test_every_form_of_an_answer_to_every_command_is_understood(
    command: str, prefixed: bool, blank: str, quote: str
) -> None:
    """Recorded of a Neoway N706: `AT+CGSN` is answered with `+CGSN: 862140060226843`."""
    line = f"{PREFIXES[command] + blank if prefixed else ''}{quote}862140060226843{quote}"

    def answer(asked: str, _: int) -> Sequence[tuple[float, bytes]]:
        reply = f"\r\n{line}\r\n\r\nOK" if asked == command else "\r\nERROR"
        return [(0.0, f"{asked}\r{reply}\r\n".encode())]

    assert ask(answer, commands=list(PREFIXES)) == "862140060226843"


@pytest.mark.parametrize("prefixed", [True, False], ids=["prefix", "bare"])
@pytest.mark.parametrize("command", PREFIXES)
@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("8621400602268431", "E425"),  # an IMEISV
        ("862140060226842", "E421"),
        ("86214006022684", "E420"),
        ("89860318740000123456", "E331"),  # an ICCID
        ("N706-862140060226843", "E331"),
    ],
)
def test_a_number_that_is_no_imei_is_refused_in_every_form(
    command: str, prefixed: bool, number: str, code: str
) -> None:
    line = f"{PREFIXES[command] + ' ' if prefixed else ''}{number}\r\nOK\r\n".encode()
    with pytest.raises(BurnerError, match=code):
        ask(lambda *_: [(0.0, line)], commands=[command])


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("AT+CGSN", "89860318740000123456"),
        ("AT+CGSN", "8986031874000012345"),
        ("AT+CGSN", "+CCID: 89860318740000123456"),
        ("AT+CGSN", "+QCCID: 490154203237518"),
        ("AT+CGSN", "4c6f72656d2d6970-490154203237518"),
        ("AT+CGSN", "IMEI 490154203237518"),
        ("AT+CGSN", "４９0154203237518"),
        ("AT+CGSN", '+CGSN: "490154203237518'),
        ("AT+CGSN", '490154203237518"'),
        ("AT+CGSN", "+CGSN: 8986031874000012345"),
        ("AT+CGSN", "+GSN: 490154203237518"),
        ("AT+CGSN", "+CGSN: 490154203237518,1"),
        ("AT+CGSN=1", "+CGSN: 89860318740000123456"),
        ("AT+GSN?", '+CGSN: "490154203237518"'),
        ("AT+EGMR=0,7", "+EGMR: (0,1),(5,7,9,10)"),
    ],
)
def test_an_iccid_or_another_prefix_is_never_an_imei(command: str, line: str) -> None:
    assert IMEI_DIALECTS[command].values([line]) == ()  # type: ignore[index]


@pytest.mark.parametrize(
    ("data", "result"),
    [
        (b"490154203237518\r\n", None),
        (b"490154203237518\r\n\r\nO", None),
        (b"490154203237518\r\n\r\nOK", None),
        (b"490154203237518\r\n\r\nOK\r\n", "OK"),
        (b"\r\nERROR\r\n", "ERROR"),
        (b"\r\n+CME ERROR: 10\r\n", "+CME ERROR: 10"),
        (b"\r\n+CMS ERROR: 302\r\n", "+CMS ERROR: 302"),
        (b"ERR CODE:0x01090000\r\n\r\nERROR\r\n", "ERR CODE:0x01090000"),
        (b"NOT OK\r\n", None),
        (b"\xff\xfeOK\r\n", None),
    ],
)
def test_an_answer_ends_with_its_final_line(data: bytes, result: str | None) -> None:
    answer = parse_answer(data, "AT+CGSN")
    assert (answer.result if answer else None) == result


def test_a_modem_on_another_command_than_the_profile_lists_tells_nothing() -> None:
    assert code_of(ModemSpec(kind="fibocom"), commands=["AT+CGSN", "AT+SIMEI?"]) == "E331"
    assert code_of(ModemSpec(kind="tencent-wifi", mac="3c:71:bf:00:00:01")) == "E331"


def test_bare_cgsn_of_an_nb_iot_part_is_passed_over_for_the_command_that_tells_the_imei() -> None:
    assert read(ModemSpec(kind="bc26"), commands=["AT+CGSN", "AT+CGSN=1"]) == IMEI


# -- vices ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vice", "code"),
    [
        ({"silent": True}, "E330"),
        ({"boot_s": 60.0}, "E330"),
        ({"late_s": 60.0}, "E330"),
        ({"cme": 10}, "E332"),
        ({"next_imei": imei_for(1, 2, "49015420")}, "E333"),
        ({"two_imeis": OTHER}, "E334"),
        ({"no_ok": True}, "E335"),
        ({"baud": 4800, "noise": True}, "E336"),
        ({"imei": "490154203237519"}, "E421"),
        ({"imei": OTHER}, "E422"),
        ({"imei": "222222222222222"}, "E423"),
        ({"imei": "0"}, "E424"),
        ({"imei": "000000000000000"}, "E424"),
        ({"imei": "4901542032375101"}, "E425"),
        ({"imei": "49015420323751"}, "E420"),
    ],
)
def test_a_modem_that_is_not_in_order_is_refused_with_its_code(
    vice: dict[str, object], code: str
) -> None:
    spec = replace(ModemSpec(), **vice)  # type: ignore[arg-type]
    assert code_of(spec, tac=["49015420"], answer_s=1) == code


@pytest.mark.parametrize(
    "vice",
    [
        {"boot_s": 8.0, "noise": True},
        {"late_s": 0.3},
        {"late_s": 0.6},
        {"late_s": 1.1, "noise": True, "boot_s": 2.0},
        {"late_s": 1.1, "baud": 9600},
        {"baud": 9600},
        {"baud": 921600, "noise": True},
        {"two_imeis": IMEI},
    ],
)
def test_a_slow_or_talkative_modem_passes(vice: dict[str, object]) -> None:
    assert read(replace(ModemSpec(), **vice)) == IMEI  # type: ignore[arg-type]


def test_a_very_slow_modem_passes_where_its_rate_is_known() -> None:
    assert read(ModemSpec(late_s=2.5, echo=False), bauds=[115200]) == IMEI


class Script:
    """A modem that answers each command with what a function says, at once or later."""

    def __init__(self, answer: Callable[[str, int], Sequence[tuple[float, bytes]]]) -> None:
        self.answer = answer
        self.asked = 0
        self.out: list[tuple[float, bytes]] = []

    def receive(self, data: bytes, now: float) -> None:
        command = data.decode().strip()
        self.asked += command != "AT"
        replies = [(0.0, b"OK\r\n")] if command == "AT" else self.answer(command, self.asked)
        self.out = sorted([*self.out, *((now + after, text) for after, text in replies)])

    def set_host_baud(self, baud: int, now: float) -> None: ...

    def take(self, now: float) -> bytes:
        ready = b"".join(text for at, text in self.out if at <= now)
        self.out = [(at, text) for at, text in self.out if at > now]
        return ready

    def due(self) -> float | None:
        return self.out[0][0] if self.out else None


def ask(answer: Callable[[str, int], Sequence[tuple[float, bytes]]], **fields: object) -> str:
    line = VirtualLine(Script(answer))
    rules = ImeiSettings.model_validate({"commands": ["AT+CGSN"], **fields})
    try:
        return read_imei(line, rules, line.clock)
    finally:
        assert line.now <= rules.timeout_s + 0.01


GOOD = b"\r\n490154203237518\r\n\r\nOK\r\n"


def test_an_answer_that_comes_after_its_time_answers_the_second_asking() -> None:
    assert ask(lambda _, n: [(4.0 if n == 1 else 0.0, GOOD)]) == IMEI


def test_an_answer_may_come_byte_by_byte() -> None:
    assert ask(lambda *_: [(i / 100, GOOD[i : i + 1]) for i in range(len(GOOD))]) == IMEI


def test_an_answer_cut_short_is_not_taken() -> None:
    with pytest.raises(BurnerError, match="E335"):
        ask(lambda *_: [(0, GOOD[:-3])])


def test_a_late_answer_to_another_command_is_not_taken_for_this_one() -> None:
    def answer(command: str, asked: int) -> Sequence[tuple[float, bytes]]:
        if command == "AT+CGSN=1":
            return [(9.5, b"+CGSN: 351756051523993\r\nOK\r\n")]
        return [(5.0, GOOD)]

    with pytest.raises(BurnerError, match="E335"):
        ask(answer, commands=["AT+CGSN=1", "AT+CGSN"], answer_s=3)


def test_a_late_number_of_another_command_is_not_taken_for_an_imei_in_its_other_form() -> None:
    """Bare `AT+CGSN` of some NB-IoT parts is a serial number; digits alone answer `=1` too."""

    def answer(command: str, _: int) -> Sequence[tuple[float, bytes]]:
        return [(7.0, b"351756051523993\r\nOK\r\n")] if command == "AT+CGSN" else []

    with pytest.raises(BurnerError, match="E335"):
        ask(answer, commands=["AT+CGSN", "AT+CGSN=1"], answer_s=3)


def test_endless_talk_ends() -> None:
    with pytest.raises(BurnerError, match="E335"):
        ask(lambda *_: [(i / 1000, b"+CREG: 1\r\n" * 50) for i in range(1000)])


def test_a_line_that_never_falls_silent_is_read_all_the_same() -> None:
    chatter = [(i / 10, b"+CSQ: 20,99\r\n") for i in range(300)]
    assert ask(lambda _, n: [(0, GOOD), *chatter][: 301 if n == 1 else 1], timeout_s=60) == IMEI


def test_the_serial_number_a_modem_keeps_is_read_the_same_way() -> None:
    line = VirtualLine(SimModem(ModemSpec(serial="D1A2B3C4", noise=True)))
    rules = SerialSettings(source="modem", pattern="D[0-9A-F]{7}")
    assert read_serial(line, rules, line.clock) == "D1A2B3C4"
    line = VirtualLine(SimModem(ModemSpec(serial="X1")))
    with pytest.raises(BurnerError, match="E430"):
        read_serial(line, rules, line.clock)


# -- fuzz -------------------------------------------------------------------------------------

LINES = st.one_of(
    st.sampled_from(
        [
            b"",
            b"OK",
            b"ERROR",
            b"RDY",
            b"+CPIN: READY",
            b"+CME ERROR: 3",
            b"AT+CGSN",
            b"+CGSN: 490154203237519",
            b"+CGSN:",
            b"89860318740000123456",
            b"+QCCID: 89860318740000123456",
            b"4901542032375101",
            b"490154203237519",
            b"49015420323751",
            b"0",
        ]
    ),
    st.binary(max_size=24),
)
NOISE = st.lists(LINES, max_size=8).map(lambda lines: b"\r\n".join([*lines, b""]))
TALK = st.lists(st.tuples(st.floats(0, 5), NOISE), max_size=4)
CODES = {f"E33{n}" for n in range(7)} | {f"E42{n}" for n in range(6)}


def _verdict(answers: Sequence[Sequence[tuple[float, bytes]]]) -> str:
    try:
        return ask(
            lambda _, n: answers[n % len(answers)], commands=["AT+CGSN=1", "AT+CGSN"], answer_s=1
        )
    except BurnerError as error:
        return error.code


@given(st.lists(TALK, min_size=1, max_size=4))
def test_no_noise_is_ever_taken_for_an_imei(answers: list[list[tuple[float, bytes]]]) -> None:
    assert _verdict(answers) in CODES


@given(st.lists(TALK, min_size=1, max_size=4), st.data())
def test_an_imei_in_noise_is_the_true_one_or_refused(
    answers: list[list[tuple[float, bytes]]], data: st.DataObject
) -> None:
    for talk in answers:
        talk.insert(data.draw(st.integers(0, len(talk))), (data.draw(st.floats(0, 2)), GOOD))
    assert _verdict(answers) in CODES | {IMEI}


@pytest.mark.full
@pytest.mark.timeout(600)
@settings(max_examples=10_000, deadline=None)
@given(st.lists(TALK, min_size=1, max_size=4), st.integers(0, 3))
def test_no_noise_is_ever_taken_for_an_imei_at_length(
    answers: list[list[tuple[float, bytes]]], genuine: int
) -> None:
    answers[0] = [*answers[0][:genuine], (0.5, GOOD), *answers[0][genuine:]]
    assert _verdict(answers) in CODES | {IMEI}


@given(st.binary(max_size=300), st.sampled_from(sorted(COMMANDS)))
def test_any_bytes_parse_or_wait_for_more(data: bytes, command: str) -> None:
    answer = parse_answer(data, command)
    if answer:
        assert all(line and "\r" not in line for line in answer.lines)


# -- no command writes an identity ------------------------------------------------------------

WRITES = re.compile(
    r"EGMR\s*=\s*1|=\s*1\s*,\s*(7|10)\b|\+S?IMEI\s*=|\+CGSN\s*=\s*[^1?\s]|WIMEI", re.I
)


def strings_of(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    texts = (node.value for node in nodes)
    return [
        text.decode("latin-1") if isinstance(text, bytes) else text
        for text in texts
        if isinstance(text, str | bytes)
    ]


def test_no_string_of_the_whole_package_writes_an_identity() -> None:
    guilty = [
        (path.relative_to(PACKAGE).as_posix(), text)
        for path in sorted(PACKAGE.rglob("*.py"))
        for text in strings_of(path)
        if WRITES.search(text)
    ]
    assert guilty == []


def test_no_other_file_of_the_package_holds_such_a_command() -> None:
    data = (p for p in PACKAGE.rglob("*") if p.is_file() and p.suffix in (".toml", ".yaml", ".md"))
    assert [p.name for p in data if re.search(r"EGMR\s*=\s*1", p.read_text("utf-8"))] == []


@pytest.mark.parametrize("command", ["AT+EGMR=1,7", 'AT+SIMEI="1"', "AT+EGMR=1,10"])
def test_the_search_for_writing_commands_finds_them(command: str) -> None:
    assert WRITES.search(command)


def test_all_that_is_ever_sent_is_on_the_list_of_reading_commands() -> None:
    assert {
        "AT",
        "AT+CGSN=1",
        "AT+CGSN",
        "AT+GSN",
        "AT+GSN?",
        "AT+SIMEI?",
        "AT+EGMR=0,7",
        "AT+EGMR=0,5",
        "AT+TCMODULE",
    } == COMMANDS


def test_the_door_has_one_place_that_sends_and_it_looks_at_the_list() -> None:
    tree = ast.parse((PACKAGE / "devices" / "modem.py").read_text(encoding="utf-8"))
    senders = [
        function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and node.attr == "send"
    ]
    assert senders == ["ask"]
