"""The rules of the manifest, each once: what a record may say, and what follows from it.

The writer calls `apply` before a record is written and executes the changes as SQL in the same
transaction; `verify` calls the same function over the whole log and compares the tables.
"""

from collections.abc import Callable
from typing import Any

from burner.manifest.entries.cloud_kinds import (
    CloudPreflight,
    NamesConfirmed,
    Reconciled,
    RegistrationProved,
)
from burner.manifest.entries.entry import Entry
from burner.manifest.entries.errors import inconsistent
from burner.manifest.entries.kinds import (
    AnyEntry,
    BatchApproved,
    BatchChanged,
    BatchClosed,
    BatchOpened,
    Correction,
    Intent,
    KeyEnrolled,
    KeyWithdrawn,
    LogBegun,
    LogImported,
    NameBound,
    OutcomeEntry,
    SampleDrawn,
    UnitChecked,
)
from burner.manifest.entries.release_kinds import PolicySet, ReleaseWithdrawn
from burner.manifest.entries.unit_label_kinds import UnitLabelEnded, UnitLabelStarted
from burner.manifest.fold import batches, cloud, imports, keys, policies, unit_labels, units
from burner.manifest.fold.limits import note_clock
from burner.manifest.fold.manifest_state import ManifestState
from burner.manifest.fold.rows import NEVER, Change, KeyRow, LogRow
from burner.manifest.log.note import NoteError, VerifierKey


def apply(state: ManifestState, number: int, entry: AnyEntry) -> tuple[Change, ...]:
    """What follows from a record.

    Args:
        state: from the records before; it is not changed.
        number: of the record in its log, from 0.
        entry: the record.

    Raises:
        BurnerError: the rule that it breaks; nothing follows from it then. E714 where it
            contradicts the records before in a way that the writer never does.
    """
    if (number == 0) is not isinstance(entry, LogBegun):
        raise inconsistent("only the first record of a log opens it")
    return (*_RULES[type(entry)](state, number, entry), *note_clock(state, entry))


def begin(entry: LogBegun) -> tuple[Change, ...]:
    """A log and its origin key."""
    try:
        key = VerifierKey.parse(entry.key)
    except NoteError as error:
        raise inconsistent(str(error)) from None
    if key.name != entry.origin:
        raise inconsistent(f"the origin key is named {key.name}, the log {entry.origin}")
    row = KeyRow(key.id.hex(), entry.key, entry.station, keys.STATION, "", 0, NEVER)
    continues = " ".join(head.origin for head in entry.continues)
    return LogRow(entry.origin, 0, "", own=True, continues=continues), row


_RULES: dict[type[Entry], Callable[[ManifestState, int, Any], tuple[Change, ...]]] = {
    LogBegun: lambda _state, _number, entry: begin(entry),
    KeyEnrolled: keys.enrol,
    KeyWithdrawn: keys.withdraw,
    BatchOpened: batches.open_batch,
    BatchChanged: lambda state, _number, entry: batches.change(state, entry),
    BatchClosed: batches.close,
    BatchApproved: batches.approve,
    Intent: units.begin,
    NameBound: units.bind,
    OutcomeEntry: units.end,
    Correction: units.correct,
    SampleDrawn: lambda state, _number, entry: batches.draw(state, entry),
    UnitChecked: lambda state, _number, entry: units.check(state, entry),
    LogImported: imports.take_in,
    PolicySet: policies.set_policy,
    ReleaseWithdrawn: policies.withdraw,
    CloudPreflight: batches.preflight,
    NamesConfirmed: cloud.confirm_names,
    RegistrationProved: cloud.confirm_proved_name,
    Reconciled: lambda _state, _number, entry: cloud.check_reconciliation(entry),
    UnitLabelStarted: unit_labels.start,
    UnitLabelEnded: lambda state, _number, entry: unit_labels.end(state, entry),
}
"""By the kind of the record."""
