"""A placed label as a picture: what the printer will make of it, as far as its fonts are known."""

import io
from typing import TYPE_CHECKING

from burner.profile.unit_label.boxes import PlacedElement, PlacedLabel
from burner.profile.unit_label.symbols import SymbolKind

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

CHINESE_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "wqy-zenhei.ttc",
    "wqy-microhei.ttc",
    "msyh.ttc",
    "simsun.ttc",
    "PingFang.ttc",
    "STHeiti Medium.ttc",
)
"""Files by which Linux, Windows and macOS have Chinese letters. Without one, boxes are drawn."""
LATIN = 0x250


def to_png(label: PlacedLabel) -> bytes:
    """The label, one pixel a dot, in a grey frame."""
    from PIL import Image, ImageDraw

    image = Image.new("L", (label.width, label.height), 255)
    draw = ImageDraw.Draw(image)
    for placed in label.elements:
        if placed.element.kind is None:
            _draw_text(image, placed)
        else:
            _draw_code(draw, placed)
    framed = Image.new("L", (label.width + 2, label.height + 2), 160)
    framed.paste(image, (1, 1))
    out = io.BytesIO()
    framed.save(out, "PNG", dpi=(label.dpi, label.dpi))
    return out.getvalue()


def _draw_code(draw: "ImageDraw", placed: PlacedElement) -> None:
    is_bars = placed.element.kind is SymbolKind.CODE128
    module, tall = placed.module, placed.height if is_bars else placed.module
    for y, row in enumerate(placed.modules):
        top = placed.top + y * tall
        for x, black in enumerate(row):
            left = placed.left + x * module
            if black:
                draw.rectangle((left, top, left + module - 1, top + tall - 1), fill=0)


def _draw_text(image: "Image", placed: PlacedElement) -> None:
    """The letters, narrowed to the width that is counted for them."""
    from PIL import Image, ImageDraw

    font = _font(placed.text, placed.height)
    natural = max(1, round(font.getlength(placed.text)))
    line = Image.new("L", (natural, round(placed.height * 1.3)), 255)
    ImageDraw.Draw(line).text((0, 0), placed.text, fill=0, font=font)
    if natural > placed.width:
        line = line.resize((max(1, placed.width), line.height))
    image.paste(line.crop((0, 0, line.width, placed.height)), (placed.left, placed.top))


def _font(text: str, size: int) -> "FreeTypeFont | ImageFont":
    from PIL import ImageFont

    if any(ord(letter) >= LATIN for letter in text):
        for file in CHINESE_FONTS:
            try:
                return ImageFont.truetype(file, round(size * 0.85))
            except OSError:
                continue
    return ImageFont.load_default(round(size * 0.85))
