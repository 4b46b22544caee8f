"""The modules of QR codes, Data Matrix and Code 128. Pure."""

from enum import StrEnum
from typing import Any


class SymbolKind(StrEnum):
    """The codes that a label can have."""

    QR = "qr"
    DATAMATRIX = "datamatrix"
    CODE128 = "code128"


QUIET_MODULES = {SymbolKind.QR: 4, SymbolKind.DATAMATRIX: 1, SymbolKind.CODE128: 10}
"""White that a scanner needs around a code."""

Modules = tuple[tuple[bool, ...], ...]
"""Rows of a code, black or white; one row for a code of bars."""


def modules_of(kind: SymbolKind, text: str, error_correction: str = "M") -> Modules:
    """A code, without the white around it.

    Raises:
        ValueError: the text cannot be in such a code: it is too long, or has other characters.
    """
    import zxingcpp

    formats = {
        SymbolKind.QR: zxingcpp.BarcodeFormat.QRCode,
        SymbolKind.DATAMATRIX: zxingcpp.BarcodeFormat.DataMatrix,
        SymbolKind.CODE128: zxingcpp.BarcodeFormat.Code128,
    }
    options: dict[SymbolKind, dict[str, Any]] = {
        SymbolKind.QR: {"ec_level": error_correction},
        SymbolKind.DATAMATRIX: {"force_square": True},
        SymbolKind.CODE128: {},
    }
    barcode = zxingcpp.create_barcode(text, formats[kind], **options[kind])
    drawn: Any = barcode.to_image(scale=1, add_quiet_zones=False)  # its types lack the buffer
    image = memoryview(drawn)
    height, width = image.shape or (0, 0)
    pixels, rows = image.tobytes(), 1 if kind is SymbolKind.CODE128 else height
    return tuple(
        tuple(pixel == 0 for pixel in pixels[row * width : (row + 1) * width])
        for row in range(rows)
    )
