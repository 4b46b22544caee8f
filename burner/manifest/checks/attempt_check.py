"""What the records of an attempt say against each other: intent, claim, outcome. Pure.

A PASS needs an intent, of the same unit, product, batch and name; an attempt ends at most once.
Made for millions of records: an attempt costs two look-ups in a dict.
"""

from collections.abc import Iterable

from burner.manifest.chain import Columns, Kind
from burner.model import Outcome

INTENT, CLAIM, OUTCOME = Kind.INTENT.value, Kind.CLAIM.value, Kind.OUTCOME.value
PASS = Outcome.PASS.value
ENDINGS = frozenset(
    each.value for each in (Outcome.PASS, Outcome.FAIL, Outcome.ERROR, Outcome.ABORTED)
)
MOST = 8
"""Records an attempt has at most; burner writes three."""

Name = tuple[int, str, str, str]
"""A name that an attempt carries without having taken it: record, name, ProductID, unit."""


class AttemptCheck:
    """The attempts of a chain, or of a stretch of it, in order."""

    def __init__(self) -> None:
        self.elsewhere: list[Columns] = []
        """Claims and outcomes whose intent was not met: it may stand before this stretch."""
        self.borrowed: list[Name] = []
        """Names that an earlier attempt of the unit must have taken."""
        self.firsts = 0
        """Records that begin something: an attempt, or one that stands alone."""
        self.rare = 0
        """Records that are no part of an attempt."""
        self._begun: dict[int, tuple[str, str, str, str]] = {}

    def take(self, row: Columns) -> str:
        """The next record; empty when it contradicts none before it, else what is wrong."""
        _, batch, claims, name, intent, kind, outcome, product, seq, unit, _, _ = row
        if kind == INTENT:
            if intent != seq or outcome:
                return "an intent that says it is something else"
            self.firsts += 1
            self._begun[seq] = (unit, product, batch, name)
            if not claims and name:
                self.borrowed.append((seq, name, product, unit))
            return ""
        if kind == OUTCOME:
            return self._end(row)
        if kind == CLAIM:
            return self._name(row)
        if intent != seq or claims or outcome:
            return f"a {kind} that says it is part of an attempt"
        self.firsts += 1
        self.rare += 1
        return ""

    def _end(self, row: Columns) -> str:
        _, batch, claims, name, intent, _, outcome, product, seq, unit, _, _ = row
        if claims or outcome not in ENDINGS:
            return "an outcome that is none"
        if intent == seq:
            self.firsts += 1
            return "passed without an intent" if outcome == PASS else ""
        begun = self._begun.pop(intent, None)
        if begun is None:
            self.elsewhere.append(row)
        elif begun != (unit, product, batch, name):
            if begun[:3] != (unit, product, batch):
                return f"ends the attempt of record {intent} on unit {begun[0]} as another's"
            if outcome == PASS:
                return f"passed as {name or 'nobody'}, its claim is of {begun[3] or 'no name'}"
        return ""

    def _name(self, row: Columns) -> str:
        _, batch, claims, name, intent, _, outcome, product, seq, unit, _, _ = row
        if intent == seq or outcome:
            return "a claim that says it is something else"
        begun = self._begun.get(intent)
        if begun is None:
            self.elsewhere.append(row)
            return ""
        if begun[:3] != (unit, product, batch):
            return f"names the attempt of record {intent} on unit {begun[0]} as another's"
        if not claims and name not in ("", begun[3]):
            self.borrowed.append((seq, name, product, unit))
        self._begun[intent] = (unit, product, batch, name)
        return ""


def replay(attempt: Iterable[Columns], row: Columns) -> tuple[str, list[Name]]:
    """Check one record whose attempt began before the stretch.

    Args:
        attempt: the first `MOST` records of its attempt, in order.
        row: the record.

    Returns:
        What is wrong with it, and the names that its attempt borrowed.
    """
    check = AttemptCheck()
    for each in attempt:
        wrong = check.take(each)
        if check.elsewhere:
            wrong = "has no intent that it belongs to, or its attempt ended before"
        if each[8] == row[8]:
            return wrong, [name for name in check.borrowed if name[0] == row[8]]
    return f"is not among the first {MOST} records of its attempt", []
