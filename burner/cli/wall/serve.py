"""`burner board --serve`: the page until Ctrl-C."""

import os
import signal
import socket
from contextlib import ExitStack

from burner.cli.terminal import screen
from burner.cli.terminal.language import language
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.language import Language
from burner.core.words.phrases import Wording
from burner.wall.feed import ManifestFeed

COMES_BACK = (Code.DATABASE_UNREACHABLE, Code.MANIFEST_LOCKED)
"""Errors of a manifest that pass: the page says them, and goes on when they are over."""

EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - what somebody asks for


def serve_wall(feed: ManifestFeed, host: str, port: int) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Raises:
        BurnerError: E903 the port is taken, E904 not an address of this computer, E905 packages are
            missing, E906 it ended by itself; E7 the manifest cannot be read, and waiting helps not.
    """
    _require_packages()
    from burner.wall.page.files import page_files
    from burner.wall.server.server import WallServer, listening_socket

    state = feed.poll()
    if feed.error and feed.error.code not in COMES_BACK:
        raise feed.error
    listener = listening_socket(host, port)
    port = listener.getsockname()[1]
    server = WallServer(listener, host, page_files(_chosen_language()), state, feed.poll)
    # A handler only notes its signal: it runs between any two steps, also while a lock is held.
    signals: list[int] = []
    with ExitStack() as stack:
        for number in (signal.SIGINT, signal.SIGTERM):
            before = signal.signal(number, lambda caught, _frame: signals.append(caught))
            stack.callback(signal.signal, number, before)
        stack.callback(server.stop)
        server.start()
        _say_where(host, port)
        while not signals and not server.wait(0.1):
            pass
    if server.failure:
        raise BurnerError(Code.WALL_ENDED, type(server.failure).__name__) from server.failure


def _require_packages() -> None:
    try:
        import starlette  # noqa: F401 - only whether they are there
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise BurnerError(Code.WALL_PACKAGES_MISSING, str(error.name)) from error


def _chosen_language() -> Language | None:
    """What --lang or BURNER_LANG says; None: neither."""
    return language() if os.environ.get("BURNER_LANG") else None


def _say_where(host: str, port: int) -> None:
    """Print the address, and who can read the page."""
    from burner.wall.server.allowed_hosts import is_loopback

    say = Wording(language())
    name = socket.gethostname() if host in EVERY_ADDRESS else host
    shown = f"[{name}]" if ":" in name else name
    screen.say(say("wall serving", f"http://{shown}:{port}/"))
    if is_loopback(host):
        screen.say(say("wall for this computer"))
    else:
        screen.warn(say("wall for everybody"))
    screen.say(say("wall ends"))
