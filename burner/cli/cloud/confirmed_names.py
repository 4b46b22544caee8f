"""Puts names on record that the platform has, so many at a time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from burner.cloud.precreation_run import NameFate

if TYPE_CHECKING:
    from burner.manifest.entries.cloud_kinds import NamesSource
    from burner.manifest.writing.ledger import Ledger
    from burner.profile.profile import Profile

AT_ONCE: Final = 1000
"""Names of one record, as `MAX_NAMES` of the manifest."""


class ConfirmedNames:
    """Collects names, and records those that are not on record yet."""

    def __init__(
        self,
        ledger: "Ledger",
        profile: "Profile",
        batch: str,
        operator: str,
        *,
        endpoint: str = "",
        is_recorded: bool = True,
    ) -> None:
        """Collect names; where they are not recorded, they are only collected."""
        from burner.manifest.reading.cloud_records import confirmed_names, name_holders

        self._ledger, self._profile = ledger, profile
        self._batch, self._operator, self._is_recorded = batch, operator, is_recorded
        self._endpoint = endpoint
        product = profile.product
        self.on_record = frozenset(
            confirmed_names(ledger.reader, product.id, product.cloud, ("", endpoint))
        )
        """When the run began: as the platform itself answered, or this endpoint."""
        holders = name_holders(ledger.reader, profile.product.id)
        self.burned = frozenset(n for n, holder in holders.items() if holder.is_good)
        """Names of good units."""
        self.recorded = 0
        self._waiting: dict[NamesSource, list[str]] = {}

    def add_by_fate(self, names: Sequence[str], fate: NameFate) -> None:
        """Take names; of what was refused nothing is recorded."""
        if fate is not NameFate.REFUSED:
            self.add(names, "created" if fate is NameFate.CREATED else "existing")

    def add(self, names: Sequence[str], how: "NamesSource") -> None:
        """Take names that the platform has, and record whole records of them."""
        waiting = self._waiting.setdefault(how, [])
        waiting += [name for name in names if name not in self.on_record]
        while len(waiting) >= AT_ONCE:
            self._record(waiting[:AT_ONCE], how)
            del waiting[:AT_ONCE]

    def flush(self) -> None:
        """Record what is left."""
        for how, waiting in self._waiting.items():
            if waiting:
                self._record(waiting, how)
                waiting.clear()

    def _record(self, names: Sequence[str], how: "NamesSource") -> None:
        from burner.manifest.writing.cloud_records import record_confirmed_names

        if not self._is_recorded:
            return
        self.recorded += record_confirmed_names(
            self._ledger,
            self._profile.product.id,
            names,
            platform=self._profile.product.cloud,
            how=how,
            endpoint=self._endpoint,
            batch=self._batch,
            operator=self._operator,
        )
