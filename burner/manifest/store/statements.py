"""Statements that are compiled once, sent in a pipeline, or read as a stream."""

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
    """A statement compiled once for each kind of database. Statements of a commit run thousands of
    times, and compiling takes longer than executing.
    """

    def __init__(self, clause: ClauseElement) -> None:
        self._clause = clause
        self._compiled: dict[str, tuple[str, Mapping[str, Any]]] = {}

    def run(self, connection: Connection, **values: Any) -> Any:
        """Execute by the driver itself, in a third of the time; the cursor of the driver."""
        name = connection.dialect.name
        if name not in self._compiled:
            compiled = self._clause.compile(dialect=connection.dialect, compile_kwargs=WHOLE)
            self._compiled[name] = str(compiled), compiled.params
        text, defaults = self._compiled[name]
        cursor = connection.connection.cursor()
        cursor.execute(text, {**defaults, **values})
        return cursor


@contextmanager
def pipelined(connection: Connection) -> Iterator[None]:
    """Send prepared statements to a server in a pipeline; they are done when this ends.

    So a commit waits once for a distant server, not once for each statement.
    """
    driver: Any = connection.connection.dbapi_connection
    with driver.pipeline() if connection.dialect.name == "postgresql" else nullcontext():
        yield


def stream(
    connection: Connection, query: ClauseElement, chunk: int
) -> Generator[Sequence[Any], None, None]:
    """Rows of the driver in chunks: constant memory, and half the time of SQLAlchemy's rows.

    The connection cannot be used meanwhile. Close the stream before the connection.
    """
    compiled = query.compile(dialect=connection.dialect, compile_kwargs=WHOLE)
    cursor: Any = connection.connection.cursor()
    try:
        if connection.dialect.name == "postgresql":
            yield from _streamed(cursor, str(compiled), compiled.params, chunk)
            return
        cursor.execute(str(compiled), compiled.params)
        while rows := cursor.fetchmany(chunk):
            yield rows
    finally:
        cursor.close()


def _streamed(
    cursor: Any, text: str, values: Any, chunk: int
) -> Generator[Sequence[Any], None, None]:
    """Rows that the server sends while we process the last chunk."""
    from psycopg import pq

    several = chunk if pq.version() >= CHUNKED_ROWS else 1
    with closing(cursor.stream(text, values, size=several)) as rows:
        while chunk_rows := list(islice(rows, chunk)):
            yield chunk_rows
