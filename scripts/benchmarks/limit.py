"""The fastest that a unit can be burned over a link: arithmetic only, no clock.

    limit = bytes on the wire, both ways, at the rates in force
          + what the chip does while the wire must wait (programming the last block, MD5)
          + pauses (reset, change of rate)

Bytes are those the bench counted; times of the chip are its model's. Not in it: the latency of
each round trip, and every instruction of ours.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BLOCK = 0x4000
"""Bytes of compressed data in one command of the stub."""
DICTIONARY = 0x8000
"""The stub writes what it has inflated in pieces of this size."""
PAGE = 256
MB = 1 << 20
FRAME = 2 + 8 + 16
"""SLIP ends, header of a command, header of a block; escapes come on top."""

RESET_S = 0.15
"""EN low for 0.1 s, IO0 low for another 0.05 s: esptool's pulse for a bridge."""
RATE_S = 0.05
"""The pause after a change of rate."""
START_S = 0.1
"""The pulse that starts the application."""

Traffic = Mapping[str, Mapping[int, int]]
"""Direction → bits per second → bytes."""


@dataclass(frozen=True)
class Model:
    """How fast wire and chip are."""

    usb_bytes_per_s: int = 0
    """Native USB; 0 = a UART, ten bits a byte at the rate in force."""
    page_s: float = 0.0004
    """Programming 256 bytes."""
    md5_s_per_mb: float = 0.2

    def wire_s(self, size: int, baud: int) -> float:
        """Seconds that bytes are on the wire."""
        return size / self.usb_bytes_per_s if self.usb_bytes_per_s else size * 10 / baud


@dataclass(frozen=True)
class Load:
    """A segment as it goes over the wire: compressed bytes, and the size they inflate to."""

    data: bytes
    size: int


@dataclass(frozen=True)
class Limit:
    """What the limit is made of, in seconds."""

    wire: float
    programming: float
    """The part of programming that the wire waits for."""
    md5: float
    pauses: float

    @property
    def total(self) -> float:
        """The limit."""
        return self.wire + self.programming + self.md5 + self.pauses


def limit(
    traffic: Traffic, loads: Sequence[Load], model: Model, baud: int, pauses_s: float
) -> Limit:
    """The limit of one unit.

    Args:
        traffic: every byte of the unit, as the bench counted them.
        loads: its segments.
        model: wire and chip.
        baud: the rate at which segments are sent.
        pauses_s: resets and changes of rate.
    """
    wire = sum(model.wire_s(n, at) for ways in traffic.values() for at, n in ways.items())
    waiting = sum(programming_s(blocks(load), model, baud) for load in loads)
    return Limit(wire, waiting, md5_s(loads, model), pauses_s)


def link_s(loads: Sequence[Load], model: Model, baud: int) -> float:
    """Seconds that the blocks of the segments alone are on the wire: the link's own time."""
    return sum(model.wire_s(sent, baud) for load in loads for sent, _ in blocks(load))


def md5_s(loads: Sequence[Load], model: Model) -> float:
    """The chip's MD5 of every segment, once."""
    return sum(load.size for load in loads) / MB * model.md5_s_per_mb


def blocks(load: Load) -> list[tuple[int, int]]:
    """A segment's blocks: bytes on the wire, and pages that the chip programs for each."""
    inflate, inflated, written = zlib.decompressobj(), 0, 0
    found = []
    for start in range(0, len(load.data), BLOCK):
        block = load.data[start : start + BLOCK]
        inflated += len(inflate.decompress(block))
        ready = inflated if inflate.eof else inflated // DICTIONARY * DICTIONARY
        found.append((FRAME + slip_size(block), -(-(ready - written) // PAGE)))
        written = ready
    return found


def slip_size(data: bytes) -> int:
    """Bytes after SLIP has escaped its two special ones."""
    return len(data) + data.count(b"\xc0") + data.count(b"\xdb")


def programming_s(sent: Sequence[tuple[int, int]], model: Model, baud: int) -> float:
    """Seconds that the wire waits for programming: the chip takes a block while it writes one."""
    wire = [model.wire_s(size, baud) for size, _ in sent]
    chip = [pages * model.page_s for _, pages in sent]
    together = sum(max(pair) for pair in zip(wire[1:], chip, strict=False))
    return wire[0] + together + chip[-1] - sum(wire) if sent else 0.0
