"""Exports of which something is withheld or cut off, and random rewritings of them."""

import json
import random
from contextlib import suppress
from pathlib import Path

import pytest

from burner.errors import BurnerError
from burner.manifest import batches, desk
from burner.manifest.canonical import dumps
from burner.manifest.checks.offline import check_file
from burner.manifest.ledger import Ledger
from burner.manifest.signing.heads import parse_code
from burner.manifest.signing.keys import Signer
from burner.model import Outcome
from tests.manifest.forging import (
    behind_record,
    bodies,
    export,
    forged,
    joined,
    refused,
    told,
    unsigned,
    withheld,
    written,
)
from tests.manifest.records import Ticking, burned, open_batch, unit_mac


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


# -- random rewritings ----------------------------------------------------------------------------


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
