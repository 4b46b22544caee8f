"""The local management API, through Tencent's own SDK: its signature, pages, tasks and refusals."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.iotcloud.v20180614 import iotcloud_client as hub_2018
from tencentcloud.iotcloud.v20180614 import models as models_2018
from tencentcloud.iotcloud.v20210408 import iotcloud_client as hub_2021
from tencentcloud.iotcloud.v20210408 import models as models_2021

from burner.cloud.gateway.registered_devices import DeviceState, ListedName
from burner.platforms.product_settings import RegisterType
from tests.cloud.gateway.products import PRODUCT_ID, SECRET, gateway, product, register
from tests.cloud.management.local_api import SECRET_ID, SECRET_KEY, LocalApi, local_api

CLIENTS = {
    "2021": (hub_2021.IotcloudClient, models_2021),
    "2018": (hub_2018.IotcloudClient, models_2018),
}


@pytest.fixture
def api() -> Iterator[LocalApi]:
    with local_api(product(names={f"n{number}": ListedName() for number in range(23)})) as served:
        yield served


def call(
    api: LocalApi,
    version: str,
    action: str,
    *,
    secret_id: str = SECRET_ID,
    secret_key: str = SECRET_KEY,
    token: str | None = None,
    region: str = "ap-guangzhou",
    **parameters: Any,
) -> Any:
    """The answer of an action, through the SDK."""
    client_class, models = CLIENTS[version]
    http = HttpProfile(protocol="http", endpoint=api.endpoint, reqTimeout=10)
    client = client_class(
        Credential(secret_id, secret_key, token), region, ClientProfile(httpProfile=http)
    )
    request = getattr(models, f"{action}Request")()
    request.from_json_string(json.dumps({"ProductId": PRODUCT_ID, **parameters}))
    return getattr(client, action)(request)


def refused(api: LocalApi, version: str, action: str, **more: Any) -> str:
    """The code with which an action is refused."""
    with pytest.raises(TencentCloudSDKException) as raised:
        call(api, version, action, **more)
    return str(raised.value.get_code())


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
