"""The local management API, through Tencent's own SDK: its signature, pages, tasks and refusals."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from burner.cloud.gateway.registered_devices import (
    CreationOutcome,
    DeviceState,
    ListedName,
    RegisteredDevices,
    RegistrationTerms,
)
from burner.platforms.platform import Cloud
from burner.platforms.product_settings import RegisterType
from tests.cloud.gateway.products import SECRET, gateway, product, register
from tests.cloud.management.faulty_api import (
    THROTTLED,
    CountedDevices,
    Fault,
    counted_product,
    faulty_api,
)
from tests.cloud.management.local_api import LocalApi, local_api
from tests.cloud.management.sdk_calls import call, refused


@pytest.fixture
def api() -> Iterator[LocalApi]:
    with local_api(product(names={f"n{number}": ListedName() for number in range(23)})) as served:
        yield served


def test_a_product_is_described_with_its_secret_and_its_registration(api: LocalApi) -> None:
    properties = call(api, "2021", "DescribeProduct").ProductProperties
    assert properties.ProductSecret.encode() == SECRET.reveal()
    assert (properties.EncryptionType, properties.RegisterType) == ("2", RegisterType.AUTOMATIC)
    assert (properties.RegisterLimit, properties.DeviceLimit) == (1000, 1_000_000)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"secret_id": "AKIDother"}, "AuthFailure.SecretIdNotFound"),
        ({"secret_key": "other"}, "AuthFailure.SignatureFailure"),
        ({"token": "t"}, "AuthFailure.TokenFailure"),
        ({"ProductId": "NONE000000"}, "ResourceNotFound.ProductNotExist"),
        ({"region": "ap-bangkok"}, "ResourceNotFound.ProductNotExist"),
        ({"region": ""}, "MissingParameter"),
    ],
)
def test_a_wrong_key_product_or_region_is_refused_with_the_platforms_code(
    api: LocalApi, wrong: dict[str, Any], code: str
) -> None:
    assert refused(api, "2021", "DescribeProduct", **wrong) == code


def test_devices_come_in_pages_and_each_once(api: LocalApi) -> None:
    names = []
    for offset in (0, 10, 20):
        page = call(api, "2021", "DescribeDevices", Offset=offset, Limit=10)
        assert page.TotalCount == 23
        names += [device.DeviceName for device in page.Devices]
    assert names == [f"n{number}" for number in range(23)]


@pytest.mark.parametrize("size", [9, 251])
def test_a_page_of_another_size_is_refused(api: LocalApi, size: int) -> None:
    assert refused(api, "2021", "DescribeDevices", Offset=0, Limit=size) == "InvalidParameterValue"


@pytest.mark.parametrize("offset", [-1, 1_000_001])
def test_a_page_that_begins_nowhere_is_refused(api: LocalApi, offset: int) -> None:
    code = refused(api, "2021", "DescribeDevices", Offset=offset, Limit=10)
    assert code == "InvalidParameterValue"


def test_a_device_that_was_never_there_is_refused_and_one_that_registered_shows_it(
    api: LocalApi,
) -> None:
    assert (
        refused(api, "2021", "DescribeDevice", DeviceName="x") == "ResourceNotFound.DeviceNotExist"
    )
    before = call(api, "2021", "DescribeDevice", DeviceName="n1")
    assert (before.CertState, before.FirstOnlineTime) == (0, 0)
    register(gateway(*api.products), product().platform.apis[0], "n1")
    assert call(api, "2021", "DescribeDevice", DeviceName="n1").CertState == 1
    api.devices.activate("n1")
    assert call(api, "2021", "DescribeDevice", DeviceName="n1").FirstOnlineTime > 1_700_000_000


def test_names_are_created_by_a_task_and_existing_ones_are_named(api: LocalApi) -> None:
    names = [*(f"m{number}" for number in range(98)), "n0", "n1"]
    task = call(api, "2018", "CreateMultiDevice", DeviceNames=names).TaskId
    assert call(api, "2018", "DescribeMultiDevTask", TaskId=task).TaskStatus == 2
    found = call(api, "2018", "DescribeMultiDevices", TaskId=task, Offset=0, Limit=250)
    assert found.TotalDevNum == 100
    bad = {each.DeviceName: each.ErrMsg for each in found.DevicesInfo if each.Result}
    assert bad == dict.fromkeys(("n0", "n1"), "InvalidParameterValue.DeviceAlreadyExist")
    assert len(api.devices) == 23 + 98


def test_a_task_may_be_at_work_for_some_polls() -> None:
    with local_api(task_polls=2) as api:
        task = call(api, "2018", "CreateMultiDevice", DeviceNames=["a"]).TaskId
        page = {"TaskId": task, "Offset": 0, "Limit": 10}
        early = "UnauthorizedOperation.CreateMultiDeviceTaskNotFinished"
        assert refused(api, "2018", "DescribeMultiDevices", **page) == early
        polls = [call(api, "2018", "DescribeMultiDevTask", TaskId=task) for _ in range(3)]
        assert [poll.TaskStatus for poll in polls] == [1, 1, 2]
        assert call(api, "2018", "DescribeMultiDevices", **page).TotalDevNum == 1


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ([f"m{number}" for number in range(101)], "InvalidParameterValue"),
        ([], "InvalidParameterValue"),
        (["a b"], "InvalidParameterValue.DeviceNameInvalid"),
        ([1], "InvalidParameter"),
        (None, "MissingParameter"),
    ],
)
def test_names_that_cannot_be_created_are_refused_and_none_is_made(
    api: LocalApi, names: list[Any] | None, code: str
) -> None:
    assert refused(api, "2018", "CreateMultiDevice", DeviceNames=names) == code
    assert len(api.devices) == 23


def test_registration_is_switched_and_devices_feel_it(api: LocalApi) -> None:
    changed = call(api, "2021", "UpdateProductDynamicRegister", RegisterType=1, RegisterLimit=7)
    assert (changed.RegisterType, changed.RegisterLimit) == (1, 7)
    assert register(gateway(*api.products), product().platform.apis[0], "new")[0] == "E807"


def test_more_calls_a_second_than_allowed_are_refused() -> None:
    moment = time.time()
    with local_api(calls_per_second=2, now=lambda: moment) as api:
        for _ in range(2):
            call(api, "2021", "DescribeProduct")
        assert refused(api, "2021", "DescribeProduct") == "RequestLimitExceeded"


def test_an_activated_name_of_a_list_has_the_moment_at_which_the_list_was_read() -> None:
    listed = {"a": ListedName(DeviceState.ACTIVATED)}
    with local_api(product(names=listed)) as api:
        device = call(api, "2021", "DescribeDevice", DeviceName="a")
        assert (device.CertState, device.FirstOnlineTime) == (1, device.CreateTime)


# -- IoT Explorer ----------------------------------------------------------------------------------


@pytest.fixture
def explorer() -> Iterator[LocalApi]:
    terms = RegistrationTerms(RegisterType.PRECREATED, 1000, 0, licenses=13)
    devices = RegisteredDevices(terms, {f"n{number}": ListedName() for number in range(12)})
    with local_api(replace(product(cloud=Cloud.TENCENT_EXPLORER), devices=devices)) as served:
        yield served


def test_explorer_describes_its_product_and_its_registration(explorer: LocalApi) -> None:
    found = call(explorer, "explorer", "DescribeStudioProduct").Product
    assert (found.EncryptionType, found.Region, found.DeviceCount) == ("2", "ap-guangzhou", 12)
    changed = call(explorer, "explorer", "ModifyProductDynamicRegister", RegisterType=2)
    assert (changed.RegisterType, changed.RegisterLimit) == (2, 1000)
    shown = call(explorer, "explorer", "DescribeProductDynamicRegister")
    assert (shown.RegisterType, shown.ProductSecret.encode()) == (2, SECRET.reveal())


def test_explorer_lists_devices_in_pages(explorer: LocalApi) -> None:
    page = call(explorer, "explorer", "GetDeviceList", Offset=10, Limit=100)
    assert (page.Total, [device.DeviceName for device in page.Devices]) == (12, ["n10", "n11"])
    for size in (9, 101):
        code = refused(explorer, "explorer", "GetDeviceList", Offset=0, Limit=size)
        assert code == "InvalidParameterValue"


def test_explorer_creates_devices_until_no_license_is_left(explorer: LocalApi) -> None:
    create = ("explorer", "CreateDevice")
    assert call(explorer, *create, DeviceName="new").Data.DeviceName == "new"
    exists = "InvalidParameterValue.DeviceAlreadyExist"
    assert refused(explorer, *create, DeviceName="new") == exists
    assert refused(explorer, *create, DeviceName="more") == (
        "LimitExceeded.DeviceLicenseLimitExceeded"
    )
    project = call(explorer, "explorer", "DescribeStudioProduct").Product.ProjectId
    instance = call(explorer, "explorer", "DescribeProject", ProjectId=project).Project.InstanceId
    found = call(explorer, "explorer", "DescribeActivateDevice", InstanceId=instance).Data
    details = found.DeviceActivationDetails
    assert (details.TotalDeviceNum, details.UsedDeviceNum) == (13, 13)


def test_explorer_shows_when_a_device_was_online_first(explorer: LocalApi) -> None:
    assert call(explorer, "explorer", "DescribeDevice", DeviceName="n1").Device.Status == 3
    explorer.devices.activate("n1")
    device = call(explorer, "explorer", "DescribeDevice", DeviceName="n1").Device
    assert device.FirstOnlineTime > 1_700_000_000


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"action": "DescribeStudioProduct", "ProductId": "no"}, "StudioProductNotExist"),
        ({"action": "DescribeProject", "ProjectId": "no"}, "ProjectNotExist"),
        ({"action": "DescribeActivateDevice", "InstanceId": "no"}, "InstanceNotExist"),
        ({"action": "DescribeDevice", "DeviceName": "no"}, "DeviceNotExist"),
    ],
)
def test_explorer_refuses_what_it_does_not_know(
    explorer: LocalApi, parameters: dict[str, Any], code: str
) -> None:
    assert refused(explorer, "explorer", **parameters) == f"ResourceNotFound.{code}"


def test_a_product_of_one_platform_is_none_of_the_other(explorer: LocalApi) -> None:
    assert refused(explorer, "2021", "DescribeProduct") == "ResourceNotFound.ProductNotExist"


# -- faults ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "code", "done"),
    [
        (THROTTLED, "RequestLimitExceeded", False),
        ("InternalError", "InternalError", False),
        (Fault.CUT_BEFORE, "ClientNetworkError", False),
        (Fault.STATUS_502, "ServerNetworkError", False),
        (Fault.CLOCK_OFF, "AuthFailure.SignatureExpire", False),
        (Fault.CUT_AFTER, "ClientNetworkError", True),
        (Fault.STATUS_500, "ServerNetworkError", True),
    ],
)
def test_a_planned_fault_comes_with_its_call_and_a_cut_call_may_have_been_done(
    fault: Fault | str, code: str, done: bool
) -> None:
    devices = CountedDevices(names=["there"])
    faults = {("CreateMultiDevice", 2): fault}
    with faulty_api(counted_product(devices), faults=faults) as api:
        call(api, "2018", "CreateMultiDevice", DeviceNames=["a", "there"])
        assert refused(api, "2018", "CreateMultiDevice", DeviceNames=["b"]) == code
        call(api, "2018", "CreateMultiDevice", DeviceNames=["c"])
    assert devices.created == {"a": 1, "c": 1, **({"b": 1} if done else {})}
    assert devices.attempts["b"] == int(done)


@pytest.mark.parametrize(
    "fault",
    [Fault.HALF_ANSWER, Fault.BROKEN_JSON, Fault.HTML, Fault.EMPTY, Fault.SILENT],
)
def test_an_answer_that_is_none_is_an_error_of_some_kind_in_the_sdk(fault: Fault) -> None:
    devices = CountedDevices()
    faults = {("DescribeProduct", 1): fault}
    with faulty_api(counted_product(devices), faults=faults) as api:
        with pytest.raises(Exception):  # noqa: B017, PT011 - the SDK lets all kinds through
            call(api, "2021", "DescribeProduct", seconds=0.1)
        assert call(api, "2021", "DescribeProduct").ProductId


def test_a_page_may_repeat_the_last_device_of_the_page_before() -> None:
    devices = CountedDevices(names=[f"n{number}" for number in range(15)], shifted_from=2)
    with faulty_api(counted_product(devices)) as api:
        pages = [
            call(api, "2021", "DescribeDevices", Offset=offset, Limit=10) for offset in (0, 10)
        ]
        assert pages[0].Devices[-1].DeviceName == pages[1].Devices[0].DeviceName == "n9"
        assert len(pages[1].Devices) == 6


def test_one_name_of_many_may_be_refused() -> None:
    devices = CountedDevices(refused={"b": CreationOutcome.TOO_MANY})
    with faulty_api(counted_product(devices)) as api:
        task = call(api, "2018", "CreateMultiDevice", DeviceNames=["a", "b", "c"]).TaskId
        found = call(api, "2018", "DescribeMultiDevices", TaskId=task, Offset=0, Limit=10)
    bad = {each.DeviceName: each.ErrMsg for each in found.DevicesInfo if each.Result}
    assert bad == {"b": "LimitExceeded.DeviceExceedLimit"}
