"""What the actions on both platforms of Tencent share: their products, their words for facts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from burner.cloud.gateway.gateway import ServedProduct
from burner.cloud.gateway.management.api_call import ApiAnswer, ApiCall, ApiCallRefusedError
from burner.cloud.gateway.registered_devices import MOST_DEVICES, CreationOutcome
from burner.core.errors import BurnerError
from burner.platforms.platform import Platform
from burner.platforms.product_settings import CredentialKind, RegisterType

NAMES_PER_CALL: Final = 100
ENCRYPTION: Final = {CredentialKind.CERTIFICATE: "1", CredentialKind.KEY: "2"}
REFUSALS: Final[Mapping[CreationOutcome, tuple[str, str]]] = {
    CreationOutcome.EXISTS: (
        "InvalidParameterValue.DeviceAlreadyExist",
        "A device of this name exists.",
    ),
    CreationOutcome.TOO_MANY: (
        "LimitExceeded.DeviceExceedLimit",
        "The product has as many devices as it may.",
    ),
    CreationOutcome.NO_LICENSE: (
        "LimitExceeded.DeviceLicenseLimitExceeded",
        "No licenses are left.",
    ),
}
"""The platform's code, and words, for a device that is not created."""
Action = tuple[frozenset[str], Callable[[ApiCall], ApiAnswer]]
"""The parameters that it knows, and what it does."""


class ServedProducts:
    """The products of one platform."""

    def __init__(
        self, platform: Platform, products: Iterable[ServedProduct], unknown: Mapping[str, str]
    ) -> None:
        """`unknown`: parameter with an ID → the platform's code for one that it does not know."""
        self._platform = platform
        self._products = [product for product in products if product.platform is platform]
        self._unknown = unknown

    def of(self, call: ApiCall) -> ServedProduct:
        """The product of a call."""
        return self.found(call, "ProductId", lambda product: product.product_id)

    def found(
        self, call: ApiCall, parameter: str, id_of: Callable[[ServedProduct], str]
    ) -> ServedProduct:
        """The product with an ID that a call names, in its region."""
        wanted = call.text(parameter)
        for product in self._products:
            if wanted and id_of(product) == wanted and product.region == call.region:
                return product
        message = f"There is no such {parameter} in {call.region[:40]}."
        raise ApiCallRefusedError(self._unknown[parameter], message)

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


def register_limit(call: ApiCall) -> int | None:
    """The limit that a call asks for; None: it leaves it as it is."""
    if call.parameters.get("RegisterLimit") is None:
        return None
    return call.number("RegisterLimit", 0, MOST_DEVICES)


def registration_values(product: ServedProduct) -> Mapping[str, Any]:
    """How a product registers, with its secret, as the platform gives it."""
    terms = product.devices.terms
    return {
        "RegisterType": int(terms.register_type),
        "ProductSecret": product.secret.reveal().decode("ascii"),
        "RegisterLimit": terms.limit,
    }


def no_device() -> ApiCallRefusedError:
    """There is no device of a name."""
    return ApiCallRefusedError("ResourceNotFound.DeviceNotExist", "There is no such device.")


def seconds(moment: datetime | None) -> int:
    """A moment as both APIs have it; 0: never."""
    return int(moment.timestamp()) if moment else 0
