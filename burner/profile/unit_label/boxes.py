"""What lies where on a label, in dots of the printer, and whether all of it fits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from burner.profile.unit_label.settings import UnitLabelElement, UnitLabelSettings
from burner.profile.unit_label.symbols import QUIET_MODULES, Modules, SymbolKind, modules_of

TEXT_MM = 3.0
BARS_MM = 8.0
MODULE_MM = {SymbolKind.QR: 0.5, SymbolKind.DATAMATRIX: 0.5, SymbolKind.CODE128: 0.25}
LETTER_WIDTH = 0.62
"""Of the height: what letters of the printer's font 0 take at most on average."""
WIDE = 1.0
"""The same of Chinese letters, and of the widest Latin ones."""
WIDE_LETTERS = frozenset("MW@%m")
QR_DROP_DOTS = 10
"""ZPL puts a QR code so far below its place on some printers."""


@dataclass(frozen=True)
class PlacedElement:
    """An element of a label with its text, in dots."""

    element: UnitLabelElement
    text: str
    left: int
    top: int
    width: int
    height: int
    module: int = 1
    """Dots of a module of a code."""
    modules: Modules = ()

    @property
    def quiet(self) -> tuple[int, int]:
        """White that its code needs beside it, and above and below; bars need it beside them."""
        if self.element.kind is None:
            return 0, 0
        white = self.module * QUIET_MODULES[self.element.kind]
        return white, 0 if self.element.kind is SymbolKind.CODE128 else white

    @property
    def drop(self) -> int:
        """How far below its place it may be printed."""
        return QR_DROP_DOTS if self.element.kind is SymbolKind.QR else 0

    def overlaps(self, other: "PlacedElement") -> bool:
        """Whether it, with the white that it needs, lies on another one."""
        beside, above = map(max, zip(self.quiet, other.quiet, strict=True))
        return (
            self.left < other.left + other.width + beside
            and other.left < self.left + self.width + beside
            and self.top < other.top + other.height + above
            and other.top < self.top + self.height + above
        )


@dataclass(frozen=True)
class PlacedLabel:
    """A label of one unit, in dots."""

    width: int
    height: int
    dpi: int
    elements: tuple[PlacedElement, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """What a scanner reads from it."""
        return tuple(placed.text for placed in self.elements if placed.element.kind)

    @property
    def problems(self) -> Iterator[tuple[int, str]]:
        """The number of each element that cannot be as it is, and why."""
        for number, placed in enumerate(self.elements):
            right = placed.left + placed.width
            bottom = placed.top + placed.height + placed.drop
            if right > self.width or bottom > self.height:
                by = max(right - self.width, bottom - self.height) * 25.4 / self.dpi
                yield number, f"{placed.text!r} reaches {by:.1f} mm over the edge of the label"
        for (_, one), (number, other) in combinations(enumerate(self.elements), 2):
            if one.overlaps(other):
                yield number, f"{other.text!r} lies on {one.text!r}, or in the white around a code"


def place(settings: UnitLabelSettings, values: Mapping[str, str]) -> PlacedLabel:
    """The label of a unit with these values.

    Raises:
        BurnerError: E167 the unit lacks a value that the label shows.
        ValueError: a text cannot be in its code.
    """
    width, height = map(settings.dots, settings.size_mm)
    pairs = zip(settings.elements, settings.texts(values), strict=True)
    placed = tuple(_placed(settings, element, text) for element, text in pairs)
    return PlacedLabel(width, height, settings.dpi, placed)


def _placed(settings: UnitLabelSettings, element: UnitLabelElement, text: str) -> PlacedElement:
    left, top = map(settings.dots, element.at_mm)
    if element.kind is None:
        height = settings.dots(element.height_mm or TEXT_MM)
        return PlacedElement(element, text, left, top, text_width(text, height), height)
    module = max(1, settings.dots(element.module_mm or MODULE_MM[element.kind]))
    check_code_text(element.kind, text)
    modules = modules_of(element.kind, text, element.error_correction)
    bars = settings.dots(element.height_mm or BARS_MM)
    height = bars if element.kind is SymbolKind.CODE128 else len(modules) * module
    size = (len(modules[0]) * module, height)
    return PlacedElement(element, text, left, top, *size, module, modules)


def text_width(text: str, height: int) -> int:
    """How wide letters of this height are at most, about."""
    wide = sum(ord(letter) > 0x2E7F or letter in WIDE_LETTERS for letter in text)
    return round(height * (wide * WIDE + (len(text) - wide) * LETTER_WIDTH))


def check_code_text(kind: SymbolKind, text: str) -> None:
    """Refuse characters that a code of bars or squares cannot have, or not on every printer.

    Raises:
        ValueError: which.
    """
    if kind is not SymbolKind.QR and not text.isascii():
        raise ValueError(f"{text!r}: a {kind.value} has ASCII characters only")
    if kind is SymbolKind.CODE128 and ">" in text:
        raise ValueError(f"{text!r}: printers take > in a code128 as a command")
