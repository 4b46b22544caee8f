"""Verify on a PostgreSQL server: its guards, its schema, its way of sorting."""

import subprocess

import pytest
from sqlalchemy import create_engine, text

from burner.manifest.checks.verify import Verdict, verify
from burner.manifest.ledger import Ledger
from burner.manifest.reader import Reader
from burner.model import Outcome
from tests.manifest.postgres import Server
from tests.manifest.records import Ticking, burned, open_batch, unit_mac


@pytest.fixture
def url(server: Server) -> str:
    made = server.database()
    with Ledger.open(made, "line1", Ticking()) as ledger:
        open_batch(ledger, planned=9)
        burned(ledger, 1, batch="WO1")
        burned(ledger, 2, Outcome.FAIL, batch="WO1")
    return made


def verdict(url: str) -> Verdict:
    with Reader.open(url) as reader:
        return verify(reader, remember=False)


def run(url: str, *statements: str) -> None:
    engine = create_engine(url)
    with engine.begin() as database:
        for statement in statements:
            database.execute(text(statement))
    engine.dispose()


def test_an_honest_manifest_on_a_server_agrees(url: str) -> None:
    found = verdict(url)
    assert (found.flaw, found.warnings) == (None, ())


def test_ids_agree_whatever_order_the_server_sorts_text_in(server: Server) -> None:
    try:
        url = server.database("-T", "template0", "--locale-provider=icu", "--icu-locale=en-US")
    except subprocess.CalledProcessError:
        pytest.skip("this server has no collations of ICU")
    mac = str(unit_mac(1))
    with Ledger.open(url, "line1", Ticking()) as ledger:
        burned(ledger, 1, ids={"mac": mac, "label": "a1", "serial": "B1"})
    assert verdict(url).flaw is None


DISARMED = {
    "a guard that does nothing": (
        "CREATE OR REPLACE FUNCTION burner_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RETURN COALESCE(NEW, OLD); END $$"
    ),
    "a guard that is off": "ALTER TABLE records DISABLE TRIGGER records_keep_update",
    "a guard of one column": (
        "CREATE OR REPLACE TRIGGER records_keep_update BEFORE UPDATE OF hash ON records "
        "FOR EACH ROW EXECUTE FUNCTION burner_append_only()"
    ),
    "a guard with a condition": (
        "CREATE OR REPLACE TRIGGER records_keep_update BEFORE UPDATE ON records "
        "FOR EACH ROW WHEN (OLD.seq > 99) EXECUTE FUNCTION burner_append_only()"
    ),
}


@pytest.mark.parametrize("statement", DISARMED.values(), ids=DISARMED)
def test_a_guard_that_guards_nothing_is_told(url: str, statement: str) -> None:
    run(url, statement)
    assert "a guard is gone: records_keep_update" in verdict(url).warnings


CHANGED: dict[str, tuple[str, str]] = {
    "names without their key": (
        "ALTER TABLE claims DROP CONSTRAINT claims_pkey",
        "table claims has lost its PRIMARY KEY (device_name, product_id)",
    ),
    "a quantity without its check": (
        "ALTER TABLE batches DROP CONSTRAINT quantity_is_kept",
        "table batches has lost its CHECK",
    ),
    "an index gone": ("DROP INDEX rare_records", "table records has lost its index rare_records"),
    "a trigger": (
        "CREATE TRIGGER tidy AFTER INSERT ON records FOR EACH ROW "
        "EXECUTE FUNCTION burner_append_only()",
        "a trigger tidy on records that burner did not make",
    ),
    "a rule": (
        "CREATE RULE quiet AS ON INSERT TO claims DO INSTEAD NOTHING",
        "claims is not the plain table that burner made",
    ),
    "rows that some do not see": (
        "ALTER TABLE records ENABLE ROW LEVEL SECURITY",
        "records is not the plain table that burner made",
    ),
}


@pytest.mark.parametrize(("statement", "what"), CHANGED.values(), ids=CHANGED)
def test_a_changed_schema_on_a_server_is_found(url: str, statement: str, what: str) -> None:
    run(url, statement)
    assert what in str(verdict(url).flaw)


def test_what_a_factory_adds_for_itself_is_no_flaw(url: str) -> None:
    run(url, "CREATE INDEX ours ON records (outcome)", "CREATE TABLE shifts (name text)")
    assert verdict(url).flaw is None
