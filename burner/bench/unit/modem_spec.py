"""The data of a simulated modem: its kind, its IDs, and how it misbehaves. Data only."""

from dataclasses import dataclass, field
from typing import Literal

from burner.identity.imei_checks import check_digit

ModemKind = Literal[
    "quectel",
    "simcom",
    "ublox",
    "neoway",
    "nordic",
    "bc26",
    "fibocom",
    "mediatek",
    "tencent",
    "tencent-wifi",
]


@dataclass(frozen=True)
class ProductSpec:
    """How the firmware behaves when product information is set."""

    cellular: bool = False
    """Prints a blank after the colon."""
    busy: int = 0
    """So many commands are answered `busy p...` first."""
    cme: int | None = None
    """Answers `+CME ERROR:` and this number instead of storing."""
    fail: int | None = None
    """Says OK, then FAIL and this number instead of storing."""
    wrong_bcc: bool = False
    """What it stores is not what it was sent."""


@dataclass(frozen=True)
class ModemSpec:
    """One simulated modem and its misbehaviour. Times in seconds."""

    kind: ModemKind = "quectel"
    imei: str = "490154203237518"
    """Printed as written here, valid or not."""
    serial: str = "D1A2B3C4"
    baud: int = 115200
    echo: bool = True
    noise: bool = False
    """Start-up lines, blank lines, and unsolicited lines between the lines of an answer."""
    boot_s: float = 0.0
    """It ignores input for so long after power-up."""
    late_s: float = 0.0
    """Every answer comes this much later."""
    silent: bool = False
    cme: int | None = None
    """Asked for an ID, it answers `+CME ERROR:` and this number."""
    next_imei: str = ""
    """What it prints from the second time on; empty = the same."""
    two_imeis: str = ""
    """A second number printed in the same answer."""
    no_ok: bool = False
    """Answers, but never ends one with OK."""
    mac: str = ""
    """For `tencent-wifi`, whose firmware prints the MAC instead."""
    port: Literal["modem", "esp"] = "modem"
    """Which port of the slot reaches it; `esp`: behind the firmware of the chip, once booted."""
    product: ProductSpec = field(default_factory=ProductSpec)
    """For the Tencent kinds: how setting the product information goes."""


def imei_for(seed: int, number: int, tac: str = "86012345") -> str:
    """The IMEI of modem `number` of a bench: with a valid check digit, and unique."""
    body = f"{tac}{(seed * 1009 + number) % 1_000_000:06d}"
    return body + check_digit(body)
