"""Limits of a release: where, when and for which batch a unit may be begun."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Any

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.manifest.entries.entry import Entry
from burner.manifest.entries.errors import inconsistent
from burner.manifest.entries.kinds import BatchOpened
from burner.manifest.entries.release_kinds import BatchLimits
from burner.manifest.entries.values import moment, utc_minute
from burner.manifest.fold.manifest_state import ManifestState
from burner.manifest.fold.rows import StationRow
from burner.profile.limits import LimitSettings

CLOCK_STEP = timedelta(minutes=5)
"""A clock may be set back by so much without a warning."""


def batch_limits(settings: LimitSettings) -> BatchLimits | None:
    """The limits of a profile as records hold them; None where it has none."""
    limits = BatchLimits(
        valid_from=settings.first_moment,
        valid_until=settings.last_moment,
        stations=settings.stations or (),
        batches=settings.batches or (),
    )
    return None if limits == BatchLimits() else limits


# -- what they allow ------------------------------------------------------------------------------


def check_batch(limits: BatchLimits, batch: str) -> None:
    """Refuse the id of a batch that the release does not allow.

    Raises:
        BurnerError: E240.
    """
    if limits.batches and not any(fnmatchcase(batch, pattern) for pattern in limits.batches):
        detail = f"{', '.join(limits.batches)}; not {batch}"
        raise BurnerError(Code.BATCH_NOT_IN_LIMITS, detail)


def batch_check(settings: LimitSettings) -> Callable[[str], None]:
    """What refuses the id of a batch that a profile does not allow (E240)."""
    limits = batch_limits(settings) or BatchLimits()
    return lambda batch: check_batch(limits, batch)


def check_station(limits: BatchLimits, station: str) -> None:
    """Refuse a station that the release does not name.

    Raises:
        BurnerError: E239.
    """
    if limits.stations and station not in limits.stations:
        raise BurnerError(
            Code.STATION_NOT_IN_LIMITS, f"{', '.join(limits.stations)}; not {station}"
        )


def check_not_expired(limits: BatchLimits, at: str) -> None:
    """Refuse a moment after the release.

    Raises:
        BurnerError: E238.
    """
    if limits.valid_until and at > limits.valid_until:
        raise BurnerError(
            Code.RELEASE_EXPIRED, f"until {utc_minute(limits.valid_until)}; {_now(at)}"
        )


def check_begins(limits: BatchLimits, station: str, at: str) -> None:
    """Refuse to begin a unit at this station, or at this moment.

    Raises:
        BurnerError: E237, E238, E239.
    """
    check_station(limits, station)
    check_not_expired(limits, at)
    if limits.valid_from and at < limits.valid_from:
        raise BurnerError(
            Code.RELEASE_NOT_YET_VALID, f"from {utc_minute(limits.valid_from)}; {_now(at)}"
        )


def described(limits: BatchLimits) -> str:
    """`from 2026-10-01 00:00 UTC, until …, stations …, batches …`: those that there are."""
    parts = {
        "from": limits.valid_from and utc_minute(limits.valid_from),
        "until": limits.valid_until and utc_minute(limits.valid_until),
        "stations": ", ".join(limits.stations),
        "batches": ", ".join(limits.batches),
    }
    return "; ".join(f"{what} {text}" for what, text in parts.items() if text)


def _now(at: str) -> str:
    return f"now {utc_minute(at)}"


# -- the clock ------------------------------------------------------------------------------------


def note_clock(state: ManifestState, entry: Entry) -> Iterator[StationRow]:
    """The newest moment of a station goes on with its records. A new one begins at what binds it:
    no record of its own makes it free.
    """
    row = state.get(StationRow, entry.station)
    newest = row.newest if row else _bound(state, entry.station)
    if row is None or entry.at > newest:
        yield StationRow(entry.station, max(entry.at, newest))


def check_clock(state: ManifestState, limits: BatchLimits, station: str, at: str) -> None:
    """Refuse a clock that is behind the records, where the release is valid for a time only.

    In an export of a batch the records of other stations are not all at hand.

    Raises:
        BurnerError: E241.
    """
    if not limits.has_validity or not state.whole:
        return
    bound = _bound(state, station)
    try:
        is_behind = bool(bound) and moment(at) < moment(bound) - CLOCK_STEP
    except (ValueError, OverflowError):  # such as 30 February
        raise inconsistent(f"{at} or {bound} is no moment") from None
    if is_behind:
        raise BurnerError(Code.CLOCK_BEHIND_LOG, f"records of {utc_minute(bound)}; {_now(at)}")


def _bound(state: ManifestState, station: str) -> str:
    """The moment that binds the clock of a station: its newest record, or what two others agree on.

    So one station whose clock is far ahead never stops the others. A station without records is
    bound by the only other one.
    """
    newest = {row.station: row.newest for row in state.rows(StationRow)}
    own = newest.pop(station, "")
    others = sorted(newest.values(), reverse=True)
    agreed = others[1:2] if own or len(others) > 1 else others
    return max((own, *agreed))


# -- the record of the opening --------------------------------------------------------------------


def check_index(entry: BatchOpened) -> None:
    """A record of an opening says what the release of its index says.

    Raises:
        BurnerError: E714.
    """
    if not entry.index:
        return
    if sha256(entry.index.encode()).hexdigest() != entry.release_digest:
        raise inconsistent(f"batch {entry.batch}: the index is not of the release")
    try:
        index: dict[str, Any] = json.loads(entry.index)
        profile = index["profile"]
        product = profile["product"]
        of_index = {
            "name or version": f"{product['name']} {product['version']}",
            "product id": product["id"],
            "quantity": (profile.get("quantity"), profile.get("quantity_of") == "release"),
            "limits": batch_limits(LimitSettings.model_validate(profile.get("limits", {}))),
            "product key": index["sealed"]["key"] if "sealed" in index else entry.key,
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise inconsistent(f"batch {entry.batch}: the index is of no release") from None
    of_record = {
        "name or version": entry.profile,
        "product id": entry.product_id,
        "quantity": (entry.release_quantity, entry.per_digest),
        "limits": entry.limits,
        "product key": entry.key,
    }
    for field, value in of_record.items():
        if of_index[field] != value:
            raise inconsistent(f"batch {entry.batch}: the index says another {field}")
