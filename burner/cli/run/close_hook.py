"""The hook `on_batch_close` of the station file, after a batch was closed."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli.parameters.station_file_names import STATION_FILE
from burner.cli.terminal import screen
from burner.cli.terminal.language import language

if TYPE_CHECKING:
    from burner.manifest.reading.batch_status import BatchStatus


def run_close_hook(status: "BatchStatus", folder: Path, *, station: str, operator: str) -> None:
    """Run it, and warn where it goes wrong: the batch is closed all the same."""
    from burner.core.errors import BurnerError
    from burner.core.words.error_details import detail_in
    from burner.core.words.phrases import phrase
    from burner.station.fixture.fixed_file import fixed_station_file
    from burner.station.fixture.station_file import load_station
    from burner.station.hooks.hooks import run_batch_hook

    file = click.get_current_context().meta.get(STATION_FILE) or fixed_station_file()
    if file is None:
        return
    batch = {
        "batch": status.batch,
        "profile": status.row.profile,
        "folder": str(folder.absolute()),
        "passed": len(status.passed),
        "scrapped": len(status.scrapped),
        "missing": status.missing,
    }
    failed = run_batch_hook(load_station(file).hooks, file.parent, batch, station, operator)
    if failed:
        error = BurnerError(failed.code, f"{failed.hook}: {failed.detail}")
        what = phrase("brackets", language(), detail_in(language(), error.detail))
        screen.warn(f"{error.code} {error.row.sentence(language())}{what}")
        screen.warn(f"→ {error.row.remedy(language())}")
