"""The products that the management API manages, and what its actions on both platforms share."""

from collections.abc import Iterable, Sequence

from burner.cloud.gateway.gateway import ServedProduct
from burner.cloud.gateway.management.api_call import ApiCall, ApiCallRefusedError
from burner.core.errors import BurnerError
from burner.platforms.platform import Platform
from burner.platforms.product_settings import RegisterType

NAMES_PER_CALL = 100


class ServedProducts:
    """The products of one platform."""

    def __init__(self, platform: Platform, products: Iterable[ServedProduct], unknown: str) -> None:
        self._platform = platform
        self._products = {
            product.product_id: product for product in products if product.platform is platform
        }
        self._unknown = unknown
        """The platform's code for a product that it does not know."""

    def of(self, call: ApiCall) -> ServedProduct:
        """The product of a call, in its region."""
        product = self._products.get(call.text("ProductId"))
        if product is None or product.region != call.region:
            message = f"There is no such product in {call.region[:40]}."
            raise ApiCallRefusedError(self._unknown, message)
        return product

    def device_name(self, call: ApiCall) -> str:
        """The name of a device in a call."""
        name = call.text("DeviceName")
        self._check(name)
        return name

    def device_names(self, call: ApiCall) -> Sequence[str]:
        """The names of the devices in a call."""
        names = call.texts("DeviceNames", NAMES_PER_CALL)
        for name in names:
            self._check(name)
        return names

    def _check(self, name: str) -> None:
        try:
            self._platform.rules.names.check(name, allow_colon=True)
        except BurnerError as error:
            code = "InvalidParameterValue.DeviceNameInvalid"
            raise ApiCallRefusedError(code, error.detail) from None


def register_type(call: ApiCall) -> RegisterType:
    """The kind of registration that a call asks for."""
    return RegisterType(call.number("RegisterType", 0, 2))


def register_limit(call: ApiCall, most: int) -> int | None:
    """The limit that a call asks for; None: it leaves it as it is."""
    if call.parameters.get("RegisterLimit") is None:
        return None
    return call.number("RegisterLimit", 0, most)
