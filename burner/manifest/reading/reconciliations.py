"""The last reconciliation of manifest and platform, as reports and `batch status` show it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from burner.core.words.phrases import ENGLISH, Wording
from burner.manifest.entries.cloud_kinds import Reconciled
from burner.manifest.entries.values import utc_minute
from burner.manifest.reading.cloud_records import recorded_reconciliations
from burner.manifest.reading.reader import ManifestReader


@dataclass(frozen=True)
class ReconciliationStatus:
    """A reconciliation, as recorded."""

    number: int
    """Of its record."""
    at: str
    platform: str
    product_id: str
    batch: str
    """Empty: all units of the product."""
    source: str
    """`api`, `export`."""
    export: str
    """SHA-256 of the export; empty: the platform was asked."""
    endpoint: str
    """That answered, where it is not the platform's own."""
    operator: str
    compared: Mapping[str, int]
    differences: Mapping[str, int]
    """By kind, the worst kind first."""
    table: str
    """SHA-256 of the CSV with all of them."""
    first: tuple[Mapping[str, str], ...]
    """`kind`, `name`, `unit_id` of the first ones."""

    @property
    def total(self) -> int:
        """How many differences there are."""
        return sum(self.differences.values())

    @property
    def waiting(self) -> int:
        """How many good units may still come; of them nothing is judged."""
        return self.compared.get("waiting", 0)

    def asked(self, say: Wording) -> str:
        """What the manifest was compared with."""
        text = say(f"compared-by {self.source}", self.platform)
        if not self.endpoint:
            return text
        return say("{} ({})", text, say("asked elsewhere", self.endpoint))

    def line(self, say: Wording = ENGLISH) -> str:
        """When, against what, and how many differences of which kind."""
        what = say.counted("so many differences", self.total, self.total)
        kinds = [say("{}: {}", say(f"reconcile {kind}"), n) for kind, n in self.differences.items()]
        whole = "" if self.batch else say("of the whole product")
        waiting = say.counted("so many waiting", self.waiting, self.waiting) if self.waiting else ""
        parts = (utc_minute(self.at), self.asked(say), whole, self.operator, waiting, what)
        text = "  ".join(filter(None, parts))
        return say("{}: {}", text, say("; ").join(kinds)) if kinds else text

    def names_by_kind(self) -> Iterator[tuple[str, int, tuple[str, ...]]]:
        """Kind, number, and the first names or units of it."""
        for kind, number in self.differences.items():
            of_kind = [one for one in self.first if one["kind"] == kind]
            yield kind, number, tuple(one["name"] or one["unit_id"] for one in of_kind)


def last_reconciliation_status(
    reader: ManifestReader, product_id: str, batch: str = ""
) -> ReconciliationStatus | None:
    """The last one; None: there is none.

    Args:
        reader: of the manifest.
        product_id: empty: of any product.
        batch: of this batch alone; empty: of all units of the product.
    """
    for number, entry in recorded_reconciliations(reader):
        if product_id in ("", entry.product_id) and entry.batch == batch:
            return _status(number, entry)
    return None


def _status(number: int, entry: Reconciled) -> ReconciliationStatus:
    # A body has its keys in order; the first differences tell which kind is the worst.
    kinds = dict.fromkeys((*(one.kind for one in entry.first), *entry.differences))
    return ReconciliationStatus(
        number=number,
        at=entry.at,
        platform=entry.platform,
        product_id=entry.product_id,
        batch=entry.batch,
        source=entry.source,
        export=entry.export,
        endpoint=entry.endpoint,
        operator=entry.operator,
        compared=entry.compared,
        differences={k: entry.differences[k] for k in kinds if k in entry.differences},
        table=entry.table,
        first=tuple(
            {"kind": one.kind, "name": one.name, "unit_id": one.unit_id} for one in entry.first
        ),
    )
