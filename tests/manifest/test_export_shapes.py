"""What is no export, and what is no record: refused in words, never by a crash."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.errors import BurnerError
from burner.manifest.canonical import dumps
from burner.manifest.checks.offline import check_file
from burner.manifest.files import chainfile
from burner.manifest.files.chainfile import chain_lines
from burner.manifest.files.imports import check_import
from tests.manifest.forging import (
    Body,
    bodies,
    forged,
    joined,
    refused,
    told,
    unsigned,
    written,
)


def plain_begin(**changes: object) -> str:
    begin = {"burner": "chain 1", "hash": "0" * 64, "manifest": "m", "seq": 1, "station": "s"}
    return dumps({**begin, **changes}) + "\n"


GARBAGE: dict[str, bytes] = {
    "nothing": b"",
    "no text": b"\xff\xfe\n",
    "no chain": b'{"burner":"end 1","chains":[]}\n',
    "no hash": plain_begin(hash="zz").encode(),
    "a number of text": plain_begin(seq="1").encode(),
    "a batch of numbers": plain_begin(batch=[1]).encode(),
    "a long number": plain_begin().replace(":1,", ":" + "9" * 30 + ",").encode(),
    "an end of nothing": plain_begin().encode() + b'{"burner":"end 1","chains":[1]}\n',
    "a digest of numbers": plain_begin().encode() + b'{"digest":1,"hash":"x","seq":1}\n',
    "a list": b"[]\n",
    "deep": b"[" * 100_000,
    "one endless line": b"x" * 20_000,
}


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE)
def test_what_is_no_export_is_refused_in_words_by_verify_and_by_import(
    tmp_path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chainfile, "LONGEST", 10_000)
    file = tmp_path / "x.jsonl"
    file.write_bytes(data)
    with refused("E724"), chain_lines(file) as read:
        check_file(read)
    with refused("E724"):
        check_import(file, None)


def test_a_station_that_stands_twice_in_a_file_is_refused(lines: list[str]) -> None:
    assert "does not belong here" in told(joined(lines, forged(lines, unsigned)))


def head_with(**changes: Any) -> Callable[[Body], str]:
    return lambda body: dumps({**body, "head": {**body["head"], **changes}})


def data_with(path: str, value: Any) -> Callable[[Body], str]:
    def change(body: Body) -> str:
        *way, last = path.split(".")
        place = body["data"]
        for each in way:
            place = place[each]
        if value is None:
            del place[last]
        else:
            place[last] = value
        return dumps(body)

    return change


SHAPES: dict[str, Callable[[Body], str]] = {
    "a number as text": head_with(seq="2"),
    "an intent as list": head_with(intent=[1]),
    "a unit as number": head_with(unit_id=5),
    "claims of yes": head_with(claims="yes"),
    "claims of true": head_with(claims=True),
    "an unknown kind": head_with(kind="nonsense"),
    "no such moment": head_with(at="2025-02-31T08:00:00.000000Z"),
    "a moment of another form": head_with(at="2025-W05-5T08:00:00.000000Z"),
    "an outcome of an intent": head_with(outcome="PASS"),
    "another version": head_with(v=2),
    "one key more": head_with(more=1),
    "data as list": lambda body: dumps({**body, "data": [1]}),
    "no attempt": data_with("attempt", None),
    "ids alone": data_with("attempt", {"ids": {}}),
    "a slot of numbers": data_with("attempt.slot", 3),
    "an ID of numbers": data_with("attempt.ids.mac", 3),
    "a region without offset": data_with("attempt.regions", [{"name": "x"}]),
    "a silicon without MAC": data_with("attempt.silicon.mac", "xyz"),
    "a beginning without moment": data_with("attempt.started", "yesterday"),
    "a result of an intent": data_with("result", {}),
    "an unknown class of region": lambda body: dumps(body).replace('"frozen"', '"frosen"'),
    "doubled keys": lambda body: dumps(body).replace('"slot":"3"', '"slot":"1","slot":"3"'),
    "odd escapes": lambda body: dumps(body).replace('"li"', '"\\u006ci"'),
    "white space": lambda body: dumps(body).replace('"slot":', '"slot": '),
    "a float": lambda body: dumps(body).replace('"try_number":1', '"try_number":1.0'),
    "keys out of order": lambda body: dumps(body).replace(
        '"slot":"3","started"', '"started":"x","slot"'
    ),
}


@pytest.mark.parametrize("change", SHAPES.values(), ids=SHAPES)
def test_a_record_of_another_shape_is_refused_alike_by_verify_and_import(
    lines: list[str], tmp_path: Path, change: Callable[[Body], str]
) -> None:
    records: list[Any] = bodies(lines)[:1] + bodies(forged(lines, unsigned))[1:]
    records[1] = change(records[1])
    file = tmp_path / "x.jsonl"
    begin = json.loads(lines[0])
    text = written(begin, records) if '"head":{"at"' in records[1] else []
    file.write_text("".join(text), encoding="utf-8")
    for check in (lambda: check_import(file, None), lambda: _strictly(file)):
        with pytest.raises(BurnerError, match=r"^E7(13|24)"):
            check()


def _strictly(file: Path) -> None:
    with chain_lines(file) as read:
        if flaw := check_file(read).flaw:
            raise BurnerError("E713", str(flaw))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


@given(st.data())
def test_whatever_stands_in_a_body_is_refused_or_right_but_no_crash(
    lines: list[str], data: st.DataObject
) -> None:
    records = bodies(forged(lines, unsigned))
    record = data.draw(st.sampled_from(records))
    place: Any = record
    while isinstance(place, dict) and place:
        key = data.draw(st.sampled_from(sorted(place)))
        if not isinstance(place[key], dict) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    if isinstance(place, dict) and place:
        place[key] = data.draw(JSON)
    try:
        file = written(json.loads(lines[0]), records)
    except (KeyError, TypeError):  # not even a number
        return
    told(file)
