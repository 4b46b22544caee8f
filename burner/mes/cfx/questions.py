"""Questions of many slots over one connection, with one queue for the answers to all of them.

A thread of its own has the connection: Proton runs one only in the thread that waits for it, and
two connections would take each other's answers from the queue.
"""

from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from time import monotonic

from burner.core.errors import BurnerError, as_burner_error
from burner.mes.cfx.connection import AmqpMessage, Settlement
from burner.mes.cfx.line import Line
from burner.mes.cfx.validation import request_of
from burner.mes.destination import MesAwayError

LOOKS_S = 0.01
"""So long an answer is waited for before it is looked for further questions."""
ENDS_S = 2.0


@dataclass(frozen=True)
class _Question:
    message: AmqpMessage
    until: float
    answers: "SimpleQueue[bytes | BurnerError]" = field(default_factory=SimpleQueue)


class Questions:
    """Asks, and gives each answer to who asked. Thread-safe."""

    def __init__(self, line: Line, address: str, reply_address: str) -> None:
        """Nothing is connected, and no thread runs, before the first question.

        Args:
            line: the way to who answers.
            address: where questions go.
            reply_address: where answers come; empty: from `address` itself.
        """
        self._line, self._address, self._reply_address = line, address, reply_address
        self._asked: SimpleQueue[_Question | None] = SimpleQueue()
        self._waiting: dict[str, _Question] = {}
        self._thread: Thread | None = None
        self._starting, self._over = Lock(), Event()

    def ask(self, message: AmqpMessage, until: float) -> bytes:
        """Send a question and wait for its answer.

        Raises:
            MesAwayError: nobody took it, or there was none by `until` (of `time.monotonic()`).
        """
        with self._starting:
            if not self._thread:
                self._thread = Thread(target=self._work, name="cfx questions", daemon=True)
                self._thread.start()
        question = _Question(message, until)
        self._asked.put(question)
        try:
            answer = question.answers.get(timeout=max(until - monotonic(), 0.001))
        except Empty:
            raise MesAwayError("no answer in time") from None
        if isinstance(answer, BurnerError):
            raise answer
        return answer

    def check(self, until: float) -> None:
        """Look whether questions can be sent, before the first one.

        Raises:
            MesAwayError: they cannot.
        """
        with self._line.ready(until) as connection:
            connection.check(self._address, until)

    def close(self) -> None:
        """End the thread and its connection."""
        self._over.set()
        if self._thread:
            self._asked.put(None)
            self._thread.join(ENDS_S)
        else:
            self._line.drop()

    def _work(self) -> None:
        while not self._over.is_set():
            try:
                question = self._asked.get(block=not self._waiting)
            except Empty:
                question = None
            try:
                self._step(question)
            except Exception as error:
                self._line.drop()
                self._fail(as_burner_error(error), question)
        self._line.drop()

    def _step(self, question: _Question | None) -> None:
        """Send a question, if there is one, and look for an answer."""
        if question:
            self._send(question)
        now = monotonic()
        self._waiting = {key: asked for key, asked in self._waiting.items() if asked.until > now}
        if self._waiting:
            with self._line.ready(
                max(asked.until for asked in self._waiting.values())
            ) as connection:
                text = connection.next_answer(self._address, self._reply_address, now + LOOKS_S)
            if text is not None and (asked := self._waiting.pop(request_of(text), None)):
                asked.answers.put(text)

    def _send(self, question: _Question) -> None:
        """A question that is not taken fails alone. All that wait fail when the connection is lost;
        after a doubtful error it is kept only for those who wait for their answers over it.
        """
        name, address, until = question.message.correlation, self._address, question.until
        if until <= monotonic():
            return  # who asked has gone
        with self._line.ready(until) as connection:
            try:
                taken = connection.ask(address, self._reply_address, question.message, until)
            except BurnerError as error:
                if not self._waiting or not connection.is_open():
                    raise
                question.answers.put(error)
                return
        if taken is Settlement.ACCEPTED:
            self._waiting[name] = question
        else:
            question.answers.put(MesAwayError(f"{address} did not take the question: {taken}"))

    def _fail(self, error: BurnerError, question: _Question | None) -> None:
        for asked in (*self._waiting.values(), *([question] if question else ())):
            asked.answers.put(error)
        self._waiting.clear()
