"""Products, devices, creation and registration of IoT Hub and IoT Explorer, over the real SDKs."""

import pytest
from tencentcloud.iotcloud.v20180614.models import CreateMultiDeviceResponse

from burner.cloud.gateway.registered_devices import (
    CreationOutcome,
    DeviceState,
    ListedName,
    RegistrationTerms,
)
from burner.cloud.management.api import CreationResult, ManagementApi
from burner.cloud.management.errors import UncertainCallError
from burner.cloud.management.tencent_errors import CREATE_MANY, refused
from burner.cloud.management.tencent_values import was_online
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.platforms.platform import Cloud
from burner.platforms.product_settings import CredentialKind, RegisterType
from tests.cloud.gateway.products import PRODUCT_ID, SECRET, product
from tests.cloud.management.faulty_api import CountedDevices, counted_product, faulty_api
from tests.cloud.management.local_api import local_api
from tests.cloud.management.opened import opened

TENCENT = (Cloud.TENCENT_HUB, Cloud.TENCENT_EXPLORER)
on_both = pytest.mark.parametrize("cloud", TENCENT)
LIST = {Cloud.TENCENT_HUB: "DescribeDevices", Cloud.TENCENT_EXPLORER: "GetDeviceList"}
CREATE = {Cloud.TENCENT_HUB: "CreateMultiDevice", Cloud.TENCENT_EXPLORER: "CreateDevice"}


def created(api: ManagementApi, *names: str) -> CreationResult:
    result = api.creation_result(PRODUCT_ID, api.create(PRODUCT_ID, names))
    assert result
    return result


@on_both
@pytest.mark.parametrize("kind", CredentialKind)
def test_a_product_is_told_as_it_is(cloud: Cloud, kind: CredentialKind) -> None:
    served = product(
        cloud=cloud,
        kind=kind,
        register_type=RegisterType.AUTOMATIC,
        limit=77,
        names={"a": ListedName(), "b": ListedName()},
    )
    with local_api(served) as api:
        found = opened(api.url, cloud).product(PRODUCT_ID)
    assert (found.product_id, found.credential_kind) == (PRODUCT_ID, kind)
    assert (found.register_type, found.register_limit) == (RegisterType.AUTOMATIC, 77)
    assert (found.devices, found.secret) == (2, SECRET)
    assert SECRET.reveal().decode() not in repr(found)


def test_hub_tells_how_many_devices_a_product_may_have_and_explorer_how_many_licenses() -> None:
    hub = product()
    terms = RegistrationTerms(RegisterType.PRECREATED, 0, 0, licenses=5)
    explorer = counted_product(
        CountedDevices(names=["a", "b"], terms=terms), cloud=Cloud.TENCENT_EXPLORER
    )
    with local_api(hub, explorer) as api:
        at_hub = opened(api.url, Cloud.TENCENT_HUB).product(PRODUCT_ID)
        at_explorer = opened(api.url, Cloud.TENCENT_EXPLORER).product(PRODUCT_ID)
    assert (at_hub.device_limit, at_hub.licenses_left) == (1_000_000, None)
    assert (at_explorer.device_limit, at_explorer.licenses_left) == (None, 3)


def test_without_the_right_to_read_licenses_they_are_not_told_and_all_else_is() -> None:
    served = counted_product(CountedDevices(), cloud=Cloud.TENCENT_EXPLORER)
    faults = {("DescribeActivateDevice", 1): "UnauthorizedOperation"}
    with faulty_api(served, faults=faults) as api:
        found = opened(api.url, Cloud.TENCENT_EXPLORER).product(PRODUCT_ID)
    assert (found.licenses_left, found.secret) == (None, SECRET)


@on_both
def test_a_product_that_is_not_there_or_not_in_this_region_is_unknown(cloud: Cloud) -> None:
    with local_api(product(cloud=cloud)) as api:
        for region, product_id in (("", "AAAAAAAAAA"), ("europe", PRODUCT_ID)):
            with pytest.raises(BurnerError) as raised:
                opened(api.url, cloud, region=region).product(product_id)
            assert raised.value.code == Code.CLOUD_PRODUCT_UNKNOWN


@on_both
def test_all_devices_come_page_by_page_with_what_became_of_them(cloud: Cloud) -> None:
    names = {f"n{number:03}": ListedName() for number in range(602)}
    names["n300"] = ListedName(DeviceState.REGISTERED)
    names["n601"] = ListedName(DeviceState.ACTIVATED, enabled=False)
    with local_api(product(cloud=cloud, names=names)) as api:
        pages = list(opened(api.url, cloud).devices(PRODUCT_ID))
    found = {one.name: one for page in pages for one in page}
    assert list(found) == sorted(names)
    assert len(pages) == (3 if cloud is Cloud.TENCENT_HUB else 7)
    tells = cloud is Cloud.TENCENT_HUB
    assert [found[name].registered for name in ("n000", "n300")] == (
        [False, True] if tells else [None, None]
    )
    assert [bool(found[name].activated) for name in ("n300", "n601")] == [False, True]
    assert [found[name].enabled for name in ("n300", "n601")] == [True, False]
    assert found["n000"].created


@on_both
def test_devices_are_counted_without_the_right_to_read_the_product_secret(cloud: Cloud) -> None:
    devices = CountedDevices(names=["a", "b", "c"])
    with faulty_api(counted_product(devices, cloud=cloud)) as api:
        assert opened(api.url, cloud).device_count(PRODUCT_ID) == 3
    assert api.actions == [LIST[cloud]]


@on_both
def test_one_device_is_found_and_another_one_is_not(cloud: Cloud) -> None:
    with local_api(product(cloud=cloud, names={"plug-7": ListedName()})) as api:
        opened_api = opened(api.url, cloud)
        device = opened_api.device(PRODUCT_ID, "plug-7")
        assert device
        assert (device.name, device.active, device.activated) == ("plug-7", False, None)
        assert opened_api.device(PRODUCT_ID, "plug-8") is None


@on_both
def test_names_are_created_found_or_refused_each_for_itself(cloud: Cloud) -> None:
    refused = {"late": CreationOutcome.TOO_MANY}
    devices = CountedDevices(names=["there"], refused=refused)
    with faulty_api(counted_product(devices, cloud=cloud)) as api:
        if cloud is Cloud.TENCENT_HUB:
            result = created(opened(api.url, cloud), "new", "there", "late")
            assert list(result.refused) == ["late"]
            assert result.refused["late"].code == Code.CLOUD_DEVICE_LIMIT_REACHED
        else:
            result = created(opened(api.url, cloud), "new", "there")
    assert (result.created, result.existing) == (("new",), ("there",))
    assert devices.attempts["new"] == devices.created["new"] == 1


def test_a_task_at_work_has_no_result_yet() -> None:
    with local_api(product(), task_polls=2) as api:
        hub = opened(api.url)
        task = hub.create(PRODUCT_ID, [f"n{number}" for number in range(100)])
        assert task.id
        results = [hub.creation_result(PRODUCT_ID, task) for _ in range(3)]
    assert results[:2] == [None, None]
    assert results[2]
    assert results[2].created == task.names


@pytest.mark.parametrize(
    "refusal",
    [
        "LimitExceeded.PengingOrProcessingTasksExceedLimit",
        "UnauthorizedOperation.CreateMultiDeviceTaskNotFinished",
    ],
)
def test_a_task_waits_for_those_that_are_at_work(refusal: str) -> None:
    devices = CountedDevices()
    with faulty_api(counted_product(devices), faults={("CreateMultiDevice", 1): refusal}) as api:
        assert created(opened(api.url), "a").created == ("a",)
    assert devices.attempts == {"a": 1}


def test_where_one_name_that_exists_refuses_all_the_others_are_created_once() -> None:
    devices = CountedDevices(names=["there"])
    faults = {("CreateMultiDevice", 1): "InvalidParameterValue.DeviceAlreadyExist"}
    with faulty_api(counted_product(devices), faults=faults) as api:
        result = created(opened(api.url), "new", "there", "newer")
    assert (result.created, result.existing) == (("new", "newer"), ("there",))
    assert devices.attempts == {"new": 1, "newer": 1}


def test_where_all_names_exist_nothing_is_created() -> None:
    devices = CountedDevices(names=["a", "b"])
    faults = {("CreateMultiDevice", 1): "InvalidParameterValue.DeviceAlreadyExist"}
    with faulty_api(counted_product(devices), faults=faults) as api:
        result = created(opened(api.url), "a", "b")
    assert (result, devices.attempts) == (CreationResult(existing=("a", "b")), {})


@on_both
@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        ("LimitExceeded.DeviceExceedLimit", Code.CLOUD_DEVICE_LIMIT_REACHED),
        ("ResourceNotFound.ProductNotExist", Code.CLOUD_PRODUCT_UNKNOWN),
        ("LimitExceeded.DeviceLicenseLimitExceeded", Code.CLOUD_LICENSES_USED_UP),
    ],
)
def test_what_holds_for_all_names_refuses_the_call(cloud: Cloud, refusal: str, code: Code) -> None:
    served = counted_product(CountedDevices(), cloud=cloud)
    with (
        faulty_api(served, faults={(CREATE[cloud], 1): refusal}) as api,
        pytest.raises(BurnerError) as raised,
    ):
        opened(api.url, cloud).create(PRODUCT_ID, ["a", "b"])
    assert raised.value.code == code
    assert refusal in raised.value.detail


@pytest.mark.parametrize(
    ("first_time", "state", "active"),
    [
        *((1_700_000_000, 0, True), (0, 0, False), (0, 3, False), (None, 3, False)),
        *((None, 1, True), (None, 0, None), (None, 2, None), (None, None, None)),
    ],
)
def test_whether_a_device_was_ever_online_is_unknown_where_the_platform_does_not_tell(
    first_time: int | None, state: int | None, active: bool | None
) -> None:
    assert was_online(first_time, state) is active


@pytest.mark.parametrize(
    ("platform_code", "about_names"),
    [
        ("InvalidParameterValue.DeviceNameInvalid", True),
        ("InvalidParameter", True),
        ("InvalidParameterValue.NoPermission", False),
        ("UnauthorizedOperation.ProductIsForbidden", False),
        ("LimitExceeded.DeviceExceedLimit", False),
        ("SomethingNew", False),
    ],
)
def test_a_refusal_tells_whether_other_names_may_be_taken(
    platform_code: str, about_names: bool
) -> None:
    assert refused(CREATE_MANY, platform_code, "", "").about_names == about_names


def test_an_answer_without_a_task_says_that_the_names_may_be_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(CreateMultiDeviceResponse, "_deserialize", lambda *_: None)
    with local_api(product()) as api, pytest.raises(UncertainCallError, match="no TaskId"):
        opened(api.url).create(PRODUCT_ID, ["a"])


@on_both
def test_registration_is_switched_with_its_limit(cloud: Cloud) -> None:
    with local_api(product(cloud=cloud)) as api:
        management = opened(api.url, cloud)
        management.set_registration(PRODUCT_ID, RegisterType.PRECREATED, 42)
        found = management.product(PRODUCT_ID)
    assert (found.register_type, found.register_limit) == (RegisterType.PRECREATED, 42)


@pytest.mark.parametrize("region", ["", "china", "ap-guangzhou"])
def test_a_region_is_named_as_in_the_profile_or_as_the_api_does(region: str) -> None:
    with local_api(product()) as api:
        assert opened(api.url, region=region).product(PRODUCT_ID).devices == 0
