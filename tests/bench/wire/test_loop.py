"""The bench's loop, for what only happens when several files are ready at once."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from burner.bench.wire.loop import Loop


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


def test_a_file_that_another_one_closed_in_the_same_turn_is_not_read(loop: Loop) -> None:
    """A port is renumbered while a host opens it: its listener closes with a host in the queue."""
    with ExitStack() as sockets:
        pairs = [socket.socketpair() for _ in range(2)]
        for end in (end for pair in pairs for end in pair):
            sockets.enter_context(end)
        read: list[int] = []

        def ready(number: int) -> None:
            read.append(number)
            loop.forget(pairs[1 - number][0])
            pairs[1 - number][0].close()

        for number, (near, far) in enumerate(pairs):
            loop.watch(near, lambda number=number: ready(number))  # type: ignore[misc]
            far.send(b"x")
        loop.turn(None)
    assert len(read) == 1
