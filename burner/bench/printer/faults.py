"""The faults of a simulated printer, as its SPEC names them."""

import re
from dataclasses import dataclass, replace

from burner.core.code import Code
from burner.core.errors import BurnerError

FORM = "sim, or sim:away=LABELS+SECONDS,cut=NUMBER,stuck=NUMBER,slow=SECONDS"
_SETTING = re.compile(
    r"(?:away=(?P<away>[0-9]+)\+(?P<seconds>[0-9.]+)|cut=(?P<cut>[0-9]+)|stuck=(?P<stuck>[0-9]+)"
    r"|slow=(?P<slow>[0-9.]+))"
)


@dataclass(frozen=True)
class PrinterFaults:
    """What goes wrong, by the number of the connection, from 1."""

    away: tuple[tuple[int, float], ...] = ()
    """After so many connections it is away for so many seconds."""
    cut: tuple[int, ...] = ()
    """It is cut off in the middle of these."""
    stuck: tuple[int, ...] = ()
    """It prints the label of these, and never closes the connection."""
    slow_s: float = 0.0
    """How long it takes for a label."""


NO_FAULTS = PrinterFaults()


def read_faults(spec: str) -> PrinterFaults:
    """The faults of `sim` or `sim:SETTINGS`.

    Raises:
        BurnerError: E190.
    """
    name, _, settings = spec.partition(":")
    faults = PrinterFaults()
    for setting in filter(None, settings.split(",")):
        match = _SETTING.fullmatch(setting)
        if match is None:
            raise BurnerError(Code.BENCH_SPEC_INVALID, f"{setting!r}; allowed: {FORM}")
        try:
            faults = _with(faults, match)
        except ValueError:
            raise BurnerError(Code.BENCH_SPEC_INVALID, f"{setting!r}; allowed: {FORM}") from None
    if name != "sim":
        raise BurnerError(Code.BENCH_SPEC_INVALID, f"{spec!r}; allowed: {FORM}")
    return faults


def _with(faults: PrinterFaults, match: "re.Match[str]") -> PrinterFaults:
    if match["away"]:
        away = (int(match["away"]), float(match["seconds"]))
        return replace(faults, away=(*faults.away, away))
    if match["cut"]:
        return replace(faults, cut=(*faults.cut, int(match["cut"])))
    if match["stuck"]:
        return replace(faults, stuck=(*faults.stuck, int(match["stuck"])))
    return replace(faults, slow_s=float(match["slow"]))
