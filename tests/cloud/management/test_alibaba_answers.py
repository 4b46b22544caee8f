"""Answers of Alibaba's management API that the local API does not give: of which no public source
says that they cannot come.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from unittest.mock import ANY
from urllib.parse import parse_qs, urlsplit

import pytest

from burner.cloud.listed_device import ListedDevice
from burner.cloud.management.api import CreationResult, CreationTask
from burner.cloud.management.pages import MOST_STALE
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.platforms.registration import HttpRequest
from tests.cloud.management.alibaba_api import (
    OF_ALIBABA,
    PRODUCT_KEY,
    AlibabaServer,
    alibaba_api,
    serving,
)
from tests.cloud.management.faulty_api import CountedDevices, counted_product

Body = Mapping[str, Any]
DONE: Body = {"Success": True, "RequestId": "7d"}
CHECKED: Body = {**DONE, "Data": {"ApplyId": 5}}
NOBODY: Body = {**DONE, "Data": {"Data": []}}


@contextmanager
def answering(**bodies: Sequence[Body]) -> Iterator[AlibabaServer]:
    """A platform with these answers to each action, in order; the last one stays."""
    left = {action: list(answers) for action, answers in bodies.items()}

    def answer(request: HttpRequest) -> tuple[HTTPStatus, bytes]:
        answers = left[request.header("x-acs-action")]
        body = answers.pop(0) if len(answers) > 1 else answers[0]
        return HTTPStatus.OK, json.dumps(body).encode()

    with serving(answer) as api:
        yield api


def existing(*names: str) -> Body:
    return {
        **DONE,
        "Data": {"Data": [{"DeviceName": name, "Status": "UNACTIVE"} for name in names]},
    }


@pytest.mark.parametrize(
    "lists",
    [
        {"InvalidDeviceNameList": {"InvalidDeviceName": ["n002"]}},
        {"RepeatedDeviceNameList": {"RepeatDevieNameList": ["n002"]}},
        {"InvalidDetailList": {"InvalidDetailList": [{"DeviceName": "n002", "ErrorMsg": "bad"}]}},
    ],
)
def test_names_that_the_check_refuses_at_once_stop_no_other(lists: Body) -> None:
    refused = {"Success": False, "Code": "iot.device.VerifyDeviceFailed", "RequestId": "7d"}
    with answering(
        BatchCheckDeviceNames=[{**refused, "Data": lists}, CHECKED],
        QueryBatchRegisterDeviceStatus=[
            {**DONE, "Data": {"Status": "CHECK_SUCCESS"}},
            {**DONE, "Data": {"Status": "CREATE_SUCCESS"}},
        ],
        BatchRegisterDeviceWithApplyId=[CHECKED],
        QueryPageByApplyId=[
            {
                **DONE,
                "PageCount": 1,
                "ApplyDeviceList": {"ApplyDeviceInfo": [{"DeviceName": "n001"}]},
            }
        ],
        BatchQueryDeviceDetail=[existing("n002")],
    ) as api:
        opened = api.opened()
        task = opened.create(PRODUCT_KEY, ["n001", "n002"])
        assert opened.creation_result(PRODUCT_KEY, task) == CreationResult(("n001",), ("n002",))
    checked = [r for r in api.requests if r.header("x-acs-action") == "BatchCheckDeviceNames"]
    assert [b"n002" in request.body for request in checked] == [True, False]


def test_a_creation_that_failed_in_part_says_which_and_why() -> None:
    failed = {
        "Status": "CREATE_FAILED",
        "ValidList": {"Name": ["n001"]},
        "InvalidList": {"Name": ["n002"]},
        "InvalidDetailList": {"invalidDetailList": [{"DeviceName": "n002", "ErrorMsg": "full"}]},
    }
    with answering(
        QueryBatchRegisterDeviceStatus=[{**DONE, "Data": failed}], BatchQueryDeviceDetail=[NOBODY]
    ) as api:
        task = CreationTask("5", ("n001", "n002"), None)
        result = api.opened().creation_result(PRODUCT_KEY, task)
    assert result
    assert (result.created, list(result.refused)) == (("n001",), ["n002"])
    assert "full" in result.refused["n002"].detail


def test_where_none_of_the_names_is_there_the_platform_may_refuse_to_look_them_up() -> None:
    unknown = {"Success": False, "Code": "iot.device.NotExistedDevice", "RequestId": "7d"}
    failed = {"Status": "CREATE_FAILED", "InvalidList": {"Name": ["n001"]}}
    with answering(
        QueryBatchRegisterDeviceStatus=[{**DONE, "Data": failed}], BatchQueryDeviceDetail=[unknown]
    ) as api:
        task = CreationTask("5", ("n001",), None)
        result = api.opened().creation_result(PRODUCT_KEY, task)
    assert result
    assert list(result.refused) == ["n001"]


def test_a_check_that_fails_without_a_name_is_an_error_and_no_endless_loop() -> None:
    with (
        answering(
            BatchCheckDeviceNames=[CHECKED],
            QueryBatchRegisterDeviceStatus=[{**DONE, "Data": {"Status": "CHECK_FAILED"}}],
        ) as api,
        pytest.raises(BurnerError) as error,
    ):
        api.opened().create(PRODUCT_KEY, ["n001"])
    assert error.value.code == Code.API_CALL_REFUSED
    assert "CHECK_FAILED" in error.value.detail


def test_another_creation_that_is_at_work_is_waited_for() -> None:
    busy = {"Success": False, "Code": "iot.device.CreateDeviceTaskIsRunning", "RequestId": "7d"}
    with answering(
        BatchCheckDeviceNames=[CHECKED],
        QueryBatchRegisterDeviceStatus=[{**DONE, "Data": {"Status": "CHECK_SUCCESS"}}],
        BatchRegisterDeviceWithApplyId=[busy, busy, CHECKED],
    ) as api:
        assert api.opened().create(PRODUCT_KEY, ["n001"]).id == "5"


def test_pages_without_a_token_are_counted() -> None:
    def page(number: int) -> Body:
        entry = {"DeviceName": f"n{number}", "DeviceStatus": "UNACTIVE"}
        return {**DONE, "PageCount": 3, "Data": {"DeviceInfo": [entry]}}

    with answering(QueryDevice=[page(1), page(2), page(3)]) as api:
        devices = [one.name for some in api.opened().devices(PRODUCT_KEY) for one in some]
    assert devices == ["n1", "n2", "n3"]


def test_a_list_that_ends_before_its_last_page_is_no_whole_list() -> None:
    empty = {**DONE, "PageCount": 3, "Data": {"DeviceInfo": []}}
    with answering(QueryDevice=[empty]) as api, pytest.raises(BurnerError) as error:
        list(api.opened().devices(PRODUCT_KEY))
    assert error.value.code == Code.API_ANSWER_UNREADABLE


def test_a_list_that_is_longer_than_the_platform_tells_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("burner.cloud.management.alibaba.LAST_ROW", 150)
    names = [f"n{number:03}" for number in range(160)]
    with (
        alibaba_api(counted_product(CountedDevices(names=names), **OF_ALIBABA)) as api,
        pytest.raises(BurnerError, match="lists up to 150 devices"),
    ):
        list(api.opened().devices(PRODUCT_KEY))


def test_a_device_that_moves_to_the_next_page_is_told_once() -> None:
    names = [f"n{number:03}" for number in range(120)]
    devices = CountedDevices(names=names, shifted_from=2)
    with alibaba_api(counted_product(devices, **OF_ALIBABA)) as api:
        told = [one.name for some in api.opened().devices(PRODUCT_KEY) for one in some]
    assert told == names


@contextmanager
def refusing_unknown_names(**states: str) -> Iterator[AlibabaServer]:
    """A platform that lists these devices, and refuses to tell of many where one is deleted."""
    devices = [{"DeviceName": name, "DeviceStatus": state} for name, state in states.items()]

    def answer(request: HttpRequest) -> tuple[HTTPStatus, bytes]:
        action, asked = request.header("x-acs-action"), parse_qs(urlsplit(request.path).query)
        body: Body = {**DONE, "PageCount": 1, "Data": {"DeviceInfo": devices}}
        if action == "BatchQueryDeviceDetail":
            names = [name for (name,) in (asked[key] for key in asked if "DeviceName" in key)]
            found = [
                {"DeviceName": name, "Status": states[name], "UtcActive": ACTIVATED}
                for name in names
                if states.get(name, "deleted") != "deleted"
            ]
            body = {**DONE, "Data": {"Data": found}}
            if len(found) < len(names):
                body = {"Success": False, "Code": "iot.device.NotExistedDevice", "RequestId": "7d"}
        if action == "QueryBatchRegisterDeviceStatus":
            body = {**DONE, "Data": {"Status": "CREATE_FAILED"}}
        return HTTPStatus.OK, json.dumps(body).encode()

    with serving(answer) as api:
        yield api


ACTIVATED = "2026-03-01T08:00:00.000Z"


def test_a_device_that_was_deleted_meanwhile_hides_no_other() -> None:
    states = {f"n{number:03}": "ONLINE" for number in range(99)} | {"gone": "deleted"}
    with refusing_unknown_names(**states) as api:
        (page,) = api.opened().devices(PRODUCT_KEY)
        assert api.opened().creation_result(
            PRODUCT_KEY, CreationTask("5", ("n001", "gone", "n002"), None)
        ) == CreationResult(existing=("n001", "n002"), refused=ANY)
    assert [one.name for one in page if one.activated] == [*states][:-1]
    assert len(api.requests) < 30


def test_whether_a_device_was_ever_online_is_unknown_where_the_platform_does_not_tell() -> None:
    states = {"a": "ONLINE", "b": "OFFLINE", "c": "UNACTIVE", "d": "DISABLE"}
    with answering(
        QueryDevice=[
            {
                **DONE,
                "PageCount": 1,
                "Data": {
                    "DeviceInfo": [
                        {"DeviceName": name, "DeviceStatus": state}
                        for name, state in states.items()
                    ]
                },
            }
        ],
        BatchQueryDeviceDetail=[
            {"Success": False, "Code": "iot.device.NotExistedDevice", "RequestId": "7d"}
        ],
    ) as api:
        (page,) = api.opened().devices(PRODUCT_KEY)
    listed = {one.name: ListedDevice.of(one).active for one in page}
    assert listed == {"a": True, "b": True, "c": False, "d": None}


def test_a_list_that_repeats_its_page_for_ever_ends() -> None:
    listed = {"DeviceInfo": [{"DeviceName": "n001", "DeviceStatus": "UNACTIVE"}]}
    body = {**DONE, "PageCount": 1000, "Data": listed}
    with answering(QueryDevice=[body]) as api, pytest.raises(BurnerError) as error:
        list(api.opened().devices(PRODUCT_KEY))
    assert error.value.code == Code.API_ANSWER_UNREADABLE
    assert len(api.requests) == 2 + MOST_STALE


def test_the_names_of_an_application_that_repeat_for_ever_end() -> None:
    listed = {"ApplyDeviceInfo": [{"DeviceName": "n001"}]}
    with (
        answering(
            QueryBatchRegisterDeviceStatus=[{**DONE, "Data": {"Status": "CREATE_SUCCESS"}}],
            QueryPageByApplyId=[{**DONE, "PageCount": 1000, "ApplyDeviceList": listed}],
        ) as api,
        pytest.raises(BurnerError) as error,
    ):
        api.opened().creation_result(PRODUCT_KEY, CreationTask("5", ("n001",), None))
    assert error.value.code == Code.API_ANSWER_UNREADABLE


@pytest.mark.parametrize("told", [{}, {"DeviceName": "n002", "ProductKey": "a1AAAAAAAAA"}])
def test_an_answer_about_another_device_or_product_says_nothing_of_ours(told: Body) -> None:
    body = {**DONE, "Data": told}
    with answering(QueryDeviceDetail=[body], QueryProduct=[body]) as api:
        opened = api.opened()
        for call in (
            lambda: opened.device(PRODUCT_KEY, "n001"),
            lambda: opened.product(PRODUCT_KEY),
        ):
            with pytest.raises(BurnerError) as error:
                call()
            assert error.value.code == Code.API_ANSWER_UNREADABLE
