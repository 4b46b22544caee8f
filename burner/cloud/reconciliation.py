"""Reconcile: the names that units were burned with, and the devices on the platform. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from burner.cloud.likeness import pairs
from burner.cloud.listed_device import ListedDevice

CLOCKS = timedelta(minutes=5)
"""So far the clocks of a station and of the platform may differ."""
FAILED_SINCE = "failed since"
"""A phrase: the unit is good, and its last attempt failed."""


class NameStatus(StrEnum):
    """What became of the unit that was burned with a name."""

    GOOD = "good"
    FORMER = "former name"
    """The unit is good, and has another name now."""
    NOT_PASSED = "not passed"
    SCRAPPED = "scrapped"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class NameOnRecord:
    """A name that a unit was burned with."""

    name: str
    unit_id: str
    burned: datetime | None
    """When it was burned first: the start of that attempt; None: another log has it."""
    passed: datetime | None = None
    """When it passed last; None: it did not."""
    status: NameStatus = NameStatus.GOOD
    batch: str = ""
    ids: tuple[str, ...] = ()
    """IDs of the unit, beside its UnitId."""
    batches: frozenset[str] = frozenset()
    """All in which the unit passed."""
    failed_since: bool = False
    """Whether the last attempt of the good unit failed: it was written again, or only refused."""

    def is_of(self, batch: str) -> bool:
        """Whether the unit is of a batch; all are of the empty one."""
        return batch in ("", self.batch) or batch in self.batches


class DifferenceKind(StrEnum):
    """What is wrong with a name. The worst first."""

    NEVER_BURNED = "never-burned"
    """Registered, and no unit has it on record."""
    BEFORE_BURNED = "before-burned"
    """Activated before its unit was burned."""
    NOT_GOOD = "not-good"
    """Registered, and its unit is not good, or has another name now."""
    DISABLED = "disabled"
    """The unit is good, and its device is disabled on the platform."""
    TWICE = "twice"
    """More than once in the list."""
    OTHER_NAME = "other-name"
    """A unit that never registered, and an unknown name that is the same device by a rule."""
    MISSING = "missing"
    """Burned, and not on the platform."""
    NOT_REGISTERED = "not-registered"
    """Burned, on the platform, and never registered."""
    NOT_ACTIVATED = "not-activated"
    """On the platform, and never online; registered, as far as the list tells."""
    NOT_JUDGED = "not-judged"
    """Burned, on the platform, and the list does not tell whether it registered."""


_MAY_COME = (
    *(DifferenceKind.MISSING, DifferenceKind.NOT_REGISTERED, DifferenceKind.NOT_ACTIVATED),
)
"""What a unit is that was not online yet."""


@dataclass(frozen=True, slots=True)
class NameDifference:
    """One difference."""

    kind: DifferenceKind
    record: NameOnRecord | None
    """None: nothing is on record."""
    device: ListedDevice | None
    """None: nothing is on the platform."""
    why: str = ""
    """A phrase: status of the unit, or why two names are one device's."""

    @property
    def name(self) -> str:
        """The name on record; where there is none, that on the platform."""
        return self.record.name if self.record else self.device.name if self.device else ""

    @property
    def unit_id(self) -> str:
        """The unit; empty where none is on record."""
        return self.record.unit_id if self.record else ""


@dataclass(frozen=True)
class ComparedCounts:
    """What was compared."""

    burned: int = 0
    """Names of good units."""
    on_platform: int = 0
    """Devices on the platform."""
    agreeing: int = 0
    """Good units of which nothing is to be said."""
    waiting: int = 0
    """Good units that did not register, or were not online, and passed a short time ago."""
    unused: int = 0
    """Names on the platform that nobody registered and no unit has."""
    unknown: int = 0
    """The same, where the list does not tell whether somebody registered."""
    failed_since: int = 0
    """Good units whose last attempt failed."""


@dataclass(frozen=True)
class Reconciliation:
    """The result."""

    differences: tuple[NameDifference, ...]
    """By kind, then by name."""
    compared: ComparedCounts
    spare: tuple[ListedDevice, ...] = ()
    """The devices that are counted as unused or unknown, by name. No differences."""

    def counts(self) -> Mapping[DifferenceKind, int]:
        """Differences by kind, the worst kind first; kinds without any are left out."""
        found = Counter(one.kind for one in self.differences)
        return {kind: found[kind] for kind in DifferenceKind if found[kind]}


@dataclass(frozen=True)
class ReconcileTerms:
    """What counts as a difference."""

    now: datetime
    grace: timedelta = timedelta(0)
    """A unit may stay offline so long after its PASS."""
    created_beforehand: bool = False
    """Whether a name must be on the platform before its unit registers."""
    batch: str = ""
    """Only units of this batch; empty: all units, and names that no unit has."""
    created_by_registration: bool = False
    """Whether the platform creates names by itself: one that is there was registered, as long as
    the list does not say another thing."""


def reconcile(
    records: Iterable[NameOnRecord], devices: Iterable[ListedDevice], terms: ReconcileTerms
) -> Reconciliation:
    """Compare.

    Args:
        records: all names of the product, whatever the batch.
        devices: all devices of the product.
        terms: what counts.
    """
    return _Comparison(terms).of(records, devices)


class _Comparison:
    def __init__(self, terms: ReconcileTerms) -> None:
        self._terms = terms
        self._found: list[NameDifference] = []
        self._counts: Counter[str] = Counter()
        self._spare: list[ListedDevice] = []

    def of(
        self, records: Iterable[NameOnRecord], devices: Iterable[ListedDevice]
    ) -> Reconciliation:
        good, others = _by_name(records)
        listed: dict[str, ListedDevice] = {}
        twice: set[str] = set()
        for device in devices:
            if device.name in listed:
                twice.add(device.name)
            known = listed.setdefault(device.name, device)
            if device.strength > known.strength:
                listed[device.name] = device
        silent = {
            name: record
            for name, record in good.items()
            if name not in listed or not listed[name].in_use
        }
        strangers = self._strangers(good, others, listed)
        same = self._pairs(silent, strangers, others)
        self._judge_units(good, listed, same)
        paired = {device.name for device, _ in same.values()}
        for name, device in strangers.items():
            if name not in paired:
                self._judge_stranger(device, others.get(name))
        for name in twice:
            record = good.get(name) or others.get(name)
            self._add(NameDifference(DifferenceKind.TWICE, record, listed[name]))
        return self._result(len(listed))

    def _strangers(
        self,
        good: Mapping[str, NameOnRecord],
        others: Mapping[str, NameOnRecord],
        listed: Mapping[str, ListedDevice],
    ) -> Mapping[str, ListedDevice]:
        """Devices in use that no good unit has as its name."""
        strangers = {}
        for name, device in listed.items():
            if name in good:
                continue
            if device.in_use or self._must_be_registered(device):
                strangers[name] = device
            elif name not in others and not self._terms.batch:
                self._counts["unknown" if device.in_use is None else "unused"] += 1
                self._spare.append(device)
        return strangers

    def _must_be_registered(self, device: ListedDevice) -> bool:
        """Whether a device that no unit has is there because somebody registered it."""
        is_open = device.in_use is None and device.enabled is not False
        return is_open and self._terms.created_by_registration

    def _pairs(
        self,
        silent: Mapping[str, NameOnRecord],
        strangers: Mapping[str, ListedDevice],
        others: Mapping[str, NameOnRecord],
    ) -> Mapping[str, tuple[ListedDevice, str]]:
        """Name of a silent unit → the device that is the same by a rule, and why."""
        present = {record.unit_id: name for name, record in silent.items()}
        same: dict[str, tuple[ListedDevice, str]] = {}
        for name, device in strangers.items():
            former = others.get(name)
            if former and former.status is NameStatus.FORMER and former.unit_id in present:
                same[present[former.unit_id]] = device, NameStatus.FORMER.value
        left = {
            name: (record.unit_id, *record.ids)
            for name, record in silent.items()
            if name not in same
        }
        unknown = [name for name in strangers if name not in others]
        for name, (other, likeness) in pairs(left, unknown).items():
            same[name] = strangers[other], likeness.value
        return same

    def _judge_units(
        self,
        good: Mapping[str, NameOnRecord],
        listed: Mapping[str, ListedDevice],
        same: Mapping[str, tuple[ListedDevice, str]],
    ) -> None:
        for name, record in good.items():
            if not record.is_of(self._terms.batch):
                continue
            self._counts["burned"] += 1
            self._counts["failed_since"] += record.failed_since
            if name in same:
                device, why = same[name]
                self._add(NameDifference(DifferenceKind.OTHER_NAME, record, device, why))
                continue
            present = listed.get(name)
            kind = self._kind(record, present)
            if kind is None:
                self._counts["agreeing"] += 1
            elif self._is_young(record, kind):
                self._counts["waiting"] += 1
            else:
                why = FAILED_SINCE if record.failed_since else ""
                self._add(NameDifference(kind, record, present, why))

    def _kind(self, record: NameOnRecord, device: ListedDevice | None) -> DifferenceKind | None:
        if device is None:
            return DifferenceKind.MISSING
        online, burned = device.activated, record.burned
        if online and burned and online < burned - CLOCKS:
            return DifferenceKind.BEFORE_BURNED
        if device.enabled is False:
            return DifferenceKind.DISABLED
        if device.in_use is False:
            return DifferenceKind.NOT_REGISTERED
        if device.active is False:
            return DifferenceKind.NOT_ACTIVATED
        return DifferenceKind.NOT_JUDGED if device.in_use is None else None

    def _is_young(self, record: NameOnRecord, kind: DifferenceKind) -> bool:
        """Whether the unit may still come online."""
        if kind not in _MAY_COME:
            return False
        if kind is DifferenceKind.MISSING and self._terms.created_beforehand:
            return False
        return record.passed is not None and record.passed > self._terms.now - self._terms.grace

    def _judge_stranger(self, device: ListedDevice, record: NameOnRecord | None) -> None:
        if record is None:
            if not self._terms.batch:
                self._add(NameDifference(DifferenceKind.NEVER_BURNED, None, device))
        elif device.enabled is not False:
            kind, why = DifferenceKind.NOT_GOOD, record.status.value
            self._add(NameDifference(kind, record, device, why))

    def _add(self, difference: NameDifference) -> None:
        record, batch = difference.record, self._terms.batch
        if not batch or (record and record.is_of(batch)):
            self._found.append(difference)

    def _result(self, on_platform: int) -> Reconciliation:
        order = {kind: index for index, kind in enumerate(DifferenceKind)}
        self._found.sort(key=lambda one: (order[one.kind], one.name, one.unit_id))
        counts = ComparedCounts(on_platform=on_platform, **self._counts)
        self._spare.sort(key=lambda device: device.name)
        return Reconciliation(tuple(self._found), counts, tuple(self._spare))


def _by_name(
    records: Iterable[NameOnRecord],
) -> tuple[dict[str, NameOnRecord], dict[str, NameOnRecord]]:
    """The good units by name, and what else a name was burned for; a good unit comes first."""
    good: dict[str, NameOnRecord] = {}
    others: dict[str, NameOnRecord] = {}
    for record in records:
        (good if record.status is NameStatus.GOOD else others)[record.name] = record
    return good, {name: record for name, record in others.items() if name not in good}
