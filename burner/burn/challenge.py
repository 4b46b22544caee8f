"""The station's challenge, put to a unit that has started: does it hold the key, and use the name?

Neither the question nor anything else that is sent is made with the secret. The answer is compared
and forgotten: only that it was right goes on record.
"""

import hmac
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Final

from burner.burn.boot_lines import AwaitedLines
from burner.burn.comparison import OTHER_RELEASE, Comparison, ComparisonVerdict
from burner.core.attempt import CHALLENGE_ANSWERED, Record
from burner.core.code import Code
from burner.core.error_class import ErrorClass
from burner.core.errors import BurnerError
from burner.devices.device import Device, SerialLine
from burner.profile.boot import BootSettings
from burner.provisioning import challenge
from burner.provisioning.challenge import Refusal, Response, ResponseSearch
from burner.provisioning.key_config import KeyConfig
from burner.release.release import KeylessRelease, Release

COMPARED: Final = "challenge"
"""What a comparison calls it."""
LEAST_S: Final = 3.0
"""A unit has `boot.timeout_s` to answer, and at least this time."""
_SOON_AFTER_LINES_S: Final = 0.5
_SOON_AFTER_RESET_S: Final = 5.0

_AGAIN_S: Final = 0.3
"""Without a response the question is sent again: the firmware did not listen yet, or a line was
damaged.
"""
_PORT_AWAY: Final = (Code.PORT_MISSING, Code.BOARD_REMOVED)
_PORT_S: Final = 0.1
"""Between two looks whether the port is back."""
_REFUSALS: Final[Mapping[str, str]] = {
    Refusal.NONCE: "nonce: it wants another nonce",
    Refusal.LATE: "late: it started more than ten seconds ago",
    Refusal.REGISTERED: "registered: it has registered with the cloud",
    Refusal.KEY: "key: it has no key or no name",
}


def comes_late(since_reset_s: float, since_lines_s: float) -> bool:
    """Whether a unit must be started again before it is asked.

    Its firmware answers in the first ten seconds only, and its modem may have been asked since its
    lines came, or the manifest was away. Lines that come late by themselves would do so again.
    """
    return since_reset_s > _SOON_AFTER_RESET_S and since_lines_s > _SOON_AFTER_LINES_S


def challenge_unit(
    device: Device,
    release: Release,
    device_name: str,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Mapping[str, object]:
    """Ask a unit that has just started to prove its key and its name.

    Args:
        device: the unit.
        release: what was burned; its awaited lines have been compared.
        device_name: the name on record.
        clock: gives seconds.
        pause: sleeps so many seconds.

    Returns:
        What goes on record of it.

    Raises:
        BurnerError: E630 the answer is wrong, E631 it refuses, E632 there is no answer; E3.
    """
    boot, key = release.profile.boot, release.key_for(device_name)
    ends = clock() + max(boot.timeout_s, LEAST_S)
    nonce = secrets.token_bytes(challenge.NONCE_SIZE)
    question = challenge.question(nonce)
    response = _response(device, boot.baud, question, ends, clock, pause=pause)
    if response.refusal:
        why = _REFUSALS.get(response.refusal, response.refusal)
        raise BurnerError(Code.CHALLENGE_REFUSED, why)
    if not hmac.compare_digest(response.answer, challenge.answer(key, device_name, nonce)):
        raise BurnerError(Code.CHALLENGE_ANSWER_WRONG, _suspects(boot, key))
    return {"challenge": CHALLENGE_ANSWERED, "challenge_version": int(challenge.VERSION)}


def compare_answer(
    device: Device,
    record: Record,
    release: KeylessRelease | None,
    connect_again: Callable[[], object],
) -> Comparison:
    """Start a unit that was identified, leave it running, and compare its answer with the record.

    Only who has the release and the product secret on record can know the right answer. A unit
    that gives none is started once more, as in `burn`: it answers once a start, and a byte of its
    answer may have been lost on the line.
    """
    if reason := _why_not_asked(record, release):
        device.boot(0.0, lambda _: True)
        return Comparison(COMPARED, ComparisonVerdict.LEFT_OUT, reason)
    assert isinstance(release, Release)  # noqa: S101 - else there is a reason
    name = record.attempt.device_name
    try:
        try:
            _start_and_challenge(device, release, name)
        except BurnerError as error:
            if error.code != Code.CHALLENGE_UNANSWERED:
                raise
            connect_again()
            _start_and_challenge(device, release, name)
    except BurnerError as error:
        if error.code.error_class is not ErrorClass.VERIFY:
            raise
        if error.detail == _REFUSALS[Refusal.REGISTERED]:
            why = f"refused: {error.detail}"
            return Comparison(COMPARED, ComparisonVerdict.LEFT_OUT, why)
        why = f"{error.code}: {error.detail}"
        return Comparison(COMPARED, ComparisonVerdict.DIFFERS, why)
    return Comparison(COMPARED, ComparisonVerdict.SAME, "answered")


def _start_and_challenge(device: Device, release: Release, name: str) -> None:
    boot = release.profile.boot
    within_s = boot.timeout_s if boot.awaited else 0.0
    device.boot(within_s, AwaitedLines(boot.awaited), boot.baud)
    challenge_unit(device, release, name)


def _why_not_asked(record: Record, release: KeylessRelease | None) -> str:
    """Why nobody here knows the right answer of a unit; empty where it is known."""
    if release is None:
        return "needs the release, and the product secret"
    if release.digest != record.attempt.release_digest:
        return OTHER_RELEASE
    if not isinstance(release, Release):
        return "needs the product secret"
    if record.result.evidence.get("key", release.key_fingerprint) != release.key_fingerprint:
        return "the secret here is not the one on record"
    return ""


def _suspects(boot: BootSettings, key: KeyConfig) -> str:
    """What may be another one in the unit: least likely what it has printed, and printed right."""
    suspects = {
        "the ProductID": boot.product_id is None,
        "the name": boot.device_name is None,
        "the burned name": bool(key.device_name),
    }
    others = [what for what, suspected in suspects.items() if suspected]
    if boot.product_id or boot.device_name:
        others.append("its answer from what it prints")
    return f"differs: {' or '.join(['the secret', *others])}"


def _response(
    device: Device,
    baud: int,
    question: bytes,
    ends: float,
    clock: Callable[[], float],
    *,
    pause: Callable[[float], None],
) -> Response:
    """The response of the unit. A chip's own USB port goes away with the reset, and comes back."""
    while True:
        try:
            with closing(device.line("esp", baud)) as line:
                return _ask(line, question, ends, clock)
        except BurnerError as error:
            if error.code not in _PORT_AWAY or clock() + _PORT_S >= ends:
                raise
            pause(_PORT_S)


def _ask(line: SerialLine, question: bytes, ends: float, clock: Callable[[], float]) -> Response:
    """The first response to the question, which is sent again and again until then.

    Raises:
        BurnerError: E632.
    """
    search, heard = ResponseSearch(), 0
    line.receive(0.0)  # what came before the question answers none
    while clock() < ends:
        line.send(question)
        for data in _received(line, min(ends, clock() + _AGAIN_S), clock):
            heard += len(data)
            for response in search.feed(data):
                if response.refusal != Refusal.ANSWERED:
                    return response
                # Nobody but us has asked since the reset.
                raise BurnerError(Code.CHALLENGE_UNANSWERED, "its answer was lost on the line")
    what = f"{heard} bytes came, none of them a response" if heard else "nothing came"
    raise BurnerError(Code.CHALLENGE_UNANSWERED, what)


def _received(line: SerialLine, until: float, clock: Callable[[], float]) -> Iterator[bytes]:
    while (left_s := until - clock()) > 0:
        if data := line.receive(left_s):
            yield data
