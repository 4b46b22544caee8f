"""The actions of Tencent Cloud IoT Explorer, of its version 2019-04-23."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from burner.cloud.gateway.gateway import ServedProduct
from burner.cloud.gateway.management.actions import (
    ENCRYPTION,
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
from burner.cloud.gateway.registered_devices import MOST_DEVICES, CreationOutcome
from burner.cloud.management.api import DeviceOnPlatform
from burner.platforms.tencent_explorer import TENCENT_EXPLORER

SMALLEST_PAGE: Final = 10
LARGEST_PAGE: Final = 100
_OFFLINE, _NEVER_ONLINE = 0, 3
"""`Status` of a device."""


class ExplorerActions:
    """What the API does. Each product has a project and an instance of its own."""

    service = "iotexplorer"

    def __init__(self, products: Iterable[ServedProduct]) -> None:
        unknown = {
            "ProductId": "ResourceNotFound.StudioProductNotExist",
            "ProjectId": "ResourceNotFound.ProjectNotExist",
            "InstanceId": "ResourceNotFound.InstanceNotExist",
        }
        self._products = ServedProducts(TENCENT_EXPLORER, products, unknown)

    def actions(self) -> Mapping[str, Mapping[str, Action]]:
        """Version → name → action."""
        product, device = frozenset({"ProductId"}), frozenset({"ProductId", "DeviceName"})
        registration = frozenset({"RegisterType", "RegisterLimit"})
        return {
            "2019-04-23": {
                "DescribeStudioProduct": (product, self._product),
                "DescribeProject": (frozenset({"ProjectId"}), self._project),
                "DescribeActivateDevice": (frozenset({"InstanceId"}), self._licenses),
                "DescribeProductDynamicRegister": (product, self._registration),
                "ModifyProductDynamicRegister": (product | registration, self._set_registration),
                "GetDeviceList": (product | {"Offset", "Limit"}, self._devices),
                "DescribeDevice": (device, self._device),
                "CreateDevice": (device, self._create),
            }
        }

    def _product(self, call: ApiCall) -> ApiAnswer:
        product = self._products.of(call)
        entry = {
            "ProductId": product.product_id,
            "ProductName": product.title or product.product_id,
            "EncryptionType": ENCRYPTION[product.kind],
            "NetType": "wifi",
            "DevStatus": "dev",
            "Region": product.region,
            "ProductType": 0,
            "ProjectId": _project_id(product),
            "DeviceCount": len(product.devices),
        }
        return ApiAnswer({"Product": entry})

    def _project(self, call: ApiCall) -> ApiAnswer:
        product = self._products.found(call, "ProjectId", _project_id)
        entry = {
            "ProjectId": _project_id(product),
            "ProjectName": product.title or product.product_id,
            "ProductCount": 1,
            "DeviceCount": len(product.devices),
            "InstanceId": _instance_id(product),
        }
        return ApiAnswer({"Project": entry}, product.product_id)

    def _licenses(self, call: ApiCall) -> ApiAnswer:
        product = self._products.found(call, "InstanceId", _instance_id)
        licenses, used = product.devices.terms.licenses, len(product.devices)
        details = {
            "TotalDeviceNum": licenses,
            "UsedDeviceNum": used,
            "TotalNormalLicense": licenses,
            "UsedNormalLicense": used,
            "TotalBluetoothLicense": 0,
            "UsedBluetoothLicense": 0,
            "TotalFreeLicense": 0,
            "UsedFreeLicense": 0,
        }
        data = {
            "InstanceId": _instance_id(product),
            "InstanceType": 3,
            "DeviceActivationDetails": details,
        }
        return ApiAnswer({"Data": data}, f"{used} of {licenses} licenses are used")

    def _registration(self, call: ApiCall) -> ApiAnswer:
        return ApiAnswer(registration_values(self._products.of(call)))

    def _set_registration(self, call: ApiCall) -> ApiAnswer:
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
        shown = [_shown(product, device) for device in devices]
        return ApiAnswer({"Devices": shown, "Total": total}, page_words(offset, len(shown), total))

    def _device(self, call: ApiCall) -> ApiAnswer:
        product, name = self._products.of(call), self._products.device_name(call)
        device = product.devices.find(name)
        if device is None:
            raise no_device()
        return ApiAnswer({"Device": _shown(product, device)}, name)

    def _create(self, call: ApiCall) -> ApiAnswer:
        product, name = self._products.of(call), self._products.device_name(call)
        outcome = product.devices.create([name])[name]
        if outcome is not CreationOutcome.CREATED:
            raise ApiCallRefusedError(*REFUSALS[outcome])
        return ApiAnswer({"Data": {"DeviceName": name, "DevicePsk": ""}}, name)


def _project_id(product: ServedProduct) -> str:
    return f"prj-{product.product_id}"


def _instance_id(product: ServedProduct) -> str:
    """Products that need no licenses are in a public instance, which has no ID."""
    return "" if product.devices.terms.licenses is None else f"ins-{product.product_id}"


def _shown(product: ServedProduct, device: DeviceOnPlatform) -> Mapping[str, Any]:
    return {
        "DeviceName": device.name,
        "Status": _OFFLINE if device.activated else _NEVER_ONLINE,
        "DevicePsk": "",
        "FirstOnlineTime": seconds(device.activated),
        "LoginTime": seconds(device.activated),
        "CreateTime": seconds(device.created),
        "Version": "",
        "EnableState": int(bool(device.enabled)),
        "ProductId": product.product_id,
        "ProductName": product.title or product.product_id,
    }
