"""What a close counts is what is there when it is written; what comes later is told."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import pytest
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest import batches, claims, desk
from burner.manifest.batches import close, closing, status
from burner.manifest.chain import Row
from burner.manifest.desk import Correction
from burner.manifest.ledger import Ledger
from burner.manifest.life import lives_of
from burner.manifest.reader import Reader
from burner.manifest.standing import changed_batches
from burner.model import Outcome
from tests.manifest.postgres import Server
from tests.manifest.records import Ticking, a_result, an_attempt, burned, open_batch, unit_mac

PRODUCT = "S3EUVBRJLB"


def refused(code: str) -> "pytest.RaisesExc[BurnerError]":
    return pytest.raises(BurnerError, match=f"^{code}:")


@pytest.fixture
def line2(ledger: Ledger, path: Path) -> Iterator[Ledger]:
    with Ledger.open(path, "line2", Ticking()) as opened:
        yield opened


def correct(ledger: Ledger, what: Correction, unit: int = 1, batch: str = "WO1") -> None:
    said = {"product_id": PRODUCT, "operator": "wang", "reason": "dropped"}
    desk.correct(ledger.writer, what, str(unit_mac(unit)), **said, batch=batch)


class Late(Reader):
    """A reader behind whose back a unit begins as soon as it has looked at a batch."""

    begins: Ledger | None = None

    @classmethod
    def beside(cls, ledger: Ledger, begins: Ledger) -> "Late":
        reader = cls(ledger.reader.where)
        reader.begins = begins
        return reader

    def batch(self, batch: str) -> object:  # type: ignore[override]
        found = super().batch(batch)
        if self.begins:
            self.begins.begin(an_attempt(2, batch="WO1", station="line2"))
            self.begins = None
        return found


def test_a_unit_that_begins_while_the_batch_is_closed_is_counted_open(
    ledger: Ledger, line2: Ledger
) -> None:
    burned(ledger, 1, batch="WO1")
    with Late.beside(ledger, line2) as reader, refused("E734"):
        close(ledger.writer, reader, "WO1", "qa", with_open=False)
    found = status(ledger.reader, "WO1")
    assert (found.state, found.open) == ("open", (str(unit_mac(2)),))
    assert closing(ledger.reader, "WO1") is None


@pytest.mark.parametrize("planned", [1, 2])
def test_a_close_on_a_server_waits_for_a_unit_that_is_just_beginning(
    server: Server, planned: int
) -> None:
    url = server.database()
    with Ledger.open(url, "line1", Ticking()) as line1, Ledger.open(url, "line2") as line2:
        open_batch(line1, planned=planned)
        line1.begin(an_attempt(1, batch="WO1"))

        def begin_slowly(connection: Connection) -> Row:
            # The unit that is OPEN at line1 is taken over, or another one begins.
            attempt = an_attempt(planned, batch="WO1", station="line2")
            row = line2._intend(connection, attempt, {"id": "late", "ids": {}})
            sleep(0.5)
            return row

        with ThreadPoolExecutor(1) as beside:
            begun = beside.submit(line2.writer.commit, "late", begin_slowly)
            sleep(0.2)
            close(line1.writer, line1.reader, "WO1", "qa", with_open=True)
            begun.result()
        closed = closing(line1.reader, "WO1")
        assert closed is not None
        heads = {head["station"]: head["seq"] for head in closed["data"]["heads"]}
        assert heads["line2"] == 1, "the close saw the intent of line2"


def test_a_closed_batch_takes_over_no_open_unit(ledger: Ledger, line2: Ledger) -> None:
    ledger.begin(an_attempt(1, batch="WO1"))
    close(ledger.writer, ledger.reader, "WO1", "qa", with_open=True)
    with refused("E459"):
        line2.begin(an_attempt(1, batch="WO1", station="line2"))


def test_a_pass_after_the_close_is_told_by_status_and_to_whoever_verifies(ledger: Ledger) -> None:
    late = an_attempt(1, batch="WO1")
    ledger.begin(late)
    close(ledger.writer, ledger.reader, "WO1", "qa", with_open=True)
    assert status(ledger.reader, "WO1").changed == ()
    ledger.finish(late, a_result())
    told = f"{unit_mac(1)} was open, is PASS"
    assert status(ledger.reader, "WO1").changed == (told,)
    with ledger.reader.connection() as connection:
        (warning,) = changed_batches(connection, ledger.manifest)
    assert warning == f"batch WO1 changed after the close: {told}"


def test_a_scrap_after_the_close_is_told(ledger: Ledger, line2: Ledger) -> None:
    burned(ledger, 1, batch="WO1")
    burned(ledger, 2, batch="WO1")
    correct(line2, Correction.SCRAP, 2)
    close(ledger.writer, ledger.reader, "WO1", "qa", with_open=False)
    correct(line2, Correction.SCRAP, 1)
    assert status(ledger.reader, "WO1").changed == (f"{unit_mac(1)} scrap by wang: dropped",)


def test_a_scrap_is_said_under_each_batch_that_the_unit_has_been_in(ledger: Ledger) -> None:
    open_batch(ledger, "WO2", planned=1)
    burned(ledger, 1, batch="WO1")
    burned(ledger, 1, Outcome.FAIL, batch="WO2", rework="again")
    correct(ledger, Correction.SCRAP, batch="WO2")
    for batch in ("WO1", "WO2"):
        found = status(ledger.reader, batch)
        assert (found.passed, found.scrapped) == ((), (str(unit_mac(1)),))
        row = ledger.batch(batch)
        assert row is not None
        assert row.taken == 0
    (life,) = lives_of(ledger.reader, str(unit_mac(1)))
    assert [each["batch"] for each in life["corrections"]] == ["WO2", "WO1"]


def test_a_batch_in_which_more_passed_than_planned_is_not_closed(ledger: Ledger) -> None:
    for unit in (1, 2, 3):
        burned(ledger, unit, batch="WO1")
    found = status(ledger.reader, "WO1")
    batches.check_closing(found, with_open=False)
    with refused("E714"):
        batches.check_closing(found.__class__(**{**vars(found), "planned": 2}), with_open=False)


@pytest.mark.parametrize(
    "batch",
    ["", "..", "../up", "/abs", "a/b", "a\\b", "a\nb", "NUL", "com1.x", ".x", "x.", " x", "x" * 65],
)
def test_a_batch_id_that_could_not_name_a_folder_is_refused(ledger: Ledger, batch: str) -> None:
    with refused("E737"):
        open_batch(ledger, batch)


@pytest.mark.parametrize("batch", ["WO1", "2026-01-05", "plug-c3-2026.1", "工单 17", "a+b", "7"])
def test_an_id_as_factories_have_them_is_taken(ledger: Ledger, batch: str) -> None:
    if batch != "WO1":
        open_batch(ledger, batch)
    row = ledger.batch(batch)
    assert row is not None
    assert row.state == claims.OPEN


def test_a_line_break_in_what_a_person_writes_is_refused(ledger: Ledger) -> None:
    for profile, operator in (("plug\n  digest forged", "li"), ("plug 1", "li\x1b[2J")):
        with refused("E738"):
            ledger.open_batch(
                "WO7",
                profile=profile,
                release_digest="ab" * 32,
                product_id=PRODUCT,
                operator=operator,
            )
    with refused("E738"):
        close(ledger.writer, ledger.reader, "WO1", "qa\u2028li", with_open=False)
    burned(ledger, 1, batch="WO1")
    said = {"product_id": PRODUCT, "operator": "wang", "batch": "WO1"}
    with refused("E738"):
        desk.correct(
            ledger.writer, Correction.SCRAP, str(unit_mac(1)), **said, reason="dropped\nPASS"
        )
