"""The manifest against itself: every chain recomputed, every column, claim and place compared.

Reads in constant memory and stops at the first bad place of a chain.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from burner.errors import BurnerError
from burner.manifest.chain import Flaw
from burner.manifest.checks.chain_state import ChainState, shared, tails
from burner.manifest.checks.chain_walks import SEALING, ChainWalks
from burner.manifest.checks.holdings import compare
from burner.manifest.checks.name_holders import Excuses, borrowed, lost_names
from burner.manifest.checks.structure import changed, miscounted
from burner.manifest.checks.walk import UNREADABLE
from burner.manifest.checks.walkers import walk_all
from burner.manifest.checks.witnesses import answered, unaccounted
from burner.manifest.database import Place
from burner.manifest.local.marks import Mark, marks_of
from burner.manifest.reader import Reader
from burner.manifest.signing.keys import PublicKey
from burner.manifest.standing import changed_batches
from burner.manifest.tables import missing_guards, records

__all__ = ["SEALING", "ChainState", "Progress", "Verdict", "size", "verify"]

Progress = Callable[[int], None]
"""Told how many more records were checked."""


@dataclass(frozen=True)
class Verdict:
    """What verify found. `flaw` None = everything agrees."""

    manifest: str
    chains: tuple[ChainState, ...]
    flaw: Flaw | None = None
    broken: bool = False
    """True where a chain itself is broken, False where other tables contradict it."""
    warnings: tuple[str, ...] = ()

    @property
    def records(self) -> int:
        """How many were checked."""
        return sum(chain.records for chain in self.chains)


def verify(
    reader: Reader,
    progress: Progress = lambda _: None,
    trusted: Mapping[str, PublicKey] | None = None,
    remember: bool = True,
    *,
    thorough: bool = False,
) -> Verdict:
    """Check a manifest.

    Args:
        reader: the manifest.
        progress: told how many more records were checked.
        trusted: keys by id (or a `Trust`) that must stand behind every checkpoint, and of which
            one must have signed each chain; None = those that the manifest itself names, which
            proves less.
        remember: whether to compare with what this computer wrote; not for a backup.
        thorough: have SQLite compare every index with its table, also of a large manifest.

    Raises:
        BurnerError: E7 when the database cannot be read.
    """
    # Before the snapshot: a station that goes on meanwhile is not behind its mark.
    remembered = marks_of(reader.manifest) if remember else {}
    with reader.connection() as connection:
        structural = next(changed(connection), None)
    try:
        verdict = _walked(reader, progress, trusted, remembered=remembered, thorough=thorough)
    except BurnerError:
        if structural is None:
            raise
        return Verdict(reader.manifest, (), structural)
    return replace(verdict, flaw=verdict.flaw or structural)


def _walked(
    reader: Reader,
    progress: Progress,
    trusted: Mapping[str, PublicKey] | None,
    *,
    remembered: Mapping[str, Mark],
    thorough: bool,
) -> Verdict:
    with ThreadPoolExecutor(1) as beside, reader.connection() as connection:
        # The driver lets go of Python while the database compares: it costs no time of the walk.
        comparing = beside.submit(_compare, reader.where)
        warnings = [f"a guard is gone: {name}" for name in sorted(missing_guards(connection))]
        walks = ChainWalks(connection, reader.manifest, remembered=remembered, trusted=trusted)
        for walked in walk_all(connection, reader.where, walks.stretches):
            progress(walked.records)
            walks.take(walked)
        states, broken = walks.end()
        warnings += walks.doubts
        compared = comparing.exception()
        if broken:
            return Verdict(reader.manifest, states, broken, True, tuple(warnings))
        if compared is not None:
            raise compared
        flaws = [*walks.contradictions, *comparing.result()]
        if not flaws:
            flaws = _beyond(connection, reader.manifest, walks, warnings, thorough=thorough)
    if trusted:
        warnings += [*tails(states), *shared(states)]
    return Verdict(reader.manifest, states, flaws[0] if flaws else None, False, tuple(warnings))


def _compare(where: Place) -> list[Flaw]:
    with Reader(where) as reader, reader.connection() as connection:
        _lenient(connection)
        try:
            return compare(connection, reader.manifest)
        except UNREADABLE as error:
            return [Flaw("", 0, f"the tables hold what burner never wrote ({error})")]


def _lenient(connection: Connection) -> None:
    """Bytes that are no text are shown, not stumbled over: they are part of some flaw."""
    database = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite" and database is not None:
        database.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")


def _beyond(
    connection: Connection,
    manifest: str,
    walks: ChainWalks,
    warnings: list[str],
    *,
    thorough: bool,
) -> list[Flaw]:
    """What only the counts of the whole walk tell, and what people answered for."""

    def found() -> Iterator[Flaw]:
        excuses = Excuses(connection, manifest)
        yield from lost_names(connection, manifest, walks.claimed, excuses)
        yield from borrowed(connection, manifest, walks.unheld, excuses)
        yield from unaccounted(connection, manifest, walks.records_of())
        yield from miscounted(connection, walks.counted, thorough=thorough)
        for each in answered(connection):
            if isinstance(each, Flaw):
                yield each
            else:
                warnings.append(each)
        warnings.extend(changed_batches(connection, manifest))

    first = next(found(), None)
    return [first] if first else []


def size(reader: Reader) -> int:
    """How many records there are, for a progress bar."""
    with reader.connection() as connection:
        return int(connection.execute(select(func.count()).select_from(records)).scalar_one())
