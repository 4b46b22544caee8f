"""What `burner batch` warns of: warnings on its units, and what a MES has not got."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from burner.cli.pages.mes_backlog import backlog_lines
from burner.cli.terminal import screen
from burner.cli.terminal.language import language
from burner.core.errors import table
from burner.core.words.phrases import phrase

if TYPE_CHECKING:
    from burner.manifest.reading.reader import ManifestReader


def show_warnings(warnings: Mapping[str, int]) -> None:
    """Print the warnings on good units. A code of a newer burner has no text."""
    for code, units in warnings.items():
        row = table().get(code)
        sentence = row.sentence(language()) if row else ""
        screen.warn(phrase("seen of units", language(), code, units, sentence).rstrip())


def show_backlog(reader: "ManifestReader", batch: str) -> None:
    """Print what was not delivered of a batch; nothing where all was. It keeps no batch open."""
    from burner.manifest.reading.outbox_backlog import read_backlogs

    with reader.connection() as connection:
        backlogs = read_backlogs(connection, batch=batch)
    for line in backlog_lines(backlogs, language()):
        screen.warn(line)
