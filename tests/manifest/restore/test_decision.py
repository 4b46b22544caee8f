"""What `restore` does, by what is known."""

from dataclasses import replace
from pathlib import Path

import pytest

from burner.core.errors import BurnerError
from burner.manifest.local.known_log import KnownLog
from burner.manifest.restore.decision import (
    BeginNewLog,
    ContinueNewLog,
    Loss,
    Situation,
    compute_loss,
    decide,
    replaced_origin,
)

COPY = KnownLog("burner/old", "key", 4, "aa")
KNOWN = KnownLog("burner/old", "key", 6, "bb")
NEW = KnownLog("burner/new", "key", 2, "cc")
ASIDE = Path("manifest.db.old.old")

OLDER_COPY = Situation(
    origin="burner/old",
    present=COPY,
    replaced=frozenset(),
    copy=COPY,
    named=False,
    known=KNOWN,
    loss=Loss(2),
    may_sign=False,
    aside=ASIDE,
    aside_is_taken=False,
)
NOTHING_LOST = replace(OLDER_COPY, known=COPY, loss=Loss())
NAMED = replace(OLDER_COPY, present=None, named=True, aside=None)


@pytest.mark.parametrize(
    ("situation", "does"),
    [
        (OLDER_COPY, BeginNewLog(KNOWN)),
        (replace(OLDER_COPY, known=COPY, loss=Loss(1, False, True)), BeginNewLog(COPY)),
        (
            replace(OLDER_COPY, present=None, copy=None, loss=Loss(6), aside=None),
            BeginNewLog(KNOWN),
        ),
        (NAMED, BeginNewLog(KNOWN)),
        (NOTHING_LOST, BeginNewLog(COPY)),
        (replace(NOTHING_LOST, known=None), BeginNewLog(COPY)),
        (replace(NOTHING_LOST, may_sign=True), "E732"),
        (replace(NOTHING_LOST, present=None, copy=None, aside=None, known=None), "E732"),
        (replace(OLDER_COPY, present=NEW, replaced=frozenset({"burner/old"})), ContinueNewLog()),
        (replace(NAMED, present=NEW, replaced=frozenset({"burner/old"})), ContinueNewLog()),
        (replace(NAMED, present=NEW), "E736"),
        (replace(OLDER_COPY, aside=None), "E736"),
        (replace(OLDER_COPY, aside_is_taken=True), "E736"),
    ],
)
def test_what_is_done_follows_from_what_is_known(
    situation: Situation, does: BeginNewLog | ContinueNewLog | str
) -> None:
    if isinstance(does, str):
        with pytest.raises(BurnerError, match=f"^{does}:"):
            decide(situation)
    else:
        assert decide(situation) == does


@pytest.mark.parametrize(
    ("known", "kept", "loss"),
    [
        ([], 0, Loss()),
        ([], 4, Loss()),
        ([(6, False)], 0, Loss(6)),
        ([(6, True)], 6, Loss()),
        ([(6, True)], 9, Loss()),
        ([(100, False)], 80, Loss(20, exact=False)),
        ([(100, False), (80, True)], 80, Loss(20)),
        ([(100, False), (50, True)], 80, Loss(20, exact=False)),
        ([(100, False), (60, False), (50, True)], 80, Loss(41, False, True)),
        ([(100, False), (51, False), (50, True)], 80, Loss(50, True, True)),
        ([(100, False)], 100, Loss(1, False, True)),
        ([(100, False)], 120, Loss(1, False, True)),
    ],
)
def test_a_number_of_lost_records_is_exact_only_where_it_is_proved(
    known: list[tuple[int, bool]], kept: int, loss: Loss
) -> None:
    assert compute_loss(known, kept) == loss


@pytest.mark.parametrize(
    ("expected", "there", "copy", "origin"),
    [
        ("burner/old", None, None, "burner/old"),
        ("burner/old", NEW, NEW, "burner/old"),
        ("burner/old", COPY, COPY, "burner/old"),
        ("burner/new", NEW, COPY, "burner/old"),
        ("", None, COPY, "burner/old"),
        ("", None, None, ""),
    ],
)
def test_a_log_is_begun_in_place_of_the_one_that_this_computer_misses(
    expected: str, there: KnownLog | None, copy: KnownLog | None, origin: str
) -> None:
    assert replaced_origin(expected, there, copy) == origin
