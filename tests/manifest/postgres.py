"""A real PostgreSQL of our own: made in a temporary folder, reachable by a socket there."""

import os
import shutil
import subprocess
import sys
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

SETTINGS = (
    "fsync=off\nlisten_addresses=''\nmax_connections=50\nunix_socket_directories='{folder}'\n"
)


def why_no_server() -> str:
    """Why a server cannot be started here; empty when it can."""
    if sys.platform == "win32":
        return "PostgreSQL tests start a server by its Unix socket"
    if not find("initdb"):
        return "no PostgreSQL server is installed (scripts/test does on Debian)"
    if os.geteuid() == 0 and not _has_postgres_user():
        return "PostgreSQL does not run as root, and there is no user postgres"
    return ""


def find(tool: str) -> str:
    """The newest installed tool of the server, or on PATH."""
    programs = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{tool}"))
    return str(programs[-1]) if programs else shutil.which(tool) or ""


class Server:
    """One cluster; `start` and `stop` as often as a test needs."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="burner-pg-"))
        self.data = self.folder / "data"
        self._numbers = count(1)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run("initdb", "-D", str(self.data), "-A", "trust", "-U", "postgres", "-N")
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS.format(folder=self.folder))

    def start(self) -> None:
        self._run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.folder / "log"), "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.data), "-w", "-m", "immediate", "stop")

    def database(self, *options: str) -> str:
        """The URL of a new, empty database; `options` of createdb."""
        name = f"factory{next(self._numbers)}"
        self._run("createdb", "-h", str(self.folder), "-U", "postgres", *options, name)
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def _run(self, tool: str, *arguments: str) -> None:
        who: dict[str, Any] = {}
        if os.geteuid() == 0:
            who = {"user": "postgres", "group": "postgres", "extra_groups": []}
        subprocess.run(
            [find(tool), *arguments],
            cwd=self.folder,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            **who,
        )


def _has_postgres_user() -> bool:
    import pwd

    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return False
    return True
