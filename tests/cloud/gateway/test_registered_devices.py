"""The devices of a product: created by a person or by themselves, within its bounds."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from burner.cloud.gateway.registered_devices import (
    CreationOutcome,
    DeviceState,
    ListedName,
    RegisteredDevices,
    RegistrationTerms,
)
from burner.cloud.management.api import DeviceOnPlatform
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.platforms.product_settings import RegisterType

START = datetime(2026, 11, 1, 8, tzinfo=UTC)
CREATED, EXISTS = CreationOutcome.CREATED, CreationOutcome.EXISTS


def devices(
    *names: str,
    register_type: RegisterType = RegisterType.AUTOMATIC,
    most: int = 1000,
    licenses: int | None = None,
    online_at_once: bool = False,
) -> RegisteredDevices:
    terms = RegistrationTerms(
        register_type, 1000, 0, most=most, licenses=licenses, online_at_once=online_at_once
    )
    return RegisteredDevices(terms, {name: ListedName() for name in names}, START.timestamp)


def refusal(there: RegisteredDevices, name: str) -> Code:
    with pytest.raises(BurnerError) as refused:
        there.register(name, None)
    return refused.value.code


def test_each_name_is_created_once_and_an_existing_one_is_named() -> None:
    there = devices("a")
    assert there.create(["a", "b", "c", "b"]) == {"a": EXISTS, "b": CREATED, "c": CREATED}
    assert there.create(["c"]) == {"c": EXISTS}
    assert [device.name for device in there.page(0, 10)[1]] == ["a", "b", "c"]


def test_many_who_create_the_same_names_at_once_create_each_once() -> None:
    there, created = devices(), list[str]()

    def person() -> None:
        for first in range(0, 200, 20):
            outcomes = there.create(f"n{number}" for number in range(first, first + 20))
            created.extend(name for name, outcome in outcomes.items() if outcome is CREATED)

    people = [threading.Thread(target=person) for _ in range(4)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    assert sorted(created) == sorted(f"n{number}" for number in range(200))
    assert len(there) == 200


def test_a_product_has_no_more_devices_than_it_may() -> None:
    there = devices("a", most=2)
    assert there.create(["b", "c"]) == {"b": CREATED, "c": CreationOutcome.TOO_MANY}
    assert refusal(there, "d") is Code.CLOUD_DEVICE_LIMIT_REACHED
    there.register("a", None)


def test_each_device_takes_a_license() -> None:
    there = devices("a", licenses=2)
    there.register("b", None)
    assert refusal(there, "c") is Code.CLOUD_LICENSES_USED_UP
    assert there.create(["d"]) == {"d": CreationOutcome.NO_LICENSE}


def test_a_created_device_registers_where_none_creates_itself() -> None:
    there = devices(register_type=RegisterType.PRECREATED)
    assert refusal(there, "a") is Code.CLOUD_NAME_NOT_CREATED
    there.create(["a"])
    there.register("a", None)


def test_registration_that_is_switched_off_holds_at_once_and_the_limit_stays() -> None:
    there = devices("a")
    assert there.set_registration(RegisterType.OFF, None).limit == 1000
    assert refusal(there, "a") is Code.CLOUD_REGISTRATION_OFF
    assert there.set_registration(RegisterType.AUTOMATIC, 0).limit == 0
    assert refusal(there, "b") is Code.CLOUD_DEVICE_LIMIT_REACHED


@pytest.mark.parametrize("online_at_once", [True, False])
def test_a_device_is_activated_when_it_connects_or_at_once(online_at_once: bool) -> None:
    there = devices("a", online_at_once=online_at_once)
    there.register("a", None)
    registered = DeviceOnPlatform(
        "a", START, True, online_at_once, START if online_at_once else None, True
    )
    assert there.find("a") == registered
    there.activate("a")
    assert there.find("a") == DeviceOnPlatform("a", START, True, True, START, True)
    assert refusal(there, "a") is Code.CLOUD_NAME_REGISTERED


def test_a_listed_device_is_so_since_the_moment_of_the_list() -> None:
    before = START - timedelta(days=7)
    listed = {
        "a": ListedName(DeviceState.ACTIVATED, since=before),
        "b": ListedName(enabled=False),
    }
    terms = RegistrationTerms(RegisterType.AUTOMATIC, 1000, 0)
    there = RegisteredDevices(terms, listed, START.timestamp)
    assert there.find("a") == DeviceOnPlatform("a", before, True, True, before, True)
    assert there.find("b") == DeviceOnPlatform("b", START, False, False, None, False)
    assert there.find("c") is None
