"""The gateway: a registration request in, the platform's answer out. No network."""

import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus

from burner.cloud.gateway.credentials import Issuer
from burner.cloud.gateway.registered_devices import RegisteredDevices
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.platforms.platform import Platform
from burner.platforms.product_settings import CredentialKind
from burner.platforms.registration import (
    Claim,
    HttpRequest,
    RegistrationApi,
    RegistrationGrant,
    RegistrationRefusal,
    compact,
)

CLOCK_WINDOW_S = 300
"""As Tencent's management API: so far may the clock of a device be off."""
USUAL_REGION = "ap-guangzhou"


@dataclass(frozen=True)
class ServedProduct:
    """A product whose devices register here."""

    product_id: str
    secret: Secret
    platform: Platform
    devices: RegisteredDevices
    kind: CredentialKind = CredentialKind.KEY
    title: str = ""
    region: str = USUAL_REGION
    """Of the management API."""
    instance: str = ""
    """That has the product; empty: one without an ID."""


@dataclass(frozen=True)
class HttpAnswer:
    """An answer in JSON."""

    status: HTTPStatus
    body: bytes = b""


@dataclass(frozen=True)
class Served:
    """What became of a request, for the log. It holds no secret, but for what a device wrote into
    the wrong field.
    """

    status: HTTPStatus
    path: str = ""
    product_id: str = ""
    device_name: str = ""
    code: Code | None = None
    """None: it is registered, or `status` says what is wrong with the request."""
    detail: str = ""

    @property
    def registered(self) -> bool:
        """Whether the device got its credentials."""
        return self.code is None and self.status is HTTPStatus.OK


class Gateway:
    """Registers devices of several products; for several threads."""

    def __init__(
        self,
        products: Iterable[ServedProduct],
        *,
        clock_window_s: float = CLOCK_WINDOW_S,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._products = {product.product_id: product for product in products}
        self._apis = {
            api.path: api for product in self._products.values() for api in product.platform.apis
        }
        self._clock_window_s = clock_window_s
        self._now = now
        self._issuer = Issuer()

    def answer(self, request: HttpRequest, *, secured: bool) -> tuple[HttpAnswer, Served]:
        """The answer to a request, and what became of it. `secured`: it came over TLS."""
        path = request.path.partition("?")[0]
        api = self._apis.get(path)
        if api is None:
            return _refused(HTTPStatus.NOT_FOUND, path)
        if api.needs_tls and not secured:
            return _refused(HTTPStatus.FORBIDDEN, path, "over TLS only")
        kind = request.header("Content-Type").partition(";")[0].strip().lower()
        if kind != api.content_type:
            return _refused(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                path,
                f"the content type is not {api.content_type}",
            )
        return self._registration(api, request, path)

    def _registration(
        self, api: RegistrationApi, request: HttpRequest, path: str
    ) -> tuple[HttpAnswer, Served]:
        request_id = str(uuid.uuid4())
        claim = None
        try:
            claim = api.claim(request)
            product = self._checked(api, claim)
            product.devices.register(claim.device_name, claim.precreated)
        except BurnerError as error:
            refusal = RegistrationRefusal(error.code, str(error), request_id)
            values = api.refused(refusal)
            product_id, name = (claim.product_id, claim.device_name) if claim else ("", "")
            served = Served(HTTPStatus.OK, path, product_id, name, error.code, error.detail)
            return HttpAnswer(HTTPStatus.OK, compact(values)), served
        credentials = self._issuer.issue(
            product.kind, product.platform, product.product_id, claim.device_name
        )
        grant = RegistrationGrant(claim, credentials, product.secret, request_id)
        values = api.granted(grant)
        served = Served(HTTPStatus.OK, path, claim.product_id, claim.device_name)
        return HttpAnswer(HTTPStatus.OK, compact(values)), served

    def _checked(self, api: RegistrationApi, claim: Claim) -> ServedProduct:
        """The product of a request that its secret has signed.

        Raises:
            BurnerError: E802, E803, E804, E810.
        """
        product = self._products.get(claim.product_id)
        if product is None or api not in product.platform.apis:
            raise BurnerError(Code.CLOUD_PRODUCT_UNKNOWN)
        try:
            product.platform.rules.names.check(claim.device_name, allow_colon=True)
        except BurnerError as error:
            raise BurnerError(Code.CLOUD_REQUEST_INVALID, error.detail) from None
        if not claim.is_signed_with(product.secret):
            raise BurnerError(Code.CLOUD_SIGNATURE_REFUSED)
        if claim.seconds is not None:
            off = claim.seconds - self._now()
            if abs(off) > self._clock_window_s:
                raise BurnerError(Code.CLOUD_CLOCK_WRONG, f"the device is {off:+.0f} s off")
        return product


def _refused(status: HTTPStatus, path: str, detail: str = "") -> tuple[HttpAnswer, Served]:
    """The answer to what is no registration."""
    body = compact({"message": detail or status.phrase})
    return HttpAnswer(status, body), Served(status, path, detail=detail)
