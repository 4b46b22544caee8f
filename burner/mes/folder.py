"""A MES that collects files from a folder: one for each attempt on a unit."""

import csv
import io
import json
import os
import re
from contextlib import suppress
from pathlib import Path

from burner.core.atomic_file import sync_folder
from burner.core.good_values import number_of
from burner.core.spreadsheet import text_cell
from burner.mes.destination import (
    InterlockAnswer,
    InterlockQuestion,
    MesAwayError,
    MesMessage,
)
from burner.mes.events import UnitsDisqualified, WorkCompleted
from burner.mes.message_body import message_json
from burner.mes.settings import FolderSettings

EVENTS = ("WorkCompleted", "UnitsDisqualified")
"""What is written to a folder, where the station file does not choose."""
COLUMNS = (
    *("id", "type", "time", "station", "unit_id", "device_name", "batch", "product_id", "profile"),
    *("release_digest", "slot", "operator", "attempt", "outcome", "code", "detail", "step"),
    *("milliseconds", "warnings", "disposition", "reason"),
)
"""The first columns of a CSV; then `id.…`, and `test.…` of each test: its outcome, its values."""


class Folder:
    """Writes a file for each message."""

    def __init__(self, settings: FolderSettings, base: Path) -> None:
        """Nothing is written yet.

        Args:
            settings: of the station file.
            base: from which its folder starts.
        """
        self.name, self._folder, self._form = settings.name, base / settings.folder, settings.form

    def deliver(self, message: MesMessage) -> None:
        """Write the file of a message; the same message has the same name. See `Destination`."""
        if not self._folder.is_dir():
            raise MesAwayError(f"{self._folder}: no such folder")
        text = message_csv(message) if self._form == "csv" else _json(message)
        target = self._folder / file_name(message, self._form)
        beside = target.with_name(f".{target.name}.part")
        try:
            with beside.open("wb") as file:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            beside.replace(target)
            sync_folder(self._folder)
        except OSError as error:
            with suppress(OSError):
                beside.unlink()
            raise MesAwayError(f"{target}: {error.strerror}") from error

    def ask(self, question: InterlockQuestion) -> InterlockAnswer:  # noqa: ARG002 - of the Protocol
        """A folder does not answer; the station file does not allow it."""
        raise MesAwayError("a folder does not answer")

    def close(self) -> None:
        """Nothing is open."""


def file_name(message: MesMessage, form: str) -> str:
    """`UNIT-TIME-ID.json`: of letters, digits and dashes, whatever is in the message."""
    subject = re.sub(r"[^0-9A-Za-z]+", "-", message.subject)[:40].strip("-") or "unit"
    moment = re.sub(r"[^0-9TZ]", "", message.at[:19] + "Z")
    return f"{subject}-{moment}-{re.sub('[^0-9a-f]', '', message.id)[:12]}.{form}"


def message_csv(message: MesMessage) -> str:
    """A line with the names of columns, and one with the values."""
    event = message.event
    fields = message_json(message)
    values: dict[str, object] = {
        "id": message.id,
        "type": str(fields["type"]),
        "time": message.at,
        "station": message.station,
    }
    data = vars(event)
    values |= {name: data[name] for name in COLUMNS if name in data and name not in values}
    row = {name: _cell(values.get(name, "")) for name in COLUMNS}
    if isinstance(event, WorkCompleted | UnitsDisqualified):
        row |= {f"id.{name}": text_cell(value) for name, value in event.ids.items()}
    if isinstance(event, WorkCompleted):
        for test in event.tests:
            row[f"test.{test.name}"] = str(test.outcome)
            for found in test.measurements:
                row[f"test.{test.name}.{found.name}"] = _value(found.value)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(text_cell(name) for name in row)
    writer.writerow(row.values())
    return out.getvalue()


def _json(message: MesMessage) -> str:
    return json.dumps(message_json(message), ensure_ascii=False, indent=1) + "\n"


def _cell(value: object) -> str:
    return text_cell(" ".join(map(str, value)) if isinstance(value, tuple) else str(value))


def _value(text: str) -> str:
    """A measured number stays one, also with a sign."""
    return text_cell(text) if number_of(text) is None else text
