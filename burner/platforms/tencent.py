"""Tencent Cloud: the rules of its values, and both generations of its dynamic registration.

IoT Hub and IoT Explorer share them.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.platforms.payload import BLOCK, decrypt, encrypt, key_of
from burner.platforms.platform import SdkArray, SdkLayout
from burner.platforms.registration import (
    Applicant,
    Claim,
    Credentials,
    HttpRequest,
    RegistrationGrant,
    RegistrationRefusal,
    TimestampAndNonce,
    compact,
    json_object,
    platform_code,
    platform_refusal,
    text_in,
    whole_number,
)
from burner.platforms.rules import IdRule, NameRule, ProductRules, SecretRule

RULES: Final = ProductRules(
    product_id=IdRule(
        word="ProductID",
        form="[0-9A-Za-z]{10}",
        allowed="exactly 10 of 0-9 and A-Z, from the console",
        usual="[^a-z]*",
        usual_words="0-9 and A-Z",
        longest=10,
    ),
    secret=SecretRule(shortest=BLOCK, longest=32, usual_length=24),
    names=NameRule(shortest=1, longest=48, marks=":_-", marks_of_api=":"),
    placeholders=frozenset(
        {
            "PRODUCT_ID",
            "DEVICE_NAME",
            "DEVICE_SECRET",
            "YOUR_PRODUCT_ID",
            "YOUR_PRODUCT_SECRET",
            "YOUR_DEVICE_NAME",
            "YOUR_DEV_NAME",
            "YOUR_DEVICE_SECRET",
            "YOUR_IOT_PSK",
            "IOT_PSK",
            "TCIOT_PSK",
            "PRODUCT_SECRETKEY",
        }
    ),
    triggers=frozenset({"YOUR_IOT_PSK", "IOT_PSK", "TCIOT_PSK"}),
)
"""The secret has 16 bytes at least, because these are the AES key of the answer."""
HOSTS: Final[Mapping[str, str]] = {
    region: f"{name}.gateway.tencentdevices.com"
    for region, name in {
        "china": "ap-guangzhou",
        "us-east": "us-east",
        "europe": "europe",
        "ap-bangkok": "ap-bangkok",
    }.items()
}
API_REGIONS: Final[Mapping[str, str]] = {
    "china": "ap-guangzhou",
    "us-east": "na-ashburn",
    "europe": "eu-frankfurt",
    "ap-bangkok": "ap-bangkok",
}
"""Region of the registration → region of the management API."""
REGION_NAMES: Final[Mapping[str, str]] = {
    "gz": "china",
    **{name: region for region, name in API_REGIONS.items()},
}
"""The other way round. `gz` is how IoT Hub names Guangzhou in the properties of a product."""
MAX_PSK: Final = 64
_VECTOR: Final = b"0" * BLOCK
_PSK, _CERTIFICATE = 2, 1
"""`encryptionType` of a payload."""


class TencentApi:
    """The current API: the signature is in headers."""

    path = "/device/register"
    content_type = "application/json"
    needs_tls = False
    codes: Mapping[str, Code] = {
        "InternalError": Code.CLOUD_FAILED,
        "ResourceNotFound.ProductNotExist": Code.CLOUD_PRODUCT_UNKNOWN,
        "InvalidParameterValue": Code.CLOUD_REQUEST_INVALID,
        "InvalidParameter": Code.CLOUD_REQUEST_INVALID,
        "AuthFailure.SignatureFailure": Code.CLOUD_SIGNATURE_REFUSED,
        "AuthFailure.SignatureExpire": Code.CLOUD_CLOCK_WRONG,
        "AuthFailure": Code.CLOUD_SIGNATURE_REFUSED,
        "UnsupportedOperation": Code.CLOUD_REGISTRATION_OFF,
        "LimitExceeded": Code.CLOUD_DEVICE_TOO_OFTEN,
        "ResourceNotFound.DeviceNotExist": Code.CLOUD_NAME_NOT_CREATED,
        "InvalidParameterValue.DeviceAlreadyExist": Code.CLOUD_NAME_REGISTERED,
        "LimitExceeded.DeviceExceedLimit": Code.CLOUD_DEVICE_LIMIT_REACHED,
        "RequestLimitExceeded": Code.CLOUD_TOO_MANY_REQUESTS,
    }
    """The codes of Tencent's management API for the same facts: no public source lists those of the
    registration."""
    messages: Mapping[str, Code] = {
        "Not support dynamic device register": Code.CLOUD_REGISTRATION_OFF,
        "Pre create mode: device not exists": Code.CLOUD_NAME_NOT_CREATED,
    }
    """How messages begin that IoT Explorer documents."""

    def request(self, applicant: Applicant, host: str, stamp: TimestampAndNonce) -> HttpRequest:
        body = compact({"ProductId": applicant.product_id, "DeviceName": applicant.device_name})
        headers = {
            "Host": host,
            "Content-Type": "application/json; charset=utf-8",
            "X-TC-Algorithm": "hmacsha256",
            "X-TC-Timestamp": str(stamp.timestamp),
            "X-TC-Nonce": str(stamp.nonce),
        }
        unsigned = HttpRequest(self.path, headers, body)
        (signature, *_) = _signatures(unsigned, applicant.secret.reveal())
        return replace(unsigned, headers={**headers, "X-TC-Signature": signature})

    def claim(self, request: HttpRequest) -> Claim:
        values = json_object(request.body, Code.CLOUD_REQUEST_INVALID)
        for name in ("Host", "X-TC-Algorithm", "X-TC-Timestamp", "X-TC-Nonce", "X-TC-Signature"):
            if not request.header(name):
                raise BurnerError(Code.CLOUD_REQUEST_INVALID, f"{name} is missing")
        if request.header("X-TC-Algorithm").lower() not in ("hmacsha1", "hmacsha256"):
            raise BurnerError(Code.CLOUD_REQUEST_INVALID, "X-TC-Algorithm: hmacsha256 or hmacsha1")
        return Claim(
            product_id=text_in(values, "ProductId", Code.CLOUD_REQUEST_INVALID),
            device_name=text_in(values, "DeviceName", Code.CLOUD_REQUEST_INVALID),
            signature=request.header("X-TC-Signature"),
            signatures=lambda secret: _signatures(request, secret),
            seconds=whole_number(request.header("X-TC-Timestamp"), "X-TC-Timestamp"),
        )

    def granted(self, grant: RegistrationGrant) -> Mapping[str, Any]:
        length, payload = encrypted_credentials(grant.credentials, grant.secret)
        return {"Response": {"Len": length, "Payload": payload, "RequestId": grant.request_id}}

    def refused(self, refusal: RegistrationRefusal) -> Mapping[str, Any]:
        error = {"Code": platform_code(self.codes, refusal.code), "Message": refusal.text}
        return {"Response": {"Error": error, "RequestId": refusal.request_id}}

    def credentials(self, answer: bytes, secret: Secret) -> Credentials:
        response = json_object(answer, Code.CLOUD_ANSWER_DAMAGED).get("Response")
        if not isinstance(response, dict):
            raise BurnerError(Code.CLOUD_ANSWER_DAMAGED, "Response is missing")
        error = response.get("Error")
        if isinstance(error, dict):
            raise self._refusal(str(error.get("Code", "")), str(error.get("Message", "")))
        return decrypted_credentials(response.get("Len"), response.get("Payload"), secret)

    def _refusal(self, found: str, text: str) -> BurnerError:
        by_text = (code for begin, code in self.messages.items() if text.startswith(begin))
        by_code = self.codes.get(found) or self.codes.get(found.partition(".")[0])
        return platform_refusal(next(by_text, by_code), found, text)


def _signatures(request: HttpRequest, secret: bytes) -> Iterator[str]:
    """The right signatures of a request.

    Firmware differs in what it signs: the algorithm as the header has it, and the host without the
    port that its HTTP library adds.
    """
    sent, host = request.header("X-TC-Algorithm"), request.header("Host")
    kind = sent.lower().removeprefix("hmac")
    last = (
        request.header("X-TC-Timestamp"),
        request.header("X-TC-Nonce"),
        hashlib.new(kind, request.body).hexdigest(),
    )
    for algorithm in dict.fromkeys((sent.lower(), sent)):
        for name in dict.fromkeys((host, host.partition(":")[0])):
            lines = ("POST", name, TencentApi.path, "", algorithm, *last)
            mac = hmac.digest(secret, "\n".join(lines).encode(), kind)
            yield base64.b64encode(mac).decode()


class OlderTencentApi:
    """The older API, of AT firmware and older SDKs: the signature is in the body."""

    path = "/register/dev"
    content_type = "application/json"
    needs_tls = False
    codes: Mapping[str, Code] = {
        "1000": Code.CLOUD_FAILED,
        "1004": Code.CLOUD_PRODUCT_UNKNOWN,
        "1006": Code.CLOUD_REQUEST_INVALID,
        "1010": Code.CLOUD_SIGNATURE_REFUSED,
        "1011": Code.CLOUD_REGISTRATION_OFF,
        "1012": Code.CLOUD_DEVICE_TOO_OFTEN,
        "1020": Code.CLOUD_NAME_NOT_CREATED,
        "1021": Code.CLOUD_NAME_REGISTERED,
        "1031": Code.CLOUD_DEVICE_LIMIT_REACHED,
    }

    def request(self, applicant: Applicant, host: str, stamp: TimestampAndNonce) -> HttpRequest:
        values = {
            "deviceName": applicant.device_name,
            "nonce": stamp.nonce,
            "productId": applicant.product_id,
            "timestamp": stamp.timestamp,
        }
        signature = _older_signature(values, applicant.secret.reveal())
        headers = {"Host": host, "Content-Type": "application/json; charset=utf-8"}
        return HttpRequest(self.path, headers, compact({**values, "signature": signature}))

    def claim(self, request: HttpRequest) -> Claim:
        values = json_object(request.body, Code.CLOUD_REQUEST_INVALID)
        product_id = text_in(values, "productId", Code.CLOUD_REQUEST_INVALID)
        device_name = text_in(values, "deviceName", Code.CLOUD_REQUEST_INVALID)
        seconds = whole_number(values.get("timestamp"), "timestamp")
        signed = {
            "deviceName": device_name,
            "nonce": whole_number(values.get("nonce"), "nonce"),
            "productId": product_id,
            "timestamp": seconds,
        }
        return Claim(
            product_id=product_id,
            device_name=device_name,
            signature=text_in(values, "signature", Code.CLOUD_REQUEST_INVALID),
            signatures=lambda secret: (_older_signature(signed, secret),),
            seconds=seconds,
        )

    def granted(self, grant: RegistrationGrant) -> Mapping[str, Any]:
        length, payload = encrypted_credentials(grant.credentials, grant.secret)
        return {"code": 0, "message": "", "len": length, "payload": payload}

    def refused(self, refusal: RegistrationRefusal) -> Mapping[str, Any]:
        return {"code": int(platform_code(self.codes, refusal.code)), "message": refusal.text}

    def credentials(self, answer: bytes, secret: Secret) -> Credentials:
        values = json_object(answer, Code.CLOUD_ANSWER_DAMAGED)
        if str(values.get("code")) != "0":
            found = str(values.get("code", ""))
            raise platform_refusal(self.codes.get(found), found, str(values.get("message", "")))
        return decrypted_credentials(values.get("len"), values.get("payload"), secret)


def _older_signature(values: Mapping[str, object], secret: bytes) -> str:
    """Over the hex text of the HMAC, not over its bytes."""
    text = "&".join(f"{name}={value}" for name, value in values.items())
    digits = hmac.digest(secret, text.encode(), "sha1").hex()
    return base64.b64encode(digits.encode()).decode()


def device_psk(random: bytes) -> str:
    """The PSK of a device."""
    return base64.b64encode(random).decode()


APIS: Final = (TencentApi(), OlderTencentApi())
PATHS: Final = tuple(api.path for api in APIS)
SDK_LAYOUT: Final = SdkLayout(
    json_keys={
        "product_id": "productId",
        "product_secret": "productSecret",
        "device_name": "deviceName",
    },
    json_fields={
        "auth_mode": "KEY",
        "region": "china",
        "key_deviceinfo": {"deviceSecret": "YOUR_IOT_PSK"},
    },
    arrays={
        "product_id": SdkArray("PRODUCT_ID", 10 + 1),
        "product_secret": SdkArray("YOUR_PRODUCT_SECRET", 32 + 1),
        "device_name": SdkArray("YOUR_DEV_NAME", 48 + 1),
    },
)
"""Of Tencent's C SDKs. Their samples register the device where deviceSecret is that placeholder."""


# -- the payload of an answer, the same in both ----------------------------------------------------


def encrypted_credentials(credentials: Credentials, secret: Secret) -> tuple[int, str]:
    """The payload of an answer: its length, and its encrypted text."""
    values: dict[str, object] = {"encryptionType": _PSK, "psk": credentials.device_secret}
    if credentials.certificate:
        values = {
            "encryptionType": _CERTIFICATE,
            "clientCert": credentials.certificate,
            "clientKey": credentials.private_key,
        }
    plain = compact(values)
    padded = plain + bytes(-len(plain) % BLOCK)
    return len(plain), encrypt(padded, key_of(secret), _VECTOR)


def decrypted_credentials(length: object, payload: object, secret: Secret) -> Credentials:
    """What a payload gives.

    Raises:
        BurnerError: E811, E812.
    """
    if not isinstance(length, int) or not isinstance(payload, str):
        raise BurnerError(Code.CLOUD_ANSWER_DAMAGED, "length or payload is missing")
    padded = decrypt(payload, key_of(secret), _VECTOR)
    if not len(padded) - BLOCK < length <= len(padded):
        raise BurnerError(Code.CLOUD_ANSWER_DAMAGED, "the length is not that of the payload")
    values = json_object(padded[:length], Code.CLOUD_ANSWER_UNREADABLE)
    names = {_PSK: ("psk",), _CERTIFICATE: ("clientCert", "clientKey")}
    kind = values.get("encryptionType")
    needed = names.get(kind, ()) if isinstance(kind, int) else ()
    texts = [text_in(values, name, Code.CLOUD_ANSWER_DAMAGED) for name in needed]
    match texts:
        case [psk] if len(psk) <= MAX_PSK:
            return Credentials(device_secret=psk)
        case [certificate, private_key]:
            return Credentials(certificate=certificate, private_key=private_key)
    raise BurnerError(Code.CLOUD_ANSWER_DAMAGED, "neither PSK nor certificate")
