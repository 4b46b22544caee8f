"""What is put on record of the cloud platform: preflights, names, proofs, reconciliations."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from burner.core.attempt import Outcome, Record
from burner.core.canonical_json import canonical, digest
from burner.core.check_verdict import CheckVerdict
from burner.core.errors import BurnerError
from burner.manifest.entries.cloud_kinds import (
    CloudPreflight,
    PreflightFact,
    Reconciled,
    ReconciledDifference,
)
from burner.manifest.exchange.check_file import check_file
from burner.manifest.exchange.imports import import_log
from burner.manifest.exchange.log_file import export_log
from burner.manifest.fold import cloud
from burner.manifest.log.note import VerifierKey
from burner.manifest.reading.batch_status import batch_status
from burner.manifest.reading.cloud_records import (
    burned_devices,
    confirmed_names,
    name_holders,
)
from burner.manifest.reading.cloud_status import cloud_status
from burner.manifest.writing.cloud_records import (
    record_confirmed_names,
    record_preflight,
    record_proof,
    record_reconciliation,
)
from burner.manifest.writing.corrections import CorrectionKind, correct
from burner.manifest.writing.ledger import Ledger
from burner.manifest.writing.open_batch import check_preflight
from tests.manifest.records import (
    KEY,
    Ticking,
    a_ledger,
    burned,
    flaws,
    open_batch,
    records_of,
    unit_mac,
)

PRODUCT = "S3EUVBRJLB"
HUB = "tencent-hub"


def open_with(ledger: Ledger, batch: str = "WO1", key: str = KEY, **registration: str) -> str:
    """Open a batch of a release with this section `registration`; its digest."""
    product = {"name": "plug-c3", "version": "1.2.0", "id": PRODUCT}
    index: Mapping[str, Any] = {
        "profile": {"product": product, "registration": registration},
        "parts": [],
    }
    text = canonical(index).decode()
    open_batch(ledger, batch, index=text, release_digest=digest(index), key=key)
    return digest(index)


def preflight(
    ledger: Ledger,
    batch: str = "WO1",
    verdict: CheckVerdict = CheckVerdict.GOOD,
    *,
    key: str = KEY,
    quantity: int | None = 100,
) -> int:
    checks = [
        PreflightFact(check="product", verdict=CheckVerdict.GOOD),
        PreflightFact(check="limit", verdict=verdict, code="E850", found="100 of 2350"),
        PreflightFact(check="licenses", verdict=CheckVerdict.NOT_NEEDED),
    ]
    return record_preflight(
        ledger, batch, checks, platform=HUB, source="api", key=key, quantity=quantity
    )


def confirm(ledger: Ledger, *names: str) -> int:
    return record_confirmed_names(ledger, PRODUCT, names, platform=HUB, how="created")


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger.open(path, "line1", Ticking()) as opened:
        yield opened


def unit(ledger: Ledger, number: int, release: str, **how: Any) -> Record:
    return burned(ledger, number, batch="WO1", release_digest=release, **how)


# -- preflight ------------------------------------------------------------------------------------


def test_a_batch_takes_no_unit_before_its_preflight(ledger: Ledger) -> None:
    release = open_with(ledger, preflight="required")
    with pytest.raises(BurnerError) as caught:
        unit(ledger, 1, release)
    assert (caught.value.code, caught.value.detail) == ("E816", "batch WO1")
    preflight(ledger)
    unit(ledger, 1, release)
    assert flaws(ledger.reader) == []


def test_of_what_a_newer_burner_expects_of_the_platform_the_rest_is_not_looked_at(
    ledger: Ledger,
) -> None:
    open_with(ledger, preflight="required", credentials="of-a-newer-kind", renewal="yearly")
    row = ledger.reader.batch("WO1")
    assert row is not None
    assert row.preflight_required
    assert flaws(ledger.reader) == []


@pytest.mark.parametrize("registration", [{"names": "before"}, {"preflight": "perhaps"}])
def test_a_batch_whose_terms_of_the_platform_mean_nothing_is_refused(
    ledger: Ledger, registration: Mapping[str, str]
) -> None:
    with pytest.raises(BurnerError, match="the index is of no release"):
        open_with(ledger, **registration)


@pytest.mark.parametrize("verdict", [CheckVerdict.BAD, CheckVerdict.UNKNOWN])
def test_a_later_bad_preflight_stops_new_units(ledger: Ledger, verdict: CheckVerdict) -> None:
    release = open_with(ledger, preflight="required")
    preflight(ledger)
    unit(ledger, 1, release)
    preflight(ledger, verdict=verdict)
    with pytest.raises(BurnerError) as caught:
        unit(ledger, 2, release)
    assert (caught.value.code, caught.value.detail) == ("E817", "batch WO1: limit")
    *_, entry = records_of(ledger.reader, CloudPreflight).values()
    assert entry.failures == ("limit",)
    preflight(ledger)
    unit(ledger, 2, release)
    assert flaws(ledger.reader) == []


def test_what_the_platform_says_makes_no_lines_of_its_own(ledger: Ledger) -> None:
    open_with(ledger)
    fact = PreflightFact(
        check="product", verdict=CheckVerdict.GOOD, found="plug\n  approved by  bob" * 99
    )
    record_preflight(ledger, "WO1", [fact], platform=HUB, source="api", key=KEY, quantity=1)
    (entry,) = records_of(ledger.reader, CloudPreflight).values()
    assert entry.checks[0].found.startswith("plug\\u000a  approved")


def test_where_none_is_required_a_bad_preflight_stops_nothing(ledger: Ledger) -> None:
    release = open_with(ledger, preflight="optional")
    preflight(ledger, verdict=CheckVerdict.BAD)
    unit(ledger, 1, release)


def test_a_good_preflight_says_which_key_the_first_unit_has(ledger: Ledger) -> None:
    release = open_with(ledger, preflight="required", key="")
    preflight(ledger, key="of another secret", verdict=CheckVerdict.BAD)
    preflight(ledger)
    row = ledger.reader.batch("WO1")
    assert row is not None
    assert (row.key, row.required_key) == ("", KEY)
    with pytest.raises(BurnerError) as caught:
        unit(ledger, 1, release, key="of another secret")
    assert caught.value.code == "E463"
    unit(ledger, 1, release)
    with pytest.raises(BurnerError) as caught:
        preflight(ledger, key="of another secret")
    assert caught.value.code == "E463"
    assert flaws(ledger.reader) == []


def test_a_preflight_with_a_wrong_key_is_replaced_by_the_next_one(ledger: Ledger) -> None:
    release = open_with(ledger, preflight="required", key="")
    preflight(ledger, key="of another secret")
    preflight(ledger)
    unit(ledger, 1, release)
    assert flaws(ledger.reader) == []


def test_a_preflight_counts_for_the_units_that_it_was_for(ledger: Ledger) -> None:
    release = open_with(ledger, preflight="required")
    preflight(ledger, quantity=2)
    unit(ledger, 1, release)
    unit(ledger, 2, release)
    with pytest.raises(BurnerError) as caught:
        unit(ledger, 3, release)
    assert (caught.value.code, caught.value.detail) == ("E817", "batch WO1: it was for 2 units")
    with pytest.raises(BurnerError) as caught:
        check_preflight(ledger, "WO1")
    assert caught.value.code == "E817"
    unit(ledger, 2, release)  # it has its place
    preflight(ledger, quantity=3)
    unit(ledger, 3, release)
    assert flaws(ledger.reader) == []


@pytest.mark.parametrize("lacks", [{"key": ""}, {"quantity": None}])
def test_no_preflight_is_good_without_a_key_and_a_quantity(
    ledger: Ledger, lacks: Mapping[str, Any]
) -> None:
    open_with(ledger)
    with pytest.raises(BurnerError, match="lacks its key or its quantity"):
        preflight(ledger, **lacks)
    preflight(ledger, verdict=CheckVerdict.UNKNOWN, **lacks)


# -- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["before the boot", "after the boot"])
def test_a_unit_whose_name_is_not_confirmed_does_not_pass(ledger: Ledger, when: str) -> None:
    release = open_with(ledger, names="created-before")
    name = unit_mac(1).octets.hex()
    how: dict[str, Any] = {} if when == "before the boot" else {"name": None, "bind": name}
    with pytest.raises(BurnerError) as caught:
        unit(ledger, 1, release, **how)
    assert (caught.value.code, caught.value.detail) == ("E818", name)
    ledger._working.clear()
    assert confirm(ledger, name, name) == 1
    unit(ledger, 1, release, **how)
    assert confirm(ledger, name, "other") == 1
    assert confirmed_names(ledger.reader, PRODUCT, HUB) == {name, "other"}
    assert flaws(ledger.reader) == []


def test_a_name_that_another_platform_has_is_not_confirmed(ledger: Ledger) -> None:
    release = open_with(ledger, names="created-before")
    name = unit_mac(1).octets.hex()
    confirmed = record_confirmed_names(ledger, PRODUCT, [name], platform="alibaba", how="created")
    assert confirmed == 1
    with pytest.raises(BurnerError, match="E818"):
        unit(ledger, 1, release)
    batch = ledger.reader.batch("WO1")
    assert batch is not None
    with ledger.reader.connection() as connection:
        assert cloud_status(connection, batch).confirmed_names == 0
    assert confirmed_names(ledger.reader, PRODUCT, HUB) == set()
    ledger._working.clear()
    assert confirm(ledger, name) == 1
    unit(ledger, 1, release)
    assert confirmed_names(ledger.reader, PRODUCT, "alibaba") == {name}
    assert flaws(ledger.reader) == []


def test_who_answered_for_the_platform_is_on_record(ledger: Ledger) -> None:
    open_with(ledger, names="created-before")

    def confirmed_elsewhere() -> Mapping[str, int]:
        batch = ledger.reader.batch("WO1")
        assert batch is not None
        with ledger.reader.connection() as connection:
            return cloud_status(connection, batch).confirmed_elsewhere

    vm: dict[str, Any] = {"platform": HUB, "how": "existing", "endpoint": "vm.factory:18444"}
    assert record_confirmed_names(ledger, PRODUCT, ["a", "b"], **vm) == 2
    assert record_confirmed_names(ledger, PRODUCT, ["b"], **vm) == 0
    assert confirmed_elsewhere() == {"vm.factory:18444": 2}
    assert confirm(ledger, "b") == 1  # the platform itself
    assert record_confirmed_names(ledger, PRODUCT, ["b"], **vm) == 0
    assert confirmed_elsewhere() == {"vm.factory:18444": 1}
    assert confirmed_names(ledger.reader, PRODUCT, HUB, [""]) == {"b"}
    assert flaws(ledger.reader) == []


@pytest.mark.parametrize("names", ["created-after", "automatic"])
def test_elsewhere_a_name_that_is_not_confirmed_stops_nothing(ledger: Ledger, names: str) -> None:
    unit(ledger, 1, open_with(ledger, names=names))


def test_thousands_of_names_are_one_commit_of_several_records(ledger: Ledger) -> None:
    before = ledger.reader.size()
    assert confirm(ledger, *(f"name-{number:05}" for number in range(2350))) == 2350
    assert ledger.reader.size() == before + 3
    assert confirm(ledger, "name-00001") == 0
    assert ledger.reader.size() == before + 3
    assert flaws(ledger.reader) == []


def test_names_of_an_imported_log_are_confirmed_here_too(tmp_path: Path, ledger: Ledger) -> None:
    release = open_with(ledger, names="created-before")
    name = unit_mac(1).octets.hex()
    with a_ledger(tmp_path / "office", "office") as office:
        confirm(office, name)
        file = tmp_path / "office.log"
        file.write_text("".join(export_log(office.reader)), encoding="utf-8")
        key = VerifierKey.parse(office.writer.origin_key)
    import_log(ledger, file, office.origin, key, operator="li")
    unit(ledger, 1, release)
    with pytest.raises(BurnerError, match="E818"):
        unit(ledger, 2, release)
    assert confirmed_names(ledger.reader, PRODUCT, HUB) == {name}
    assert batch_status(ledger.reader, "WO1").names_not_confirmed == 0
    assert flaws(ledger.reader) == []
    exported = tmp_path / "line1.log"
    for batch in ("", "WO1"):  # without the records of the office nobody can judge
        exported.write_text("".join(export_log(ledger.reader, batch)), encoding="utf-8")
        own_key = VerifierKey.parse(ledger.writer.origin_key)
        assert check_file(exported, ledger.origin, own_key).code == ""


def test_a_file_whose_unit_passed_without_a_confirmed_name_is_refused(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = open_with(ledger, names="created-before")
    with monkeypatch.context() as station:  # of somebody who left the rule out
        station.setattr(cloud, "check_name_confirmed", lambda *_: None)
        unit(ledger, 1, release)
    assert "is not known to have this name" in flaws(ledger.reader)[0]
    file = tmp_path / "line1.log"
    file.write_text("".join(export_log(ledger.reader)), encoding="utf-8")
    key = VerifierKey.parse(ledger.writer.origin_key)
    assert check_file(file, ledger.origin, key).code == "E714"


# -- devices, proofs, reconciliations -------------------------------------------------------------


def test_burned_devices_are_the_units_that_are_good_now(ledger: Ledger) -> None:
    release = open_with(ledger, names="created-after")
    unit(ledger, 1, release, name="old-name")
    unit(ledger, 1, release, name="new-name", rework="label")
    unit(ledger, 2, release)
    unit(ledger, 3, release, outcome=Outcome.FAIL)
    correct(
        *(ledger, CorrectionKind.SCRAP, str(unit_mac(2))),
        product_id=PRODUCT,
        operator="qa",
        reason="dropped",
    )
    (device,) = burned_devices(ledger.reader, PRODUCT, "WO1")
    found = (device.name, device.unit_id, device.batch)
    assert found == ("new-name", str(unit_mac(1)), "WO1")
    holders = name_holders(ledger.reader, PRODUCT)
    assert holders["old-name"] == (str(unit_mac(1)), "PASS", True)
    assert holders[unit_mac(2).octets.hex()] == (str(unit_mac(2)), "scrap", False)
    assert holders[unit_mac(3).octets.hex()].status == "FAIL"


def test_a_proved_registration_confirms_the_name(ledger: Ledger) -> None:
    unit(ledger, 1, open_with(ledger), name="plug-1")
    of_unit: dict[str, Any] = {
        "product_id": PRODUCT,
        "platform": HUB,
        "host": "localhost",
        "operator": "li",
    }
    record_proof(
        *(ledger, str(unit_mac(1))), device_name="plug-1", registered=False, code="E807", **of_unit
    )
    assert confirmed_names(ledger.reader, PRODUCT, HUB) == set()
    vm = {"endpoint": "vm.factory:18444"}
    record_proof(ledger, str(unit_mac(1)), device_name="plug-1", registered=True, **vm, **of_unit)
    assert confirmed_names(ledger.reader, PRODUCT, HUB, ["vm.factory:18444"]) == {"plug-1"}
    assert confirmed_names(ledger.reader, PRODUCT, HUB, [""]) == set()
    record_proof(ledger, str(unit_mac(1)), device_name="plug-1", registered=True, **of_unit)
    record_proof(ledger, str(unit_mac(1)), device_name="plug-1", registered=True, **vm, **of_unit)
    assert confirmed_names(ledger.reader, PRODUCT, HUB, [""]) == {"plug-1"}
    record_proof(ledger, str(unit_mac(1)), device_name="plug-1", registered=True, **of_unit)
    assert confirmed_names(ledger.reader, PRODUCT, HUB, [""]) == {"plug-1"}
    with pytest.raises(BurnerError) as caught:
        record_proof(ledger, str(unit_mac(1)), device_name="plug-2", registered=True, **of_unit)
    assert caught.value.code == "E714"
    assert flaws(ledger.reader) == []


def test_a_reconciliation_keeps_its_first_hundred_differences(ledger: Ledger) -> None:
    first = [ReconciledDifference(kind="never-burned", name=f"n{i}") for i in range(150)]
    record_reconciliation(
        *(ledger, PRODUCT),
        platform=HUB,
        source="export",
        export="ab" * 32,
        compared={"burned": 5000, "platform": 5150},
        differences={"never-burned": 150},
        table="cd" * 32,
        first=first,
    )
    (entry,) = records_of(ledger.reader, Reconciled).values()
    assert entry.differences == {"never-burned": 150}
    assert len(entry.first) == 100
    assert flaws(ledger.reader) == []
