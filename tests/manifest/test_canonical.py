"""The canonical body: the same bytes as any careful JSON writer makes, whatever goes in."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.canonical import canonical
from burner.manifest.bodies import Life, attempt_data, changed, result_data
from burner.manifest.canonical import dumps, moment, plain, utc
from burner.manifest.chain import Head
from burner.model import Outcome, Record
from tests.manifest.records import a_result, an_attempt

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
values = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(values)
def test_the_body_is_what_python_json_makes_of_it(value: object) -> None:
    clean = plain(value)
    text = dumps(clean)
    assert text == json.dumps(clean, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert json.loads(text) == clean
    assert plain(clean) == clean


@given(st.dictionaries(st.text(), leaves | st.lists(leaves)))
def test_records_and_releases_have_one_form_of_json(value: dict[str, object]) -> None:
    clean = plain(value)
    assert dumps(clean).encode() == canonical(clean)


@given(values)
def test_no_float_and_no_big_integer_is_ever_in_a_body(value: object) -> None:
    def numbers(item: object) -> list[object]:
        if isinstance(item, dict):
            return [n for each in item.values() for n in numbers(each)]
        if isinstance(item, list):
            return [n for each in item for n in numbers(each)]
        return [item]

    for number in numbers(plain(value)):
        assert not isinstance(number, float)
        assert not isinstance(number, int) or abs(number) < 2**53


def test_a_lone_surrogate_in_evidence_does_not_stop_the_line() -> None:
    assert dumps(plain({"said": "\ud800 boot"})) == '{"said":"? boot"}'


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_survives(when: datetime) -> None:
    assert moment(utc(when)) == when
    assert len(utc(when)) == 27


def test_moments_of_any_zone_are_written_in_utc_and_sort_as_text() -> None:
    here = datetime(2025, 1, 31, 16, 0, tzinfo=timezone(timedelta(hours=8)))
    assert utc(here) == "2025-01-31T08:00:00.000000Z"
    with pytest.raises(ValueError, match="time zone"):
        utc(datetime(2025, 1, 31))


def body(head: dict[str, object], data: dict[str, object]) -> str:
    empty = dict.fromkeys(Head._fields, "")
    return dumps({"data": data, "head": {**empty, **head}})


def test_an_attempt_comes_back_from_its_records_as_it_was() -> None:
    begun = an_attempt(1, name=None)
    bound = replace(begun, device_name="plug-1", ids={**begun.ids, "imei": "861234567890123"})
    result = a_result()
    head: dict[str, object] = {
        "station": "line1",
        "product_id": begun.product_id,
        "unit_id": begun.unit_id,
        "seq": 7,
        "at": "2025-01-31T08:00:00.000000Z",
    }
    first, last = attempt_data(begun), attempt_data(bound)
    bodies = [
        body({**head, "kind": "intent"}, {"attempt": first}),
        body({**head, "kind": "claim", "device_name": "plug-1"}, {"attempt": changed(first, last)}),
        body(
            {**head, "kind": "outcome", "device_name": "plug-1", "outcome": "PASS"},
            {"attempt": changed(last, last), "result": result_data(result)},
        ),
    ]
    assert Life(bodies).record() == Record(7, bound, result)
    assert Life(bodies[:1]).record().result.outcome is Outcome.OPEN
