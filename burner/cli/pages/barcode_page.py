"""A page of barcodes for a fixture: slots, REWORK, CANCEL, and the reasons for a rework."""

import html
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont, ImageFont

DPI = 300
WIDTH, HEIGHT = 2480, 3508
"""A4 in pixels."""
MARGIN = 100
COLUMNS, ROWS = 2, 9
CELL_WIDTH, CELL_HEIGHT = (WIDTH - 2 * MARGIN) // COLUMNS, (HEIGHT - 2 * MARGIN) // ROWS
NAME_PX, TEXT_PX = 110, 30
"""Letters of a name are 9 mm high: to be read at arm's length."""
BARS_PX = 150
"""13 mm, so that a scanner need not be held straight."""
QUIET_MODULES = 10
"""White that Code 128 needs on both sides."""
WIDEST_MODULE, NARROWEST_MODULE = 4, 2
"""Pixels: 0.34 mm where the text is short, 0.17 mm at least."""

CHINESE_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansSC-Regular.otf",
    "wqy-zenhei.ttc",
    "wqy-microhei.ttc",
    "msyh.ttc",
    "simhei.ttf",
    "simsun.ttc",
    "PingFang.ttc",
    "STHeiti Medium.ttc",
    "NotoSerifCJK-Regular.ttc",
    "NotoSerifCJK-Bold.ttc",
)
"""Files by which Linux, Windows and macOS have Chinese letters."""


class NoFontError(Exception):
    """This computer has no font for a name on the page."""


@dataclass(frozen=True)
class FixtureBarcode:
    """One barcode: the text for people, and the text for the scanner."""

    name: str
    barcode: str

    @property
    def modules(self) -> str:
        """Bars (`1`) and spaces (`0`), each one module wide, as Code 128 has them."""
        from burner.profile.unit_label.symbols import SymbolKind, modules_of

        (bars,) = modules_of(SymbolKind.CODE128, self.barcode)
        return "".join("01"[black] for black in bars)


def page(labels: Sequence[FixtureBarcode], kind: str) -> bytes:
    """The page as a file: `pdf` (A4, as many pages as it takes), `svg` or `png` (one page).

    Raises:
        NoFontError: for `pdf` and `png`.
    """
    if kind == "svg":
        return _svg(labels).encode()
    per_page = ROWS * COLUMNS if kind == "pdf" else max(len(labels), 1)
    pages = [_drawn(labels[first : first + per_page]) for first in range(0, len(labels), per_page)]
    out = io.BytesIO()
    if kind == "pdf":
        pages[0].save(out, "PDF", resolution=DPI, save_all=True, append_images=pages[1:])
    else:
        pages[0].save(out, "PNG", dpi=(DPI, DPI))
    return out.getvalue()


@dataclass(frozen=True)
class _Place:
    """The place of a label on a page, in pixels."""

    label: FixtureBarcode
    x: int
    y: int

    @property
    def bars(self) -> Iterable[tuple[int, int, int, int]]:
        """Left, top, width, height of each module that is black."""
        modules = self.label.modules
        width = CELL_WIDTH // (len(modules) + 2 * QUIET_MODULES)
        width = max(NARROWEST_MODULE, min(WIDEST_MODULE, width))
        left, top = self.x + QUIET_MODULES * width, self.y + NAME_PX + TEXT_PX
        for number, module in enumerate(modules):
            if module == "1":
                yield left + number * width, top, width, BARS_PX


def _places(labels: Sequence[FixtureBarcode]) -> tuple[list[_Place], int]:
    """The place of each label, row by row, and the height of the page."""
    places = [
        _Place(
            label,
            MARGIN + number % COLUMNS * CELL_WIDTH,
            MARGIN + number // COLUMNS * CELL_HEIGHT,
        )
        for number, label in enumerate(labels)
    ]
    rows = -(-len(labels) // COLUMNS)
    return places, max(HEIGHT, 2 * MARGIN + rows * CELL_HEIGHT)


def _drawn(labels: Sequence[FixtureBarcode]) -> "Image":
    from PIL import Image, ImageDraw

    places, height = _places(labels)
    image = Image.new("1", (WIDTH, height), 1)
    draw = ImageDraw.Draw(image)
    for place in places:
        name = place.label.name
        draw.text((place.x, place.y), name, fill=0, font=_fitting(name))
        for left, top, wide, high in place.bars:
            draw.rectangle((left, top, left + wide - 1, top + high - 1), fill=0)
        below = place.y + NAME_PX + TEXT_PX + BARS_PX + 5
        draw.text((place.x, below), place.label.barcode, fill=0, font=_font("", TEXT_PX))
    return image


def _fitting(name: str) -> "FreeTypeFont | ImageFont":
    """The name in the largest size that has room beside its neighbour."""
    size = NAME_PX
    while (font := _font(name, size)).getlength(name) > CELL_WIDTH - MARGIN and size > TEXT_PX:
        size -= 5
    return font


def _font(text: str, size: int) -> "FreeTypeFont | ImageFont":
    from PIL import ImageFont

    if all(ord(character) < 0x250 for character in text):  # Latin, which Pillow brings along
        return ImageFont.load_default(size)
    for file in CHINESE_FONTS:
        try:
            return ImageFont.truetype(file, size)
        except OSError:
            continue
    raise NoFontError(text)


def _svg(labels: Sequence[FixtureBarcode]) -> str:
    """The page as text and rectangles; the viewer provides the letters."""
    places, height = _places(labels)
    millimetres = (f"{pixels / DPI * 25.4:.1f}mm" for pixels in (WIDTH, height))
    lines = [
        '<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}" viewBox="0 0 {} {}" '
        'font-family="sans-serif">'.format(*millimetres, WIDTH, height)
    ]
    for place in places:
        name, barcode = html.escape(place.label.name), html.escape(place.label.barcode)
        size = min(NAME_PX, (CELL_WIDTH - MARGIN) // max(1, len(place.label.name)))
        below = place.y + NAME_PX + 2 * TEXT_PX + BARS_PX + 5
        bars = "".join(f"M{left} {top}h{w}v{h}h-{w}z" for left, top, w, h in place.bars)
        lines += [
            f'<text x="{place.x}" y="{place.y + NAME_PX}" font-size="{size}">{name}</text>',
            f'<path d="{bars}"/>',
            f'<text x="{place.x}" y="{below}" font-size="{TEXT_PX}">{barcode}</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])
