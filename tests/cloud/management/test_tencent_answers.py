"""Answers of Tencent's management API that say nothing, or something of another thing."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import pytest

from burner.cloud.management.api import CreationTask, ManagementApi
from burner.cloud.management.errors import UncertainCallError
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.platforms.platform import Cloud
from burner.platforms.registration import HttpRequest
from tests.cloud.gateway.products import PRODUCT_ID
from tests.cloud.management.alibaba_api import serving
from tests.cloud.management.opened import opened

Body = Mapping[str, Any]
HUB, EXPLORER = Cloud.TENCENT_HUB, Cloud.TENCENT_EXPLORER
UNKNOWN: Body = {"Error": {"Code": "ResourceNotFound.DeviceNotExist", "Message": "no"}}
TASK = CreationTask("7", ("n001",), None)
DONE: Body = {"TaskStatus": 2}


@contextmanager
def answering(
    cloud: Cloud = HUB, **bodies: Body | Callable[[Body], Body]
) -> Iterator[ManagementApi]:
    """The API of a platform with this answer to each action; a function has it from the call."""

    def answer(request: HttpRequest) -> tuple[HTTPStatus, bytes]:
        body = bodies[request.header("X-TC-Action")]
        if callable(body):
            body = body(json.loads(request.body))
        return HTTPStatus.OK, json.dumps({"Response": {**body, "RequestId": "r"}}).encode()

    with serving(answer) as api:
        yield opened(api.url, cloud)


def unreadable(call: Callable[[], object]) -> str:
    with pytest.raises(BurnerError) as raised:
        call()
    assert raised.value.code == Code.API_ANSWER_UNREADABLE
    return raised.value.detail


@pytest.mark.parametrize("device", [{}, {"DeviceName": "n002"}])
def test_an_answer_about_another_device_or_none_does_not_say_that_it_is_there(
    device: Body,
) -> None:
    with answering(DescribeDevice=device) as api:
        assert "asked for device n001" in unreadable(lambda: api.device(PRODUCT_ID, "n001"))
    for body in ({"Device": device}, {}):
        with answering(EXPLORER, DescribeDevice=body) as api:
            unreadable(lambda: api.device(PRODUCT_ID, "n001"))


@pytest.mark.parametrize("product", [{}, {"ProductId": "AAAAAAAAAA"}])
def test_an_answer_about_another_product_or_none_is_no_product(product: Body) -> None:
    with answering(DescribeProduct=product, DescribeDevices={"TotalCount": 0}) as api:
        assert PRODUCT_ID in unreadable(lambda: api.product(PRODUCT_ID))
    with answering(EXPLORER, DescribeStudioProduct={"Product": product}) as api:
        assert PRODUCT_ID in unreadable(lambda: api.product(PRODUCT_ID))


@pytest.mark.parametrize(
    "told", [{"ErrMsg": "failed"}, {}, {"Result": 5, "ErrMsg": "not AlreadyExist, but full"}]
)
def test_a_name_without_a_good_result_is_looked_up_before_it_counts(told: Body) -> None:
    results = {"TotalDevNum": 1, "DevicesInfo": [{"DeviceName": "n001", **told}]}
    answers: Mapping[str, Any] = {
        "DescribeMultiDevTask": DONE,
        "DescribeMultiDevices": results,
    }
    with answering(HUB, **answers, DescribeDevice=UNKNOWN) as api:
        result = api.creation_result(PRODUCT_ID, TASK)
        assert result
        assert (result.created, result.existing, list(result.refused)) == ((), (), ["n001"])
    with answering(HUB, **answers, DescribeDevice={"DeviceName": "n001"}) as api:
        result = api.creation_result(PRODUCT_ID, TASK)
        assert result
        assert (result.created, result.existing) == ((), ("n001",))


def test_a_result_of_another_name_is_no_result() -> None:
    results = {"TotalDevNum": 1, "DevicesInfo": [{"DeviceName": "n009", "Result": 0}]}
    with answering(DescribeMultiDevTask=DONE, DescribeMultiDevices=results) as api:
        unreadable(lambda: api.creation_result(PRODUCT_ID, TASK))


def test_a_task_without_a_number_may_have_been_done_all_the_same() -> None:
    with answering(CreateMultiDevice={}) as api, pytest.raises(UncertainCallError) as raised:
        api.create(PRODUCT_ID, ["n001"])
    assert raised.value.code == Code.API_ANSWER_UNREADABLE


@pytest.mark.parametrize("devices", [{}, {"TotalCount": 1, "Devices": [{}]}])
def test_a_list_without_numbers_or_names_is_no_list(devices: Body) -> None:
    with answering(DescribeDevices=devices) as api:
        unreadable(lambda: [*api.devices(PRODUCT_ID)])


# -- lists without end ----------------------------------------------------------------------------


@pytest.mark.parametrize("names", ["a", "ab"])
def test_a_list_that_always_grows_and_repeats_its_devices_ends(names: str) -> None:
    def devices(call: Body) -> Body:
        name = names[call["Offset"] % len(names)]
        return {"TotalCount": call["Offset"] + 1000, "Devices": [{"DeviceName": name}]}

    with answering(DescribeDevices=devices) as api:
        assert "no end" in unreadable(lambda: [*api.devices(PRODUCT_ID)])


def test_the_results_of_a_task_that_always_grow_end() -> None:
    def results(call: Body) -> Body:
        found = [{"DeviceName": "n001", "Result": 0}]
        return {"TotalDevNum": call["Offset"] + 100, "DevicesInfo": found}

    with answering(DescribeMultiDevTask=DONE, DescribeMultiDevices=results) as api:
        assert "no end" in unreadable(lambda: api.creation_result(PRODUCT_ID, TASK))
