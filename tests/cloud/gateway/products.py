"""A product on the gateway, and devices that register with it."""

import json
from collections.abc import Mapping
from typing import Any

from burner.cloud.gateway.gateway import Gateway, Served, ServedProduct
from burner.cloud.gateway.registered_devices import (
    ListedName,
    RegisteredDevices,
    RegistrationTerms,
)
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.platforms.platform import Cloud
from burner.platforms.platforms import PLATFORMS
from burner.platforms.product_settings import CredentialKind, RegisterType
from burner.platforms.registration import (
    Applicant,
    Credentials,
    HttpRequest,
    RegistrationApi,
    TimestampAndNonce,
)

PRODUCT_ID = "S3EUVBRJLB"
SECRET = Secret(b"8XzjN8rfgFVGDTNTUGau4snA")
NOW = 1_700_000_000
HOST = "127.0.0.1"


def product(
    *,
    cloud: Cloud = Cloud.TENCENT_HUB,
    product_id: str = PRODUCT_ID,
    kind: CredentialKind = CredentialKind.KEY,
    names: Mapping[str, ListedName] = {},
    register_type: RegisterType = RegisterType.AUTOMATIC,
    limit: int = 1000,
    repeats: int = 0,
) -> ServedProduct:
    terms = RegistrationTerms(register_type, limit, repeats)
    devices = RegisteredDevices(terms, names)
    return ServedProduct(product_id, SECRET, PLATFORMS[cloud], devices, kind)


def gateway(*products: ServedProduct, now: float = NOW) -> Gateway:
    return Gateway(products, now=lambda: now)


def request(
    api: RegistrationApi,
    name: str = "plug-7",
    *,
    product_id: str = PRODUCT_ID,
    secret: Secret = SECRET,
    seconds: int = NOW,
) -> HttpRequest:
    return api.request(
        Applicant(product_id, name, secret, instance="i"), HOST, TimestampAndNonce(seconds, 7)
    )


def register(
    served: Gateway, api: RegistrationApi, name: str = "plug-7", **more: Any
) -> tuple[Credentials | str, Served]:
    """What a device gets: credentials, or the code that its own adapter reads out of the answer."""
    answer, seen = served.answer(request(api, name, **more), secured=True)
    try:
        return api.credentials(answer.body, SECRET), seen
    except BurnerError as error:
        return str(error.code), seen


def values(answer: bytes) -> dict[str, Any]:
    parsed = json.loads(answer)
    assert isinstance(parsed, dict)
    return parsed
