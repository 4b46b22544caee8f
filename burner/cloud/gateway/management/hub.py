"""The actions of Tencent Cloud IoT Hub: of its versions 2021-04-08 and 2018-06-14."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from burner.cloud.gateway.gateway import ServedProduct
from burner.cloud.gateway.management.actions import (
    ENCRYPTION,
    NAMES_PER_CALL,
    REFUSALS,
    Action,
    ServedProducts,
    no_device,
    register_limit,
    register_type,
    registration_values,
    seconds,
)
from burner.cloud.gateway.management.api_call import (
    ApiAnswer,
    ApiCall,
    ApiCallRefusedError,
    page_words,
)
from burner.cloud.gateway.management.creation_tasks import CreationTasks
from burner.cloud.gateway.registered_devices import MOST_DEVICES, CreationOutcome
from burner.cloud.management.api import DeviceOnPlatform
from burner.platforms.tencent_hub import TENCENT_HUB

SMALLEST_PAGE: Final = 10
LARGEST_PAGE: Final = 250
_AT_WORK, _DONE = 1, 2
"""`TaskStatus`."""
_OFFLINE, _NEVER_ONLINE = 0, 3
"""`Online`."""


class HubActions:
    """What the API does."""

    service = "iotcloud"

    def __init__(self, products: Iterable[ServedProduct], task_polls: int) -> None:
        unknown = {"ProductId": "ResourceNotFound.ProductNotExist"}
        self._products = ServedProducts(TENCENT_HUB, products, unknown)
        self._tasks = CreationTasks(task_polls)

    def actions(self) -> Mapping[str, Mapping[str, Action]]:
        """Version → name → action."""
        product, device = frozenset({"ProductId"}), frozenset({"ProductId", "DeviceName"})
        task = frozenset({"ProductId", "TaskId"})
        page = frozenset({"Offset", "Limit"})
        registration = frozenset({"RegisterType", "RegisterLimit"})
        return {
            "2021-04-08": {
                "DescribeProduct": (product, self._product),
                "UpdateProductDynamicRegister": (product | registration, self._registration),
                "DescribeDevices": (product | page, self._devices),
                "DescribeDevice": (device, self._device),
                "CreateDevice": (device, self._create),
            },
            "2018-06-14": {
                "CreateMultiDevice": (product | {"DeviceNames"}, self._create_many),
                "DescribeMultiDevTask": (task, self._task),
                "DescribeMultiDevices": (task | page, self._task_devices),
            },
        }

    def _product(self, call: ApiCall) -> ApiAnswer:
        product = self._products.of(call)
        terms = product.devices.terms
        properties = {
            "ProductDescription": "",
            "EncryptionType": ENCRYPTION[product.kind],
            "Region": "gz",
            "ProductType": 0,
            "Format": "json",
            "Platform": "0",
            **registration_values(product),
            "DeviceLimit": terms.most,
            "ForbiddenStatus": 0,
        }
        values = {
            "ProductId": product.product_id,
            "ProductName": product.title or product.product_id,
            "ProductMetadata": {"CreationDate": 0, "CreateUserId": 0, "UserId": 0},
            "ProductProperties": properties,
        }
        return ApiAnswer(values)

    def _registration(self, call: ApiCall) -> ApiAnswer:
        product = self._products.of(call)
        limit = register_limit(call)
        terms = product.devices.set_registration(register_type(call), limit)
        seen = f"RegisterType {terms.register_type:d}, limit {terms.limit}"
        return ApiAnswer(registration_values(product), seen)

    def _devices(self, call: ApiCall) -> ApiAnswer:
        product = self._products.of(call)
        offset = call.number("Offset", 0, MOST_DEVICES)
        count = call.number("Limit", SMALLEST_PAGE, LARGEST_PAGE)
        total, devices = product.devices.page(offset, count)
        values = {"TotalCount": total, "Devices": [_shown(device) for device in devices]}
        return ApiAnswer(values, page_words(offset, len(devices), total))

    def _device(self, call: ApiCall) -> ApiAnswer:
        product, name = self._products.of(call), self._products.device_name(call)
        device = product.devices.find(name)
        if device is None:
            raise no_device()
        online = _OFFLINE if device.activated else _NEVER_ONLINE
        return ApiAnswer({**_shown(device), "Online": online}, name)

    def _create(self, call: ApiCall) -> ApiAnswer:
        product, name = self._products.of(call), self._products.device_name(call)
        outcome = product.devices.create([name])[name]
        if outcome is not CreationOutcome.CREATED:
            raise ApiCallRefusedError(*REFUSALS[outcome])
        return ApiAnswer({"DeviceName": name, "DevicePsk": ""}, name)

    def _create_many(self, call: ApiCall) -> ApiAnswer:
        product, names = self._products.of(call), self._products.device_names(call)
        outcomes = product.devices.create(names)
        task_id = self._tasks.add(product.product_id, tuple(outcomes.items()))
        created = list(outcomes.values()).count(CreationOutcome.CREATED)
        return ApiAnswer({"TaskId": task_id}, f"{created} of {len(outcomes)} are created")

    def _task(self, call: ApiCall) -> ApiAnswer:
        product, task_id = self._products.of(call), call.text("TaskId")
        try:
            done = self._tasks.poll(product.product_id, task_id)
        except KeyError:
            raise _no_task() from None
        values = {"TaskId": task_id, "TaskStatus": _DONE if done else _AT_WORK}
        return ApiAnswer(values, "the task is done" if done else "the task is at work")

    def _task_devices(self, call: ApiCall) -> ApiAnswer:
        product, task_id = self._products.of(call), call.text("TaskId")
        offset = call.number("Offset", 0, NAMES_PER_CALL)
        count = call.number("Limit", SMALLEST_PAGE, LARGEST_PAGE)
        try:
            outcomes = self._tasks.outcomes(product.product_id, task_id)
        except KeyError:
            raise _no_task() from None
        if outcomes is None:
            code = "UnauthorizedOperation.CreateMultiDeviceTaskNotFinished"
            raise ApiCallRefusedError(code, "The task is still at work.")
        page = outcomes[offset : offset + count]
        devices = [_created(name, outcome) for name, outcome in page]
        values = {"TaskId": task_id, "DevicesInfo": devices, "TotalDevNum": len(outcomes)}
        return ApiAnswer(values, page_words(offset, len(devices), len(outcomes)))


def _no_task() -> ApiCallRefusedError:
    code = "ResourceNotFound.CreateMultiDeviceTaskNotExist"
    return ApiCallRefusedError(code, "There is no such task.")


def _created(name: str, outcome: CreationOutcome) -> Mapping[str, Any]:
    """No public document lists the numbers of `Result`, other than that 0 is good."""
    code = "" if outcome is CreationOutcome.CREATED else REFUSALS[outcome][0]
    return {"DeviceName": name, "DevicePsk": "", "Result": int(bool(code)), "ErrMsg": code}


def _shown(device: DeviceOnPlatform) -> Mapping[str, Any]:
    return {
        "DeviceName": device.name,
        "Online": _OFFLINE,
        "LoginTime": seconds(device.activated),
        "Version": "",
        "DeviceCert": "",
        "DevicePsk": "",
        "Tags": [],
        "DeviceType": 0,
        "CreateTime": seconds(device.created),
        "FirstOnlineTime": seconds(device.activated),
        "CertState": int(bool(device.registered)),
        "EnableState": int(bool(device.enabled)),
    }
