"""Random edits, hundreds of them, of a manifest that has lived: every one is found."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from burner.errors import BurnerError
from burner.manifest import batches, desk
from burner.manifest.checks.verify import Verdict, verify
from burner.manifest.desk import Correction
from burner.manifest.files.chainfile import export_chain
from burner.manifest.files.imports import import_chain
from burner.manifest.ledger import Ledger
from burner.manifest.reader import Reader
from burner.model import Outcome
from tests.manifest.hand import PRODUCT, Body, rewrite
from tests.manifest.records import Ticking, an_attempt, burned, open_batch, unit_mac


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two stations and a batch: failed and made again, reworked, voided and made again, scrapped,
    taken over, left OPEN; another factory's chain; a batch that is closed.
    """
    folder = tmp_path_factory.mktemp("lived")
    path, clock = folder / "manifest.db", Ticking()
    with Ledger.open(folder / "other.db", "line1", clock) as other:
        burned(other, 40)
        burned(other, 1)
        lines = [*export_chain(other.reader)]
    (folder / "other.jsonl").write_text("".join(lines), encoding="utf-8")
    with Ledger.open(path, "line1", clock) as one, Ledger.open(path, "line2", clock) as two:
        open_batch(one, "WO0", planned=2)
        burned(one, 30, batch="WO0")
        batches.close(one.writer, one.reader, "WO0", "qa", False)
        open_batch(one, planned=20)
        for unit in range(1, 6):
            burned(one, unit, Outcome.FAIL if unit == 3 else Outcome.PASS, batch="WO1")
        burned(two, 3, batch="WO1", station="line2")
        burned(two, 7, batch="WO1", station="line2", ids={"mac": str(unit_mac(7)), "imei": "86"})
        correct(two, Correction.REWORK, 4)
        burned(two, 4, batch="WO1", station="line2", rework="solder")
        correct(one, Correction.VOID, 5)
        burned(one, 5, batch="WO1")
        correct(one, Correction.SCRAP, 2)
        one.begin(an_attempt(8, batch="WO1"))
        burned(two, 8, batch="WO1", station="line2")
        import_chain(one.writer, folder / "other.jsonl", "wang")
        one.begin(an_attempt(9, batch="WO1"))
    return path


def correct(ledger: Ledger, what: Correction, unit: int) -> None:
    where = {"product_id": PRODUCT, "operator": "wang", "reason": "seen", "batch": "WO1"}
    desk.correct(ledger.writer, what, str(unit_mac(unit)), **where)


def verdict(path: Path) -> Verdict:
    with Reader.open(path) as reader:
        return verify(reader, remember=False)


def test_a_manifest_that_has_lived_agrees(lived: Path) -> None:
    assert verdict(lived).flaw is None


def random_edit(dice: random.Random, database: sqlite3.Connection) -> str | None:
    """One random change of one value, or one row removed; None = nothing changed."""
    table = dice.choice(("records",) * 6 + ("claims", "places", "batches", "ids", "chains"))
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    rows = database.execute(f"SELECT rowid, * FROM {table}").fetchall()
    rowid, *values = dice.choice(rows)
    if dice.random() < 0.15:
        database.execute(f"DELETE FROM {table} WHERE rowid = {rowid}")
        return f"{table} {rowid} removed"
    place = dice.randrange(len(columns))
    value = changed(dice, values[place], [row[place + 1] for row in rows])
    if value == values[place]:
        return None
    statement = f"UPDATE OR IGNORE {table} SET {columns[place]} = ? WHERE rowid = {rowid}"
    if not database.execute(statement, (value,)).rowcount:
        return None
    return f"{table} {rowid} {columns[place]}: {values[place]!r} → {value!r}"


def changed(dice: random.Random, value: object, others: list[object]) -> object:
    choices: list[Callable[[], object]] = [lambda: dice.choice(others)]
    if isinstance(value, int):
        choices += [lambda: value + dice.choice((-1, 1, 7)), lambda: 0]
    if isinstance(value, str) and value:
        spot = dice.randrange(len(value))
        letter = dice.choice('0a Z9é"\\}')
        choices += [
            lambda: value[:spot] + letter + value[spot + 1 :],
            lambda: value[:spot] + value[spot + 1 :],
            lambda: value[:spot] + letter + value[spot:],
            lambda: "",
        ]
    return dice.choice(choices)()


def random_forgery(dice: random.Random, database: sqlite3.Connection) -> str | None:
    """One value of a unit that passed, in a chain written anew from there without its key."""
    rows = database.execute(
        "SELECT DISTINCT r.seq FROM records r JOIN records o ON o.chain = 1 AND o.outcome = 'PASS' "
        "AND r.seq IN (o.seq, o.intent) WHERE r.chain = 1 AND r.batch = 'WO1'"
    ).fetchall()
    seq = dice.choice(rows)[0]
    key = dice.choice(("batch", "claims", "device_name", "intent", "product_id", "unit_id"))
    (value,) = database.execute(
        f"SELECT {key} FROM records WHERE chain = 1 AND seq = ?", (seq,)
    ).fetchone()
    others = database.execute(f"SELECT DISTINCT {key} FROM records").fetchall()
    new = dice.choice([row[0] for row in others] + ["x" if isinstance(value, str) else 7])
    if new == value:
        return None

    def forge(body: Body) -> None:
        if body["head"]["seq"] == seq:
            body["head"][key] = new

    rewrite(database, forge)
    return f"forged: record {seq} {key}: {value!r} → {new!r}"


WHOLESALE = {
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON records BEGIN DELETE FROM places; END",
    "a view": "CREATE VIEW v AS SELECT 1",
    "the imported chain": "DELETE FROM records WHERE chain = 3",
    "a chain": "DELETE FROM chains WHERE chain = 2",
    "all names": "DELETE FROM claims",
    "the table of names": "DROP TABLE claims",
    "an index": "DROP INDEX records_of_unit",
    "a far number": "UPDATE records SET seq = seq + 4611686018427387904 WHERE seq = 9",
    "a blob": "UPDATE records SET at = x'00' WHERE chain = 2 AND seq = 2",
    "bytes": "UPDATE records SET unit_id = CAST(x'ff' AS TEXT) WHERE chain = 2 AND seq = 2",
    "a name given back": "DELETE FROM claims WHERE unit_id LIKE '%05'",
    "a place given back": "DELETE FROM places WHERE unit_id LIKE '%04'",
    "a second place": "INSERT INTO places SELECT 'WO0', unit_id, state, chain, seq + 1 FROM places",
    "another's identity": "UPDATE about SET value = (SELECT manifest FROM chains WHERE chain = 3)",
}


def wholesale(dice: random.Random, database: sqlite3.Connection) -> str | None:
    """One of the things that a reviewer thought of."""
    what = dice.choice(list(WHOLESALE))
    try:
        database.execute(WHOLESALE[what])
    except sqlite3.Error:
        return None
    return what


KINDS = (random_edit,) * 6 + (random_forgery,) * 2 + (wholesale,)


def hunt(lived: Path, seed: int, times: int) -> int:
    """Edit at random, again and again; every edit that changed something must be found."""
    dice = random.Random(seed)
    clean = lived.read_bytes()
    victim = lived.with_name(f"victim-{seed}.db")
    edits = 0
    while edits < times:
        victim.write_bytes(clean)
        with closing(sqlite3.connect(victim)) as database:
            triggers = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
            guards = database.execute(triggers).fetchall()
            for name, _ in guards:
                database.execute(f"DROP TRIGGER {name}")
            what = dice.choice(KINDS)(dice, database)
            for _, sql in guards:
                database.execute(sql)
            database.commit()
        if what is None:
            continue
        edits += 1
        assert found(victim), f"seed {seed}: not found: {what}"
    return edits


def found(path: Path) -> bool:
    try:
        return verdict(path).flaw is not None
    except BurnerError as error:
        return error.code in ("E702", "E703", "E708", "E718", "E719")


def test_random_edits_are_all_found(lived: Path) -> None:
    assert hunt(lived, seed=1, times=40) == 40


@pytest.mark.full
@pytest.mark.parametrize("seed", range(2, 12))
def test_a_thousand_random_edits_are_all_found(lived: Path, seed: int) -> None:
    assert hunt(lived, seed, times=100) == 100
