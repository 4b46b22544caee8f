"""What the label of a unit shows: by the release and the IDs on record, whoever prints it."""

import json

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.fold.unit_label_row import UnitLabelRow
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.reading.unit_history import record_at
from burner.profile.unit_label.boxes import PlacedLabel, place
from burner.profile.unit_label.settings import unit_label_in


def label_content(reader: ManifestReader, row: UnitLabelRow) -> PlacedLabel:
    """The label of a unit, ready to be printed.

    Raises:
        BurnerError: E342 it cannot be printed as a whole; E7.
    """
    batch = reader.batch(row.batch)
    settings = unit_label_in(json.loads(reader.batch_opened(batch).index)) if batch else None
    if settings is None:
        raise BurnerError(Code.NO_LABEL_TO_PRINT, f"unit {row.unit_id}")
    with reader.connection() as connection:
        ids = record_at(connection, row.passed).attempt.ids
    try:
        placed = place(settings, {**ids, "mac": row.unit_id, "name": row.device_name})
    except ValueError as error:
        raise BurnerError(Code.LABEL_NOT_PRINTABLE, f"unit {row.unit_id}: {error}") from None
    for _, problem in placed.problems:
        raise BurnerError(Code.LABEL_NOT_PRINTABLE, f"unit {row.unit_id}: {problem}")
    return placed
