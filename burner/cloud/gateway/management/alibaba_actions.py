"""The actions of Alibaba Cloud IoT Platform, version 2018-01-20."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from burner.cloud.gateway.gateway import ServedProduct
from burner.cloud.gateway.management.alibaba_applications import (
    Application,
    Applications,
    ApplicationStatus,
)
from burner.cloud.gateway.management.api_call import ApiAnswer, ApiCallRefusedError, page_words
from burner.cloud.gateway.registered_devices import CreationOutcome
from burner.cloud.management.api import DeviceOnPlatform
from burner.core.errors import BurnerError
from burner.platforms.alibaba import ALIBABA
from burner.platforms.product_settings import CredentialKind

LARGEST_PAGE: Final = 50
DETAILS_PER_CALL: Final = 100
NAMES_PER_CALL: Final = 1000
LAST_ROW: Final = 10_000
"""Beyond it a page needs the token of the page before."""
_INVALID: Final = "iot.common.InvalidFormattedParameter"
_LARGEST_ID: Final = 10**18
_AUTH_TYPES: Final = {CredentialKind.KEY: "secret", CredentialKind.CERTIFICATE: "x509"}
_UNFIT: Final = {
    CreationOutcome.EXISTS: "The device name already exists.",
    CreationOutcome.TOO_MANY: "The number of devices exceeds the limit.",
    CreationOutcome.NO_LICENSE: "No licenses are left.",
}


@dataclass(frozen=True)
class AlibabaCall:
    """A call whose signature is right: all of its parameters are texts."""

    action: str
    parameters: Mapping[str, str] = field(repr=False)

    def text(self, name: str) -> str:
        """A parameter."""
        value = self.parameters.get(name, "")
        if not value:
            raise ApiCallRefusedError(f"Missing{name}", f"{name} is missing.")
        return value

    def number(self, name: str, largest: int) -> int:
        """A parameter that is a whole number from 1 on."""
        text = self.text(name)
        if not (text.isascii() and text.isdecimal() and len(text) < 19 and int(text) >= 1):
            raise ApiCallRefusedError(_INVALID, f"{name} is not a number from 1 on.")
        if int(text) > largest:
            raise ApiCallRefusedError(_INVALID, f"{name} must be from 1 to {largest}.")
        return int(text)

    def list(self, name: str, most: int) -> Sequence[str]:
        """The parameters `NAME.1`, `NAME.2`, …"""
        values: list[str] = []
        while (value := self.parameters.get(f"{name}.{len(values) + 1}")) is not None:
            values.append(value)
        if not values:
            raise ApiCallRefusedError(f"Missing{name}", f"{name} is missing.")
        if len(values) > most:
            code = "iot.device.TooManyDevicesPerTime"
            raise ApiCallRefusedError(
                code, f"{name} takes from 1 to {most} at once, not {len(values)}."
            )
        return values


AlibabaAction = tuple[frozenset[str], Callable[[AlibabaCall], ApiAnswer]]
"""Parameters, and what is done."""


class AlibabaActions:
    """What the API does. A call that it refuses has a code of `iot.…`."""

    def __init__(self, products: Iterable[ServedProduct], task_polls: int) -> None:
        self._products = {p.product_id: p for p in products if p.platform is ALIBABA}
        self._task_polls = task_polls
        self._applications = Applications()

    def actions(self) -> Mapping[str, AlibabaAction]:
        """Name → action."""
        every = frozenset({"ProductKey", "IotInstanceId"})
        page = frozenset({"PageSize", "CurrentPage"})
        application = every | {"ApplyId"}
        name = every | {"DeviceName"}
        return {
            "QueryProduct": (every, self._product),
            "QueryDeviceStatistics": (every, self._statistics),
            "QueryDevice": (every | page | {"NextToken"}, self._devices),
            "QueryDeviceDetail": (name, self._device),
            "BatchQueryDeviceDetail": (name, self._details),
            "BatchCheckDeviceNames": (name, self._check),
            "BatchRegisterDeviceWithApplyId": (application, self._create),
            "QueryBatchRegisterDeviceStatus": (application, self._status),
            "QueryPageByApplyId": (application | page, self._application_page),
        }

    def _of(self, call: AlibabaCall) -> ServedProduct:
        return self._in_instance(call, call.text("ProductKey"))

    def _in_instance(self, call: AlibabaCall, product_id: str) -> ServedProduct:
        instance = call.parameters.get("IotInstanceId", "")
        if all(product.instance != instance for product in self._products.values()):
            message = "There is no such instance."
            raise ApiCallRefusedError("iot.Sre.IotInstanceNotFound", message)
        product = self._products.get(product_id)
        if product is None or product.instance != instance:
            raise ApiCallRefusedError("iot.prod.NotExistedProduct", "There is no such product.")
        return product

    def _product(self, call: AlibabaCall) -> ApiAnswer:
        product = self._of(call)
        data = {
            "ProductKey": product.product_id,
            "ProductName": product.title or product.product_id,
            "ProductSecret": product.secret.reveal().decode("ascii"),
            "AuthType": _AUTH_TYPES[product.kind],
            "DeviceCount": len(product.devices),
            "DataFormat": 1,
            "NodeType": 0,
            "ProductStatus": "RELEASE_STATUS",
            "Owner": True,
        }
        return ApiAnswer({"Data": data})

    def _statistics(self, call: AlibabaCall) -> ApiAnswer:
        product = self._of(call)
        return ApiAnswer({"Data": {"deviceCount": len(product.devices)}})

    def _devices(self, call: AlibabaCall) -> ApiAnswer:
        product = self._of(call)
        size, number = call.number("PageSize", LARGEST_PAGE), call.number("CurrentPage", 1_000_000)
        offset = size * (number - 1)
        token = call.parameters.get("NextToken", "")
        if size * number > LAST_ROW and token != f"after-{offset}":
            raise ApiCallRefusedError(_INVALID, "NextToken is missing.")
        total, devices = product.devices.page(offset, size)
        left = offset + len(devices) < total
        values = {
            **_page(number, size, total),
            "NextToken": f"after-{offset + size}" if left else "",
            "Data": {"DeviceInfo": [_listed(device) for device in devices]},
        }
        return ApiAnswer(values, page_words(offset, len(devices), total))

    def _device(self, call: AlibabaCall) -> ApiAnswer:
        product, name = self._of(call), call.text("DeviceName")
        device = product.devices.find(name)
        if device is None:
            raise ApiCallRefusedError("iot.device.NotExistedDevice", "There is no such device.")
        return ApiAnswer({"Data": _detail(device)}, name)

    def _details(self, call: AlibabaCall) -> ApiAnswer:
        product, names = self._of(call), call.list("DeviceName", DETAILS_PER_CALL)
        found = [device for name in names if (device := product.devices.find(name))]
        values = {"Data": {"Data": [_detail(device) for device in found]}}
        return ApiAnswer(values, f"{len(found)} of {len(names)} exist")

    # -- creation ----------------------------------------------------------------------------------

    def _check(self, call: AlibabaCall) -> ApiAnswer:
        product, names = self._of(call), call.list("DeviceName", NAMES_PER_CALL)
        unfit = {name: why for name in names if (why := self._unfit(product, name))}
        if len(set(names)) < len(names):
            code = "iot.device.RepeatedDeviceName"
            raise ApiCallRefusedError(code, "A name is there twice.")
        application = Application(product.product_id, names, unfit=unfit, polls=self._task_polls)
        values = {"Data": {"ApplyId": self._applications.add(application)}}
        return ApiAnswer(values, f"{len(names) - len(unfit)} of {len(names)} may be created")

    def _unfit(self, product: ServedProduct, name: str) -> str:
        """Why a name cannot be created; empty: it can."""
        try:
            product.platform.rules.names.check(name, allow_colon=True)
        except BurnerError as error:
            return error.detail
        return _UNFIT[CreationOutcome.EXISTS] if product.devices.find(name) else ""

    def _create(self, call: AlibabaCall) -> ApiAnswer:
        product, application = self._of(call), self._application(call)
        if application.status is not ApplicationStatus.CHECK_SUCCESS:
            message = f"The application is in {application.status}."
            raise ApiCallRefusedError("iot.device.ApplyManyDevicesFailed", message)
        outcomes = product.devices.create(application.names)
        application.unfit = {n: _UNFIT[o] for n, o in outcomes.items() if o in _UNFIT}
        application.status = ApplicationStatus.CREATE
        application.polls = self._task_polls
        created = len(outcomes) - len(application.unfit)
        answer = {"Data": {"ApplyId": call.number("ApplyId", _LARGEST_ID)}}
        return ApiAnswer(answer, f"{created} of {len(outcomes)} are created")

    def _status(self, call: AlibabaCall) -> ApiAnswer:
        self._of(call)
        application = self._application(call)
        status = application.poll()
        data: dict[str, Any] = {"Status": status}
        if status in (ApplicationStatus.CHECK_FAILED, ApplicationStatus.CREATE_FAILED):
            details = [{"DeviceName": n, "ErrorMsg": why} for n, why in application.unfit.items()]
            valid = [name for name in application.names if name not in application.unfit]
            data |= {
                "InvalidList": {"Name": list(application.unfit)},
                "InvalidDetailList": {"invalidDetailList": details},
                "ValidList": {"Name": valid},
            }
        return ApiAnswer({"Data": data}, status)

    def _application_page(self, call: AlibabaCall) -> ApiAnswer:
        application = self._application(call)
        self._in_instance(call, application.product_id)
        size, number = call.number("PageSize", LARGEST_PAGE), call.number("CurrentPage", 1_000_000)
        names: Sequence[str] = ()
        if application.status in (
            ApplicationStatus.CREATE_SUCCESS,
            ApplicationStatus.CREATE_FAILED,
        ):
            names = [name for name in application.names if name not in application.unfit]
        page = names[size * (number - 1) : size * number]
        entries = [{"DeviceName": name, "DeviceSecret": "", "IotId": ""} for name in page]
        values = _page(number, size, len(names)) | {"ApplyDeviceList": {"ApplyDeviceInfo": entries}}
        return ApiAnswer(values, page_words(size * (number - 1), len(page), len(names)))

    def _application(self, call: AlibabaCall) -> Application:
        application = self._applications.find(call.number("ApplyId", _LARGEST_ID))
        product_id = call.parameters.get("ProductKey", "")
        if application is None or product_id not in ("", application.product_id):
            code = "iot.device.DeviceApplyIsNotFound"
            raise ApiCallRefusedError(code, "There is no such application.")
        return application


def _page(number: int, size: int, total: int) -> dict[str, Any]:
    return {"Page": number, "PageSize": size, "PageCount": -(-total // size), "Total": total}


def _status(device: DeviceOnPlatform) -> str:
    if not device.enabled:
        return "DISABLE"
    return "OFFLINE" if device.activated else "UNACTIVE"


def _listed(device: DeviceOnPlatform) -> Mapping[str, Any]:
    return {
        "DeviceName": device.name,
        "DeviceSecret": "",
        "DeviceStatus": _status(device),
        "UtcCreate": _utc(device.created),
    }


def _detail(device: DeviceOnPlatform) -> Mapping[str, Any]:
    return {
        "DeviceName": device.name,
        "DeviceSecret": "",
        "Status": _status(device),
        "UtcCreate": _utc(device.created),
        "UtcActive": _utc(device.activated),
    }


def _utc(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z") if moment else ""
