"""A network that went silent: the server still holds the session that the station has lost."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from burner.core.errors import BurnerError
from burner.core.unit_events import ManifestAway
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.writing import retry_manifest as waiting
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.retry_manifest import retry_until_reachable
from tests.manifest.postgres import Server
from tests.manifest.records import a_result, an_attempt, burned, flaws


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "RETRY_PAUSE_S", 0.01)


@pytest.fixture
def url(server: Server) -> str:
    return server.database()


@pytest.fixture
def ghost(url: str) -> Iterator[Callable[[], psycopg.Connection]]:
    """Cuts the station off and holds its lock, as its old session does on a server that has not
    noticed yet; closed, it lets go.
    """
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as session:

        def haunt() -> psycopg.Connection:
            row = session.execute(
                "SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks"
                " WHERE locktype = 'advisory'"
            ).fetchone()
            assert row is not None
            session.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            session.execute("SELECT pg_advisory_lock(%s)", row)
            return session

        yield haunt


@pytest.mark.parametrize("call", ["begin", "finish"])
def test_a_station_waits_until_the_server_lets_its_lost_session_go(
    url: str, ghost: Callable[[], psycopg.Connection], call: str
) -> None:
    attempt = an_attempt(1)
    with Ledger.open(url, "line1") as ledger:
        burned(ledger, 2)
        if call == "finish":
            ledger.begin(attempt)
        session, waits = ghost(), []
        call_ledger = {
            "begin": lambda: ledger.begin(attempt),
            "finish": lambda: ledger.finish(attempt, a_result()),
        }[call]
        for wait in retry_until_reachable(call_ledger, "1", lambda: False):
            waits.append(wait.code if isinstance(wait, ManifestAway) else "back")
            if waits[-1] == "E723":
                session.close()
        assert waits in (["E711", "E723", "back"], ["E723", "back"])
        if call == "begin":
            ledger.finish(attempt, a_result())
    with ManifestReader.open(url) as reader:
        assert [e["outcome"] for e in reader.attempts_json()] == ["PASS", "PASS"]
        assert flaws(reader) == []


def test_a_station_that_stays_in_use_is_another_programs_after_all(
    url: str, ghost: Callable[[], psycopg.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LOST_SESSION_S", 0.2)
    with Ledger.open(url, "line1") as ledger:
        burned(ledger, 1)
        ghost()
        with pytest.raises(BurnerError, match=r"^E704:"):
            list(retry_until_reachable(lambda: ledger.begin(an_attempt(2)), "1", lambda: False))


def test_a_person_may_end_the_wait_and_is_told_what_it_was_for(
    url: str, ghost: Callable[[], psycopg.Connection]
) -> None:
    stopped = threading.Event()
    with Ledger.open(url, "line1") as ledger:
        burned(ledger, 1)
        ghost()
        waits = retry_until_reachable(lambda: ledger.begin(an_attempt(2)), "1", stopped.is_set)
        assert ManifestAway("1", "E723", "station line1 on the server") in waits
        stopped.set()
        with pytest.raises(BurnerError, match=r"^E723:"):
            next(waits)


def test_both_ends_are_told_to_notice_a_dead_network_soon(url: str) -> None:
    with Ledger.open(url, "line1") as ledger:
        connection: Any = ledger.writer._ready().connection.dbapi_connection
        client = connection.info.get_parameters()
        rows = connection.execute(
            "SELECT name, reset_val FROM pg_settings WHERE name LIKE 'tcp%' AND source = 'client'"
        ).fetchall()
    noticed = {"keepalives_idle": "5", "keepalives_interval": "5", "keepalives_count": "3"}
    assert noticed.items() <= client.items()
    assert client["tcp_user_timeout"] == "15000"
    assert {f"tcp_{k}": v for k, v in noticed.items()}.items() <= dict(rows).items()
    assert dict(rows)["tcp_user_timeout"] == "15000"
