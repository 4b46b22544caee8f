"""How the units of a batch stand, and their labels, on a page for people."""

from typing import TYPE_CHECKING

from burner.cli.pages.label_prints import label_counts_line
from burner.cli.terminal import screen
from burner.cli.terminal.language import language
from burner.core.words.phrases import Wording, phrase

if TYPE_CHECKING:
    from burner.manifest.reading.batch_status import BatchStatus


def show_units(status: "BatchStatus") -> None:
    """The balance of a batch, and what is not as it should be."""
    say = Wording(language())
    screen.say(status.balance(say))
    show_bad_units(status)
    if count := status.names_not_confirmed:
        screen.warn(say.counted("names not confirmed", count, count))
    if labels := status.labels:
        (screen.warn if labels.open else screen.say)(label_counts_line(labels, language()))


def show_bad_units(status: "BatchStatus") -> None:
    """Units without a PASS, by how they stand."""
    bad = {"open": status.open, "failed": status.failed, "interrupted": status.interrupted}
    for word, units in bad.items():
        if units:
            screen.say(phrase(f"units {word}", language(), len(units), ", ".join(units)))
