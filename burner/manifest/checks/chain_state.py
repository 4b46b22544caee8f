"""Where a chain that was checked ends, and how much of it is signed. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class ChainState:
    """A chain that was checked: where it ends."""

    manifest: str
    station: str
    records: int
    at: str
    hash: str
    last: int = 0
    """Number of the last record."""
    signed: int = 0
    """Number of the last record under a good signature; 0 = none."""
    signers: tuple[str, ...] = ()
    """Ids of the keys that signed."""
    code: str = ""
    """The head as a short code."""


def tails(chains: Iterable[ChainState]) -> list[str]:
    """What nobody has signed yet: normal on a manifest in use, and not proved by any key.

    The record behind the last signed one is the signature itself.
    """
    found = []
    for chain in chains:
        first = chain.signed + 2 if chain.signed else 1
        if chain.records and chain.last >= first:
            span = f"record {first}" if first == chain.last else f"records {first} to {chain.last}"
            of = f"{span} of station {chain.station}"
            found.append(f"Not signed yet: {of}. No key proves them.")
    return found


def shared(chains: Iterable[ChainState]) -> list[str]:
    """Keys that signed the chains of several stations: one of them may not be its own."""
    stations: dict[str, list[str]] = {}
    for chain in chains:
        for signer in chain.signers:
            stations.setdefault(signer, []).append(chain.station)
    return [
        f"Key {signer} signed for several stations: {', '.join(sorted(set(names)))}. "
        "Bind it: --key STATION=FILE."
        for signer, names in stations.items()
        if len(set(names)) > 1
    ]
