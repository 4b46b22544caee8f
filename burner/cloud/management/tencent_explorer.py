"""The management API of Tencent Cloud IoT Explorer (物联网开发平台), version 2019-04-23.

It creates one device in a call. Its batch production makes names of its own, so it is no way for
names that units have already.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from tencentcloud.iotexplorer.v20190423 import iotexplorer_client, models

from burner.cloud.management.account import ApiAccount
from burner.cloud.management.api import (
    CreationCutShortError,
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
from burner.cloud.management.pages import pages
from burner.cloud.management.tencent_client import TencentClient
from burner.cloud.management.tencent_errors import DEVICE_EXISTS, DEVICE_UNKNOWN, OF_ONE_NAME
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

_PAGE: Final = 100
_SMALLEST_PAGE: Final = 10


class TencentExplorer:
    """IoT Explorer of one account and region."""

    names_per_call = 10
    """Each is a call of its own."""

    def __init__(self, account: ApiAccount) -> None:
        self._search = account.search
        self._explorer = TencentClient(iotexplorer_client.IotexplorerClient, models, account)

    def product(self, product_id: str) -> ProductOnPlatform:
        """A product. E802: there is none."""
        product = self._explorer.read("DescribeStudioProduct", ProductId=product_id).Product
        if product is None:
            raise BurnerError(Code.CLOUD_PRODUCT_UNKNOWN, product_id)
        check_answer_is_about(product_id, text(product.ProductId), "product")
        settings = self._explorer.read("DescribeProductDynamicRegister", ProductId=product_id)
        return ProductOnPlatform(
            product_id=text(product.ProductId),
            name=text(product.ProductName),
            region=text(product.Region),
            credential_kind=credential_kind(product.EncryptionType),
            register_type=register_type(settings.RegisterType),
            register_limit=number(settings.RegisterLimit),
            device_limit=None,
            devices=self.device_count(product_id),
            secret=product_secret(settings.ProductSecret, self._search),
            licenses_left=self._licenses_left(text(product.ProjectId)),
        )

    def device_count(self, product_id: str) -> int:
        """How many devices a product has. E802: no product."""
        listed = self._explorer.read(
            "GetDeviceList", ProductId=product_id, Offset=0, Limit=_SMALLEST_PAGE
        )
        return count_in(listed.Total)

    def devices(self, product_id: str) -> Iterator[Sequence[DeviceOnPlatform]]:
        """All devices of a product, a page at a time."""

        def page(offset: int) -> tuple[Sequence[DeviceOnPlatform], int]:
            found = self._explorer.read(
                "GetDeviceList", ProductId=product_id, Offset=offset, Limit=_PAGE
            )
            return [_device(one) for one in sequence(found.Devices)], count_in(found.Total)

        return with_cleaned_names(pages(page), self._search)

    def device(self, product_id: str, name: str) -> DeviceOnPlatform | None:
        """A device; None: there is none of this name."""
        try:
            found = self._explorer.read("DescribeDevice", ProductId=product_id, DeviceName=name)
        except CallRefusedError as error:
            if error.platform_code in DEVICE_UNKNOWN:
                return None
            raise
        check_answer_is_about(name, text(found.Device and found.Device.DeviceName), "device")
        return _device(found.Device)

    def create(self, product_id: str, names: Sequence[str]) -> CreationTask:
        """Create devices; never sent twice by itself."""
        created, existing = list[str](), list[str]()
        refused = dict[str, BurnerError]()
        for name in names:
            try:
                made = self._explorer.change("CreateDevice", ProductId=product_id, DeviceName=name)
                _check_created(name, text(made.Data and made.Data.DeviceName))
                created.append(name)
            except BurnerError as error:
                why = error.platform_code if isinstance(error, CallRefusedError) else ""
                if why in DEVICE_EXISTS:
                    existing.append(name)
                elif why in OF_ONE_NAME:
                    refused[name] = error
                elif created:
                    raise CreationCutShortError(error, created) from None
                else:
                    raise
        result = CreationResult(tuple(created), tuple(existing), refused)
        return CreationTask("", tuple(names), result)

    def creation_result(self, product_id: str, task: CreationTask) -> CreationResult | None:  # noqa: ARG002 - of the call
        """The result of a task; None: the platform is still at work."""
        return task.result

    def set_registration(self, product_id: str, register_type: RegisterType, limit: int) -> None:
        """Switch dynamic registration of a product, and set its limit."""
        self._explorer.change(
            "ModifyProductDynamicRegister",
            ProductId=product_id,
            RegisterType=int(register_type),
            RegisterLimit=limit,
        )

    def _licenses_left(self, project_id: str) -> int | None:
        """Of the instance of a project: licenses that were bought, and the free ones.

        None where it is not known: public instances have no such number, and the credentials may
        be for one product.
        """
        try:
            project = self._explorer.read("DescribeProject", ProjectId=project_id).Project
            instance = text(project and project.InstanceId)
            if not instance:
                return None
            found = self._explorer.read("DescribeActivateDevice", InstanceId=instance).Data
        except CallRefusedError:
            return None
        details = found and found.DeviceActivationDetails
        if details is None:
            return None
        kinds = (
            (details.TotalNormalLicense, details.UsedNormalLicense),
            (details.TotalFreeLicense, details.UsedFreeLicense),
        )
        return sum(max((number(total) or 0) - (number(used) or 0), 0) for total, used in kinds)


def _device(one: Any) -> DeviceOnPlatform:
    return DeviceOnPlatform(
        name=name_in(one.DeviceName),
        created=moment(one.CreateTime),
        active=was_online(one.FirstOnlineTime, one.Status),
        activated=moment(one.FirstOnlineTime),
        enabled=flag(one.EnableState),
    )


def _check_created(name: str, answered: str) -> None:
    """Raise UncertainCallError where an answer does not say that it has created this device."""
    try:
        check_answer_is_about(name, answered, "device")
    except BurnerError as error:
        raise UncertainCallError(error) from None
