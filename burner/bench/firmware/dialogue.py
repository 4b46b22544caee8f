"""A firmware that answers the dialogues of its product's tests."""

from collections.abc import Iterable, Iterator

from burner.bench.unit.unit_spec import ConsoleAnswer

LINE_SIZE = 1000
"""Bytes of a line that the firmware keeps; of a longer one the front goes."""


class AnsweringFirmware:
    """The firmware's half of the dialogues. A command of one character needs no end of line."""

    def __init__(self, answers: Iterable[ConsoleAnswer]) -> None:
        self._answers = {answer.hears.encode(): answer.says for answer in answers}
        self._line = b""

    def receive(self, data: bytes, since_reset_s: float) -> bytes:  # noqa: ARG002 - it has no clock
        """What it prints when it hears these bytes."""
        *lines, rest = (self._line + data).replace(b"\r", b"\n").split(b"\n")
        if len(rest) == 1 and rest in self._answers:
            lines, rest = [*lines, rest], b""
        self._line = rest[-LINE_SIZE:]
        return b"".join(self._printed(lines))

    def _printed(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        for line in lines:
            if line in self._answers:
                yield self._answers[line].replace("\n", "\r\n").encode() + b"\r\n"
