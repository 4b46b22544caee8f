"""Names across the chains of a file: nobody has what another unit holds. Pure.

Chains of several stations stand in a file one behind the other, so who took a name first cannot
be read from their order. What can be counted: a unit holds a name that it took more often than it
was taken from it (by a void), and of one name there is one such unit.
"""

from hashlib import blake2b
from typing import Any, NamedTuple

from burner.manifest.chain import Flaw, Kind

VOID = "void"


class Place(NamedTuple):
    """Where in a file a record stands."""

    chain: int
    """Number of its chain in the file."""
    seq: int
    station: str


class Turn(NamedTuple):
    """A name taken (+1) or given up (-1)."""

    by: int
    unit: bytes
    place: Place
    what: str


class NameCheck:
    """Follows who takes and who loses names."""

    def __init__(self) -> None:
        self._holders: dict[bytes, bytes] = {}
        """Name and product → unit, as short hashes: a million names in little memory."""
        self._turns: dict[bytes, list[Turn]] = {}
        """The same for the few names with a history."""
        self._told: set[tuple[bytes, bytes]] = set()
        self._voided: set[bytes] = set()
        """Units of which a void was said; of several batches, the first record names the names."""
        self._borrowed: dict[tuple[bytes, bytes], tuple[Place, str]] = {}

    def take(self, place: Place, head: dict[str, Any], data: dict[str, Any]) -> None:
        """The next record."""
        if head["claims"]:
            self._claim(place, head)
        if head["kind"] == Kind.CORRECTION:
            if data["what"] == VOID:
                self._voided.add(_short(head["unit_id"]))
            for freed in data.get("released", ()):
                name, unit = _short(freed, head["product_id"]), _short(head["unit_id"])
                self._history(name).append(Turn(-1, unit, place, freed))
        elif head["kind"] == Kind.IMPORTED:
            for each in data["duplicates"]:
                name = _short(each["device_name"], each["product_id"])
                self._told |= {(name, _short(each[who])) for who in ("unit_id", "holder")}

    def borrow(self, place: Place, name: str, product: str, unit: str) -> None:
        """A record that carries a name which its unit must have taken elsewhere."""
        key = (_short(name, product), _short(unit))
        if self._holders.get(key[0]) != key[1]:
            self._borrowed.setdefault(key, (place, name))

    def end(self, whole: bool) -> Flaw | None:
        """After the last record: the first one that has a name of somebody else.

        Args:
            whole: nothing is withheld or left out; else names may have been taken there.
        """
        wrong = self._unearned(whole)
        for name, turns in self._turns.items():
            holding = {turn.unit for turn in turns if _balance(turns, turn.unit) > 0}
            if not whole:
                holding -= self._voided
            doubled = {unit for unit in holding if (name, unit) not in self._told}
            if len(holding) > 1 and doubled:
                last = [turn for turn in turns if turn.by > 0 and turn.unit in doubled][-1]
                wrong.append((last.place, f"takes the name {last.what}, which another unit holds"))
        if not wrong:
            return None
        place, what = min(wrong)
        return Flaw(place.station, place.seq, what)

    def _claim(self, place: Place, head: dict[str, Any]) -> None:
        name = _short(head["device_name"], head["product_id"])
        unit = _short(head["unit_id"])
        if name not in self._turns and self._holders.setdefault(name, unit) == unit:
            return
        self._history(name).append(Turn(1, unit, place, head["device_name"]))

    def _history(self, name: bytes) -> list[Turn]:
        if name not in self._turns:
            first = self._holders.get(name)
            place = Place(0, 0, "")
            self._turns[name] = [Turn(1, first, place, "")] if first else []
        return self._turns[name]

    def _unearned(self, whole: bool) -> list[tuple[Place, str]]:
        """Names that were carried and never taken; in part of a chain they count as taken."""
        wrong = []
        for (name, unit), (place, text) in self._borrowed.items():
            taken = any(turn.unit == unit and turn.by > 0 for turn in self._turns.get(name, ()))
            if taken or self._holders.get(name) == unit:
                continue
            if whole:
                wrong.append((place, f"carries the name {text}, which its unit never took"))
            elif name in self._holders or name in self._turns:
                self._history(name).append(Turn(1, unit, place, text))
            else:
                self._holders[name] = unit
        return wrong


def _balance(turns: list[Turn], unit: bytes) -> int:
    return sum(turn.by for turn in turns if turn.unit == unit)


def _short(*parts: str) -> bytes:
    return blake2b("\0".join(parts).encode(), digest_size=10).digest()
