"""The management API of Tencent Cloud IoT Hub (物联网通信).

Products and devices are read by version 2021-04-08. Only 2018-06-14 creates many devices in a call:
a task that the platform does on its own time.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tencentcloud.iotcloud.v20180614 import iotcloud_client as client_2018
from tencentcloud.iotcloud.v20180614 import models as models_2018
from tencentcloud.iotcloud.v20210408 import iotcloud_client as client_2021
from tencentcloud.iotcloud.v20210408 import models as models_2021

from burner.cloud.management.account import ApiAccount
from burner.cloud.management.api import (
    CreationResult,
    CreationTask,
    DeviceOnPlatform,
    ProductOnPlatform,
)
from burner.cloud.management.cleaned_names import with_cleaned_names
from burner.cloud.management.errors import (
    CallRefusedError,
    UncertainCallError,
    check_answer_is_about,
)
from burner.cloud.management.pages import endless_list, pages
from burner.cloud.management.tencent_client import TencentClient
from burner.cloud.management.tencent_errors import (
    CREATE_MANY,
    DEVICE_EXISTS,
    DEVICE_UNKNOWN,
    TASK_AT_WORK,
    refused,
)
from burner.cloud.management.tencent_values import (
    count_in,
    credential_kind,
    flag,
    moment,
    name_in,
    number,
    product_secret,
    register_type,
    sequence,
    text,
    was_online,
)
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.platforms.product_settings import RegisterType

_PAGE: Final = 250
_SMALLEST_PAGE: Final = 10
_RESULT_PAGE: Final = 100
_TASK_DONE: Final = 2


class TencentHub:
    """IoT Hub of one account and region."""

    names_per_call = 100

    def __init__(self, account: ApiAccount) -> None:
        self._search = account.search
        self._hub = TencentClient(client_2021.IotcloudClient, models_2021, account)
        self._creating = TencentClient(client_2018.IotcloudClient, models_2018, account)

    def product(self, product_id: str) -> ProductOnPlatform:
        """A product. E802: there is none."""
        found = self._hub.read("DescribeProduct", ProductId=product_id)
        check_answer_is_about(product_id, text(found.ProductId), "product")
        settings = found.ProductProperties
        forbidden = number(settings and settings.ForbiddenStatus)
        return ProductOnPlatform(
            product_id=text(found.ProductId),
            name=text(found.ProductName),
            region=text(settings and settings.Region),
            credential_kind=credential_kind(settings and settings.EncryptionType),
            register_type=register_type(settings and settings.RegisterType),
            register_limit=number(settings and settings.RegisterLimit),
            device_limit=number(settings and settings.DeviceLimit) or None,
            devices=self.device_count(product_id),
            secret=product_secret(settings and settings.ProductSecret, self._search),
            enabled=None if forbidden is None else not forbidden,
        )

    def device_count(self, product_id: str) -> int:
        """How many devices a product has. E802: no product."""
        listed = self._hub.read(
            "DescribeDevices", ProductId=product_id, Offset=0, Limit=_SMALLEST_PAGE
        )
        return count_in(listed.TotalCount)

    def devices(self, product_id: str) -> Iterator[Sequence[DeviceOnPlatform]]:
        """All devices of a product, a page at a time."""

        def page(offset: int) -> tuple[Sequence[DeviceOnPlatform], int]:
            found = self._hub.read(
                "DescribeDevices", ProductId=product_id, Offset=offset, Limit=_PAGE
            )
            return [_device(one) for one in sequence(found.Devices)], count_in(found.TotalCount)

        return with_cleaned_names(pages(page), self._search)

    def device(self, product_id: str, name: str) -> DeviceOnPlatform | None:
        """A device; None: there is none of this name."""
        try:
            found = self._hub.read("DescribeDevice", ProductId=product_id, DeviceName=name)
        except CallRefusedError as error:
            if error.platform_code in DEVICE_UNKNOWN:
                return None
            raise
        check_answer_is_about(name, text(found.DeviceName), "device")
        return _device(found)

    def create(self, product_id: str, names: Sequence[str]) -> CreationTask:
        """Create devices; never sent twice by itself."""
        try:
            task_id = self._start_task(product_id, names)
        except CallRefusedError as error:
            if error.platform_code not in DEVICE_EXISTS:
                raise
            return self._create_the_others(product_id, names, error)
        return CreationTask(task_id, tuple(names), None)

    def creation_result(self, product_id: str, task: CreationTask) -> CreationResult | None:
        """The result of a task; None: the platform is still at work."""
        if task.result:
            return task.result
        found = self._creating.read("DescribeMultiDevTask", ProductId=product_id, TaskId=task.id)
        if number(found.TaskStatus) != _TASK_DONE:
            return None
        try:
            created, refusals = self._task_results(product_id, task)
        except CallRefusedError as error:
            if error.platform_code == TASK_AT_WORK:
                return None
            raise
        others = [name for name in task.names if name not in created]
        existing = [name for name in others if self._exists(product_id, name, refusals)]
        return CreationResult(
            tuple(name for name in task.names if name in created),
            tuple(existing),
            {
                name: refused(CREATE_MANY, *refusals.get(name, ("no result", "")), "")
                for name in others
                if name not in existing
            },
        )

    def set_registration(self, product_id: str, register_type: RegisterType, limit: int) -> None:
        """Switch dynamic registration of a product, and set its limit."""
        self._hub.change(
            "UpdateProductDynamicRegister",
            ProductId=product_id,
            RegisterType=int(register_type),
            RegisterLimit=limit,
        )

    def _create_the_others(
        self, product_id: str, names: Sequence[str], refusal: CallRefusedError
    ) -> CreationTask:
        """Create those that are not there, after all were refused because of some that are."""
        missing = [name for name in names if self.device(product_id, name) is None]
        if not missing:
            return CreationTask("", tuple(names), CreationResult(existing=tuple(names)))
        if len(missing) == len(names):
            raise refusal
        return CreationTask(self._start_task(product_id, missing), tuple(names), None)

    def _start_task(self, product_id: str, names: Sequence[str]) -> str:
        """Let the platform create devices, on its own time; the task's ID."""
        answer = self._creating.change(CREATE_MANY, ProductId=product_id, DeviceNames=list(names))
        if isinstance(answer.TaskId, str) and answer.TaskId:
            return answer.TaskId
        error = BurnerError(Code.API_ANSWER_UNREADABLE, f"{CREATE_MANY}: no TaskId")
        raise UncertainCallError(error)

    def _task_results(
        self, product_id: str, task: CreationTask
    ) -> tuple[set[str], dict[str, tuple[str, str]]]:
        """The names that a task created, and the others with code and message."""
        created, refusals = set[str](), dict[str, tuple[str, str]]()
        offset, total = 0, 1
        while offset < total:
            found = self._creating.read(
                "DescribeMultiDevices",
                ProductId=product_id,
                TaskId=task.id,
                Offset=offset,
                Limit=_RESULT_PAGE,
            )
            page, total = sequence(found.DevicesInfo), count_in(found.TotalDevNum)
            if not page:
                break
            offset += len(page)
            known = len(created) + len(refusals)
            for one in page:
                name, result = text(one.DeviceName), number(one.Result)
                if name not in task.names:
                    raise _of_another_task()
                if result == 0:
                    created.add(name)
                else:
                    refusals[name] = _refusal(result, self._search.clean(text(one.ErrMsg)))
            if len(created) + len(refusals) == known:
                raise endless_list()
        return created, refusals

    def _exists(self, product_id: str, name: str, refusals: Mapping[str, tuple[str, str]]) -> bool:
        """Whether a name that a task did not create is there: the task's numbers have no meaning
        in any public document.
        """
        code, _ = refusals.get(name, ("", ""))
        return code in DEVICE_EXISTS or self.device(product_id, name) is not None


def _of_another_task() -> BurnerError:
    return BurnerError(Code.API_ANSWER_UNREADABLE, "the task has a name that was not asked for")


def _refusal(result: int | None, message: str) -> tuple[str, str]:
    """Code and message; what looks like a code of the platform is one."""
    told = "no result" if result is None else f"result {result}"
    if re.fullmatch(r"[A-Za-z]+(\.[A-Za-z]+)+", message):
        return message, told
    return told, message


def _device(one: Any) -> DeviceOnPlatform:
    return DeviceOnPlatform(
        name=name_in(one.DeviceName),
        created=moment(one.CreateTime),
        registered=flag(one.CertState),
        active=was_online(one.FirstOnlineTime, one.Online),
        activated=moment(one.FirstOnlineTime),
        enabled=flag(one.EnableState),
    )
