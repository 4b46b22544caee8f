"""Walks the stretches of a manifest on several processors.

`python -m burner.manifest.checks.walkers` is one of them: place and stretches come in as a line of
JSON on stdin (never as arguments: a URL may hold a password), each result goes out as a line.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from queue import SimpleQueue
from threading import Thread
from typing import Any

from sqlalchemy.engine import Connection

from burner.child_environment import child_environment
from burner.errors import BurnerError
from burner.manifest.chain import Flaw
from burner.manifest.checks.walk import Stretch, Walked, walk
from burner.manifest.database import Place, place
from burner.manifest.reader import Reader

MOST = 4
"""Processes: beyond that the disk is what is waited for."""

WORTH = 3
"""Stretches a process, at least: starting one costs as much as walking one."""

Lines = SimpleQueue[str | None]


def walk_all(
    connection: Connection, where: Place, stretches: Sequence[Stretch]
) -> Iterator[Walked]:
    """Every stretch, in whatever order they are done.

    Raises:
        BurnerError: E7 when the database cannot be read, E902 when a process died.
    """
    count = min(len(stretches) // WORTH, os.cpu_count() or 1, MOST)
    if count < 2:
        yield from (walk(connection, stretch) for stretch in stretches)
        return
    lines: Lines = SimpleQueue()
    processes = [_start(where, stretches[i::count], lines) for i in range(count)]
    try:
        for _ in stretches:
            yield _result(lines.get())
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _start(where: Place, stretches: Sequence[Stretch], lines: Lines) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=child_environment("BURNER_STATE", "XDG_STATE_HOME", *_of_libpq()),
    )
    work = {"url": where.url, "stretches": [asdict(stretch) for stretch in stretches]}
    Thread(target=_talk, args=(process, json.dumps(work), lines), daemon=True).start()
    return process


def _of_libpq() -> list[str]:
    """What a PostgreSQL server may be reached by, beside its URL."""
    return [name for name in os.environ if name.startswith("PG")]


def _talk(process: "subprocess.Popen[str]", work: str, lines: Lines) -> None:
    """Hand over the work and pass on what comes back; None when it ended."""
    try:
        if process.stdin and process.stdout:
            process.stdin.write(work)
            process.stdin.close()
            for line in process.stdout:
                lines.put(line)
            process.stdout.close()
    except (OSError, ValueError):
        pass  # killed: told below
    if process.wait():
        lines.put(None)


def _result(line: str | None) -> Walked:
    if line is None:
        raise BurnerError("E902", "while the manifest was checked")
    data: dict[str, Any] = json.loads(line)
    if error := data.get("error"):
        raise BurnerError(*error)
    for key in ("flaw", "contradiction"):
        data[key] = Flaw(**data[key]) if data[key] else None
    unheld = tuple((seq, name, product, unit) for seq, name, product, unit in data["unheld"])
    return Walked(**{**data, "stretch": Stretch(**data["stretch"]), "unheld": unheld})


def _main() -> None:
    work = json.load(sys.stdin)
    try:
        with Reader(place(work["url"])) as reader, reader.connection() as connection:
            for stretch in work["stretches"]:
                walked = asdict(walk(connection, Stretch(**stretch)))
                sys.stdout.write(json.dumps(walked) + "\n")
                sys.stdout.flush()
    except BurnerError as error:
        sys.stdout.write(json.dumps({"error": [error.code, error.detail]}) + "\n")


if __name__ == "__main__":
    _main()
