"""What waits for a MES, for people."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from burner.cli.terminal import screen
from burner.core.words.language import Language
from burner.core.words.phrases import Wording
from burner.core.words.visible_text import in_one_line
from burner.manifest.entries.values import utc_minute

if TYPE_CHECKING:
    from burner.manifest.reading.outbox_backlog import Backlog, UndeliveredMessage

COLUMNS = ("message", "destination", "state", "tries", "when", "station", "about", "kind")


def backlog_lines(backlogs: "Iterable[Backlog]", language: Language) -> list[str]:
    """A line for each destination for which something waits."""
    say = Wording(language)
    lines = []
    for backlog in backlogs:
        if not backlog.count:
            continue
        line = say.counted("mes waits", backlog.waiting, backlog.destination, backlog.waiting)
        if backlog.refused:
            line += say.counted("mes refused", backlog.refused, backlog.refused)
        line += say("mes since", utc_minute(backlog.oldest))
        if backlog.error:
            line += say("mes error", in_one_line(backlog.error))
        if not backlog.stations:
            line += say("mes removed")
        lines.append(line)
    return lines


def print_backlogs(backlogs: "Sequence[Backlog]", language: Language) -> None:
    """How much waits, for each destination."""
    say = Wording(language)
    for line in backlog_lines(backlogs, language):
        screen.warn(line)
    for backlog in backlogs:
        if not backlog.count:
            stations = say(", ").join(backlog.stations)
            screen.say(say("mes nothing", backlog.destination, stations))
    if not backlogs:
        screen.say(say("No station sends to a MES."))


def print_undelivered(messages: "Sequence[UndeliveredMessage]") -> None:
    """The messages themselves, refused ones first, each with why it was not delivered."""
    if not messages:
        return
    rows = [
        (m.id, m.destination, m.state, m.tries, utc_minute(m.at), m.station, m.subject, m.kind)
        for m in messages
    ]
    screen.table("", COLUMNS, rows)
    for message in messages:
        if message.error:
            screen.say(f"{message.id}: {in_one_line(message.error)}")
