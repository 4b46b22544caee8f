"""`burner bench printer`: a simulated label printer, to try labels without one."""

import threading
from typing import TYPE_CHECKING

import click

from burner.cli.parameters.server_options import host_option
from burner.cli.terminal import screen
from burner.core.words.plural import counted

if TYPE_CHECKING:
    from burner.bench.printer.zpl import PrintedLabel

SPEC = "sim"


@click.command()
@host_option
@click.option("--tcp-port", metavar="N", type=click.IntRange(0, 65535), default=9100,
              show_default=True, help="TCP port of the printer; 0: a free one.")  # fmt: skip
@click.option("--faults", metavar="SPEC", default="",
              help="As away=LABELS+SECONDS, cut=NUMBER, stuck=NUMBER, slow=SECONDS.")  # fmt: skip
def printer(host: str, tcp_port: int, faults: str) -> None:
    """Serve a simulated label printer until Ctrl-C.

    It prints each label as text. What is no right ZPL it does not print, and says why. --faults,
    several with commas: away for seconds after so many labels; cut off in the middle of a label;
    stuck: printed, but the connection is never closed; slow.
    """
    from burner.bench.printer.faults import read_faults
    from burner.bench.printer.printer import SimulatedPrinter

    spec = f"{SPEC}:{faults}" if faults else SPEC
    over = threading.Event()
    with SimulatedPrinter(
        read_faults(spec), host=host, port=tcp_port, label_came=_show, refused=screen.warn
    ) as simulated:
        screen.say(f"Label printer at {simulated.url}. Ctrl-C ends it.")
        try:
            while not over.wait(1.0):
                pass
        except KeyboardInterrupt:
            printed = counted(len(simulated.labels), "label")
            screen.say(f"{printed} printed, {len(simulated.errors)} refused")


def _show(label: "PrintedLabel") -> None:
    screen.say("  ".join(f"{field.kind}: {field.text}" for field in label.fields))
