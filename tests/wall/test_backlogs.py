"""What waits: messages for a MES, labels that are to be printed or looked at."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from burner.cli.wall.text import show_wall
from burner.core.words.phrases import rows
from burner.manifest.entries.kinds import AnyEntry
from burner.manifest.store.outbox import NewMessage
from burner.manifest.store.table_state import TableState
from burner.wall.feed import ManifestFeed
from burner.wall.page.files import page_files
from burner.wall.state import BacklogKind, WallBacklog
from tests.manifest.records import START, a_ledger, burned, open_batch
from tests.manifest.writing.test_unit_labels import a_print, open_with_label, printed
from tests.wall.serving import NOTHING
from tests.wall.states import checked


def backlogs(folder: Path, now: datetime = START) -> tuple[WallBacklog, ...]:
    feed = ManifestFeed(str(folder / "manifest.db"), UTC, lambda: now)
    state = checked(feed.poll())
    assert feed.error is None
    return state.backlogs


def test_a_label_that_is_owed_waits_until_it_is_printed(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        release = open_with_label(ledger)
        for unit in (1, 2):
            burned(ledger, unit, batch="WO9", release_digest=release)
        owed = WallBacklog(BacklogKind.LABELS_OWED, "WO9", 2, None)
        assert backlogs(tmp_path) == (owed,)
        for unit in (1, 2):
            printed(ledger, unit=unit)
        assert backlogs(tmp_path) == ()


def test_a_print_that_never_ended_is_doubtful_after_a_minute(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        burned(ledger, batch="WO9", release_digest=open_with_label(ledger))
        a_print(ledger)
        assert backlogs(tmp_path) == ()
        doubtful = WallBacklog(BacklogKind.LABELS_DOUBTFUL, "WO9", 1, None)
        assert backlogs(tmp_path, START + timedelta(minutes=2)) == (doubtful,)


def test_messages_that_wait_are_counted_by_destination(tmp_path: Path) -> None:
    made = iter(range(1000))

    class OneOfEachRecord:
        def __call__(
            self, _: TableState, origin: str, _first: int, entries: Sequence[AnyEntry], /
        ) -> list[NewMessage]:
            return [
                NewMessage(
                    *(f"{origin}/{next(made)}", "mes", "line1", "", entry.unit_id, entry.batch),
                    *("WorkStarted", entry.at, "{}"),
                )
                for entry in entries
            ]

        def committed(self) -> None:
            """Nothing was remembered."""

    with a_ledger(tmp_path) as ledger:
        open_batch(ledger, "WO1")
        ledger.writer.fill_outbox = OneOfEachRecord()
        burned(ledger, 1, batch="WO1")
        (waiting,) = backlogs(tmp_path)
    assert (waiting.kind, waiting.name) == (BacklogKind.MESSAGES_WAITING, "mes")
    assert waiting.number == next(made)
    assert waiting.since
    assert waiting.since > START


def test_one_thing_and_many_that_wait_are_said_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    one = WallBacklog(BacklogKind.LABELS_OWED, "WO1", 1, None)
    many = WallBacklog(BacklogKind.MESSAGES_WAITING, "mes", 215, START)
    show_wall(replace(NOTHING, backlogs=(one, many)), "en")
    shown = capsys.readouterr().out
    assert "1 label not printed: `burner batch labels WO1`" in shown
    assert "215 messages wait for mes: `burner mes status`" in shown
    words = page_files("en")["/"][1].decode()
    for kind in BacklogKind:
        assert rows()[f"backlog {kind}"]["one"] in words
