"""`burner cloud gateway` as a process of its own, as a person starts it."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.warm import process


@dataclass
class RunningGateway:
    """A gateway, and what it printed once it has ended."""

    url: str
    """Without TLS: of the registration and of the management API."""
    printed: list[str] = field(default_factory=list)


@contextmanager
def running_gateway(
    folder: Path, *arguments: str, env: Mapping[str, str]
) -> Iterator[RunningGateway]:
    """Run `burner cloud gateway ARGUMENTS --json` in a folder until it is left."""
    command = ("cloud", "gateway", *arguments, "--json")
    run = subprocess.Popen(
        [*process.SERVERS.command(), *command],
        cwd=folder,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert run.stdout
    first = run.stdout.readline()
    try:
        gateway = RunningGateway(json.loads(first)["urls"][0])
        yield gateway
    finally:
        run.terminate()
        rest, errors = run.communicate(timeout=60)
    gateway.printed += [first + rest, errors]
