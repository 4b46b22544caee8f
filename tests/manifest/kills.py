"""Kills a station at random moments, again and again, and counts what the manifest has lost.

    python -m tests.manifest.kills [BURNS] [SEED] [URL]       default: 40 burns

A child process burns simulated units: intent, then "flash" (one line appended to a file, which
stands for the first byte on a board), then outcome, after which it tells the unit's end. It is
killed with SIGKILL somewhere in its next burns. After each kill:

    every flashed unit has an intent; every reported outcome is in the manifest; no name is doubled;
    the log verifies; the next child goes on with the OPEN units first.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from burner.core.attempt import Outcome
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.writing.ledger import Ledger
from tests.manifest.records import a_result, an_attempt, flaws, open_batch

MODULE = "tests.manifest.kills"
MOST_BURNS = 20
"""Of a child before it is killed."""

LONGEST_WAIT_S = 0.004
"""After its last reported burn: somewhere in the next ones."""


def child(url: str, flash: Path, first: int, burns: int) -> None:
    """Burn units until killed."""
    with Ledger.open(url, "line1") as ledger, flash.open("a") as flashed:
        open_batch(ledger)
        _tell("ready")
        for unit in range(first, burns):
            attempt = an_attempt(unit, batch="WO1", id=f"{os.getpid()}-{unit}")
            ledger.begin(attempt)
            flashed.write(f"{attempt.unit_id} {attempt.id}\n")
            flashed.flush()
            ledger.finish(attempt, a_result(Outcome.FAIL if unit % 9 == 0 else Outcome.PASS))
            _tell(json.dumps([attempt.id, attempt.unit_id]))


def campaign(url: str, folder: Path, burns: int, seed: int) -> dict[str, int]:
    """Kill children until all units are burned.

    Returns:
        How many kills, attempts, OPEN attempts.
    """
    dice = random.Random(seed)
    flash = folder / "flash.txt"
    reported: set[str] = set()
    done = kills = 0
    while done < burns:
        arguments = ["child", url, str(flash), str(done), str(burns)]
        with subprocess.Popen(
            [sys.executable, "-m", MODULE, *arguments],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            lines = list(islice(process.stdout, dice.randrange(MOST_BURNS)))
            time.sleep(dice.random() * LONGEST_WAIT_S)
            process.kill()
            lines += [line for line in process.stdout if line.endswith("\n")]
        kills += 1
        reported |= {json.loads(line)[0] for line in lines}
        done = check(url, flash, reported, done)
    with ManifestReader.open(url) as reader:
        outcomes = [element["outcome"] for element in reader.attempts_json()]
    return {"kills": kills, "attempts": len(outcomes), "open": outcomes.count("OPEN")}


def check(url: str, flash: Path, reported: set[str], done: int) -> int:
    """The promises, after a kill; how far the batch has come."""
    with ManifestReader.open(url) as reader:
        assert flaws(reader) == []
        elements = list(reader.attempts_json())
    known = {element["attempt"]: element for element in elements}
    flashed = flash.read_text().splitlines() if flash.exists() else []
    for line in flashed:
        unit, attempt = line.split()
        assert known[attempt]["unit_id"] == unit, f"{unit} was flashed without an intent"
    for attempt in reported:
        assert known[attempt]["outcome"] != "OPEN", f"the outcome of {attempt} is lost"
    names: dict[str, str] = {}
    for element in elements:
        unit = element["unit_id"]
        assert names.setdefault(element["device_name"], unit) == unit, "a name is doubled"
    ended = {e["unit_id"] for e in elements if e["outcome"] != "OPEN"}
    while an_attempt(done).unit_id in ended:
        done += 1
    return done


def main() -> None:
    """From the command line."""
    if sys.argv[1:2] == ["child"]:
        url, flash, first, last = sys.argv[2:]
        child(url, Path(flash), int(first), int(last))
        return
    burns = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
    with tempfile.TemporaryDirectory(prefix="burner-kills-") as name:
        os.environ["BURNER_STATE"] = str(Path(name) / "state")
        url = sys.argv[3] if len(sys.argv) > 3 else str(Path(name) / "manifest.db")
        _tell(f"{burns} burns, seed {seed}: {campaign(url, Path(name), burns, seed)}")


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
