"""The forms of heads, data and lines: their keys and types, as tables; and how to compare."""

from collections.abc import Mapping
from typing import Any

from burner.manifest.chain import Kind

Data = Mapping[str, Any]

HEAD: Data = {
    "at": str,
    "batch": str,
    "claims": int,
    "device_name": str,
    "intent": int,
    "kind": str,
    "manifest": str,
    "outcome": str,
    "product_id": str,
    "seq": int,
    "station": str,
    "unit_id": str,
    "v": int,
}
ATTEMPT: Data = {
    "id": str,
    "ids": dict,
    "operator": str,
    "profile": str,
    "regions": list,
    "release_digest": str,
    "rework": str,
    "silicon": (dict, type(None)),
    "slot": str,
    "started": str,
    "try_number": int,
    "versions": dict,
}
ALWAYS = ("id", "rework", "slot", "started", "try_number")
"""Of an attempt, in each of its records."""

REGION: Data = {"kind": str, "md5": str, "name": str, "offset": int, "sha256": str, "size": int}
RESULT: Data = {
    "code": str,
    "detail": str,
    "ended": str,
    "evidence": dict,
    "ms": int,
    "step": str,
    "timings_ms": dict,
    "written": bool,
}
SILICON: Data = {
    "chip": str,
    "eui64": str,
    "fingerprint": str,
    "flash_id": int,
    "flash_size": int,
    "mac": str,
    "mac_crc_ok": (bool, type(None)),
    "revision": str,
    "security": dict,
}
SECURITY: Data = {"flash_encryption": bool, "secure_boot": bool, "secure_download": bool}
HEAD_OF_CHAIN: Data = {"hash": str, "manifest": str, "seq": int, "station": str}

RARE: Mapping[str, Data] = {
    Kind.BATCH: {"op": str},
    Kind.KEY: {"key": str, "op": str, "public": str},
    Kind.CHECKPOINT: {"hash": str, "key": str, "public": str, "seq": int, "signature": str},
    Kind.CORRECTION: {"operator": str, "reason": str, "what": str},
    Kind.RESTORED: {"operator": str, "reason": str},
    Kind.IMPORTED: {"doubled_ids": list, "duplicates": list, "operator": str, "sha256": str},
}
"""Keys that the data of other records must have; they may have more."""

OPENED: Data = {
    "planned": (int, type(None)),
    "product_id": str,
    "profile": str,
    "release_digest": str,
}
CLOSED: Data = {
    "counts": dict,
    "heads": list,
    "open": list,
    "operator": str,
    "product_id": str,
    "profile": str,
    "release_digest": str,
}
COUNTS: Data = {
    "attempts": int,
    "failed": int,
    "interrupted": int,
    "missing": int,
    "open": int,
    "pass": int,
    "planned": (int, type(None)),
    "scrap": int,
    "void": int,
}
CHECK: Data = {"findings": list, "good": bool, "operator": str}
FINDING: Data = {"verdict": str, "what": str, "why": str}
DRAW: Data = {"lot_size": int, "operator": str, "plan": dict, "seed": str, "units": list}
DUPLICATE: Data = {"device_name": str, "product_id": str, "unit_id": str, "holder": str}


def fields(value: Any, wanted: Data, what: str) -> str:
    """Exactly these keys, with these types."""
    if type(value) is not dict:
        return f"{what} is no object"
    if [*value, *map(type, value.values())] in _USUAL[what]:
        return ""
    if value.keys() != wanted.keys():
        return f"{what} does not have the keys it should"
    return holds(value, wanted, what)


def holds(value: Any, wanted: Data, what: str) -> str:
    """At least these keys, with these types."""
    if type(value) is not dict:
        return f"{what} is no object"
    for key, kind in wanted.items():
        if key not in value:
            return f"{what}.{key} is missing"
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if type(value[key]) not in kinds:
            return f"{what}.{key} is of another type"
    return ""


def _usual(form: Data) -> list[list[Any]]:
    """Keys and types of good values, for one comparison instead of many."""
    forms: list[list[Any]] = [[]]
    for kind in form.values():
        kinds = kind if isinstance(kind, tuple) else (kind,)
        forms = [[*types, each] for types in forms for each in kinds]
    return [[*form, *types] for types in forms]


USUAL_HEAD = _usual(HEAD)[0]
USUAL_LATER = _usual({key: ATTEMPT[key] for key in ALWAYS})[0]
_USUAL = {
    "attempt": _usual(ATTEMPT),
    "region": _usual(REGION),
    "result": _usual(RESULT),
    "silicon": _usual(SILICON),
    "security": _usual(SECURITY),
    "heads": _usual(HEAD_OF_CHAIN),
}
