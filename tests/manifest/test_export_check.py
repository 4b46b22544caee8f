"""What an exported chain proves, and what no rewriting of it gets past."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from burner.manifest import batches, desk
from burner.manifest.checks.offline import check_file
from burner.manifest.desk import Correction
from burner.manifest.files.imports import import_chain
from burner.manifest.ledger import Ledger
from burner.manifest.signing.keys import Signer
from burner.model import Outcome
from tests.manifest.forging import (
    Body,
    bodies,
    export,
    forged,
    joined,
    split,
    told,
    unsigned,
    written,
)
from tests.manifest.records import Ticking, burned, open_batch, unit_mac


def void(ledger: Ledger, unit: int, batch: str = "WO1") -> None:
    words = {"product_id": "S3EUVBRJLB", "operator": "wang", "reason": "a trial"}
    desk.correct(ledger.writer, Correction.VOID, str(unit_mac(unit)), **words, batch=batch)


def of(records: list[Body], kind: str, unit: int) -> Body:
    """The record of a kind of a unit."""
    mac = str(unit_mac(unit))
    return next(r for r in records if (r["head"]["kind"], r["head"]["unit_id"]) == (kind, mac))


def test_an_honest_export_agrees_with_its_key(lines: list[str], signer: Signer) -> None:
    assert told(lines, signer.public) == "None"
    assert told(lines) == "None"


# -- signatures ------------------------------------------------------------------------------------


def test_with_a_key_a_chain_without_any_signature_is_refused(
    lines: list[str], signer: Signer
) -> None:
    forgery = forged(lines, unsigned)
    assert told(forgery) == "None"
    assert "signed by a" in told(forgery, signer.public)


def test_a_station_without_a_key_is_vouched_for_by_a_signed_close(
    tmp_path: Path, signer: Signer
) -> None:
    path, clock = tmp_path / "manifest.db", Ticking()
    with Ledger.open(path, "line2", clock) as two, Ledger.open(path, "line1", clock) as one:
        open_batch(one)
        burned(two, 1, batch="WO1", station="line2")
        burned(one, 2, batch="WO1")
        assert "line2" in told(export(path), signer.public)
        batches.close(one.writer, one.reader, "WO1", "wang", with_open=False)
        desk.checkpoint(one.writer, signer, "batch WO1")
        for exported in (export(path), export(path, "WO1")):
            found = check_file(exported, {signer.public.id: signer.public})
            assert found.flaw is None
            assert [chain.signed for chain in found.chains] == [2, 5]
        burned(two, 3, station="line2")
        found = check_file(export(path), {signer.public.id: signer.public})
        assert [chain.signed for chain in found.chains] == [2, 5]


def test_a_chain_written_anew_behind_a_close_of_another_station_is_found(
    tmp_path: Path, signer: Signer
) -> None:
    path, clock = tmp_path / "manifest.db", Ticking()
    with Ledger.open(path, "line2", clock) as two, Ledger.open(path, "line1", clock) as one:
        open_batch(one)
        burned(two, 1, Outcome.FAIL, batch="WO1", station="line2")
        batches.close(one.writer, one.reader, "WO1", "wang", with_open=False)
        desk.checkpoint(one.writer, signer, "batch WO1")
    second, first = split(export(path))

    def passes(records: list[Body]) -> list[Body]:
        of(records, "outcome", 1)["head"]["outcome"] = "PASS"
        return records

    evil = forged(second, passes)
    for file in (joined(first, evil), joined(evil, first)):
        assert "line2, record 2: is not what the close of batch WO1" in told(file)
    assert "line2, record 2: is not in the file" in told(first)
    cut = written(json.loads(second[0]), bodies(second)[:1])
    assert "line2, record 2: is cut off" in told(joined(cut, first))


# -- attempts and names ----------------------------------------------------------------------------


def another_name(records: list[Body]) -> list[Body]:
    of(records, "outcome", 2)["head"]["device_name"] = "7cdfa1000001"
    return records


def a_doubled_name(records: list[Body]) -> list[Body]:
    for record in records:
        if record["head"]["unit_id"] == str(unit_mac(2)):
            record["head"] |= {"device_name": "7cdfa1000001", "claims": 0}
    return records


def a_name_taken_twice(records: list[Body]) -> list[Body]:
    for record in records:
        if record["head"]["unit_id"] == str(unit_mac(2)):
            record["head"]["device_name"] = "7cdfa1000001"
    return records


def behind(records: list[Body], like: Body, **head: Any) -> list[Body]:
    seq, at = records[-1]["head"]["seq"] + 1, records[-1]["head"]["at"]
    more = {"seq": seq, "intent": seq, "at": at, **head}
    return [*records, {**like, "head": {**like["head"], **more}}]


def a_pass_from_nowhere(records: list[Body]) -> list[Body]:
    first, last = of(records, "intent", 1), of(records, "outcome", 1)
    whole = {"attempt": first["data"]["attempt"], "result": last["data"]["result"]}
    return behind(records, {"head": last["head"], "data": whole}, unit_id=str(unit_mac(77)))


def swapped_intents(records: list[Body]) -> list[Body]:
    one, two = (of(records, "outcome", unit)["head"] for unit in (1, 2))
    one["intent"], two["intent"] = two["intent"], one["intent"]
    return records


def a_second_outcome(records: list[Body]) -> list[Body]:
    failed = of(records, "outcome", 3)
    return behind(records, failed, outcome="PASS", intent=failed["head"]["intent"])


def an_outcome_of_another_unit(records: list[Body]) -> list[Body]:
    of(records, "outcome", 3)["head"]["unit_id"] = str(unit_mac(4))
    return records


def a_clock_that_ran_back(records: list[Body]) -> list[Body]:
    for record in records[6:]:
        record["head"]["at"] = "1999-01-01T00:00:00.000000Z"
    return records


CONTRADICTIONS: dict[str, tuple[Callable[[list[Body]], Iterable[Body]], str]] = {
    "an outcome under another name": (another_name, "passed as 7cdfa1000001"),
    "a doubled name": (a_doubled_name, "carries the name 7cdfa1000001"),
    "a name taken twice": (a_name_taken_twice, "which another unit holds"),
    "a PASS without an intent": (a_pass_from_nowhere, "without an intent"),
    "outcomes that swapped intents": (swapped_intents, "head.intent"),
    "a second outcome": (a_second_outcome, "its attempt ended before"),
    "an outcome of another unit": (an_outcome_of_another_unit, "as another's"),
    "moments that run backwards": (a_clock_that_ran_back, "before the record before it"),
}


@pytest.mark.parametrize(("edit", "words"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_records_that_contradict_each_other_are_found_under_good_hashes(
    lines: list[str], edit: Callable[[list[Body]], Iterable[Body]], words: str
) -> None:
    plain = forged(lines, unsigned)
    assert words in told(forged(plain, edit))


def test_a_name_given_back_at_one_station_may_be_taken_at_another(tmp_path: Path) -> None:
    path, clock = tmp_path / "manifest.db", Ticking()
    with Ledger.open(path, "line1", clock) as one, Ledger.open(path, "desk", clock) as office:
        open_batch(one)
        burned(one, 1, name="plug-1", batch="WO1")
        void(office, 1)
        burned(one, 2, name="plug-1", batch="WO1")
        void(one, 2)
        burned(one, 1, name="plug-1", batch="WO1")
        burned(office, 1, name="plug-1", batch="WO1", station="desk")
        burned(one, 1, Outcome.FAIL, name="plug-1", batch="WO1", rework="again")
    assert told(export(path)) == "None"
    assert told(export(path, "WO1")) == "None"


def test_a_name_freed_under_another_batch_is_free_in_this_one_too(tmp_path: Path) -> None:
    path = tmp_path / "manifest.db"
    with Ledger.open(path, "line1", Ticking()) as ledger:
        open_batch(ledger, "WO2")
        open_batch(ledger)
        burned(ledger, 1, name="plug-1", batch="WO1")
        burned(ledger, 1, name="plug-1", batch="WO2", rework="other firmware")
        void(ledger, 1, "WO2")
        burned(ledger, 2, name="plug-1", batch="WO1")
    for batch in ("", "WO1", "WO2"):
        assert told(export(path, batch)) == "None"


def test_a_name_of_an_earlier_batch_is_no_flaw_in_a_later_one(tmp_path: Path) -> None:
    path = tmp_path / "manifest.db"
    with Ledger.open(path, "line1", Ticking()) as ledger:
        open_batch(ledger)
        open_batch(ledger, "WO2")
        burned(ledger, 1, batch="WO1")
        burned(ledger, 1, batch="WO2", rework="new firmware")
        burned(ledger, 2, batch="WO2")
    assert told(export(path, "WO2")) == "None"


def test_doubles_that_an_import_told_are_no_flaw_in_an_export(tmp_path: Path) -> None:
    factory, office = tmp_path / "factory.db", tmp_path / "office.db"
    with Ledger.open(factory, "line1", Ticking()) as ledger:
        burned(ledger, 1, name="plug-1")
    file = tmp_path / "factory.jsonl"
    file.write_text("".join(export(factory)), encoding="utf-8")
    with Ledger.open(office, "desk", Ticking()) as ledger:
        burned(ledger, 9, name="plug-1", station="desk")
        assert len(import_chain(ledger.writer, file, "wang").duplicates) == 1
    assert told(export(office)) == "None"


# -- what people answered for ----------------------------------------------------------------------


def restored(lines: list[str], first: int) -> list[str]:
    """An export of a chain that lost its records from 8 to 11."""

    def lose(records: list[Body]) -> list[Body]:
        said = {"operator": "wang", "reason": "disk", "lost_from": first, "lost_to": 11}
        head = {**records[0]["head"], "kind": "restored", "batch": "", "product_id": ""}
        more = {"seq": 12, "intent": 12, "at": records[6]["head"]["at"]}
        return [*records[:7], {"data": {**said, "lost_hash": "0" * 64}, "head": {**head, **more}}]

    return forged(lines, lose)


def test_lost_records_are_told_and_must_be_those_that_are_missing(lines: list[str]) -> None:
    plain = forged(lines, unsigned)
    found = check_file(restored(plain, 8))
    assert found.flaw is None
    (said,) = found.answered
    assert said == "line1: records 8 to 11 are lost, an old copy was put back (wang: disk)"
    assert "record 12: says that other records were lost" in told(restored(plain, 10))
