"""`burner` in a shell of the tests: `python -I -S command.py SERVERS ARGUMENTS`.

Takes a hundredth of the time of `burner`: a server forks it, on our streams. Our signals go to it,
its exit status is ours.
"""

import json
import os
import signal
import socket
import sys

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGWINCH)


def main() -> None:
    """Run one command."""
    servers = json.loads(sys.argv[1])
    request = {
        "module": "burner",
        "arguments": sys.argv[2:],
        "env": dict(os.environ),
        "folder": os.getcwd(),  # noqa: PTH109 - to import pathlib takes time
        "umask": os.umask(0),
        "session": False,
        "servers": servers,
    }
    running: list[int] = []
    early: list[int] = []

    def forward(number: int, _: object) -> None:
        if not running:
            early.append(number)
            return
        try:  # noqa: SIM105 - to import contextlib takes time
            os.kill(running[0], number)
        except ProcessLookupError:
            pass  # its end is on the way to us

    for number in FORWARDED:
        signal.signal(number, forward)
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(servers["burner"])
        socket.send_fds(server, [json.dumps(request).encode() + b"\n"], (0, 1, 2))
        answers = server.makefile("rb")
        running.append(int(answers.readline()))
        for each in early:
            forward(each, None)
        status = int(answers.readline() or -signal.SIGKILL)
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)


main()
