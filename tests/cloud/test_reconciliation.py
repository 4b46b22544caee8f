from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from burner.cloud.listed_device import ListedDevice
from burner.cloud.management.api import DeviceOnPlatform
from burner.cloud.reconciliation import (
    ComparedCounts,
    DifferenceKind,
    NameDifference,
    NameOnRecord,
    NameStatus,
    ReconcileTerms,
    Reconciliation,
    reconcile,
)

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
BURNED = NOW - timedelta(days=10)
ONLINE = BURNED + timedelta(days=3)
FIRST_MAC = 0x246F28AA0000


def record(number: int = 0, **more: object) -> NameOnRecord:
    """Unit `number`; chips have four addresses, so base MACs are four apart."""
    mac = f"{FIRST_MAC + 4 * number:012X}"
    unit_id = ":".join(mac[at : at + 2] for at in range(0, 12, 2)).lower()
    values = {"name": f"PLUG-{mac}", "unit_id": unit_id, "burned": BURNED, "passed": BURNED}
    return NameOnRecord(**{**values, "batch": "WO-1", **more})  # type: ignore[arg-type]


def active(name: str, **more: object) -> ListedDevice:
    values = {"registered": True, "active": True, "activated": ONLINE, **more}
    return ListedDevice(name, **values)  # type: ignore[arg-type]


def compare(
    records: list[NameOnRecord],
    devices: list[ListedDevice],
    *,
    grace: timedelta = timedelta(0),
    batch: str = "",
    created_beforehand: bool = False,
) -> Reconciliation:
    terms = ReconcileTerms(NOW, grace, created_beforehand, batch)
    return reconcile(records, devices, terms)


def only(result: Reconciliation) -> NameDifference:
    (difference,) = result.differences
    return difference


def test_a_unit_that_is_online_is_no_difference() -> None:
    result = compare([record()], [active(record().name)])
    assert result.differences == ()
    assert result.compared == ComparedCounts(burned=1, on_platform=1, agreeing=1)


def test_a_unit_that_is_not_on_the_platform_is_missing() -> None:
    assert only(compare([record()], [])).kind is DifferenceKind.MISSING


def test_a_unit_that_never_registered_is_named() -> None:
    idle = ListedDevice(record().name, registered=False, active=False)
    difference = only(compare([record()], [idle]))
    assert difference.kind is DifferenceKind.NOT_REGISTERED
    assert difference.unit_id == "24:6f:28:aa:00:00"


def test_a_unit_that_registered_and_was_never_online_is_named() -> None:
    idle = ListedDevice(record().name, registered=True, active=False)
    assert only(compare([record()], [idle])).kind is DifferenceKind.NOT_ACTIVATED


@pytest.mark.parametrize("device", [None, False, True])
def test_a_young_unit_may_still_come(device: bool | None) -> None:
    young = replace(record(), passed=NOW - timedelta(days=2))
    devices = [] if device is None else [ListedDevice(young.name, device, active=False)]
    result = compare([young], devices, grace=timedelta(days=3))
    assert (result.differences, result.compared.waiting) == ((), 1)
    assert len(compare([young], devices, grace=timedelta(days=1)).differences) == 1


def test_a_young_unit_without_the_name_that_had_to_be_created_is_missing() -> None:
    young = replace(record(), passed=NOW)
    result = compare([young], [], grace=timedelta(days=3), created_beforehand=True)
    assert only(result).kind is DifferenceKind.MISSING


def test_a_registered_name_that_no_unit_has_was_never_burned() -> None:
    difference = only(compare([record()], [active(record().name), active("INVENTED")]))
    assert (difference.kind, difference.name) == (DifferenceKind.NEVER_BURNED, "INVENTED")


def test_a_created_name_that_nobody_used_is_counted_only() -> None:
    result = compare([], [ListedDevice("SPARE", registered=False, active=False)])
    assert (result.differences, result.compared.unused) == ((), 1)


def test_a_unit_of_which_the_list_tells_nothing_is_not_judged_good() -> None:
    young = replace(record(2), passed=NOW)
    names = [ListedDevice(record().name), ListedDevice(young.name), ListedDevice("SPARE")]
    result = compare([record(), record(1), young], names, grace=timedelta(days=3))
    assert [(one.kind, one.name) for one in result.differences] == [
        (DifferenceKind.MISSING, record(1).name),
        (DifferenceKind.NOT_JUDGED, record().name),
        (DifferenceKind.NOT_JUDGED, young.name),
    ]
    assert (result.compared.agreeing, result.compared.unknown) == (0, 1)
    assert [device.name for device in result.spare] == ["SPARE"]


@pytest.mark.parametrize(
    "device",
    [
        ListedDevice(record().name, enabled=False),
        ListedDevice(record().name, registered=False, active=False, enabled=False),
        active(record().name, enabled=False),
    ],
)
def test_the_device_of_a_good_unit_that_is_disabled_is_named_so(device: ListedDevice) -> None:
    young = replace(record(), passed=NOW)
    result = compare([young], [device], grace=timedelta(days=3))
    assert only(result).kind is DifferenceKind.DISABLED


def test_where_the_platform_creates_names_by_itself_a_stranger_was_registered() -> None:
    devices = [
        active(record().name),
        ListedDevice("DARK", active=False),
        ListedDevice("CREATED", registered=False, active=False),
        ListedDevice("STOPPED", active=False, enabled=False),
    ]
    terms = ReconcileTerms(now=NOW, created_by_registration=True)
    difference = only(reconcile([record()], devices, terms))
    assert (difference.kind, difference.name) == (DifferenceKind.NEVER_BURNED, "DARK")
    assert compare([record()], devices).differences == ()


def test_with_a_batch_names_that_no_unit_has_are_left_out() -> None:
    names = [active(record().name), ListedDevice("SPARE", registered=False, active=False)]
    result = compare([record()], names, batch="WO-1")
    assert (result.spare, result.compared.unused) == ((), 0)


def test_a_device_that_was_online_before_its_unit_was_burned_is_named() -> None:
    early = active(record().name, activated=BURNED - timedelta(hours=1))
    assert only(compare([record()], [early])).kind is DifferenceKind.BEFORE_BURNED


def test_clocks_may_differ_by_minutes() -> None:
    early = active(record().name, activated=BURNED - timedelta(minutes=4))
    assert compare([record()], [early]).differences == ()


def test_a_unit_that_was_reworked_after_it_was_online_is_no_difference() -> None:
    reworked = replace(record(), passed=ONLINE + timedelta(days=1))
    assert compare([reworked], [active(reworked.name)]).differences == ()


@pytest.mark.parametrize("status", [NameStatus.SCRAPPED, NameStatus.VOIDED, NameStatus.NOT_PASSED])
def test_a_unit_that_is_not_good_and_in_use_is_named(status: NameStatus) -> None:
    bad = replace(record(), status=status)
    difference = only(compare([bad], [active(bad.name)]))
    assert (difference.kind, difference.why) == (DifferenceKind.NOT_GOOD, status.value)
    assert compare([bad], [active(bad.name, enabled=False)]).differences == ()
    assert compare([bad], [ListedDevice(bad.name, registered=False)]).differences == ()


def test_a_scrapped_unit_whose_name_another_good_unit_has_is_no_difference() -> None:
    scrapped = replace(record(1), name=record().name, status=NameStatus.SCRAPPED)
    assert compare([scrapped, record()], [active(record().name)]).differences == ()


def test_a_name_twice_in_the_list_is_named() -> None:
    devices = [active(record().name), active(record().name)]
    difference = only(compare([record()], devices))
    assert (difference.kind, difference.unit_id) == (DifferenceKind.TWICE, record().unit_id)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("plug-246f28aa0000", "upper and lower case differ"),
        ("plug_24-6F-28-AA-00-00", "separators differ"),
        ("246F28AA0000", "another prefix, or none"),
        ("LAMP246f28aa0000", "another prefix, or none"),
        ("SN000017", "another ID of the unit"),
        ("246F28AA0001", "the address of another interface"),
        ("PLUG-246F28AA0003", "the address of another interface"),
        ("PLUG-266F28AA0000", "the address of another interface"),
    ],
)
def test_an_unknown_name_that_is_the_unit_by_a_rule_is_paired(name: str, why: str) -> None:
    unit = record(ids=("SN000017",))
    for devices in ([], [ListedDevice(unit.name, registered=False, active=False)]):
        result = compare([unit, record(7)], [*devices, active(name), active(record(7).name)])
        difference = only(result)
        assert difference.kind is DifferenceKind.OTHER_NAME
        assert difference.device == active(name)
        assert (difference.name, difference.why) == (unit.name, why)


@pytest.mark.parametrize("number", ["000001", "20261129001"])
def test_units_of_two_product_lines_with_one_number_are_not_taken_for_one(number: str) -> None:
    unit = replace(record(), name=f"A-{number}", ids=(number,))
    kinds = [one.kind for one in compare([unit], [active(f"B-{number}")]).differences]
    assert kinds == [DifferenceKind.NEVER_BURNED, DifferenceKind.MISSING]


def test_the_address_of_the_next_unit_is_not_taken_for_this_one() -> None:
    result = compare([record(0), record(1)], [active("246F28AA0005"), active("246F28AA0001")])
    assert [(one.name, one.device.name) for one in result.differences if one.device] == [
        (record(0).name, "246F28AA0001"),
        (record(1).name, "246F28AA0005"),
    ]


def test_an_unknown_name_like_that_of_a_unit_that_registered_was_never_burned() -> None:
    devices = [active(record().name), active(record().name.lower())]
    assert only(compare([record()], devices)).kind is DifferenceKind.NEVER_BURNED


def test_a_unit_that_registered_with_its_former_name_is_paired() -> None:
    former = replace(record(), name="OLD-1", status=NameStatus.FORMER)
    difference = only(compare([former, record()], [active("OLD-1")]))
    assert (difference.kind, difference.why) == (DifferenceKind.OTHER_NAME, "former name")
    both = compare([former, record()], [active("OLD-1"), active(record().name)])
    assert only(both).kind is DifferenceKind.NOT_GOOD


def test_of_a_batch_only_its_units_are_judged() -> None:
    other = replace(record(1), batch="WO-2")
    result = compare([record(), other], [active("INVENTED")], batch="WO-1")
    assert only(result).name == record().name
    assert result.compared.burned == 1


def test_a_device_of_the_management_api_is_a_device_of_a_list() -> None:
    assert ListedDevice.of(DeviceOnPlatform("a", registered=True)).in_use
    assert ListedDevice.of(DeviceOnPlatform("a", active=True)).in_use
    assert ListedDevice.of(DeviceOnPlatform("a", registered=False)).in_use is False


# -- many units ------------------------------------------------------------------------------------


def planted(count: int) -> tuple[list[NameOnRecord], list[ListedDevice], set[tuple[str, str]]]:
    """Units that agree but for 40, five of each kind: records, devices, kind and name of each."""
    records = [record(number) for number in range(count)]
    devices = {one.name: active(one.name) for one in records}
    expected: set[tuple[str, str]] = set()
    numbers = iter(range(7, count, count // 50))
    twice: list[ListedDevice] = []

    def five(kind: DifferenceKind) -> Iterator[tuple[int, str]]:
        for _ in range(5):
            number = next(numbers)
            expected.add((kind, records[number].name))
            yield number, records[number].name

    for _, name in five(DifferenceKind.MISSING):
        del devices[name]
    for _, name in five(DifferenceKind.NOT_REGISTERED):
        devices[name] = ListedDevice(name, registered=False, active=False)
    for _, name in five(DifferenceKind.NOT_ACTIVATED):
        devices[name] = ListedDevice(name, registered=True, active=False)
    for _, name in five(DifferenceKind.BEFORE_BURNED):
        devices[name] = active(name, activated=BURNED - timedelta(days=1))
    for number, _ in five(DifferenceKind.NOT_GOOD):
        records[number] = replace(records[number], status=NameStatus.SCRAPPED)
    for _, name in five(DifferenceKind.TWICE):
        twice.append(devices[name])
    for _, name in five(DifferenceKind.OTHER_NAME):
        mac = name.removeprefix("PLUG-")
        changed = (name.lower(), f"PLUG{mac}", mac, f"X{name}", f"PLUG-{int(mac, 16) + 2:012X}")
        other = changed[len(expected) % 5]
        devices[other] = replace(devices.pop(name), name=other)
    for number in range(5):
        name = f"PLUG-A4CF12{number:06X}"
        devices[name] = active(name)
        expected.add((DifferenceKind.NEVER_BURNED, name))
    for number in range(20):
        devices[f"SPARE{number}"] = ListedDevice(f"SPARE{number}", registered=False, active=False)
    return records, [*devices.values(), *twice], expected


def test_40_differences_among_5000_units_are_found_and_none_is_invented() -> None:
    records, devices, expected = planted(5000)
    result = compare(records, devices)
    assert {(one.kind, one.name) for one in result.differences} == expected
    assert len(result.differences) == 40
    assert set(result.counts().values()) == {5}
    assert result.compared.unused == 20


@pytest.mark.full
def test_a_million_units_are_compared() -> None:
    records, devices, expected = planted(1_000_000)
    result = compare(records, devices)
    assert {(one.kind, one.name) for one in result.differences} == expected


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_rows_of_a_device_the_one_that_tells_of_more_counts(first: int) -> None:
    rows = [ListedDevice("X1", False, False), ListedDevice("X1", True, True)]
    result = reconcile([], rows[first:] + rows[:first], ReconcileTerms(now=datetime.now(UTC)))
    assert set(result.counts()) == {DifferenceKind.NEVER_BURNED, DifferenceKind.TWICE}
