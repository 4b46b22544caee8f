"""What the operator is asked while slots wait for their printed labels. Pure."""

from collections.abc import Iterable

from burner.core.words.language import Language
from burner.core.words.phrases import phrase
from burner.station.events import BoardInSlot, Prompt, ScanBackAwaited


def scan_back_prompt(awaited: Iterable[ScanBackAwaited], language: Language) -> Prompt:
    """The question for the labels that are awaited: with each slot that waits."""
    shown = [label for label in awaited if label.needs_operator]
    if not shown:
        return Prompt()
    if len(shown) == 1:
        return Prompt(shown[0].phrase, (shown[0].slot, shown[0].device_name), asks=True)
    entries = phrase(", ", language).join(_entry(label, language) for label in shown)
    return Prompt("scan back several", (entries,), asks=True)


def _entry(label: ScanBackAwaited, language: Language) -> str:
    remark = ""
    if label.board is BoardInSlot.OTHER:
        remark = "other board"
    elif not label.printed:
        remark = "not printed yet"
    elif label.doubtful:
        remark = "may not have come out"
    in_brackets = phrase("brackets", language, phrase(remark, language)) if remark else ""
    return f"{label.slot} {label.device_name}{in_brackets}"
