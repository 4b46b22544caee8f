"""A placed label as ZPL II, the language of label printers. Pure."""

from burner.profile.unit_label.boxes import PlacedElement, PlacedLabel
from burner.profile.unit_label.symbols import SymbolKind

ESCAPE = "_"
"""Of ^FH: two hex digits follow, of a byte of UTF-8."""
_PLAIN = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:;/-+*=()[]@#%&!?'\"<>|$"
)
"""What stands in field data as it is; all else is escaped: `^`, `~`, `_`, `\\` are commands."""
_CONTROL = "|#!$"
"""Of ^BX: one that is not in the data must be named as the mark of control sequences."""


def to_zpl(label: PlacedLabel) -> bytes:
    """One label, printed once."""
    head = f"^XA^CI28^PW{label.width}^LL{label.height}^LH0,0"
    fields = "\n".join(map(_field, label.elements))
    return f"{head}\n{fields}\n^PQ1,0,0,N^XZ\n".encode("ascii")


def escaped(text: str) -> str:
    """Field data after ^FH."""
    return "".join(
        letter if letter in _PLAIN else "".join(f"{ESCAPE}{b:02X}" for b in letter.encode())
        for letter in text
    )


def _field(placed: PlacedElement) -> str:
    data = placed.text
    if placed.element.kind is SymbolKind.QR:
        data = f"{placed.element.error_correction}A,{data}"
    origin = f"^FO{placed.left},{placed.top}"
    return f"{origin}{_kind(placed)}^FH{ESCAPE}^FD{escaped(data)}^FS"


def _kind(placed: PlacedElement) -> str:
    match placed.element.kind:
        case SymbolKind.QR:
            return f"^BQN,2,{placed.module}"
        case SymbolKind.DATAMATRIX:
            control = next(mark for mark in _CONTROL if mark not in placed.text)
            return f"^BXN,{placed.module},200,,,,{control}"
        case SymbolKind.CODE128:
            # Mode A: the printer chooses among the three code sets, so digits take half the room.
            return f"^BY{placed.module}^BCN,{placed.height},N,N,N,A"
    font = placed.element.font
    size = f"N,{placed.height},{placed.height}"
    return f"^A{font}{size}" if len(font) == 1 else f"^A@{size},{font}"
