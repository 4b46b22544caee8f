"""What heads and data must look like before anybody uses them: keys, types, canonical text. Pure.

A file from elsewhere may hold anything under a good hash. Whoever verifies or imports it asks here
first, so that both refuse the same. Made for millions of records: a dict of known form costs two
comparisons of lists.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from burner.manifest.canonical import EXACT, VERSION, dumps, loads
from burner.manifest.chain import Kind
from burner.manifest.checks.forms import (
    ALWAYS,
    ATTEMPT,
    CHECK,
    CLOSED,
    COUNTS,
    DRAW,
    DUPLICATE,
    FINDING,
    HEAD_OF_CHAIN,
    OPENED,
    RARE,
    REGION,
    RESULT,
    SECURITY,
    SILICON,
    USUAL_HEAD,
    USUAL_LATER,
    Data,
    fields,
    holds,
)
from burner.model import Mac, RegionClass, Step

OPS: Mapping[str, Data] = {"open": OPENED, "closed": CLOSED}
_STEPS = frozenset(step.value for step in Step)
_CLASSES = frozenset(kind.value for kind in RegionClass)
_KINDS = frozenset(kind.value for kind in Kind)
_OWN = ("attempt", "result", "supersedes", "nth")
_TEXT, _NUMBER = frozenset((str,)), frozenset((int,))
_NO_HEX = str.maketrans("", "", "0123456789abcdef")


def is_hash(value: object) -> bool:
    """Whether this is a SHA-256 as 64 lower-case hex digits."""
    return isinstance(value, str) and len(value) == 64 and not value.translate(_NO_HEX)


def wrong_head(head: object) -> str:
    """Empty, or why this is no head of a record: what the check of a chain relies on."""
    if type(head) is not dict or [*head, *map(type, head.values())] != USUAL_HEAD:
        return "its head does not have the keys it should, or one of another type"
    seq = head["seq"]
    if head["v"] != VERSION:
        return f"head.v is {head['v']}, not {VERSION}"
    if not 1 <= seq < EXACT or not 1 <= head["intent"] <= seq or head["claims"] not in (0, 1):
        return "head.seq, head.intent or head.claims is out of range"
    if not head["station"] or not head["manifest"]:
        return "head.station or head.manifest is empty"
    return "" if _is_moment(head["at"]) else "head.at is no moment"


def wrong_line(value: Data) -> str:
    """Empty, or why this is no line of a file beside those that show a record."""
    match value.get("burner"):
        case "chain 1":
            rest = {key: each for key, each in value.items() if key not in ("burner", "batch")}
            if type(value.get("batch", "")) is not str or value.get("batch") == "":
                return "batch is no id of one"
            return _wrong_head_of_chain(rest, 0)
        case "end 1":
            chains = value.get("chains")
            if type(chains) is not list or len(value) != 2:
                return "an end without its chains"
            return next(filter(None, (_wrong_head_of_chain(each, 0) for each in chains)), "")
        case None if value.keys() == {"digest", "hash", "seq"}:
            if not is_hash(value["digest"]) or not is_hash(value["hash"]):
                return "digest or hash is no hash"
            seq = value["seq"]
            return "" if type(seq) is int and 1 <= seq < EXACT else "seq is no number of a record"
    return "no line of a chain"


def wrong_heads(heads: object) -> str:
    """Empty, or why this is no list of heads of chains."""
    if type(heads) is not list:
        return "no list of heads"
    return next(filter(None, (_wrong_head_of_chain(each, 1) for each in heads)), "")


def _wrong_head_of_chain(head: object, least: int) -> str:
    if wrong := fields(head, HEAD_OF_CHAIN, "heads"):
        return wrong
    assert isinstance(head, dict)  # noqa: S101 - it has keys
    if not head["station"] or not head["manifest"] or not least <= head["seq"] < EXACT:
        return "heads.station, heads.manifest or heads.seq cannot be"
    return "" if is_hash(head["hash"]) else "heads.hash is no hash"


def wrong_body(body: Data, text: str) -> str:
    """Empty, or why this is no body of a record, its head being one.

    Args:
        body: `head` and `data`.
        text: from which it was read; it must be its canonical form.
    """
    if len(body) != 2 or dumps(body) != text:
        return "its text is not canonical"
    head, data = body["head"], body["data"]
    if not isinstance(data, dict):
        return "no data"
    if wrong := _wrong_roles(head):
        return wrong
    try:
        if head["kind"] in (Kind.INTENT, Kind.CLAIM, Kind.OUTCOME):
            return _wrong_attempt(head, data)
        return _wrong_rare(head["kind"], data)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        return f"data of another form: {error!r}"


def _wrong_roles(head: Data) -> str:
    """What each kind may say in its head; `attempt_check` compares the records of an attempt."""
    kind = head["kind"]
    if kind not in _KINDS:
        return f"head.kind is {kind}"
    if head["claims"] and not head["device_name"]:
        return "takes a name and has none"
    return "an intent without a unit" if kind == Kind.INTENT and not head["unit_id"] else ""


def _wrong_attempt(head: Data, data: Data) -> str:
    attempt = data["attempt"]
    first = head["intent"] == head["seq"]
    if first and (wrong := fields(attempt, ATTEMPT, "attempt")):
        return wrong
    if not first and (wrong := _later(attempt)):
        return wrong
    if wrong := _wrong_parts(attempt):
        return wrong
    if ("result" in data) != (head["kind"] == Kind.OUTCOME):
        return "data.result where there is none"
    if "result" in data and (wrong := _wrong_result(data["result"])):
        return wrong
    for taken in data.get("supersedes", ()):
        if type(taken["seq"]) is not int or type(taken["station"]) is not str:
            return "data.supersedes names no attempt"
    if type(data.get("nth", 0)) is not int:
        return "data.nth is no number"
    return "" if len(data) <= 2 else _plain({k: v for k, v in data.items() if k not in _OWN})


def _later(attempt: Data) -> str:
    if [*attempt, *map(type, attempt.values())] == USUAL_LATER:
        return ""
    for key, value in attempt.items():
        if not isinstance(value, ATTEMPT[key]):
            return f"attempt.{key} is of another type"
    missing = [key for key in ALWAYS if key not in attempt]
    return f"attempt.{missing[0]} is missing" if missing else ""


def _wrong_parts(attempt: Data) -> str:
    for key in ("ids", "versions"):
        if key in attempt and not _TEXT.issuperset(map(type, attempt[key].values())):
            return f"attempt.{key} holds something else than text"
    for region in attempt.get("regions", ()):
        if wrong := _wrong_region(dumps(region)):
            return wrong
    if not _is_moment(attempt["started"]):
        return "attempt.started is no moment"
    silicon = attempt.get("silicon")
    if silicon is None:
        return ""
    Mac.parse(silicon["mac"])
    return fields(silicon, SILICON, "silicon") or fields(silicon["security"], SECURITY, "security")


@lru_cache(maxsize=1024)
def _wrong_region(text: str) -> str:
    """Most regions are the same in every unit of a release."""
    region = loads(text)
    if wrong := fields(region, REGION, "region"):
        return wrong
    return "" if region["kind"] in _CLASSES else f"region.kind is {region['kind']}"


def _wrong_result(result: Data) -> str:
    if wrong := fields(result, RESULT, "result"):
        return wrong
    if result["step"] not in _STEPS or not _is_moment(result["ended"]):
        return "result.step or result.ended is none"
    if not _NUMBER.issuperset(map(type, result["timings_ms"].values())):
        return "result.timings_ms holds something else than integers"
    return _plain(result["evidence"])


def _wrong_rare(kind: str, data: Data) -> str:
    wanted = RARE.get(kind, {})
    if kind == Kind.BATCH:
        wanted = {**wanted, **OPS.get(data["op"], {})}
    if wrong := holds(data, wanted, "data"):
        return wrong
    if type(data.get("nth", 0)) is not int:
        return "data.nth is no number"
    if kind == Kind.AUDIT and (wrong := _wrong_audit(data)):
        return wrong
    if kind == Kind.BATCH and data["op"] == "closed" and (wrong := _wrong_close(data)):
        return wrong
    for each in data.get("duplicates", ()):
        if wrong := holds(each, DUPLICATE, "duplicates"):
            return wrong
    for each in (*data.get("released", ()), *(data.get("open", ()) if kind == Kind.BATCH else ())):
        if type(each) is not str:
            return "a list holds something else than text"
    return _plain(data)


def _wrong_audit(data: Data) -> str:
    if "check" not in data:
        return holds(data["draw"], DRAW, "draw")
    check = data["check"]
    if wrong := holds(check, CHECK, "check"):
        return wrong
    return next(filter(None, (holds(each, FINDING, "findings") for each in check["findings"])), "")


def _wrong_close(data: Data) -> str:
    return wrong_heads(data["heads"]) or holds(data["counts"], COUNTS, "counts")


def _plain(value: Any) -> str:
    """Empty when no float and no integer beyond 2⁵³ is anywhere inside."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        kind = type(each)
        if kind is dict:
            waiting += each.values()
        elif kind is list:
            waiting += each
        elif kind is float or (kind is int and abs(each) >= EXACT):
            return f"the number {each} is not written as text"
    return ""


def _is_moment(text: str) -> bool:
    # `fromisoformat` takes other forms too; of this length, with these signs, it takes only ours.
    if len(text) != 27 or text[7] + text[10] + text[19] + text[26] != "-T.Z":
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
