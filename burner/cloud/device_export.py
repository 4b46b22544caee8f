"""Reads a device list that a platform's console exported: CSV, in the encodings of consoles."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeVar

from burner.cloud.export_columns import (
    ExportColumn,
    known_columns,
    plain_header,
    read_flag,
    read_status,
    reader_of_times,
)
from burner.cloud.listed_device import ListedDevice
from burner.core.code import Code
from burner.core.errors import BurnerError, Finding, refuse
from burner.core.plain_file import read_plain
from burner.core.words.plural import counted
from burner.core.words.visible_text import in_one_line, quoted
from burner.platforms.rules import NameRule

CellValue = TypeVar("CellValue")

LARGEST: Final = 512 * 1024 * 1024
MOST_FINDINGS: Final = 20
MOST_SHOWN: Final = 20
"""Headers of a message."""
_MARKS: Final = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
_ENCODINGS: Final = ("utf-8", "gb18030")
_SECRET_HEADERS: Final = ("secret", "psk", "密钥", "privatekey")
"""A column with such a word in its header has no names. What is no name is printed nowhere."""
_DELIMITERS: Final = ",;\t"


@dataclass(frozen=True)
class ExportForm:
    """What a person says of an export."""

    product_id: str
    """Rows of another product are refused."""
    names: NameRule
    columns: Mapping[ExportColumn, str] = field(default_factory=dict)
    """The headers of columns that are not called as usual; empty: the column is not read. Or their
    numbers, from 1, in a file without headers."""
    zone: tzinfo | None = None
    """Of times that name none; None: this computer's."""


@dataclass(frozen=True)
class DeviceExport:
    """The devices of an export, in its order; a name may be there more than once."""

    devices: tuple[ListedDevice, ...]
    sha256: str
    """Of the file."""
    columns: Mapping[ExportColumn, str]
    """What was read → its header; in a file without headers its number."""
    unread: tuple[str, ...] = ()
    """The headers, or numbers, of the other columns."""
    has_zoneless_times: bool = False
    """Whether a time named no zone."""
    may_be_cut: bool = False
    """Whether the last line has no end: then its last cell, and all behind it, may be missing."""


def read_device_export(path: Path, form: ExportForm) -> DeviceExport:
    """Read an export.

    Raises:
        BurnerError: E866 it cannot be read, E867 it has no column of names, E868 bad rows, with
            their lines, E869 it is cut, E870 it is of another product.
    """
    try:
        data = read_plain(path, LARGEST)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a path"
        raise BurnerError(Code.DEVICE_EXPORT_UNREADABLE, f"{path}: {why}") from None
    reader = _ExportReader(path, form)
    text = _decoded(path, data)
    devices = tuple(reader.devices(text))
    refuse(reader.findings)
    places = set(reader.places.values())
    read = {column: reader.headers[place] for column, place in reader.places.items()}
    unread = (header for place, header in enumerate(reader.headers) if place not in places)
    return DeviceExport(
        *(devices, sha256(data).hexdigest(), read, tuple(unread), reader.has_zoneless_times),
        may_be_cut=not text.endswith(("\n", "\r")),
    )


def _decoded(path: Path, data: bytes) -> str:
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), "")
    for encoding in (marked,) if marked else _ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            if error.start >= len(data) - 4 and ("end" in error.reason or "inc" in error.reason):
                detail = f"{path}: the last letter is not complete"
                raise BurnerError(Code.DEVICE_EXPORT_CUT, detail) from None
            continue
        if "\0" in text:
            break
        return text
    raise BurnerError(Code.DEVICE_EXPORT_UNREADABLE, f"{path}: neither UTF-8 nor GB 18030 text")


class _ExportReader:
    def __init__(self, path: Path, form: ExportForm) -> None:
        self._path, self._form = path, form
        self._time = reader_of_times(form.zone, self._note_zoneless)
        self.places: dict[ExportColumn, int] = {}
        self.headers: Sequence[str] = ()
        """Of all columns, as they may be shown; in a file without headers their numbers."""
        self.has_zoneless_times = False
        self.findings: list[Finding] = []

    def devices(self, text: str) -> Iterator[ListedDevice]:
        """The devices; bad rows become findings."""
        width = 0
        for line, row in self._rows(text):
            if not width:
                width = len(row)
                if self._is_header(row):
                    self.headers = [_shown(cell) for cell in row]
                    continue
                self.headers = [str(number) for number in range(1, width + 1)]
            if len(row) != width:
                self._refuse_width(line, len(row), width, text)
            elif device := self._device(line, row):
                yield device
            if len(self.findings) >= MOST_FINDINGS:
                return
        if not width:
            raise BurnerError(Code.DEVICE_EXPORT_CUT, f"{self._path}: it is empty")

    def _rows(self, text: str) -> Iterator[tuple[int, Sequence[str]]]:
        """Rows that are not empty, with their lines.

        Raises:
            BurnerError: E868, E869.
        """
        delimiter = max(_DELIMITERS, key=text.lstrip().partition("\n")[0].count)
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            for row in rows:
                if any(cell.strip() for cell in row):
                    yield rows.line_num, row
        except csv.Error as error:
            at = f"{self._path}:{rows.line_num}"
            if "unexpected end" in str(error) or "field limit" in str(error):
                detail = f"{at}: a quotation mark is not closed"
                raise BurnerError(Code.DEVICE_EXPORT_CUT, detail) from None
            raise BurnerError(Code.DEVICE_EXPORT_ROW_INVALID, f"{at}: {error}") from None

    def _is_header(self, row: Sequence[str]) -> bool:
        """Find the columns.

        Raises:
            BurnerError: E867.
        """
        named = self._form.columns
        if named and all(text.isascii() and text.isdecimal() for text in named.values()):
            self.places = {column: int(text) - 1 for column, text in named.items()}
            outside = [c for c, at in self.places.items() if not 0 <= at < len(row)]
            if outside or ExportColumn.NAME not in self.places:
                what = f"{outside[0]}={named[outside[0]]}" if outside else ExportColumn.NAME
                self._refuse_columns(what, row)
            return False
        self.places = known_columns(row)
        plain = [plain_header(cell) for cell in row]
        for column, text in named.items():
            self.places.pop(column, None)
            if not text:
                continue
            if plain_header(text) not in plain:
                self._refuse_columns(text, row)
            self.places[column] = plain.index(plain_header(text))
        place = self.places.get(ExportColumn.NAME)
        if place is None or self._reads_secrets(plain):
            self._refuse_columns(ExportColumn.NAME, row)
        return True

    def _reads_secrets(self, plain_headers: Sequence[str]) -> bool:
        """Whether a column that is read is one of secrets: bad cells of it would be printed."""
        read = (plain_headers[place] for place in self.places.values())
        return any(word in header for header in read for word in _SECRET_HEADERS)

    def _refuse_columns(self, what: str, row: Sequence[str]) -> None:
        found = ", ".join(quoted(cell) if _is_word(cell) else "…" for cell in row[:MOST_SHOWN])
        detail = f"{self._path}:1: no column {quoted(what)}; it has: {found}"
        raise BurnerError(Code.DEVICE_EXPORT_COLUMN_MISSING, detail)

    def _refuse_width(self, line: int, found: int, width: int, text: str) -> None:
        """Of a row with too few or too many cells.

        Raises:
            BurnerError: E869 it is the last one, and has no end of line.
        """
        at = f"{self._path}:{line}"
        last = line >= text.count("\n") + 1 and not text.endswith(("\n", "\r"))
        if found < width and last:
            detail = f"{at}: {found} of {width} cells"
            raise BurnerError(Code.DEVICE_EXPORT_CUT, detail)
        self._find(line, f"{found} cells", f"{width}, as in the first line")

    def _device(self, line: int, row: Sequence[str]) -> ListedDevice | None:
        cells = {column: _text(row[at]) for column, at in self.places.items()}
        name = cells[ExportColumn.NAME]
        product = cells.get(ExportColumn.PRODUCT) or self._form.product_id
        if product != self._form.product_id:
            detail = f"{self._path}:{line}: {quoted(product[:40])}, not {self._form.product_id}"
            raise BurnerError(Code.DEVICE_EXPORT_OTHER_PRODUCT, detail)
        try:
            self._form.names.check(name, allow_colon=True)
        except BurnerError:  # its detail has the text, which may be a secret of another column
            self._find(line, f"{counted(len(name), 'character')} that are no device name", "")
            return None
        online, enabled = self._cell(line, cells, ExportColumn.STATUS, read_status) or (None, None)
        has_time = ExportColumn.ACTIVATED in cells
        activated = self._cell(line, cells, ExportColumn.ACTIVATED, self._time)
        flag = self._cell(line, cells, ExportColumn.ENABLED, read_flag)
        active = True if activated else online
        return ListedDevice(
            name=name,
            registered=self._cell(line, cells, ExportColumn.REGISTERED, read_flag),
            active=False if active is None and has_time else active,
            activated=activated,
            created=self._cell(line, cells, ExportColumn.CREATED, self._time),
            enabled=enabled if flag is None else flag,
        )

    def _cell(
        self,
        line: int,
        cells: Mapping[ExportColumn, str],
        column: ExportColumn,
        read: Callable[[str], CellValue],
    ) -> CellValue | None:
        if column not in cells:
            return None
        try:
            return read(cells[column])
        except ValueError as error:
            left_out = f"--column {column}= leaves it out"
            self._find(line, f"{column}=: {quoted(cells[column][:40])} {error}", left_out)
            return None

    def _note_zoneless(self) -> None:
        self.has_zoneless_times = True

    def _find(self, line: int, found: str, allowed: str) -> None:
        place = f"{self._path}:{line}"
        self.findings.append(Finding(Code.DEVICE_EXPORT_ROW_INVALID, place, found, allowed))


def _shown(header: str) -> str:
    return in_one_line(header.strip()) if _is_word(header) else "…"


def _is_word(cell: str) -> bool:
    """Whether a cell of the first line may be shown: without headers it may hold a secret."""
    return len(cell) <= 24 and not any(letter in "0123456789+/=" for letter in cell)


def _text(cell: str) -> str:
    """What a cell says, without what keeps a spreadsheet from taking it for a number."""
    text = cell.strip()
    if text[:1] not in ("=", "'"):
        return text
    return text[2:-1].strip() if text.startswith('="') and text.endswith('"') else text[1:]
