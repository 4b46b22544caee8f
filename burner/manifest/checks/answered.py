"""What a person has answered for and a reader should know: one sentence a record. Pure."""

from collections.abc import Mapping
from typing import Any

from burner.manifest.chain import Kind

ANSWERS = (Kind.RESTORED, Kind.CLOCK, Kind.BEGUN)


def answer(kind: str, station: str, seq: int, before: int, data: Mapping[str, Any]) -> str:
    """What a record of one of these kinds says.

    Args:
        kind: one of ANSWERS.
        station: whose chain.
        seq: its number.
        before: number of the record before it in the chain.
        data: of its body.

    Raises:
        ValueError: it says something that is not so; KeyError, TypeError: it cannot be read.
    """
    who = f"{data['operator']}: {data['reason']}"
    if kind == Kind.CLOCK:
        return f"{station} {seq}: the clock was set back from {data['was']} ({who})"
    if kind == Kind.BEGUN:
        return f"{station} {seq}: begun instead of manifest {data['instead_of']} ({who})"
    if (data["lost_from"], data["lost_to"]) != (before + 1, seq - 1):
        raise ValueError("says that other records were lost than are missing")
    if before + 1 == seq:
        return f"{station} {seq}: another stands for the record before it ({who})"
    return (
        f"{station}: records {before + 1} to {seq - 1} are lost, an old copy was put back ({who})"
    )
