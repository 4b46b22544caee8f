"""`python -m tests.campaign --burns 1000 --seed 7`: one shard of the campaign, and its tables."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from burner.devices.esp_worker import esptool_output

esptool_output.install()  # esptool is imported below, and must find its settings and its logger

from burner.devices.esp_worker import tool  # noqa: E402
from tests.campaign import products  # noqa: E402
from tests.campaign.campaign import Campaign, DiffersError, Tally  # noqa: E402
from tests.campaign.clock import virtual_time  # noqa: E402
from tests.campaign.slot import InlineLog, Socket, take_ports_from  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("--burns", type=int, default=50, help="faulty burns of each variant")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--variant", choices=products.VARIANTS, help="one only; left out: all")
    asked = parser.parse_args()
    tool.patch_esptool()
    total, started = Tally(), time.monotonic()
    for name in [asked.variant] if asked.variant else products.VARIANTS:
        try:
            tally = campaign(name, asked.seed, asked.burns)
        except DiffersError as differs:
            say(str(differs))
            return 1
        total.add(tally)
        say(f"{name}, seed {asked.seed}: {tally.faulty} faulty burns, {tally.clean} others")
    say(f"{total}\n{time.monotonic() - started:.0f} s")
    return 0


def campaign(name: str, seed: int, burns: int) -> Tally:
    """One variant, in a folder of its own."""
    socket, log = Socket(), InlineLog()
    take_ports_from(socket)
    with virtual_time() as clock, tempfile.TemporaryDirectory() as folder:
        product = products.make(Path(folder) / "products", products.VARIANTS[name], clock.monotonic)
        (Path(folder) / "units").mkdir()
        return Campaign(Path(folder), product, seed, clock, socket, log).run(burns)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
