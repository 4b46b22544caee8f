"""What a person answers for, so that a station goes on: an old copy, a clock, a new manifest.

Each is a record in the station's chain, with a name and a reason; what it answers for stays.
"""

from burner.errors import BurnerError
from burner.manifest.chain import Kind
from burner.manifest.local.marks import marks_of
from burner.manifest.writer import Writer


def old_copy(writer: Writer, operator: str, reason: str) -> tuple[int, int]:
    """Go on with a restored old copy. The numbers of the lost records are never used again.

    Returns:
        First and last number of the records that are lost.

    Raises:
        BurnerError: E731 without operator or reason; E732 nothing is lost.
    """
    _answered(operator, reason, "an old copy")
    lost = writer.lost
    if lost is None:
        raise BurnerError("E732", str(writer.where))
    first, last = writer.head.seq + 1, max(lost.seq, writer.head.seq)
    data = {
        "lost_from": first,
        "lost_to": last,
        "lost_hash": lost.hash,
        "operator": operator,
        "reason": reason,
    }
    writer.commit(
        "restored",
        lambda connection: writer.add(connection, Kind.RESTORED, data, seq=last + 1),
    )
    return first, last


def clock(writer: Writer, operator: str, reason: str) -> tuple[str, str]:
    """Go on where the clock had run ahead: its records stand, moments begin anew.

    Returns:
        The moment of the record before, and of the one that says so.

    Raises:
        BurnerError: E731 without operator or reason; E732 the clock is not behind the chain.
    """
    _answered(operator, reason, "a clock")
    with writer.lock:
        was = writer.ahead()
        if not was:
            raise BurnerError("E732", f"{writer.where}: its last record is not of the future")
        data = {"was": was, "operator": operator, "reason": reason}
        row = writer.commit(
            f"clock {was}", lambda connection: writer.add(connection, Kind.CLOCK, data)
        )
    return was, row.head.at


def new_manifest(writer: Writer, operator: str, reason: str) -> str:
    """Go on with another manifest than the one that this computer wrote at this place.

    Returns:
        The identity of the one that is gone.

    Raises:
        BurnerError: E731 without operator or reason; E732 the manifest is the one known here.
    """
    _answered(operator, reason, "a new manifest")
    gone = writer.session.instead_of
    if not gone:
        raise BurnerError("E732", f"{writer.where}: it is the manifest that belongs here")
    heads = [
        {"manifest": gone, "station": station, **vars(mark)}
        for station, mark in marks_of(gone).items()
    ]
    data = {"heads": heads, "instead_of": gone, "operator": operator, "reason": reason}
    writer.commit("begun", lambda connection: writer.add(connection, Kind.BEGUN, data))
    writer.session.settle_here()
    return gone


def _answered(operator: str, reason: str, what: str) -> None:
    if not operator.strip() or not reason.strip():
        raise BurnerError("E731", what)
