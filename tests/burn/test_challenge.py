"""The station's challenge in an attempt: who passes, who fails, and what is recorded."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from burner.bench.firmware.challenge import ChallengedFirmware, OwnIdentity
from burner.burn.challenge import challenge_unit, comes_late, compare_answer
from burner.burn.comparison import Comparison, ComparisonVerdict, all_match
from burner.burn.verify import compare_with_record
from burner.core.attempt import Outcome, Record, has_answered
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.devices.device import ANY_CHIP, ConnectPlan
from burner.profile.boot import BootSettings
from burner.provisioning.challenge import response
from burner.provisioning.key_config import KeyConfig
from burner.release.release import KeylessRelease, Release
from burner.station.slots.retry import tries
from tests.burn.one_slot import NAME, PRODUCT, SECRET, Line, boot_lines, ended
from tests.devices.esp_in_memory import FakeBoard, FakeDevice

KEY = KeyConfig(PRODUCT, SECRET)
Answers = Callable[[bytes], bytes]


def firmware(key: KeyConfig = KEY, name: str = NAME, since_s: float = 1.0, **more: bool) -> Answers:
    """A firmware with this key and this name."""
    own = ChallengedFirmware(
        lambda: OwnIdentity(key, name), registered=more.pop("registered", False)
    )
    return lambda sent: own.receive(sent, since_s)


@pytest.fixture
def release(release: Release) -> Release:
    return challenged(release)


def challenged(release: Release, **boot: Any) -> Release:
    """The release, with a firmware that is asked."""
    settings = release.profile.boot.model_copy(update={"challenge": True, **boot})
    profile = release.profile.model_copy(update={"boot": settings})
    return replace(release, profile=profile)


PLAN = ConnectPlan(ANY_CHIP, 115200)


def no_second_start() -> None:
    pytest.fail("it is started again")


class Console:
    """The line of a dialogue on which waiting is what moves the clock."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.now = 0.0
        self.baud = 0
        self.sent: list[bytes] = []
        self._waiting = b""

    def clock(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds

    def send(self, data: bytes) -> None:
        self.sent.append(data)
        self._waiting += self.answers(data)

    def holds(self, data: bytes) -> None:
        """Bytes that nobody has read yet."""
        self._waiting += data

    def receive(self, timeout_s: float) -> bytes:
        taken, self._waiting = self._waiting, b""
        if not taken:
            self.now += timeout_s
        return taken

    def set_baud(self, baud: int) -> None:
        self.baud = baud

    def close(self) -> None: ...


class ConsoleDevice(FakeDevice):
    def __init__(self, console: Console) -> None:
        super().__init__(FakeBoard())
        self.console = console

    def line(self, port: str = "esp", baud: int = 115200) -> Console:
        self._enter("line", port)
        self.console.set_baud(baud)
        return self.console


def asked(release: Release, answers: Answers) -> tuple[Console, BurnerError | None]:
    console = Console(answers)
    try:
        challenge_unit(ConsoleDevice(console), release, NAME, console.clock, console.pause)
    except BurnerError as error:
        return console, error
    return console, None


def refused(release: Release, answers: Answers) -> tuple[str, str]:
    error = asked(release, answers)[1]
    assert error
    return error.code, error.detail


# -- an attempt ------------------------------------------------------------------------------------


def test_a_unit_that_answers_passes_and_the_record_says_so(line: Line, board: FakeBoard) -> None:
    record = line.burn(FakeDevice(board, {"esp": firmware()}))
    assert ended(record) == (Outcome.PASS, "")
    assert has_answered(record.result.evidence)
    assert record.result.evidence["challenge_version"] == 1


def test_a_profile_without_challenge_asks_nothing(line: Line, board: FakeBoard) -> None:
    line.job = replace(line.job, release=challenged(line.job.release, challenge=False))
    device = FakeDevice(board)
    assert ended(line.burn(device)) == (Outcome.PASS, "")
    assert "line esp" not in device.calls


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (KeyConfig(PRODUCT, Secret(b"anotherSecretProductKey1")), NAME),
        (KeyConfig("S3EUVBRJLB", SECRET), NAME),
        (KeyConfig(PRODUCT, SECRET, "burned-name"), NAME),
        (KEY, "6055F9000002"),
    ],
)
def test_a_unit_with_another_key_or_name_fails_though_it_prints_the_right_lines(
    line: Line, board: FakeBoard, key: KeyConfig, name: str
) -> None:
    record = line.burn(FakeDevice(board, {"esp": firmware(key, name)}))
    assert ended(record) == (Outcome.FAIL, "E630")
    assert not has_answered(record.result.evidence)


def test_a_wrong_line_is_found_before_anything_is_asked(line: Line, board: FakeBoard) -> None:
    board.prints = boot_lines(name="another")
    device = FakeDevice(board, {"esp": firmware()})
    assert ended(line.burn(device)) == (Outcome.FAIL, "E603")
    assert "line esp" not in device.calls


def test_neither_the_secret_nor_an_answer_is_on_record(line: Line, board: FakeBoard) -> None:
    heard: list[bytes] = []
    own = firmware(KeyConfig(PRODUCT, Secret(b"anotherSecretProductKey1")))

    def answers(sent: bytes) -> bytes:
        heard.append(own(sent))
        return heard[-1]

    record = line.burn(FakeDevice(board, {"esp": answers}))
    digits = heard[0].split()[2].decode()
    text = json.dumps(record.result.evidence) + record.result.detail
    assert len(digits) == 64
    assert digits not in text
    assert SECRET.reveal().decode() not in text


def test_a_known_unit_is_not_asked_again(line: Line, board: FakeBoard) -> None:
    line.burn(FakeDevice(board, {"esp": firmware()}))
    again = FakeDevice(board)
    line.burn(again)
    assert line.known
    assert "line esp" not in again.calls


def test_a_rework_is_asked_again(line: Line, board: FakeBoard) -> None:
    line.burn(FakeDevice(board, {"esp": firmware()}))
    record = line.burn(FakeDevice(board, {"esp": firmware()}), rework="again")
    assert has_answered(record.result.evidence)


def test_a_person_who_stops_the_station_meanwhile_fails_no_unit(
    line: Line, board: FakeBoard
) -> None:
    device = FakeDevice(board, {"esp": firmware()})
    device.fails("line", "E902")
    assert ended(line.burn(device, aborted="yes")) == (Outcome.ABORTED, "E458")


def test_a_unit_whose_start_is_long_ago_is_started_again_first(
    line: Line, board: FakeBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("burner.burn.unit_connection.comes_late", lambda *_: True)
    device = FakeDevice(board, {"esp": firmware()})
    assert ended(line.burn(device)) == (Outcome.PASS, "")
    assert device.calls[-4:] == ["boot", "identify", "boot", "line esp"]


@pytest.mark.parametrize(
    ("since_reset_s", "since_lines_s", "late"),
    [(0.5, 0.1, False), (4.0, 4.0, False), (7.2, 0.2, False), (11.0, 4.0, True), (6.0, 5.6, True)],
)
def test_a_unit_is_started_again_where_something_else_took_the_time_to_answer(
    since_reset_s: float, since_lines_s: float, late: bool
) -> None:
    assert comes_late(since_reset_s, since_lines_s) is late


# -- the dialogue ----------------------------------------------------------------------------------


def test_every_challenge_has_a_nonce_of_its_own(release: Release) -> None:
    asked_lines = {asked(release, firmware())[0].sent[0] for _ in range(5)}
    assert len(asked_lines) == 5


def test_a_right_answer_to_another_nonce_is_wrong(release: Release) -> None:
    earlier = asked(release, firmware())[0]
    old = firmware()(earlier.sent[0])
    assert refused(release, lambda _: old)[0] == "E630"


@pytest.mark.parametrize("lost", range(1, 5))
def test_a_question_that_is_lost_is_sent_again_with_its_nonce(release: Release, lost: int) -> None:
    own, tries = firmware(), list[bytes]()

    def answers(sent: bytes) -> bytes:
        tries.append(sent)
        return own(sent) if len(tries) > lost else b""

    assert asked(release, answers)[1] is None
    assert len(tries) == lost + 1
    assert len(set(tries)) == 1


def test_what_came_before_the_question_answers_none(release: Release) -> None:
    for old in (response("ab" * 32), response("refused answered"), response("refused late")):
        console = Console(firmware())
        console.holds(old)
        challenge_unit(ConsoleDevice(console), release, NAME, console.clock, console.pause)


def test_a_firmware_that_echoes_its_input_is_understood(release: Release) -> None:
    own = firmware()
    assert asked(release, lambda sent: sent + own(sent))[1] is None


def test_an_echo_alone_is_no_answer(release: Release) -> None:
    code, detail = refused(release, lambda sent: sent)
    assert code == "E632"
    assert "none of them a response" in detail


@pytest.mark.parametrize("noise", [b"I (312) wifi: up", b"\xff" * 3000, b"BURNER-RESPONSE 1 "])
def test_noise_without_line_ends_around_the_answer_does_not_matter(
    release: Release, noise: bytes
) -> None:
    own = firmware()
    assert asked(release, lambda sent: noise + own(sent).strip() + noise)[1] is None


@pytest.mark.parametrize(("timeout_s", "waited_s"), [(0.5, 3.0), (4.0, 4.0)])
def test_a_unit_that_says_nothing_is_given_the_time_of_the_profile(
    release: Release, timeout_s: float, waited_s: float
) -> None:
    console, error = asked(challenged(release, timeout_s=timeout_s), lambda _: b"")
    assert error
    assert (error.code, error.detail) == ("E632", "nothing came")
    assert console.now == pytest.approx(waited_s)
    assert len(console.sent) >= 10


def test_an_answer_that_the_line_damaged_is_no_answer(release: Release) -> None:
    """The firmware answers once only: the next try starts it again."""
    own, sound = firmware(), iter([False])

    def damaged_once(sent: bytes) -> bytes:
        text = own(sent)
        return text if next(sound, True) else text.replace(b"RESPONSE", b"RESP\x00NSE")

    assert refused(release, damaged_once) == ("E632", "its answer was lost on the line")


@pytest.mark.parametrize(
    ("answers", "detail"),
    [
        (firmware(registered=True), "registered: it has registered with the cloud"),
        (firmware(since_s=10.1), "late: it started more than ten seconds ago"),
        (lambda _: response("refused key"), "key: it has no key or no name"),
        (lambda _: response("refused nonce"), "nonce: it wants another nonce"),
        (lambda _: response("refused tired"), "tired"),
    ],
)
def test_a_refusal_is_named(release: Release, answers: Answers, detail: str) -> None:
    assert refused(release, answers) == ("E631", detail)


def test_what_was_printed_right_is_not_suspected(release: Release) -> None:
    other = KeyConfig(PRODUCT, Secret(b"anotherSecretProductKey1"))
    silent = challenged(release, product_id=None, device_name=None)
    assert refused(release, firmware(other)) == (
        "E630",
        "differs: the secret or its answer from what it prints",
    )
    assert refused(silent, firmware(other)) == (
        *("E630", "differs: the secret or the ProductID or the name"),
    )


@pytest.mark.parametrize("code", ["E302", "E308"])
def test_a_port_that_vanishes_with_the_reset_is_waited_for(release: Release, code: str) -> None:
    console = Console(firmware())
    device = ConsoleDevice(console)
    device.fails("line", code, times=2)
    challenge_unit(device, release, NAME, console.clock, console.pause)
    assert device.calls == ["line esp"] * 3
    assert console.now == pytest.approx(0.2)


@pytest.mark.parametrize("code", ["E302", "E308", "E303"])
def test_a_port_that_stays_away_is_no_answer_of_the_unit(release: Release, code: str) -> None:
    console = Console(firmware())
    device = ConsoleDevice(console)
    device.fails("line", code, times=99)
    with pytest.raises(BurnerError) as caught:
        challenge_unit(device, release, NAME, console.clock, console.pause)
    assert caught.value.code == code


def test_the_console_has_the_rate_of_the_profile(release: Release) -> None:
    at = challenged(release, baud=74880)
    console = asked(at, firmware())[0]
    assert console.baud == 74880


def test_the_profile_is_off_by_default() -> None:
    assert not BootSettings().challenge


# -- a unit from the box ---------------------------------------------------------------------------


@pytest.fixture
def passed(line: Line, board: FakeBoard) -> Record:
    """The record of a unit that has answered."""
    return line.burn(FakeDevice(board, {"esp": firmware()}))


@pytest.mark.parametrize(
    ("answers", "verdict", "why"),
    [
        (firmware(), "same", "answered"),
        (
            *(firmware(KeyConfig(PRODUCT, Secret(b"anotherSecretProductKey1"))), "differs"),
            "E630: differs: the secret or its answer from what it prints",
        ),
        (firmware(registered=True), "left out", "refused: registered: it has registered"),
        (lambda _: response("refused key"), "differs", "E631: key: it has no key or no name"),
    ],
)
def test_a_unit_from_the_box_is_asked_again(
    passed: Record, release: Release, answers: Answers, verdict: str, why: str
) -> None:
    device = ConsoleDevice(Console(answers))
    comparison = compare_answer(device, passed, release, no_second_start)
    assert (comparison.what, comparison.verdict) == ("challenge", verdict)
    assert comparison.why.startswith(why)
    assert device.calls == ["boot", "line esp"]


@pytest.mark.parametrize(("damaged", "verdict"), [(1, "same"), (2, "differs")])
def test_a_unit_from_the_box_whose_answer_is_lost_is_started_once_more(
    passed: Record, release: Release, damaged: int, verdict: str
) -> None:
    starts = list[int]()

    def damaged_at_first(sent: bytes) -> bytes:
        starts.append(0)
        return response("refused answered") if len(starts) <= damaged else firmware()(sent)

    device = ConsoleDevice(Console(damaged_at_first))
    comparison = compare_answer(device, passed, release, lambda: device.identify(PLAN))
    assert comparison.verdict == verdict
    assert device.calls == ["boot", "line esp", "identify", "boot", "line esp"]


def without_key(release: Release) -> KeylessRelease:
    return KeylessRelease(release.profile, release.layout, release.index, release.carrier)


@pytest.mark.parametrize(
    ("opened", "why"),
    [
        (lambda _: None, "needs the release, and the product secret"),
        (without_key, "needs the product secret"),
        (
            lambda release: replace(release, index={**release.index, "product": "another"}),
            "the unit was burned from another release",
        ),
        (
            lambda release: replace(
                release, key=KeyConfig(PRODUCT, Secret(b"anotherSecretProductKey1"))
            ),
            "the secret here is not the one on record",
        ),
    ],
)
def test_where_the_right_answer_is_not_known_the_challenge_is_left_out_and_said(
    passed: Record,
    board: FakeBoard,
    release: Release,
    opened: Callable[[Release], KeylessRelease | None],
    why: str,
) -> None:
    device = FakeDevice(board)
    comparisons = compare_with_record(device, board.silicon, passed, opened(release))
    assert all_match(comparisons)
    assert comparisons[-1] == Comparison("challenge", ComparisonVerdict.LEFT_OUT, why)
    assert device.calls[-1] == "boot"
    assert device.calls.count("boot") == 1


def test_a_unit_from_the_box_that_is_pulled_out_was_not_compared(
    passed: Record, release: Release
) -> None:
    device = ConsoleDevice(Console(firmware()))
    device.fails("boot", "E308")
    with pytest.raises(BurnerError):
        compare_answer(device, passed, release, no_second_start)


@pytest.mark.parametrize(("code", "tries_in_all"), [("E630", 1), ("E631", 1), ("E632", 2)])
def test_only_a_missing_answer_is_tried_again(code: str, tries_in_all: int) -> None:
    assert tries(code) == tries_in_all
