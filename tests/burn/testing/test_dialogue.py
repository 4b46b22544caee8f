"""A dialogue with a firmware: what it answers, and whatever else it may print."""

from collections.abc import Callable, Iterator

import pytest

from burner.burn.testing.answer import TestAnswer
from burner.burn.testing.dialogue import MAX_HEARD, hold_dialogue
from burner.core.errors import BurnerError
from burner.core.secrets.search import REMOVED, SecretSearch
from burner.devices.device import SerialLine
from burner.devices.wire import Message
from burner.devices.worker_line import WorkerLine
from burner.profile.tests import DialogueLine, SerialDialogue
from tests.burn.one_slot import SECRET
from tests.devices.esp_in_memory import FakeBoard, FakeDevice


class Clock:
    """A clock that only moves when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


class Console:
    """What a firmware prints after each question; nothing comes late."""

    def __init__(self, clock: Clock, firmware: Callable[[bytes], Iterator[bytes]]) -> None:
        self.clock, self.firmware = clock, firmware
        self.pieces: Iterator[bytes] = firmware(b"")
        self.sent: list[bytes] = []

    def send(self, data: bytes) -> None:
        self.sent.append(data)
        self.pieces = self.firmware(data)

    def receive(self, timeout_s: float) -> bytes:
        piece = next(self.pieces, b"") if timeout_s else b""
        self.clock.now += 0.001 if piece else timeout_s
        return piece

    def set_baud(self, baud: int) -> None:
        pass

    def close(self) -> None:
        pass


class Unit(FakeDevice):
    def __init__(self, firmware: Callable[[bytes], Iterator[bytes]]) -> None:
        super().__init__(FakeBoard())
        self.clock = Clock()
        self.console = Console(self.clock, firmware)
        self.opened: list[tuple[str, int]] = []

    def line(self, port: str = "esp", baud: int = 115200) -> SerialLine:
        self._enter("line")
        self.opened.append((port, baud))
        return self.console

    def asked(self, *lines: DialogueLine, **settings: object) -> TestAnswer:
        dialogue = SerialDialogue(lines=lines, **settings)  # type: ignore[arg-type]
        return hold_dialogue(self, dialogue, 74880, self.clock, self.clock.pause)


def led(question: bytes) -> Iterator[bytes]:
    """Answers in pieces, with other lines around."""
    if question.startswith(b"led"):
        yield from (b"I (12) app: ok\r", b"\nled=R", b"ED lux=12.30\r\nmore\r\n")


LED = DialogueLine(send="led red\r\n", expect=r"led=(?P<color>\w+) lux=(?P<lux>[\d.]+)")


def test_an_answer_gives_the_values_of_its_named_groups_to_the_last_digit() -> None:
    unit = Unit(led)
    assert unit.asked(LED) == TestAnswer({"color": "RED", "lux": "12.30"})
    assert unit.console.sent == [b"led red\r\n"]
    assert unit.opened == [("esp", 74880)]


def test_a_dialogue_has_its_own_port_and_rate() -> None:
    unit = Unit(led)
    unit.asked(LED, port="meter", baud=9600)
    assert unit.opened == [("meter", 9600)]


def test_an_answer_to_an_earlier_question_answers_no_later_one() -> None:
    unit = Unit(lambda question: iter([b"ok\r\nok\r\n"] if question == b"a" else []))
    answer = unit.asked(DialogueLine(send="a", expect="ok"), DialogueLine(send="b", expect="ok"))
    assert (answer.code, answer.detail) == (
        "E658",
        "line 2: no line matched 'ok'; nothing more came",
    )


class Waiting(Console):
    """Has printed something before the first question."""

    before = b""

    def receive(self, timeout_s: float) -> bytes:
        if not self.sent and self.before:
            came, self.before = self.before, b""
            return came
        return super().receive(timeout_s)


@pytest.mark.parametrize(
    ("before", "after", "values"),
    [
        (b"adc=1\nadc=99", [b"9", b"9\r\n", b"adc=42\n"], {"adc": "42"}),
        (b"adc=99", [b"9" * 1000, b"\nadc=42\n"], {"adc": "42"}),
        (b"adc=99", [b"9\n"], {}),
        (b"adc=1\n", [b"adc=42\n"], {"adc": "42"}),
        (b"esp32> ", [b"adc=42\n"], {"adc": "42"}),
        (b"esp32> ", [b"adc?\r\n", b"adc=42\n"], {"adc": "42"}),
    ],
)
def test_a_line_that_had_begun_before_the_question_does_not_answer_it(
    before: bytes, after: list[bytes], values: dict[str, str]
) -> None:
    unit = Unit(lambda question: iter(after if question else []))
    unit.console = Waiting(unit.clock, unit.console.firmware)
    unit.console.before = before
    assert unit.asked(DialogueLine(send="adc?\n", expect=r"adc=(?P<adc>\d+)")).values == values


def test_several_lines_of_one_answer_are_expected_one_after_the_other() -> None:
    unit = Unit(lambda _: iter([b"a=1\nb=2\n"]))
    lines = (DialogueLine(send="?", expect="a=(?P<a>.)"), DialogueLine(expect="b=(?P<b>.)"))
    assert unit.asked(*lines).values == {"a": "1", "b": "2"}


def flood(_: bytes) -> Iterator[bytes]:
    while True:
        yield b"noise " * 600 + b"\n"


def endless(_: bytes) -> Iterator[bytes]:
    while True:
        yield b"x" * 4096


@pytest.mark.parametrize(
    ("firmware", "why"),
    [
        (lambda _: iter(()), "nothing came"),
        (lambda _: iter([b"\xff\xfe\x00\x80" * 3]), "the last line has no end: '��"),
        (lambda _: iter([b"led=RED lux=12"]), "the last line has no end: 'led=RED lux=12'"),
        (lambda _: iter([b"ESP-ROM:esp32c3\r\n", b"boot\r\n"]), "last line was 'boot'"),
        (flood, f"the unit printed more than {MAX_HEARD} bytes"),
        (endless, f"the unit printed more than {MAX_HEARD} bytes"),
    ],
)
def test_whatever_else_a_firmware_prints_the_dialogue_ends_and_says_what_came(
    firmware: Callable[[bytes], Iterator[bytes]], why: str
) -> None:
    unit = Unit(firmware)
    answer = unit.asked(LED)
    assert answer.code == "E658"
    assert answer.detail.partition("; ")[2].startswith(why)
    assert unit.clock.now <= 2.0 + 1.0


def test_a_port_that_goes_away_and_comes_back_is_a_unit_that_restarted() -> None:
    class Restarting(Console):
        def receive(self, timeout_s: float) -> bytes:
            raise BurnerError("E308", "gone")

    unit = Unit(led)
    unit.console = Restarting(unit.clock, led)
    answer = unit.asked(LED)
    assert (answer.code, answer.detail) == ("E658", "its port went away and came back")


def test_a_port_that_comes_back_late_after_the_reset_is_waited_for() -> None:
    unit = Unit(led)
    unit.fails("line", "E302", times=5)
    assert unit.asked(LED).values["color"] == "RED"


def test_a_port_that_stays_away_is_no_fault_of_the_unit() -> None:
    unit = Unit(led)
    unit.fails("line", "E302", times=1000)
    with pytest.raises(BurnerError) as caught:
        unit.asked(LED)
    assert caught.value.code == "E302"


def test_what_a_firmware_prints_of_the_secret_is_in_no_value() -> None:
    """Over the line of real slots, which takes the secret out of all that is received."""
    said = iter([f"key={SECRET.reveal().decode()}\r\n".encode()])

    def ask(kind: str, payload: bytes = b"", **_: object) -> Message:
        return Message("done", {}, next(said, b"") if kind == "line_receive" else payload)

    secrets = SecretSearch(SECRET).stream()

    class RealLine(FakeDevice):
        def line(self, port: str = "esp", baud: int = 115200) -> SerialLine:
            return WorkerLine(ask, port, secrets)

    clock = Clock()
    dialogue = SerialDialogue(lines=(DialogueLine(expect=r"key=(?P<key>.+)"),))
    answer = hold_dialogue(RealLine(), dialogue, 115200, clock, clock.pause)
    assert answer.values == {"key": REMOVED}
    assert secrets.found
