"""Dynamic registration: what the adapters of all platforms share."""

import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret


@dataclass(frozen=True)
class HttpRequest:
    """A request."""

    path: str
    """With the query, if there is one."""
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def header(self, name: str) -> str:
        """A header; empty where there is none."""
        return next((v for n, v in self.headers.items() if n.lower() == name.lower()), "")

    def text(self) -> bytes:
        """As it is sent, with `POST`."""
        head = [f"POST {self.path} HTTP/1.1"]
        head += (f"{name}: {value}" for name, value in self.headers.items())
        head += (f"Content-Length: {len(self.body)}", "Connection: close", "", "")
        return "\r\n".join(head).encode("ascii") + self.body


@dataclass(frozen=True)
class Applicant:
    """A device that registers."""

    product_id: str
    device_name: str
    secret: Secret
    instance: str = ""
    """The instance of the platform that has the product, where it asks for one."""


@dataclass(frozen=True)
class TimestampAndNonce:
    """What makes a signature new."""

    timestamp: int
    """Seconds of the device's clock."""
    nonce: int
    """A random number."""


@dataclass(frozen=True)
class Claim:
    """What a request says, before anybody has checked its signature."""

    product_id: str
    device_name: str
    signature: str = field(repr=False)
    signatures: Callable[[bytes], Iterable[str]] = field(repr=False)
    """The signatures that are right where this is the product secret."""
    seconds: float | None = None
    """The clock of the device; None where the platform does not ask for it."""
    precreated: bool | None = None
    """Whether the device says that its name was created beforehand; None where it says nothing."""

    def is_signed_with(self, secret: Secret) -> bool:
        """Whether the product secret has signed it."""
        sent = self.signature.encode("utf-8", "replace")
        right = self.signatures(secret.reveal())
        return any(hmac.compare_digest(sent, signature.encode()) for signature in right)


@dataclass(frozen=True)
class Credentials:
    """What a device gets: a secret of its own, or a certificate with its private key."""

    device_secret: str = field(default="", repr=False)
    certificate: str = ""
    private_key: str = field(default="", repr=False)


@dataclass(frozen=True)
class RegistrationGrant:
    """A registration that succeeds."""

    claim: Claim
    credentials: Credentials
    secret: Secret
    """The product secret; most platforms encrypt their answer with it."""
    request_id: str


@dataclass(frozen=True)
class RegistrationRefusal:
    """A registration that fails."""

    code: Code
    text: str
    request_id: str


class RegistrationApi(Protocol):
    """One way in which devices of a platform register; the device's side and the platform's."""

    @property
    def path(self) -> str:
        """The path of its requests, without a query."""
        ...

    @property
    def content_type(self) -> str:
        """The type of its requests."""
        ...

    @property
    def needs_tls(self) -> bool:
        """Whether its answers are for TLS alone."""
        ...

    @property
    def codes(self) -> Mapping[str, Code]:
        """The platform's error codes, each as ours; of several for one of ours the platform's own
        first.
        """
        ...

    def request(self, applicant: Applicant, host: str, stamp: TimestampAndNonce) -> HttpRequest:
        """The request of a device."""
        ...

    def claim(self, request: HttpRequest) -> Claim:
        """What a request says.

        Raises:
            BurnerError: E803 it has not the form.
        """
        ...

    def granted(self, grant: RegistrationGrant) -> Mapping[str, Any]:
        """The answer with credentials, encrypted as the platform does it."""
        ...

    def refused(self, refusal: RegistrationRefusal) -> Mapping[str, Any]:
        """The answer that refuses, with the platform's code for ours."""
        ...

    def credentials(self, answer: bytes, secret: Secret) -> Credentials:
        """What an answer gives to the device.

        Raises:
            BurnerError: E811 it does not decrypt, so the secret is wrong; E812 it has another
                form; the other E8xx: the platform refuses.
        """
        ...


_NEAREST = {
    Code.CLOUD_CLOCK_WRONG: Code.CLOUD_SIGNATURE_REFUSED,
    Code.CLOUD_TOO_MANY_REQUESTS: Code.CLOUD_FAILED,
    Code.CLOUD_NAME_REGISTERED: Code.CLOUD_REGISTRATION_OFF,
}
"""What a platform says that has no code of its own for the former."""


def platform_code(codes: Mapping[str, Code], code: Code) -> str:
    """The platform's code for ours, or the nearest that it has."""
    for wanted in (code, _NEAREST.get(code), Code.CLOUD_REQUEST_INVALID):
        for text, ours in codes.items():
            if ours is wanted:
                return text
    raise KeyError(code)


def platform_refusal(code: Code | None, found: str, text: str) -> BurnerError:
    """The error for the code and the text that a platform answers with; None: it is unknown."""
    lines = (" ".join(words.split()) for words in (found, text))
    detail = ": ".join(line[:most] for line, most in zip(lines, (64, 200), strict=True) if line)
    return BurnerError(code or Code.CLOUD_REFUSES, detail)


def json_object(data: bytes, code: Code) -> dict[str, Any]:
    """A JSON object.

    Raises:
        BurnerError: `code`, for anything else.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise BurnerError(code, "not JSON") from None
    if not isinstance(value, dict):
        raise BurnerError(code, "not a JSON object")
    return value


def text_in(values: Mapping[str, Any], name: str, code: Code) -> str:
    """A text among the values.

    Raises:
        BurnerError: `code`, where there is none.
    """
    value = values.get(name)
    if not isinstance(value, str) or not value:
        raise BurnerError(code, f"{name} is missing")
    return value


def whole_number(value: object, name: str) -> int:
    """A number of a request.

    Raises:
        BurnerError: E803.
    """
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 20:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**64:
        return value
    raise BurnerError(Code.CLOUD_REQUEST_INVALID, f"{name} is not a number")


def compact(values: Mapping[str, Any]) -> bytes:
    """JSON without blanks."""
    return json.dumps(values, separators=(",", ":")).encode()
