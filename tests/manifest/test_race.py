"""Two stations, one database, one name: one wins, every time."""

import multiprocessing
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from burner.core.attempt import Attempt, Outcome
from burner.core.errors import BurnerError
from burner.manifest.writing.ledger import Ledger
from tests.manifest.records import a_result, an_attempt

WAIT_S = 60
WON = "won"


def claim(ledger: Ledger, attempt: Attempt, late: bool) -> str:
    """Claim a name with the intent, or after it as an IMEI would; how that went."""
    try:
        if late:
            ledger.begin(replace(attempt, device_name=""))
            ledger.bind(attempt)
        else:
            ledger.begin(attempt)
    except BurnerError as error:
        with suppress(BurnerError):
            ledger.finish(attempt, a_result(Outcome.FAIL, code=error.code))
        return error.code
    ledger.finish(attempt, a_result(Outcome.PASS))
    return WON


def station(path: Path, number: int, rounds: int, start: Barrier) -> list[str]:
    """One station's process: its own units, the names of both."""
    name = f"station{number}"
    with Ledger.open(path, name) as ledger:
        ends = []
        for turn in range(rounds):
            unit = 1000 * number + turn
            mine = an_attempt(unit, name=f"imei-{turn}", station=name, id=f"{unit:032x}")
            start.wait(WAIT_S)
            ends.append(claim(ledger, mine, late=turn % 2 == number % 2))
        return ends


def race(path: Path, rounds: int) -> Sequence[tuple[str, ...]]:
    """What each turn gave to each station."""
    Ledger.open(path, "first").close()
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager, context.Pool(2) as pool:
        start = manager.Barrier(2)
        arguments = [(path, number, rounds, start) for number in (1, 2)]
        return list(zip(*pool.starmap(station, arguments, chunksize=1), strict=True))


def check(ends: Sequence[tuple[str, ...]]) -> None:
    assert Counter(map(frozenset, ends)) == {frozenset({WON, "E450"}): len(ends)}


def test_one_station_wins_a_name_and_the_other_is_told(tmp_path: Path) -> None:
    check(race(tmp_path / "manifest.db", 20))


@pytest.mark.full
@pytest.mark.timeout(600)
def test_one_station_wins_a_name_a_thousand_times(tmp_path: Path) -> None:
    check(race(tmp_path / "manifest.db", 1000))
