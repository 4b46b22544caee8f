"""The inputs of a run: the keyboard, scanners on ports, or a prepared list.

All input is searched for the product secret: it may be printed on a label.
"""

import codecs
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from typing import TYPE_CHECKING

from burner.cli.terminal.keyboard import Read, keyboard
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.station.events import ScannerStateChanged
from burner.station.scanning.keystrokes import Keystrokes

if TYPE_CHECKING:
    from burner.cli.parameters.slots import ScannerAt, Slots
    from burner.core.secrets.search import SecretSearch
    from burner.identity.settings import IdentitySettings
    from burner.station.scanning.label_list import LabelList
    from burner.station.scanning.router import Router

LOOK_S = 0.05
"""Between two looks at the clock: a pause ends a scan. Only a look that found nothing shows that
time passed between two characters; else a busy computer would cut a scan into two.
"""
AGAIN_S = 1.0
"""Until a scanner that was not there is looked for again."""


def prepared_labels(
    slots: "Slots", search: "SecretSearch", by_slot: Sequence[str] = ()
) -> "LabelList | None":
    """Standard input as a list of labels; None where somebody scans by hand.

    Args:
        slots: with their scanners.
        search: takes the product secret out.
        by_slot: see `LabelList`.
    """
    from burner.station.scanning.label_list import LabelList, label_lines

    if not _is_list(slots):
        return None
    if isinstance(sys.stdin, TextIOWrapper):  # a list in another encoding is a wrong label
        sys.stdin.reconfigure(errors="replace")
    return LabelList(map(search.clean, label_lines(sys.stdin)), by_slot)


def check_labels_name_boards(slots: "Slots", identity: "IdentitySettings") -> None:
    """Check that each label of a list names its board, where boards come one after the other.

    Raises:
        BurnerError: E443 labels of this product do not name their boards.
    """
    if identity.needs_label and not identity.compared_groups and _is_list(slots):
        raise BurnerError(
            Code.LABEL_NAMES_NO_BOARD, "standard input is not a terminal, and no scanner has a port"
        )


def _is_list(slots: "Slots") -> bool:
    """Whether standard input is a list of labels, since nobody scans by hand."""
    return not (sys.stdin.isatty() or slots.scanners)


@contextmanager
def listening(router: "Router", slots: "Slots", search: "SecretSearch") -> Iterator[None]:
    """Read keyboard and scanners until the block ends."""
    over = threading.Event()
    with keyboard() as read, ExitStack() as stack:
        threads = [
            threading.Thread(
                target=_follow_scanner,
                args=(scanner, slots.quiet_s, router, search, over),
                daemon=True,
            )
            for scanner in slots.scanners
        ]
        if read is not None:
            follow = (read, slots.quiet_s, router, search, over)
            threads.append(threading.Thread(target=follow_keyboard, args=follow, daemon=True))
        for thread in threads:
            thread.start()
            stack.callback(thread.join, 2.0)
        stack.callback(over.set)
        yield


def follow_keyboard(
    read: Read, quiet_s: float, router: "Router", search: "SecretSearch", over: threading.Event
) -> None:
    """Send the router what is typed, until the run is over or the keyboard is gone."""
    strokes, shown, now = Keystrokes(quiet_s), "", time.monotonic()
    while not over.is_set() and (characters := read(LOOK_S)) is not None:
        strokes.keys, now = router.keys, now if characters else time.monotonic()
        for text in strokes.feed(characters, now):
            router.take_text(search.clean(text))
        if strokes.typed != shown:
            shown = strokes.typed
            router.typing(search.clean(shown))


def _follow_scanner(
    scanner: "ScannerAt",
    quiet_s: float,
    router: "Router",
    search: "SecretSearch",
    over: threading.Event,
) -> None:
    from burner.devices.scanner import SerialScanner

    port, missing = SerialScanner(scanner.locate, scanner.baud), False
    strokes = Keystrokes(quiet_s, shortest=1)
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    now = time.monotonic()
    while not over.is_set():
        try:
            characters = decoder.decode(port.read(LOOK_S))
        except BurnerError as error:
            if not missing:
                missing = True
                router.emit(ScannerStateChanged(scanner.name, error))
            over.wait(AGAIN_S)
            continue
        if missing:
            missing = False
            router.emit(ScannerStateChanged(scanner.name))
        now = now if characters else time.monotonic()
        for text in strokes.feed(characters, now):
            router.take_text(search.clean(text))
    port.close()
