"""The commands of an operator, by barcode or key. Labels are no commands. Pure.

The same texts are printed by `burner station labels`. They are letters, digits and blanks only:
a scanner that acts as a keyboard types these alike in most layouts, whether Caps Lock is on or not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

COMMAND_PREFIX = "BURNER"
AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
"""Symbology identifier that a scanner may send first: `]C1` is GS1-128, `]Q1` a QR code."""
PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}
"""Control character → its picture: the GS of a GS1 code is `␝`."""


@dataclass(frozen=True)
class SlotChosen:
    """A slot's own barcode, or its number key."""

    slot: str


@dataclass(frozen=True)
class ReworkWanted:
    """The REWORK barcode, or the key R."""


@dataclass(frozen=True)
class Cancelled:
    """The CANCEL barcode, or Escape."""


@dataclass(frozen=True)
class ReasonChosen:
    """The barcode of a reason for a rework: the mark of its text."""

    mark: str


OperatorCommand = SlotChosen | ReworkWanted | Cancelled | ReasonChosen
REWORK = f"{COMMAND_PREFIX} REWORK"
CANCEL = f"{COMMAND_PREFIX} CANCEL"


def slot_barcode(slot: str) -> str:
    """The text of the barcode of a slot."""
    return f"{COMMAND_PREFIX} SLOT {slot}"


def reason_barcode(reason: str) -> str:
    """The text of the barcode of a reason: another one for each reason."""
    return f"{COMMAND_PREFIX} REASON {mark_of(reason)}"


def mark_of(reason: str) -> str:
    """A short mark of a reason's text: an old barcode page cannot select a new reason."""
    return sha256(reason.encode()).hexdigest()[:8].upper()


def command_of_barcode(text: str, slots: Sequence[str]) -> OperatorCommand | None:
    """The command in the text of a barcode; None for any other text."""
    words = text.split(maxsplit=2)
    if not words or words[0].upper() != COMMAND_PREFIX:
        return None
    match [words[1].upper() if len(words) > 1 else "", *words[2:]]:
        case ["REWORK"]:
            return ReworkWanted()
        case ["CANCEL"]:
            return Cancelled()
        case ["REASON", mark]:
            return ReasonChosen(mark.upper())
        case ["SLOT", name]:
            return SlotChosen(_as_written(name, slots))
    return None


def command_of_key(text: str, slots: Sequence[str]) -> OperatorCommand | None:
    """The command of typed keys: a slot's number, R, Escape; None for any other text."""
    if text in ("r", "R"):
        return ReworkWanted()
    if text == "\x1b":
        return Cancelled()
    named = slot_keys(slots).get(text)
    return SlotChosen(named) if named else None


def slot_keys(slots: Sequence[str]) -> dict[str, str]:
    """What to type for each slot: its name where all names are numbers, else its position."""
    if all(slot.isdecimal() for slot in slots):
        return {slot: slot for slot in slots}
    return {str(number): slot for number, slot in enumerate(slots, 1)}


def bare_text(text: str, prefixes: Sequence[str] = ()) -> str:
    """A scanned text without what the scanner put around the code.

    Removed: control characters and blanks at both ends, the station's prefix, and the AIM
    identifier, in whichever order they come. Control characters inside the code are replaced by
    their pictures.
    """
    text = _trimmed(text)
    bare = _without_prefix(text, prefixes)
    if aim := AIM.match(bare):
        after = _trimmed(bare[aim.end() :])
        bare = after if bare != text else _without_prefix(after, prefixes)
    return bare.translate(PICTURES)


def _without_prefix(text: str, prefixes: Sequence[str]) -> str:
    prefix = next((p for p in prefixes if p and text.startswith(p)), "")
    return _trimmed(text.removeprefix(prefix))


def _trimmed(text: str) -> str:
    return text.strip("".join(map(chr, PICTURES)) + " ")


def _as_written(name: str, slots: Sequence[str]) -> str:
    """A slot's name in this station's spelling; a name that it does not have, as scanned."""
    if name in slots:
        return name
    return next((slot for slot in slots if slot.upper() == name.upper()), name)
