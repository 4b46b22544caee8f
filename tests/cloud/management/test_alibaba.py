"""Alibaba's management API: the adapter over the real SDK, and the local API, over a socket."""

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from burner.cloud.gateway.registered_devices import DeviceState, ListedName
from burner.cloud.management.api import CreationResult
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.platforms.platform import Cloud
from burner.platforms.platforms import PLATFORMS
from burner.platforms.product_settings import CredentialKind, RegisterType
from tests.cloud.gateway.products import SECRET, gateway, register
from tests.cloud.management.alibaba_api import (
    KEY,
    KEY_ID,
    KEY_SECRET,
    PRODUCT_KEY,
    AlibabaServer,
    alibaba_api,
    alibaba_product,
    quick_calls,
)

BIRTH = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def created(api: AlibabaServer, *names: str) -> CreationResult:
    """The result of a creation that is at its end."""
    opened = api.opened()
    task = opened.create(PRODUCT_KEY, names)
    result = opened.creation_result(PRODUCT_KEY, task)
    assert result is not None
    return result


def test_a_product_is_told_with_its_kind_and_its_secret() -> None:
    with alibaba_api(alibaba_product({"n001": ListedName(), "n002": ListedName()})) as api:
        found = api.opened().product(PRODUCT_KEY)
        assert api.opened().device_count(PRODUCT_KEY) == 2
    assert (found.product_id, found.credential_kind) == (PRODUCT_KEY, CredentialKind.KEY)
    assert (found.devices, found.secret, found.region) == (2, SECRET, "cn-shanghai")


def test_what_the_platform_does_not_tell_is_not_known() -> None:
    with alibaba_api() as api:
        found = api.opened().product(PRODUCT_KEY)
    assert found.register_type is found.register_limit is found.device_limit is None


def test_dynamic_registration_is_switched_in_the_console_only() -> None:
    with alibaba_api() as api, pytest.raises(BurnerError) as refused:
        api.opened().set_registration(PRODUCT_KEY, RegisterType.PRECREATED, 1000)
    assert refused.value.code == Code.CLOUD_SETTING_IN_CONSOLE
    assert api.actions == []


def test_all_devices_are_listed_over_pages_with_what_they_did() -> None:
    names = {f"n{number:03}": ListedName(since=BIRTH) for number in range(260)}
    names["n007"] = ListedName(DeviceState.REGISTERED, since=BIRTH)
    names["n120"] = ListedName(DeviceState.ACTIVATED, since=BIRTH)
    names["n259"] = ListedName(DeviceState.ACTIVATED, since=BIRTH, enabled=False)
    with alibaba_api(alibaba_product(names)) as api:
        devices = {one.name: one for page in api.opened().devices(PRODUCT_KEY) for one in page}
    assert list(devices) == list(names)
    assert {one.created for one in devices.values()} == {BIRTH}
    active = {name for name, one in devices.items() if one.activated}
    assert active == {"n120", "n259"}
    assert devices["n120"].activated == BIRTH
    assert (devices["n120"].registered, devices["n007"].registered) == (True, None)
    assert [name for name, one in devices.items() if not one.enabled] == ["n259"]
    assert api.actions.count("QueryDevice") == 6
    assert api.actions.count("BatchQueryDeviceDetail") == 2


def test_a_long_list_goes_on_with_the_token_of_the_page_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("burner.cloud.gateway.management.alibaba_actions.LAST_ROW", 100)
    names = {f"n{number:03}": ListedName() for number in range(230)}
    with alibaba_api(alibaba_product(names)) as api:
        devices = [one.name for page in api.opened().devices(PRODUCT_KEY) for one in page]
    assert devices == list(names)


def test_a_product_without_devices_has_an_empty_list() -> None:
    with alibaba_api() as api:
        assert [one for page in api.opened().devices(PRODUCT_KEY) for one in page] == []


def test_a_device_is_found_by_its_name_or_is_not_there() -> None:
    names = {"n001": ListedName(DeviceState.ACTIVATED, since=BIRTH)}
    with alibaba_api(alibaba_product(names)) as api:
        opened = api.opened()
        found = opened.device(PRODUCT_KEY, "n001")
        assert found
        assert (found.activated, found.registered, found.enabled) == (BIRTH, True, True)
        assert opened.device(PRODUCT_KEY, "n002") is None


def test_names_are_checked_and_then_created_by_a_task() -> None:
    with alibaba_api(task_polls=2) as api:
        opened = api.opened()
        names = [f"n{number:03}" for number in range(120)]
        task = opened.create(PRODUCT_KEY, names)
        assert (task.names, task.result) == (tuple(names), None)
        results = [opened.creation_result(PRODUCT_KEY, task) for _ in range(3)]
        assert results == [None, None, CreationResult(created=tuple(names))]
    assert api.actions.count("BatchRegisterDeviceWithApplyId") == 1


def test_a_task_is_asked_for_its_result_by_another_run() -> None:
    with alibaba_api() as api:
        task = api.opened().create(PRODUCT_KEY, ["n001"])
        assert api.opened().creation_result(PRODUCT_KEY, task) == CreationResult(("n001",))


def test_existing_names_count_as_existing_and_one_refused_name_stops_no_other() -> None:
    with alibaba_api(alibaba_product({"n002": ListedName()})) as api:
        result = created(api, "n001", "n002", "bad name", "n003")
        assert (result.created, result.existing) == (("n001", "n003"), ("n002",))
        assert list(result.refused) == ["bad name"]
        assert result.refused["bad name"].code == Code.API_CALL_REFUSED
        assert api.opened().product(PRODUCT_KEY).devices == 3


def test_where_all_names_exist_nothing_is_created() -> None:
    with alibaba_api(alibaba_product({"n001": ListedName(), "n002": ListedName()})) as api:
        task = api.opened().create(PRODUCT_KEY, ["n001", "n002"])
    assert (task.id, task.result) == ("", CreationResult(existing=("n001", "n002")))
    assert "BatchRegisterDeviceWithApplyId" not in api.actions


def test_a_name_that_is_wanted_twice_is_created_once() -> None:
    with alibaba_api() as api:
        assert created(api, "n001", "n001") == CreationResult(("n001",))


def test_a_name_that_somebody_else_created_meanwhile_counts_as_existing() -> None:
    product = alibaba_product()
    with alibaba_api(product, task_polls=1) as api:
        calls = quick_calls()

        def create_too(_seconds: float) -> None:
            product.devices.create(["n002"])

        object.__setattr__(calls.clock, "sleep", create_too)
        opened = api.opened(calls=calls)
        task = opened.create(PRODUCT_KEY, ["n001", "n002"])
        opened.creation_result(PRODUCT_KEY, task)
        result = opened.creation_result(PRODUCT_KEY, task)
    assert result == CreationResult(("n001",), ("n002",))


def test_a_check_of_names_that_does_not_end_is_given_up_with_nothing_created() -> None:
    with alibaba_api(task_polls=10_000) as api, pytest.raises(BurnerError) as late:
        api.opened().create(PRODUCT_KEY, ["n001"])
    assert late.value.code == Code.API_DEADLINE_PASSED
    assert "BatchRegisterDeviceWithApplyId" not in api.actions


def test_a_created_name_registers_and_is_then_told_as_online() -> None:
    product = alibaba_product()
    served = gateway(product)
    (registration,) = PLATFORMS[Cloud.ALIBABA].apis
    with alibaba_api(product) as api:
        created(api, "246F28AABBFE")
        credentials, _ = register(served, registration, "246F28AABBFE", product_id=PRODUCT_KEY)
        assert not isinstance(credentials, str)
        product.devices.activate("246F28AABBFE")
        found = api.opened().device(PRODUCT_KEY, "246F28AABBFE")
    assert found
    assert found.activated


# -- who calls -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        (f"LTAI5tOther000000000:{KEY_SECRET}", Code.API_CREDENTIALS_REFUSED),
        (f"{KEY_ID}:another0123456789", Code.API_CREDENTIALS_REFUSED),
        (f"{KEY_ID}:{KEY_SECRET}:token000000000000", Code.API_CREDENTIALS_REFUSED),
    ],
)
def test_wrong_credentials_are_refused_and_not_repeated(credentials: str, code: Code) -> None:
    with alibaba_api() as api, pytest.raises(BurnerError) as refused:
        api.opened(credentials).product(PRODUCT_KEY)
    assert refused.value.code == code
    assert not any(part in str(refused.value) for part in credentials.split(":"))
    assert len(api.calls) == 1


def test_temporary_credentials_are_used_with_their_token() -> None:
    token = "temporary0123456789"
    key = replace(KEY, token=Secret(token.encode()))
    with alibaba_api(key=key) as api:
        api.opened(f"{KEY_ID}:{KEY_SECRET}:{token}").product(PRODUCT_KEY)


@pytest.mark.parametrize("minutes", [20, -16])
def test_a_wrong_clock_is_said_as_that(minutes: float) -> None:
    with (
        alibaba_api(now=lambda: time.time() + 60 * minutes) as api,
        pytest.raises(BurnerError) as refused,
    ):
        api.opened().product(PRODUCT_KEY)
    assert refused.value.code == Code.API_CLOCK_WRONG


def test_a_clock_that_is_14_minutes_off_is_taken() -> None:
    with alibaba_api(now=lambda: time.time() + 60 * 14) as api:
        api.opened().product(PRODUCT_KEY)


def test_an_unknown_product_is_that() -> None:
    with alibaba_api() as api, pytest.raises(BurnerError) as refused:
        api.opened().product("a1OtherKey0")
    assert refused.value.code == Code.CLOUD_PRODUCT_UNKNOWN
    assert "IotInstanceId -" in refused.value.detail  # it may be in an instance


@pytest.mark.parametrize("instance", ["", "iot-other"])
def test_a_product_of_an_instance_is_found_in_that_one_alone(instance: str) -> None:
    with alibaba_api(replace(alibaba_product(), instance="iot-06z00a")) as api:
        api.opened(instance="iot-06z00a").product(PRODUCT_KEY)
        with pytest.raises(BurnerError) as refused:
            api.opened(instance=instance).product(PRODUCT_KEY)
    assert refused.value.code == Code.CLOUD_INSTANCE_UNKNOWN


def test_a_platform_that_asks_to_slow_down_is_asked_again_later() -> None:
    at = [time.time()]
    calls = quick_calls()
    sleep = calls.clock.sleep

    def wait(seconds: float) -> None:
        sleep(seconds)
        at[0] += seconds

    object.__setattr__(calls.clock, "sleep", wait)
    names = {f"n{number:03}": ListedName() for number in range(230)}
    with alibaba_api(alibaba_product(names), calls_per_second=2, now=lambda: at[0]) as api:
        devices = [one for page in api.opened(calls=calls).devices(PRODUCT_KEY) for one in page]
    assert len(devices) == 230
    assert "Throttling.User" in {call.code for call in api.calls}
