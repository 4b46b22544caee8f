"""Chains that are gone, new or written anew, and whose signature counts."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from burner.manifest import answers, batches
from burner.manifest.checks.verify import verify
from burner.manifest.database import place
from burner.manifest.files.chainfile import export_chain
from burner.manifest.files.imports import import_chain
from burner.manifest.ledger import Ledger
from burner.manifest.reader import Reader
from burner.manifest.signing import keys
from burner.manifest.signing.keys import PublicKey, Signer
from burner.manifest.signing.trust import Trust
from burner.manifest.writer import Writer
from burner.model import Outcome
from tests.manifest.hand import (
    PRODUCT,
    Body,
    append,
    data_of,
    edit,
    flaw,
    rewrite,
    unguarded,
    verdict,
)
from tests.manifest.records import (
    Ticking,
    burned,
    open_batch,
    unit_mac,
)


@pytest.fixture
def signer() -> Signer:
    return keys.make("line1", "open sesame")


# -- whole chains ------------------------------------------------------------------------------

EVERYTHING = ("places", "claims", "ids", "batches", "quotas", "records", "chains")


def test_an_emptied_manifest_is_found(two: Path) -> None:
    edit(two, *(f"DELETE FROM {table}" for table in EVERYTHING))
    assert "its chains are gone" in flaw(two)
    assert flaw(two, remember=True) == (
        "station line1, record 1: the whole chain is gone: this computer wrote up to record 5"
    )


@pytest.fixture
def closed(path: Path, signer: Signer) -> Path:
    """Two stations; the first has closed the batch and signed."""
    clock = Ticking()
    with (
        Ledger.open(path, "line1", clock, signer=signer) as one,
        Ledger.open(path, "line2", clock) as two,
    ):
        open_batch(one, planned=9)
        burned(one, 1, batch="WO1")
        burned(two, 4, Outcome.FAIL, batch="WO1", station="line2")
        burned(two, 5, batch="WO1", station="line2")
        batches.close(one.writer, one.reader, "WO1", "qa", False)
    return path


def gone(table: str) -> str:
    return f"DELETE FROM {table} WHERE chain = 2"


def test_a_chain_that_is_gone_is_missed_where_it_was_written(path: Path) -> None:
    with Ledger.open(path, "line1", Ticking()) as ledger:
        burned(ledger, 1)
    with Ledger.open(path, "line2", Ticking()) as ledger:
        burned(ledger, 2, station="line2")
    edit(path, *map(gone, ("claims", "records", "chains")))
    assert flaw(path) == "None"
    assert flaw(path, remember=True) == (
        "station line2, record 1: the whole chain is gone: this computer wrote up to record 2"
    )


def test_a_chain_that_a_close_saw_is_missed_everywhere(closed: Path) -> None:
    edit(closed, *map(gone, ("places", "claims", "records", "chains")))
    edit(closed, "UPDATE batches SET taken = 1")
    assert "station line2, record 4: is gone: the close of a batch (line1 4) saw it" in flaw(closed)


def test_a_chain_written_anew_after_a_close_saw_it_is_found(closed: Path, signer: Signer) -> None:
    def forgive(body: Body) -> None:
        if body["head"]["outcome"] == "FAIL":
            body["head"]["outcome"] = "PASS"

    with unguarded(closed) as database:
        rewrite(database, forgive, chain=2)
        unit = str(unit_mac(4))
        database.execute("INSERT INTO places VALUES ('WO1', ?, 'pass', 2, 1)", (unit,))
        database.execute("UPDATE batches SET taken = 3")
    wrong = "station line2, record 4: is not what the close of a batch (line1 4) saw: written anew"
    assert flaw(closed, Trust([signer.public])) == wrong


def test_an_imported_chain_that_is_gone_is_missed(two: Path, tmp_path: Path) -> None:
    office = _imported(two, tmp_path)
    edit(office, *map(gone, ("claims", "records", "chains")))
    assert "imports brought 5 records of other manifests, there are 0" in flaw(office)


def test_a_manifest_that_takes_the_name_of_an_imported_one_is_found(
    path: Path, tmp_path: Path
) -> None:
    with Ledger.open(path, "line1", Ticking()) as ledger:
        burned(ledger, 1)
    office = _imported(path, tmp_path)
    imported = "(SELECT manifest FROM chains WHERE chain = 2)"
    edit(office, f"UPDATE about SET value = {imported} WHERE key = 'manifest'")
    assert "imports brought 0 records of other manifests, there are 1" in flaw(office)


def _imported(source: Path, tmp_path: Path) -> Path:
    file, office = tmp_path / "line1.jsonl", tmp_path / "office.db"
    with Reader.open(source) as reader:
        file.write_text("".join(export_chain(reader)), encoding="utf-8")
    with Ledger.open(office, "desk", Ticking()) as ledger:
        import_chain(ledger.writer, file, "wang")
    assert flaw(office) == "None"
    return office


# -- whose signature ---------------------------------------------------------------------------


def test_a_chain_without_a_signature_does_not_pass_for_a_signed_one(
    two: Path, signer: Signer
) -> None:
    assert flaw(two) == "None"
    nothing = "nothing up to here is signed by a key that was given"
    assert nothing in flaw(two, Trust([signer.public]))


def test_a_station_invented_without_a_key_is_found_with_the_keys_of_the_others(
    path: Path, signer: Signer
) -> None:
    with Ledger.open(path, "line1", Ticking(), signer=signer) as ledger:
        burned(ledger, 1)
    mac = str(unit_mac(50))
    with unguarded(path) as database:
        database.execute(
            "INSERT INTO chains (manifest, station) SELECT manifest, 'line9' FROM chains"
        )
        begun, ended = data_of(database, 1), data_of(database, 2)
        new: dict[str, Any] = {"unit_id": mac, "device_name": "x", "claims": 0, "chain": 2}
        seq = append(database, begun, like=1, **{**new, "claims": 1})
        append(database, ended, like=2, intent=seq, **new)
        database.execute("INSERT INTO claims VALUES ('x', ?, ?, 2, 1)", (PRODUCT, mac))
    assert flaw(path) == "None"
    wrong = flaw(path, Trust([signer.public]))
    assert wrong.startswith("station line9, record 2: nothing up to here is signed")


def test_a_signed_close_vouches_for_a_desk_that_has_no_key(closed: Path, signer: Signer) -> None:
    found = verdict(closed, Trust([signer.public]))
    assert found.flaw is None
    assert any("records 1 to 4 of station line2" in told for told in found.warnings)


def test_what_is_not_signed_yet_is_told(path: Path, signer: Signer) -> None:
    clock = Ticking()
    with Ledger.open(path, "line1", clock, signer=signer) as ledger:
        burned(ledger, 1)
    assert verdict(path, Trust([signer.public])).warnings == ()
    with Ledger.open(path, "line1", clock) as ledger:
        burned(ledger, 2)
    assert verdict(path, Trust([signer.public])).warnings == (
        "Not signed yet: records 5 to 6 of station line1. No key proves them.",
    )


def test_a_key_bound_to_a_station_signs_for_no_other(path: Path, signer: Signer) -> None:
    other = keys.make("line2", "open sesame")
    with Ledger.open(path, "line1", Ticking(), signer=signer) as ledger:
        burned(ledger, 1)
    with Ledger.open(path, "line2", Ticking(), signer=signer) as ledger:
        burned(ledger, 2, station="line2")
    both = verdict(path, Trust([signer.public, other.public]))
    assert both.flaw is None
    assert "signed for several stations: line1, line2" in both.warnings[0]
    bound: list[tuple[str, PublicKey]] = [("line1", signer.public), ("line2", other.public)]
    assert "station line2, record 4: signed by key" in flaw(path, Trust(bound=bound))


def test_a_key_that_nobody_vouched_for_is_told(path: Path, signer: Signer) -> None:
    clock = Ticking()
    with Ledger.open(path, "line1", clock, signer=signer) as ledger:
        burned(ledger, 1)
    assert verdict(path).warnings == ()
    other = keys.make("another", "open sesame")
    with Ledger.open(path, "line1", clock, signer=other) as ledger:
        burned(ledger, 2)
    assert verdict(path).warnings == (
        f"Key {other.public.id} of station line1 was made without the word of the one in force.",
    )


def test_lost_records_are_told_after_somebody_answered_for_them(path: Path) -> None:
    with Ledger.open(path, "line1", Ticking()) as ledger:
        burned(ledger, 1)
        old = path.with_name("old.db")
        sqlite3.connect(path).execute("VACUUM INTO ?", (str(old),)).connection.close()
        burned(ledger, 2)
    for file in path.parent.glob("manifest.db*"):
        file.unlink()
    old.rename(path)
    with Writer(place(path), "line1", Ticking(), accept_old=True) as writer:
        answers.old_copy(writer, "wang", "disk")
    found = verdict(path, remember=True)
    assert found.flaw is None
    assert found.warnings == (
        "line1: records 3 to 4 are lost, an old copy was put back (wang: disk)",
    )


# -- what is no flaw -----------------------------------------------------------------------------


def test_a_station_that_goes_on_while_it_is_verified_is_no_flaw(path: Path) -> None:
    with Ledger.open(path, "line1", Ticking()) as ledger:
        burned(ledger, 1)

        def go_on(_: int) -> None:
            burned(ledger, 2)

        verdict = verify(ledger.reader, go_on)
        assert (verdict.flaw, verdict.records) == (None, 2)


def test_an_older_export_of_what_this_computer_writes_is_no_flaw(
    path: Path, tmp_path: Path
) -> None:
    clock = Ticking()
    with Ledger.open(path, "line1", clock) as ledger:
        burned(ledger, 1)
        office = _imported(path, tmp_path)
        burned(ledger, 2)
    assert flaw(office, remember=True) == "None"
