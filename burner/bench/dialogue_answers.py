"""What a good unit answers in the dialogues of a profile's tests.

Found by trial: the plainest text of a pattern, with good values in its named groups. A pattern that
no trial fits has no answer; then `answers` of the bench file must give one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice, product

from burner.bench.unit.unit_spec import ConsoleAnswer
from burner.core.regex import fullmatch, search
from burner.profile.tests import MeasurementSettings, SerialDialogue, UnitTest

MAX_TRIALS = 500
_ANYTHING = ("1", "0", "1.0", "OK", "ok", "ON", "A1", "00")
_FIRST_OF_GROUP = re.compile(r"(?<!\\)\((?:\?:)?((?:[^()|\\]|\\.)*)(?:\|(?:[^()\\]|\\.)*)?\)")
"""An unnamed group; its first alternative."""
_GROUP = re.compile(r"\(\?P?<(\w+)>")


def dialogue_answers(tests: Iterable[UnitTest]) -> tuple[ConsoleAnswer, ...]:
    """The answers of a good unit on the chip's own port, by what is sent."""
    said: dict[str, list[str]] = {}
    for test in tests:
        if test.serial is not None and test.serial.port == "esp":
            _answer(test.serial, {m.name: m for m in test.measurements}, said)
    return tuple(ConsoleAnswer(hears, "\n".join(lines)) for hears, lines in said.items() if lines)


def _answer(
    dialogue: SerialDialogue,
    measured: Mapping[str, MeasurementSettings],
    said: dict[str, list[str]],
) -> None:
    lines: list[str] | None = None
    for entry in dialogue.lines:
        if entry.send:
            command = re.split(r"[\r\n]+", entry.send.rstrip("\r\n"))[-1]
            lines = said.setdefault(command, [])
        pattern = entry.expect
        if pattern is None or lines is None or any(search(pattern, line) for line in lines):
            continue
        if text := good_line(pattern, measured):
            lines.append(text)


def good_line(pattern: str, measured: Mapping[str, MeasurementSettings]) -> str | None:
    """A line that matches a pattern, with good values in its groups; None: none was found."""
    texts, groups = _parts(pattern)
    values = [_values(measured.get(name), form) for name, form in groups]
    for chosen in islice(product(*values), MAX_TRIALS):
        pieces = [
            texts[0],
            *(piece for pair in zip(chosen, texts[1:], strict=True) for piece in pair),
        ]
        line = "".join(pieces)
        match = search(pattern, line)
        if match and all(
            match.groupdict().get(name) == value
            for (name, _), value in zip(groups, chosen, strict=True)
        ):
            return line
    return None


def _parts(pattern: str) -> tuple[Sequence[str], Sequence[tuple[str, str]]]:
    """The plain texts around the named groups of a pattern; name and form of each group."""
    texts, groups, start = [], list[tuple[str, str]](), 0
    while found := _GROUP.search(pattern, start):
        end = _closing(pattern, found.end())
        texts.append(plain_text(pattern[start : found.start()]))
        groups.append((found[1], pattern[found.end() : end]))
        start = end + 1
    return (*texts, plain_text(pattern[start:])), groups


def _closing(pattern: str, start: int) -> int:
    """Where the group ends that begins before `start`."""
    depth, in_class, place = 1, False, start
    while place < len(pattern):
        match pattern[place]:
            case "\\":
                place += 1
            case "[":
                in_class = True
            case "]":
                in_class = False
            case "(" if not in_class:
                depth += 1
            case ")" if not in_class:
                depth -= 1
        if depth == 0:
            return place
        place += 1
    return place


def plain_text(pattern: str) -> str:
    """The plainest text that a piece of a pattern matches."""
    text = re.sub(r"\\[bBAz]|[$^]", "", _FIRST_OF_GROUP.sub(r"\1", pattern))
    text = re.sub(r"\\s[*+?]?| [*+?]|(?<!\\)\.[*+]\??", " ", text)
    text = re.sub(r"\\[dw][*+?]?", "1", text)
    return re.sub(r"\\([^\w\s])", r"\1", text)


def _values(settings: MeasurementSettings | None, form: str) -> list[str]:
    """Values to try: good ones of the measurement, that the group can hold."""
    tried = [*_good(settings), plain_text(form), *form.split("|"), *_ANYTHING]
    return list(dict.fromkeys(value for value in tried if _is_good(settings, value)))


def _good(settings: MeasurementSettings | None) -> Iterator[str]:
    if settings is None:
        return
    if settings.text is not None:
        yield settings.text
    ends = [end for end in (settings.low, settings.high) if end is not None]
    if ends:
        middle = sum(ends) / len(ends)
        yield from (
            f"{middle:f}",
            f"{middle:.0f}",
            f"{middle:.1f}",
            f"{middle:.2f}",
            f"{ends[0]:f}",
        )
    if settings.pattern is not None:
        yield from (plain_text(settings.pattern), *settings.pattern.split("|"))


def _is_good(settings: MeasurementSettings | None, value: str) -> bool:
    if settings is None or not value:
        return bool(value)
    if settings.pattern is not None:
        return fullmatch(settings.pattern, value) is not None
    if settings.low is None and settings.high is None:
        return settings.text in (None, value)
    number = Decimal(value) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value) else None
    low, high = settings.low, settings.high
    return (
        number is not None and (low is None or low <= number) and (high is None or number <= high)
    )
