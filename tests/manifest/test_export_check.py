"""What an exported chain proves, and what no rewriting of it gets past."""

import json
import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.errors import BurnerError
from burner.manifest import batches, chainfile, desk, keys
from burner.manifest.canonical import dumps
from burner.manifest.chainfile import chain_lines, export_chain
from burner.manifest.desk import Correction
from burner.manifest.heads import parse_code
from burner.manifest.imports import check_import, import_chain
from burner.manifest.keys import Signer
from burner.manifest.ledger import Ledger
from burner.manifest.offline import check_file
from burner.manifest.reader import Reader
from burner.model import Outcome
from tests.manifest.forging import (
    Body,
    bodies,
    forged,
    joined,
    split,
    told,
    withheld,
    written,
)
from tests.manifest.records import Ticking, a_result, an_attempt, burned, open_batch, unit_mac


def refused(code: str, words: str = "") -> "pytest.RaisesExc[BurnerError]":
    return pytest.raises(BurnerError, match=f"^{code}:.*{words}")


@pytest.fixture(scope="module")
def signer() -> Signer:
    return keys.make("line1", "open sesame")


def export(path: Path, batch: str = "") -> list[str]:
    with Reader.open(path) as reader:
        return list(export_chain(reader, batch))


def void(ledger: Ledger, unit: int) -> None:
    words = {"product_id": "S3EUVBRJLB", "operator": "wang", "reason": "a trial"}
    desk.correct(ledger.writer, Correction.VOID, str(unit_mac(unit)), **words, batch="WO1")


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory, signer: Signer) -> list[str]:
    """A chain of units good and bad, a late name, and signatures on the way."""
    path = tmp_path_factory.mktemp("exported") / "manifest.db"
    with Ledger.open(path, "line1", Ticking(), signer=signer, every=6) as ledger:
        open_batch(ledger, planned=9)
        for unit in range(1, 6):
            burned(ledger, unit, Outcome.FAIL if unit == 3 else Outcome.PASS, batch="WO1")
        late = an_attempt(7, name=None)
        ledger.begin(late)
        late = replace(late, device_name="plug-7", ids={**late.ids, "imei": "861234567890123"})
        ledger.bind(late)
        ledger.finish(late, a_result())
    return export(path)


def of(records: list[Body], kind: str, unit: int) -> Body:
    """The record of a kind of a unit."""
    mac = str(unit_mac(unit))
    return next(r for r in records if (r["head"]["kind"], r["head"]["unit_id"]) == (kind, mac))


def test_an_honest_export_agrees_with_its_key(lines: list[str], signer: Signer) -> None:
    assert told(lines, signer.public) == "None"
    assert told(lines) == "None"


# -- signatures ------------------------------------------------------------------------------------


def unsigned(records: list[Body]) -> list[Body]:
    """Everything but the signatures, numbered anew, the FAIL made a PASS."""
    left = [r for r in records if r["head"]["kind"] not in ("key", "checkpoint")]
    number = {record["head"]["seq"]: i for i, record in enumerate(left, 1)}
    for record in left:
        head = record["head"]
        head["seq"], head["intent"] = number[head["seq"]], number[head["intent"]]
        if head["outcome"] == "FAIL":
            head["outcome"] = "PASS"
    return left


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


# -- parts of chains -------------------------------------------------------------------------------


def behind_record(lines: list[str], seq: int) -> list[str]:
    value = json.loads(lines[seq])
    begin = {**json.loads(lines[0]), "hash": value["hash"], "seq": seq}
    return [dumps(begin) + "\n", *lines[seq + 1 :]]


def test_an_export_whose_front_was_cut_off_is_refused(lines: list[str], signer: Signer) -> None:
    assert "record 6: and all before it are missing" in told(behind_record(lines, 6), signer.public)


def test_a_record_withheld_from_an_export_of_everything_is_refused(
    lines: list[str], signer: Signer
) -> None:
    for number, line in enumerate(lines):
        if '"outcome":"FAIL"' in line:
            changed = [*lines[:number], withheld(line), *lines[number + 1 :]]
            assert f"record {number}: is withheld" in told(changed, signer.public)
    hollow = [line if "signature" in line else withheld(line) for line in lines[1:-1]]
    assert "is withheld" in told([lines[0], *hollow, lines[-1]], signer.public)


def test_an_export_of_a_batch_names_what_it_withholds(tmp_path: Path, signer: Signer) -> None:
    path = tmp_path / "manifest.db"
    with Ledger.open(path, "line1", Ticking(), signer=signer) as ledger:
        burned(ledger, 9)
        open_batch(ledger)
        for unit in (1, 2):
            burned(ledger, unit, batch="WO1")
            burned(ledger, unit + 10)
    found = check_file(export(path, "WO1"), {signer.public.id: signer.public})
    assert found.flaw is None
    assert (found.batch, found.withheld, found.begins) == ("WO1", 4, {"line1": 2})
    assert found.gaps == [("line1", 6, 7), ("line1", 10, 11)]


def test_a_batch_of_which_nothing_is_shown_is_refused(lines: list[str], signer: Signer) -> None:
    begin = {**json.loads(lines[0]), "batch": "WO1"}
    hollow = [line if "signature" in line else withheld(line) for line in lines[1:-1]]
    file = [dumps(begin) + "\n", *hollow, lines[-1]]
    assert "shows nothing of batch WO1" in told(file, signer.public)


def test_an_attempt_withheld_from_a_closed_batch_is_missed(tmp_path: Path, signer: Signer) -> None:
    path = tmp_path / "manifest.db"
    with Ledger.open(path, "line1", Ticking()) as ledger:
        open_batch(ledger)
        for unit in (1, 2, 3):
            burned(ledger, unit, Outcome.FAIL if unit == 2 else Outcome.PASS, batch="WO1")
        batches.close(ledger.writer, ledger.reader, "WO1", "wang", with_open=False)
        desk.checkpoint(ledger.writer, signer, "batch WO1")
    good = export(path, "WO1")
    assert told(good, signer.public) == "None"
    its = f'"unit_id":"{unit_mac(2)}"'
    hidden = [withheld(line) if its in line else line for line in good]
    assert "counts 3 attempts, the file shows 2" in told(hidden, signer.public)


def test_an_export_of_an_unknown_batch_is_refused(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "manifest.db", "line1", Ticking()) as ledger:
        burned(ledger, 1)
    with refused("E733"):
        export(tmp_path / "manifest.db", "TYPO")


# -- what is no export at all ----------------------------------------------------------------------


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


# -- random edits ----------------------------------------------------------------------------------


def rewritten(dice: random.Random, lines: list[str]) -> list[str]:
    """What somebody without the key does to a file, sensibly."""
    number = dice.randrange(1, len(lines) - 1)
    match dice.randrange(8):
        case 0:
            return [*lines[:number], withheld(lines[number]), *lines[number + 1 :]]
        case 1:
            return behind_record(lines, number)
        case 2:
            return joined(lines, written(json.loads(lines[0]), bodies(lines)[:number]))
        case 3:
            return written(json.loads(lines[0]), bodies(lines)[:number])
        case 4:
            return forged(lines, unsigned)
        case 5:
            left = bodies(lines)
            place = left[number - 1]["head"]
            key = dice.choice(sorted(place))
            place[key] = dice.choice([each["head"][key] for each in left])
            return written(json.loads(lines[0]), left)
        case 6:
            place = dice.randrange(len(lines[number]))
            line = lines[number]
            return [*lines[:number], line[:place] + "0" + line[place + 1 :], *lines[number + 1 :]]
        case _:
            value = json.loads(lines[number])
            text = dumps({key: value[key] for key in sorted(value)}) + "\n"
            return [*lines[:number], text, *lines[number + 1 :]]


def hunt(lines: list[str], signer: Signer, seed: int, times: int) -> None:
    """Rewrite at random; each time the key, or the head that left the station, must tell."""
    dice, key = random.Random(seed), {signer.public.id: signer.public}
    head = parse_code(check_file(lines, key).chains[0].code)
    for turn in range(times):
        changed = rewritten(dice, lines)
        if changed == lines:
            continue
        with suppress(BurnerError):
            found = check_file(changed, key, wanted=[head])
            assert found.flaw or not found.heads, f"seed {seed}, turn {turn}: not found"


def test_random_rewritings_of_an_export_are_all_found(lines: list[str], signer: Signer) -> None:
    hunt(lines, signer, seed=1, times=200)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(2, 7))
def test_a_thousand_rewritings_of_an_export_are_all_found(
    lines: list[str], signer: Signer, seed: int
) -> None:
    hunt(lines, signer, seed, times=200)
