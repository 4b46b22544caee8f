"""Burns units while their MES is unsteady and everything is killed, and counts what arrived.

    python -m tests.station.mes.campaign [UNITS] [KILLS] [SEED]       default: 10000 50

A child process is the station: the ledger, its outbox, and the sender with the real webhook. It is
killed with SIGKILL at random moments, and so is the MES. One commit in twenty fails at its end, and
is repeated as a slot does. At the end every message that follows from the log has arrived, with one
id each, the same content each time, and in order for each unit. What follows from the log is
counted here from its records alone, by rules of this file.
"""

import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy import func, select

from burner.core.attempt import Outcome
from burner.core.code import Code
from burner.core.error_class import ErrorClass
from burner.core.errors import BurnerError
from burner.manifest.entries.kinds import AnyEntry, Intent, OutcomeEntry
from burner.manifest.reading.outbox_backlog import read_backlogs
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.store.bodies import entry_at
from burner.manifest.store.outbox import NewMessage
from burner.manifest.store.table_state import TableState
from burner.manifest.store.tables import records
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.outbox_queue import OutboxQueue
from burner.mes.settings import WebhookSettings
from burner.mes.webhook import Webhook
from burner.station.mes.outbox_filler import OutboxFiller
from burner.station.mes.senders import Senders
from tests.manifest.records import a_result, an_attempt, flaws, open_batch

ROOT = Path(__file__).parents[3]
STATION, MES = "line1", "mes"
FAILED_COMMITS = 0.05
MOST_WAITING = 300
"""The child burns no further unit while so many messages wait: so kills meet both."""


class UnsteadyCommits(OutboxFiller):
    """One commit in twenty fails after its messages were made."""

    def __init__(self, notify: Callable[[], None]) -> None:
        super().__init__(STATION, {MES: ()}, STATION, notify)
        self._dice = random.Random()

    def __call__(
        self, state: TableState, origin: str, first: int, entries: Sequence[AnyEntry], /
    ) -> Iterator[NewMessage]:
        yield from super().__call__(state, origin, first, entries)
        if self._dice.random() < FAILED_COMMITS:
            raise BurnerError(Code.DATABASE_UNREACHABLE, "the server restarts")


def _until_committed(call: Callable[[], object]) -> None:
    """As a slot that waits for its manifest, without the pause."""
    while True:
        try:
            call()
        except BurnerError as error:
            if error.code.error_class is not ErrorClass.MANIFEST or not error.row.retry:
                raise
        else:
            return


def child(path: str, url: str, first: int, units: int) -> None:
    """Burn units and send messages until killed, or until nothing waits."""
    entry = {"name": MES, "kind": "webhook", "url": url, "deadline_s": 1.0}
    webhook = Webhook(WebhookSettings.model_validate(entry), Path())
    with Ledger.open(path, STATION) as ledger, OutboxQueue(ledger.writer.where, STATION) as queue:
        senders = Senders({MES: webhook}, queue)
        open_batch(ledger)
        ledger.writer.fill_outbox = UnsteadyCommits(senders.notify)
        senders.start()
        _tell("ready")
        for unit in range(first, units):
            while queue.count(MES, "waiting") > MOST_WAITING:
                if queue.count(MES, "refused"):
                    queue.retry(destination=MES)  # by a person: it holds back those of its subject
                    senders.notify()
                time.sleep(0.02)
            attempt = an_attempt(unit, batch="WO1", id=f"{os.getpid()}-{unit}")
            result = a_result(_outcome_of(unit))
            _until_committed(lambda attempt=attempt: ledger.begin(attempt))  # type: ignore[misc]
            _until_committed(
                lambda attempt=attempt, result=result: ledger.finish(attempt, result)  # type: ignore[misc]
            )
        while any(backlog.count for backlog in queue.backlogs()):
            if queue.count(MES, "waiting"):
                time.sleep(0.05)
            queue.retry(destination=MES)  # what was refused, by a person
            senders.notify()
            time.sleep(0.2)
        senders.close()
    _tell("done")


class Campaign:
    """A station and its MES, killed again and again."""

    def __init__(self, folder: Path, units: int, kills: int, seed: int) -> None:
        self.path, self.taken = folder / "manifest.db", folder / "taken.jsonl"
        self.units, self.kills = units, kills
        self.dice = random.Random(seed)
        self.port = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port.set_inheritable(True)
        self.mes_kills = 0

    def run(self) -> dict[str, float]:
        """Kill until as often as asked, then let all be delivered; the figures."""
        started = time.monotonic()
        mes = self._start_mes()
        try:
            for kill in range(self.kills):
                share = (kill + 1) / (self.kills + 1)
                with self._station() as station:
                    assert station.stdout is not None
                    assert station.stdout.readline() == "ready\n"
                    goal = int(self.units * share)
                    while self._done() < goal and station.poll() is None:
                        time.sleep(0.02)
                    time.sleep(self.dice.random() * 0.2)
                    station.kill()
                if kill % 5 == 2:
                    _kill(mes)
                    self.mes_kills += 1
                    mes = self._start_mes()
            with self._station() as station:
                assert station.stdout is not None
                assert [*station.stdout][-1] == "done\n"
        finally:
            _kill(mes)
            self.port.close()
        return {**self.check(), "seconds": round(time.monotonic() - started)}

    def check(self) -> dict[str, float]:
        """Compare what arrived with what follows from the log."""
        with ManifestReader.open(self.path) as reader:
            assert flaws(reader) == []
            size = reader.size()
            with reader.connection() as connection:
                assert not any(backlog.count for backlog in read_backlogs(connection))
                entries = [entry_at(connection, number) for number in range(size)]
        expected = _expected(entries)
        arrived = [json.loads(line) for line in self.taken.read_text().splitlines()]
        first: dict[str, list[str]] = {}
        order: dict[str, list[int]] = defaultdict(list)
        for message, sequence, subject, kind, body in arrived:
            known = first.setdefault(message, [subject, kind, body])
            assert known == [subject, kind, body], "a message came again with other content"
            if sequence not in order[subject]:
                order[subject].append(sequence)
        found = Counter((subject, kind) for subject, kind, _ in first.values())
        station = f"station/{STATION}"
        cleared = found.pop((station, "burner.FaultCleared"), 0)
        occurred = expected[station, "burner.FaultOccurred"]
        assert found == expected
        assert occurred - self.kills <= cleared <= occurred  # a run that is killed clears none
        assert all(numbers == sorted(numbers) for numbers in order.values())
        return {
            "units": self.units,
            "kills": self.kills,
            "mes_kills": self.mes_kills,
            "messages": len(first),
            "faults": occurred,
            "repeated": len(arrived) - len(first),
        }

    def _start_mes(self) -> "subprocess.Popen[str]":
        arguments = [str(self.port.fileno()), str(self.taken), str(self.dice.randrange(1 << 30))]
        mes = subprocess.Popen(
            [sys.executable, "-m", "tests.station.mes.unsteady_mes", *arguments],
            pass_fds=[self.port.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        )
        assert mes.stdout is not None
        assert mes.stdout.readline() == "ready\n"
        return mes

    def _station(self) -> "subprocess.Popen[str]":
        url = f"http://127.0.0.1:{self.port.getsockname()[1]}/events"
        arguments = ["child", str(self.path), url, str(self._done()), str(self.units)]
        return subprocess.Popen(
            [sys.executable, "-m", "tests.station.mes.campaign", *arguments],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def _done(self) -> int:
        """Units that have ended."""
        if not self.path.exists():
            return 0
        query = select(func.count()).where(records.c.kind == "outcome")
        with (
            suppress(BurnerError),  # its tables are being made
            ManifestReader.open(self.path) as reader,
            reader.connection() as connection,
        ):
            return connection.execute(query).scalar_one()
        return 0


def main() -> None:
    """From the command line."""
    if sys.argv[1:2] == ["child"]:
        path, url, first, last = sys.argv[2:]
        child(path, url, int(first), int(last))
        return
    numbers = [int(text) for text in sys.argv[1:]]
    units, kills, seed = [*numbers, *[10_000, 50, 1][len(numbers) :]]
    with tempfile.TemporaryDirectory(prefix="burner-mes-") as name:
        os.environ["BURNER_STATE"] = str(Path(name) / "state")
        _tell(str(Campaign(Path(name), units, kills, seed).run()))


def _outcome_of(unit: int) -> Outcome:
    if unit % 25 == 0:
        return Outcome.ERROR  # a fault of the slot
    return Outcome.FAIL if unit % 9 == 0 else Outcome.PASS


def _expected(entries: Sequence[AnyEntry | None]) -> Counter[tuple[str, str]]:
    """Subject and kind of the messages that follow from records, without the ends of faults."""
    found: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        if isinstance(entry, Intent):
            found[entry.unit_id, "burner.WorkStarted"] += 1
        elif isinstance(entry, OutcomeEntry):
            found[entry.unit_id, "burner.WorkCompleted"] += 1
            if entry.result.outcome == Outcome.PASS:
                found[entry.unit_id, "burner.UnitsPersonalized"] += 1
            if entry.result.outcome == Outcome.ERROR:
                found[f"station/{STATION}", "burner.FaultOccurred"] += 1
    return found


def _kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
