"""`burner station bauds`: the rates that slots found, into the station file."""

from pathlib import Path

import click

from burner.cli.parameters import options
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--write", is_flag=True, help="Write them into FILE.")
@options.slot_station_option
@options.manifest_option
@options.json_option
def bauds(*, file: Path, write: bool, station: str | None, manifest: str, as_json: bool) -> None:
    """Show the rates with which the slots burned last.

    FILE is the station file; a rate is the fastest of the last 20 units that passed in the slot, by
    the manifest.
    With --write they are the rates with which the slots begin where a profile says `baud: auto`.
    Slots without a unit that passed keep what FILE has for them.
    """
    from burner.cli.parameters.command_rules import station_of_command
    from burner.core.atomic_file import write_output
    from burner.manifest.reading.reader import ManifestReader
    from burner.manifest.reading.slot_bauds import slot_bauds
    from burner.station.fixture.station_file import load_station, to_yaml

    present, name = load_station(file), station_of_command(file, station)
    with ManifestReader.open(manifest) as reader:
        burned = slot_bauds(reader, name)
    found = {slot: burned[slot] for slot in present.slots if slot in burned}
    if as_json:
        print_json(found)
    else:
        rows = [(s, present.bauds.get(s, "–"), found.get(s, "–")) for s in present.slots]
        screen.table("", ("slot", "in the file", "burned last"), rows)
    if write:
        changed = present.model_copy(update={"bauds": {**present.bauds, **found}})
        write_output(file, to_yaml(changed).encode())
        screen.say(str(file))
