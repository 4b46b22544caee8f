"""Withdrawing a station's key by what its chain says: the computer that held it may be gone."""

from dataclasses import dataclass, field

from sqlalchemy import select

from burner.errors import BurnerError
from burner.manifest.canonical import loads
from burner.manifest.chain import Kind
from burner.manifest.desk import record_key
from burner.manifest.signing.keys import PublicKey
from burner.manifest.signing.seals import KeyOp
from burner.manifest.tables import RARE, records
from burner.manifest.writer import Writer


@dataclass(frozen=True)
class KeysOfChain:
    """The keys that a station's chain names."""

    named: dict[str, PublicKey] = field(default_factory=dict)
    """All of them, by id, first to last."""
    standing: set[str] = field(default_factory=set)
    """Those neither handed over nor withdrawn."""
    withdrawn: set[str] = field(default_factory=set)


def keys_of_chain(writer: Writer) -> KeysOfChain:
    """Follow the records of kind `key`."""
    found = KeysOfChain()
    bodies = writer.look(
        select(records.c.body)
        .where(RARE, records.c.chain == writer.chain, records.c.kind == Kind.KEY.value)
        .order_by(records.c.seq)
    )
    for row in bodies:
        data = loads(row.body)["data"]
        if KeyOp(data["op"]) in (KeyOp.REVOKED, KeyOp.LOST):
            found.standing.discard(data["key"])
            found.withdrawn.add(data["key"])
            continue
        public = PublicKey(bytes.fromhex(data["public"]))
        found.named[public.id] = public
        found.standing.discard(data.get("old", ""))
        found.standing.add(public.id)
    return found


def withdraw(
    writer: Writer,
    op: KeyOp,
    *,
    operator: str,
    reason: str,
    key_id: str = "",
    own: PublicKey | None = None,
) -> PublicKey:
    """Say in the chain that a key is revoked or lost.

    Args:
        writer: of the station whose key it is.
        op: revoked or lost.
        operator: who says so.
        reason: why.
        key_id: which key; empty = the one that stands in the chain.
        own: the key that this computer holds for the station: meant where the chain names none.

    Returns:
        The key.

    Raises:
        BurnerError: E721 there is no key, E727 several are meant, or none of that id; E731
            without operator or reason; E7.
    """
    if not operator.strip() or not reason.strip():
        raise BurnerError("E731", f"key of {writer.station}")
    with writer.lock:
        key = _meant(writer.station, keys_of_chain(writer), key_id, own)
        record_key(writer, op, key, operator=operator, reason=reason)
    return key


def _meant(station: str, chain: KeysOfChain, key_id: str, own: PublicKey | None) -> PublicKey:
    known = dict(chain.named)
    if own and own.id not in chain.withdrawn:
        known.setdefault(own.id, own)
    if not known:
        raise BurnerError("E721", f"neither the chain of {station} nor this computer has a key")
    standing = chain.standing or known.keys() - chain.named.keys()
    wanted = {key_id} if key_id else standing
    meant = [known[each] for each in wanted & known.keys() if each not in chain.withdrawn]
    if len(meant) == 1:
        return meant[0]
    told = ", ".join(f"{each} ({_state(each, chain)})" for each in known)
    raise BurnerError("E727", f"station {station}: {told}")


def _state(key_id: str, chain: KeysOfChain) -> str:
    if key_id in chain.withdrawn:
        return "withdrawn"
    if key_id in chain.standing:
        return "stands"
    return "handed over" if key_id in chain.named else "has signed nothing yet"
