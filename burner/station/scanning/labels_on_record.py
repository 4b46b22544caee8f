"""Checks a label against the manifest, before it is taken for a board."""

from contextlib import suppress
from dataclasses import dataclass

from burner.burn.identify import read_label_ids
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.silicon import Mac
from burner.identity.interface_addresses import MAC_SOURCES
from burner.identity.naming import device_name
from burner.manifest.writing.ledger import Ledger
from burner.profile.profile import Profile
from burner.station.scanning.labels import IdentifiedBoard


@dataclass(frozen=True)
class LabelsOnRecord:
    """The labels of units that the manifest knows. Called by the router; thread-safe."""

    ledger: Ledger
    profile: Profile

    def __call__(self, board: IdentifiedBoard, label: str) -> None:
        """Check a label. A manifest that is away is no objection: the claim waits for it.

        Raises:
            BurnerError: E435 another unit is on record with it, E438 this unit is on record with
                another one, and no rework is ordered.
        """
        label_ids = read_label_ids(self.profile.identity, label)
        name, serial = self._name(board, label_ids), label_ids.get("serial", "")
        product = self.profile.product.id
        other, own = "", None
        with suppress(BurnerError):
            other = self.ledger.reader.holder(board.unit_id, product, serial, name)
            own = self.ledger.unit(board.unit_id, product).good
        if other:
            raise BurnerError(Code.LABEL_TAKEN, other)
        if own and not board.rework and name and own.attempt.device_name != name:
            raise BurnerError(Code.LABEL_DIFFERS_FROM_RECORD, f"{own.attempt.device_name} ≠ {name}")

    def _name(self, board: IdentifiedBoard, label_ids: dict[str, str]) -> str:
        """The name that the board would get; empty while it cannot be made."""
        read: dict[str, str | Mac] = {**board.ids, **label_ids}
        read |= {s: Mac.parse(str(v)) for s, v in read.items() if s in MAC_SOURCES}
        with suppress(BurnerError):
            return device_name(self.profile.name, read)
        return ""
