"""Whoever edits the manifest without a key is found: by verify, and by the station that goes on."""

import sqlite3
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from shutil import copyfile, copytree
from typing import Any

import pytest

from burner.core.attempt import Outcome
from burner.core.errors import BurnerError
from burner.manifest.exchange.certificate import certificate
from burner.manifest.exchange.imports import import_log
from burner.manifest.exchange.log_file import export_log
from burner.manifest.heads.heads import current_head
from burner.manifest.local.keys import LocalSigner
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.log.note import VerifierKey, sign
from burner.manifest.log.tree import leaf_hash
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.reading.unit_search import log_origins
from burner.manifest.restore.restore import restore
from burner.manifest.verify.database import verify
from burner.manifest.writing.corrections import CorrectionKind, correct
from burner.manifest.writing.log_keys import withdraw
from tests.manifest.records import a_ledger, burned, open_batch, unit_mac

PRODUCT = "S3EUVBRJLB"


def filled_manifest(folder: Path) -> Path:
    """A manifest that has seen something: batches, a scrap, a void, IDs, an import, many heads."""
    with a_ledger(folder, "line2", "other.db") as other:
        open_batch(other, "WO9")
        burned(other, 50, batch="WO9", ids={"mac": "x", "imei": "imei-50"})
        file = folder / "other.log"
        file.write_text("".join(export_log(other.reader)), encoding="utf-8")
        key = VerifierKey.parse(other.writer.origin_key)
    with a_ledger(folder, keep_every=7) as ledger:
        open_batch(ledger, "WO1", 9, release_quantity=40)
        for unit in range(1, 6):
            burned(ledger, unit, batch="WO1", ids={"mac": "x", "imei": f"imei-{unit}"})
        burned(ledger, 6, Outcome.FAIL, batch="WO1")
        import_log(ledger, file, key.name, key, operator="boss")
        open_batch(ledger, "WO2")
        for word, unit in ((CorrectionKind.SCRAP, 1), (CorrectionKind.VOID, 2)):
            mac = str(unit_mac(unit))
            correct(ledger, word, mac, product_id=PRODUCT, operator="qa", reason="seen")
        for unit in range(7, 10):
            burned(ledger, unit, batch="WO2", name=None if unit == 8 else "", bind="late-8")
        for unit in range(100, 215):  # full tiles of hashes
            burned(ledger, unit)
    return folder / "manifest.db"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("lived")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BURNER_STATE", str(folder / "state"))
        yield filled_manifest(folder)


@pytest.fixture
def path(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it that this test may spoil, with what this computer remembers."""
    state = copytree(original.parent / "state", tmp_path / "state")
    monkeypatch.setenv("BURNER_STATE", str(state))
    return Path(copyfile(original, tmp_path / "manifest.db"))


def edit(path: Path, statement: str, values: tuple[Any, ...] = ()) -> int:
    """As somebody does with a tool of the database: the guards go first, and come back."""
    with closing(sqlite3.connect(path)) as connection:
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        kept = guards.fetchall()
        for name, _ in kept:
            connection.execute(f"DROP TRIGGER {name}")
        done = connection.execute(statement, values).rowcount
        for _, sql in kept:
            connection.execute(sql)
        connection.commit()
        return done


def bad_places(path: Path) -> list[str]:
    """What verify finds, without what this computer remembers."""
    with ManifestReader.open(path) as reader, reader.connection() as connection:
        result = verify(connection)
    return [f"{r.code} {r.check}: {r.place}" for r in result.results.values() if r.code]


def test_the_untouched_copy_agrees(path: Path) -> None:
    assert bad_places(path) == []


def test_a_damaged_record_of_an_import_is_found_there_and_the_own_log_is_checked_on(
    path: Path,
) -> None:
    changed = "UPDATE records SET body = replace(body, 'line2', 'line3') WHERE log = 1"
    assert edit(path, f"{changed} AND number = 2") == 1
    edit(path, "DELETE FROM checkpoints WHERE size = 1")
    with ManifestReader.open(path) as reader, reader.connection() as connection:
        origin = log_origins(connection)[1]
    assert bad_places(path) == [
        "E713 heads: the checkpoint at 1 is gone",
        f"E713 imports: {origin}, record 2 is not the one that was signed",
    ]


ROW_TABLES = ("logs", "keys", "names", "ids", "units", "members", "batches", "limits", "attempts")
TABLES = (*ROW_TABLES, "records", "tiles", "head", "checkpoints", "imported", "about")


def random_edit(path: Path, random: Random) -> str:
    """Change, remove or double one row, or one value of it; says what."""
    with closing(sqlite3.connect(path)) as connection:
        table = random.choice([t for t in TABLES if _count(connection, t)])
        rows = connection.execute(f"SELECT rowid, * FROM {table}").fetchall()
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    row = random.choice(rows)
    if random.random() < 0.2 and table != "checkpoints":  # see below: not each one must be there
        edit(path, f"DELETE FROM {table} WHERE rowid = ?", (row[0],))
        return f"{table} without {row[1:4]}"
    at = random.randrange(len(columns))
    before = row[1 + at]
    after = another(before, random)
    statement = f"UPDATE {table} SET {columns[at]} = ? WHERE rowid = ?"
    values = (after, row[0])
    if doubles := random.random() < 0.2:
        statement = f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})"
        values = (*row[1 : 1 + at], after, *row[2 + at :])
    try:
        edit(path, statement, values)
    except sqlite3.IntegrityError:
        return ""
    with closing(sqlite3.connect(path)) as connection:
        if connection.execute(f"SELECT rowid, * FROM {table}").fetchall() == rows:
            return ""  # SQLite made the old value of it again
    how = "one more with" if doubles else ""
    return f"{table}.{columns[at]} {before!r:.40} -> {how} {after!r:.40}"


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def another(value: Any, random: Random) -> Any:
    """Another value: mostly like the old one, sometimes of another type or length."""
    if random.random() < 0.2:
        return random.choice([b"", "", 7, 1e300, b"\xff\x00", "\u00e9" * 50, str(value), -(2**62)])
    match value:
        case int():
            return value + random.choice([-1, 1, 7])
        case bytes() if value:
            at = random.randrange(len(value))
            return value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]
        case str() if value:
            at = random.randrange(len(value))
            return value[:at] + ("x" if value[at] != "x" else "y") + value[at + 1 :]
    return "spoiled"


def campaign(original: Path, folder: Path, edits: int, seed: int) -> list[str]:
    """Edits that verify did not find."""
    missed, random = [], Random(seed)
    for number in range(edits):
        path = Path(copyfile(original, folder / f"edited-{number}.db"))
        what = random_edit(path, random)
        try:
            places = bad_places(path) if what else ["nothing was changed"]
        except BurnerError as error:
            places = [str(error)]
        goes_on(path)  # refuses or not, but never with a traceback
        if not places:
            missed.append(what)
        path.unlink()
    return missed


def test_random_edits_of_rows_are_found(original: Path, tmp_path: Path) -> None:
    assert campaign(original, tmp_path, 60, seed=1) == []


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_a_thousand_random_edits_of_rows_are_found(original: Path, tmp_path: Path) -> None:
    assert campaign(original, tmp_path, 1000, seed=2) == []


# -- the station that goes on ---------------------------------------------------------------------


def goes_on(path: Path) -> str:
    """The code with which a station refuses to continue; empty: it goes on."""
    try:
        with a_ledger(path.parent, name=path.name):
            return ""
    except BurnerError as error:
        return error.code


def test_a_row_appended_while_the_station_was_off_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        last = connection.execute("SELECT max(number) FROM records WHERE log = 0").fetchone()[0]
    edit(
        path,
        "INSERT INTO records SELECT log, number + 1, kind, batch, unit_id, leaf, body "
        "FROM records WHERE log = 0 AND number = ?",
        (last,),
    )
    assert goes_on(path) == "E756"
    assert any("E756" in place for place in bad_places(path))


def test_a_body_edited_behind_the_last_kept_checkpoint_is_refused(path: Path) -> None:
    edit(path, "DELETE FROM checkpoints WHERE size = (SELECT max(size) FROM checkpoints)")
    done = edit(
        path,
        "UPDATE records SET body = replace(body, '\"PASS\"', '\"FAIL\"') WHERE log = 0 AND "
        "number = (SELECT max(number) FROM records WHERE log = 0)",
    )
    assert done == 1
    assert goes_on(path) == "E713"


def test_a_head_of_an_unknown_key_is_refused(path: Path, tmp_path: Path) -> None:
    with a_ledger(tmp_path / "b", "stranger", "b.db") as stranger:
        note = str(current_head(stranger.reader))
    with closing(sqlite3.connect(path)) as connection:
        (text,) = connection.execute("SELECT note FROM head").fetchone()
    signature = note.rsplit(" ", 1)[1]
    name = text.split("\n")[0]
    edit(path, "UPDATE head SET note = ?", (f"{text.rpartition('— ')[0]}— {name} {signature}",))
    assert goes_on(path) == "E755"


def test_a_head_of_an_unknown_key_gives_no_certificate(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        (text,) = connection.execute("SELECT note FROM head").fetchone()
    origin, size, root = text.split("\n")[:3]
    _, _, note = signed_by_a_stranger(origin, int(size), b64decode(root).hex())
    edit(path, "UPDATE head SET note = ?", (note,))
    with ManifestReader.open(path) as reader, pytest.raises(BurnerError, match=r"^E755:"):
        certificate(reader, str(unit_mac(3)))


def test_an_older_copy_is_refused(path: Path) -> None:
    older = Path(copyfile(path, path.with_name("older.db")))
    with a_ledger(path.parent) as ledger:
        burned(ledger, 60)
    copyfile(older, path)
    assert goes_on(path) == "E710"


@pytest.mark.parametrize("remembered", [True, False])
def test_a_log_without_its_head_is_not_begun_again(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, remembered: bool
) -> None:
    if not remembered:
        monkeypatch.setenv("BURNER_STATE", str(tmp_path / "another computer"))
    edit(path, "DELETE FROM head")
    assert goes_on(path) == "E756"
    assert bad_places(path) == ["E713 heads: there is no head"]


def test_a_simulated_bench_does_not_continue_an_older_copy_either(path: Path) -> None:
    older = Path(copyfile(path, path.with_name("older.db")))
    with a_ledger(path.parent) as ledger:
        burned(ledger, 60)
    copyfile(older, path)
    with pytest.raises(BurnerError, match=r"^E710:"), a_ledger(path.parent, simulated=True):
        pass


def test_lists_of_a_body_of_another_type_are_refused_with_a_code(path: Path) -> None:
    edit(path, "UPDATE records SET body = CAST(body AS BLOB)")
    with ManifestReader.open(path) as reader, pytest.raises(BurnerError, match=r"^E713:"):
        list(reader.attempts_json())


def test_an_older_copy_that_was_edited_is_not_restored_from(path: Path) -> None:
    older = Path(copyfile(path, path.with_name("older.db")))
    with a_ledger(path.parent) as ledger:
        burned(ledger, 60)
    copyfile(older, path)
    edit(path, "UPDATE names SET device_name = 'other' WHERE log = 0 AND device_name = 'late-8'")
    with pytest.raises(BurnerError, match=r"^E714:"):
        restore(str(path), "line1", operator="qa", reason="disk died")
    assert [*path.parent.glob("*.old")] == []
    assert goes_on(path) == "E710"


def test_another_manifest_in_its_place_is_refused(path: Path, tmp_path: Path) -> None:
    assert goes_on(path) == ""
    (tmp_path / "new").mkdir()
    with a_ledger(tmp_path / "new", name="other.db"):
        pass
    copyfile(tmp_path / "new" / "other.db", path)
    assert goes_on(path) == "E710"


def test_a_manifest_that_is_gone_is_not_made_anew(path: Path) -> None:
    assert goes_on(path) == ""
    for file in path.parent.glob("manifest.db*"):
        file.unlink()
    assert goes_on(path) == "E710"
    assert not path.exists()


def test_a_station_of_another_computer_does_not_write_before_it_is_let_in(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BURNER_STATE", str(tmp_path / "other computer"))
    with a_ledger(path.parent, "line9") as ledger, pytest.raises(BurnerError) as caught:
        burned(ledger, 61)
    assert caught.value.code == "E757"
    assert bad_places(path) == []


def test_another_station_of_this_computer_is_let_in_by_a_key_that_is_here(path: Path) -> None:
    with a_ledger(path.parent, "line9") as ledger:
        burned(ledger, 61)
        owners = [row.owner for row in ledger.reader.log_keys()]
    assert owners == ["line1", "line9"]
    assert bad_places(path) == []


def test_a_kept_checkpoint_behind_a_batch_or_a_key_must_be_there(path: Path) -> None:
    assert edit(path, "DELETE FROM checkpoints WHERE size = 1") == 1
    assert bad_places(path) == ["E713 heads: the checkpoint at 1 is gone"]


def signed_by_a_stranger(origin: str, size: int, root: str) -> tuple[str, str, str]:
    """Key, id and head of somebody who signs the same head with a key of his own."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    mine = LocalSigner(origin, Ed25519PrivateKey.generate())
    note = sign(Checkpoint(origin, size, bytes.fromhex(root)).text, mine)
    return str(mine.key), mine.key.id.hex(), str(note)


def test_an_origin_key_put_in_place_of_another_is_refused(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_ledger(path.parent) as ledger:
        for unit in range(60, 200):  # the first tile is full: its hashes are stored
            burned(ledger, unit)
        origin, size = ledger.origin, ledger.writer.size
        old, root = ledger.writer.origin_key, ledger.writer._log.frontier.root.hex()
    key, key_id, note = signed_by_a_stranger(origin, size, root)
    with closing(sqlite3.connect(path)) as connection:
        (body,) = connection.execute("SELECT body FROM records WHERE number = 0").fetchone()
    false = body.replace(old, key)
    edit(path, "DELETE FROM checkpoints")
    edit(path, "INSERT INTO checkpoints VALUES (?, ?)", (size, note))
    edit(path, "UPDATE head SET note = ?", (note,))
    edit(
        path,
        "UPDATE records SET body = ?, leaf = ? WHERE log = 0 AND number = 0",
        (false, leaf_hash(false.encode())),
    )
    edit(path, "UPDATE keys SET id = ?, key = ? WHERE log = 0", (key_id, key))
    assert goes_on(path) == "E713"
    monkeypatch.setenv("BURNER_STATE", str(tmp_path / "another computer"))
    assert goes_on(path) == "E713"


def test_a_running_station_does_not_follow_a_head_of_a_key_that_was_put_into_the_tables(
    path: Path, tmp_path: Path
) -> None:
    with a_ledger(path.parent) as one, a_ledger(path.parent, "line9") as two:
        burned(one, 61)
        burned(two, 62)
        head = two.writer._log.frontier
        key, key_id, note = signed_by_a_stranger(two.origin, head.size, head.root.hex())
        columns = (key_id, key, "wu", "station", "", 5, -1)
        edit(path, "INSERT INTO keys VALUES (0, ?, ?, ?, ?, ?, ?, ?)", columns)
        edit(path, "UPDATE head SET note = ?", (note,))
        with pytest.raises(BurnerError, match=r"^E755:"):
            burned(one, 63)


def test_a_running_station_does_not_follow_a_head_of_a_key_that_was_withdrawn(
    path: Path,
) -> None:
    with a_ledger(path.parent) as one, a_ledger(path.parent, "line9") as two:
        burned(two, 62)
        withdraw(one, two.writer.key.signer.key.id.hex(), operator="qa", reason="stolen")
        with pytest.raises(BurnerError, match=r"^E757:"):
            burned(two, 63)
        burned(one, 64)
        with pytest.MonkeyPatch.context() as patch:  # a burner that somebody changed
            patch.setattr("burner.manifest.store.writer.in_force", lambda *_: True)
            burned(two, 63)
        with pytest.raises(BurnerError, match=r"^E755:"):
            burned(one, 65)
