"""`burner bench`: simulated chips and modems on ports that any client can open."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import click

from burner.cli.commands.bench_printer import printer
from burner.cli.groups import OrderedGroup
from burner.cli.parameters import options
from burner.cli.parameters.server_options import host_option
from burner.core.words.plural import counted


@click.group(cls=OrderedGroup)
def bench() -> None:
    """Serve simulated chips and modems to any client."""


@bench.command()
@click.argument("spec")
@host_option
@click.option("--base-port", type=click.IntRange(0, 65000), default=0, metavar="N",
              help="First TCP port; the others follow. 0: free ones.")  # fmt: skip
@click.option("--pty/--no-pty", default=None, help="A PTY beside every port (POSIX; on there).")
@options.product_option
@options.json_option
def run(
    spec: str, *, host: str, base_port: int, pty: bool | None, profile: Path | None, as_json: bool
) -> None:
    """Serve the simulated units of SPEC until Ctrl-C.

    --profile names the product that is tried: chip and flash where SPEC says none, and the rule by
    which the firmware names itself. --json prints one line when the ports are ready.

    SPEC is sim:SLOTS with settings after commas, or the path of a YAML file:

    \b
      sim:8
      sim:8,chip=esp32c6,baud=921600,seed=7
      sim:1,flash=8MB,keep=flash      flash survives in the folder
      sim:4,modem=quectel             cellular units
      sim:1,usb=600K,md5=3.3          native USB, slow digests
      sim:4,boards=40,swap=2          2 s after a board is done comes the next
      sim:4,execute=no                no program in a flash is executed

    baud, usb or time=model turn modelled time on: bytes take as long as on a wire.
    A file names units and their faults; `units` repeats until there are enough `boards`:

    \b
      slots: 4
      boards: 16            the others wait to be swapped in
      baud: 921600
      units:
        - {repeat: 7}
        - {chip: esp32c3, faults: [{kind: unplug, at_byte: 50K}]}
        - firmware: {device_name: "x-{mac}", lines: ["SN=PLG{number:6}"]}

    Keys of a unit's `firmware`, which prints what it finds in the flash:

    \b
      device_name   the name it gives itself, whatever the profile's rule is:
                    {MAC} upper case, {mac} lower case, {softap}, {imei} …
      lines         what it prints after its start; {number} is the board's
                    number, {number:6} with six digits
      answers       what it says to a line: {"led red": "led is GREEN"};
                    else what passes in the dialogues of the profile
      texts         where its build keeps the key, if neither in NVS nor a
                    file, nor where the profile's carrier puts it:
                    [{value: product_id, partition: cfg, offset: 4, size: 11}]
                    with the values product_id, product_secret, device_name
      prints        false: it says nothing at all
      baud          rate of its console
      rollback      true: its bootloader starts an update over the air once,
                    then the application before it (none of the bench confirms
                    itself)
      challenge     true: it answers the station's challenge
      registered    true: it has registered, so it refuses the challenge
      moves_key     true: at its first start it stores its key in nvs, and
                    erases it where it was burned

    Left out: the name, the line of a serial number, the rate, where the key is, whether it is
    moved, and the challenge are those of --profile.
    """
    from burner.bench.bench_file import read_spec
    from burner.bench.run import serve
    from burner.bench.wire import pty as ptys

    serve(
        read_spec(spec, profile),
        _print_json if as_json else _print_table,
        host=host,
        base_port=base_port,
        with_pty=ptys.AVAILABLE and pty is not False,
    )


bench.add_command(printer)


def _print_json(ready: dict[str, Any]) -> None:
    click.echo(json.dumps(ready))


def _print_table(ready: dict[str, Any]) -> None:
    from burner.cli.terminal import screen

    slots = ready["slots"]
    rows = [
        (name, *_board_cells(place["board"]), port, it["url"], it["rfc2217"], it["pty"] or "-")
        for name, place in slots.items()
        for port, it in place["ports"].items()
        if it["present"]
    ]
    columns = ("slot", "chip", "MAC", "port", "burner", "esptool with reset lines", "without")
    screen.table("", columns, rows)
    if ready["waiting"]:
        screen.say(f"waiting to be swapped in: {counted(ready['waiting'], 'board')}")
    for line in _executed_lines([place["board"] for place in slots.values() if place["board"]]):
        screen.say(line)
    screen.say(f"Boards are moved by JSON lines on {ready['control']}: docs/bench.md.\n")
    for line in _examples(next(iter(slots.values()))["ports"]["esp"]):
        screen.say(line)
    screen.say("\nCtrl-C ends the bench.")


def _executed_lines(boards: list[dict[str, Any]]) -> list[str]:
    """Whether the program in the flash speaks after a start, or why the model does."""
    counts = Counter(board.get("model", "") for board in boards)
    executed, lines = counts.pop("", 0), []
    if executed:
        lines.append(
            f"{counted(executed, 'board')}: the program in the flash is executed, if it can be"
        )
    for reason, count in counts.most_common():
        lines.append(f"{counted(count, 'board')}: spoken for by the model ({reason})")
    return lines


def _board_cells(board: dict[str, Any] | None) -> tuple[str, str]:
    return (board["chip"], board["mac"]) if board else ("-", "-")


def _examples(port: dict[str, Any]) -> list[str]:
    lines = [
        "Try, from another shell:",
        f"  burner identify --port {port['url']}",
        f"  esptool --port {port['rfc2217']} chip-id",
    ]
    if port["pty"]:
        lines.append(f"  esptool --port {port['pty']} flash-id")
    return lines
