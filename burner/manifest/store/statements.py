"""Statements as the way of a unit needs them: compiled once, sent together, read as they come."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from itertools import islice
from typing import Any

from sqlalchemy import ClauseElement
from sqlalchemy.engine import Connection

CHUNKED_ROWS = 170000
"""The version of PostgreSQL's client library that takes rows some at a time (its release notes)."""

WHOLE = {"render_postcompile": True}
"""Lists of an IN are part of the text."""


class Prepared:
    """A statement compiled once for each kind of database: the way of a unit runs a few of them
    thousands of times, and compiling again costs more than executing.
    """

    def __init__(self, clause: ClauseElement) -> None:
        self._clause = clause
        self._compiled: dict[str, tuple[str, Mapping[str, Any]]] = {}

    def run(self, connection: Connection, **values: Any) -> Any:
        """Execute with these values, by the driver itself: a third of the time. Its cursor."""
        name = connection.dialect.name
        if name not in self._compiled:
            compiled = self._clause.compile(dialect=connection.dialect, compile_kwargs=WHOLE)
            self._compiled[name] = str(compiled), compiled.params
        text, defaults = self._compiled[name]
        cursor = connection.connection.cursor()
        cursor.execute(text, {**defaults, **values})
        return cursor


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """Prepared statements that a server gets at once: their results are there when this ends.

    A server far away is waited for once then, not once a statement.
    """
    driver: Any = connection.connection.dbapi_connection
    with driver.pipeline() if connection.dialect.name == "postgresql" else nullcontext():
        yield


def stream(
    connection: Connection, query: ClauseElement, chunk: int
) -> Generator[Sequence[Any], None, None]:
    """Rows as the driver gives them, some at a time: constant memory, and half the time of Core's.

    Nothing else can be asked of the connection meanwhile. Close it before the connection.
    """
    compiled = query.compile(dialect=connection.dialect, compile_kwargs=WHOLE)
    cursor: Any = connection.connection.cursor()
    try:
        if connection.dialect.name == "postgresql":
            yield from _sent(cursor, str(compiled), compiled.params, chunk)
            return
        cursor.execute(str(compiled), compiled.params)
        while rows := cursor.fetchmany(chunk):
            yield rows
    finally:
        cursor.close()


def _sent(cursor: Any, text: str, values: Any, chunk: int) -> Generator[Sequence[Any], None, None]:
    """Rows that the server sends on while we work on the last ones."""
    from psycopg import pq

    several = chunk if pq.version() >= CHUNKED_ROWS else 1
    with closing(cursor.stream(text, values, size=several)) as rows:
        while some := list(islice(rows, chunk)):
            yield some
