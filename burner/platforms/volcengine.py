"""Volcengine IoT (火山引擎物联网平台): dynamic registration over HTTPS.

Its rules of values are not in public sources; those here are what its SDK takes and what was seen.
"""

import base64
import hmac
from collections.abc import Iterator, Mapping
from typing import Any, Final

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.platforms.payload import BLOCK, decrypt, encrypt, key_of
from burner.platforms.platform import NvsPreset, Platform
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
)
from burner.platforms.rules import IdRule, NameRule, ProductRules, SecretRule

VERSION: Final = "2021-12-14"
_ACTION: Final = "DynamicRegister"
_PRECREATED, _AUTOMATIC = 0, 1
"""`auth_type`."""
_SIGNED: Final = ("auth_type", "device_name", "random_num", "product_key", "timestamp")


class VolcengineApi:
    """The action DynamicRegister."""

    path = f"/{VERSION}/{_ACTION}"
    content_type = "application/json"
    needs_tls = False
    codes: Mapping[str, Code] = {
        "InternalError": Code.CLOUD_FAILED,
        "InvalidParameter": Code.CLOUD_REQUEST_INVALID,
        "SignatureDoesNotMatch": Code.CLOUD_SIGNATURE_REFUSED,
        "12000130": Code.CLOUD_LICENSES_USED_UP,
        "12000140": Code.CLOUD_LICENSES_USED_UP,
    }
    """The numbers are of its SDK: licenses used up, licenses expired. The words are those of its
    other APIs: no public source lists those of the registration."""

    def request(self, applicant: Applicant, host: str, stamp: TimestampAndNonce) -> HttpRequest:
        values: dict[str, object] = {
            "InstanceID": applicant.instance,
            "product_key": applicant.product_id,
            "device_name": applicant.device_name,
            "random_num": stamp.nonce,
            "timestamp": stamp.timestamp * 1000,
            "auth_type": _AUTOMATIC,
        }
        (signature,) = _signatures(values, applicant.secret.reveal())
        query = f"Action={_ACTION}&Version={VERSION}"
        headers = {"Host": host, "Content-Type": self.content_type}
        body = compact({**values, "signature": signature})
        return HttpRequest(f"{self.path}?{query}", headers, body)

    def claim(self, request: HttpRequest) -> Claim:
        values = json_object(request.body, Code.CLOUD_REQUEST_INVALID)
        numbers = {n: _number(values, n) for n in ("auth_type", "random_num", "timestamp")}
        if numbers["auth_type"] not in (_PRECREATED, _AUTOMATIC):
            raise BurnerError(Code.CLOUD_REQUEST_INVALID, "auth_type: 0 or 1")
        texts = {
            name: text_in(values, name, Code.CLOUD_REQUEST_INVALID)
            for name in ("InstanceID", "device_name", "product_key", "signature")
        }
        return Claim(
            product_id=texts["product_key"],
            device_name=texts["device_name"],
            signature=texts["signature"],
            signatures=lambda secret: _signatures({**texts, **numbers}, secret),
            seconds=numbers["timestamp"] / 1000,
            precreated=numbers["auth_type"] == _PRECREATED,
        )

    def granted(self, grant: RegistrationGrant) -> Mapping[str, Any]:
        plain, key = grant.credentials.device_secret.encode(), key_of(grant.secret)
        missing = BLOCK - len(plain) % BLOCK
        padded = plain + bytes([missing]) * missing
        payload = encrypt(padded, key, key)
        result = {"len": len(plain), "payload": payload, "RTCAppID": ""}
        return {"ResponseMetadata": _metadata(grant.request_id), "Result": result}

    def refused(self, refusal: RegistrationRefusal) -> Mapping[str, Any]:
        found = platform_code(self.codes, refusal.code)
        number = int(found) if found.isdecimal() else 0
        error = {"CodeN": number, "Code": found, "Message": refusal.text}
        return {"ResponseMetadata": {**_metadata(refusal.request_id), "Error": error}}

    def credentials(self, answer: bytes, secret: Secret) -> Credentials:
        values = json_object(answer, Code.CLOUD_ANSWER_DAMAGED)
        metadata, result = values.get("ResponseMetadata"), values.get("Result")
        error = metadata.get("Error") if isinstance(metadata, dict) else None
        if isinstance(error, dict):
            number, found = str(error.get("CodeN", "")), str(error.get("Code", ""))
            code = self.codes.get(number) or self.codes.get(found)
            raise platform_refusal(code, found or number, str(error.get("Message", "")))
        if not isinstance(result, dict):
            raise BurnerError(Code.CLOUD_ANSWER_DAMAGED, "Result is missing")
        payload = text_in(result, "payload", Code.CLOUD_ANSWER_DAMAGED)
        padded = decrypt(payload, key_of(secret), key_of(secret))
        plain, missing = padded[: -padded[-1]], padded[-1]
        right = 0 < missing <= BLOCK and padded.endswith(bytes([missing]) * missing)
        if not (right and plain.isascii() and plain.decode("ascii").isprintable() and plain):
            raise BurnerError(Code.CLOUD_ANSWER_UNREADABLE)
        return Credentials(device_secret=plain.decode())


def _metadata(request_id: str) -> dict[str, Any]:
    return {"RequestId": request_id, "Action": _ACTION, "Version": VERSION}


def _number(values: Mapping[str, Any], name: str) -> int:
    """A whole number; C libraries may write it as a floating one, and a random one may be negative.

    Raises:
        BurnerError: E803.
    """
    value = values.get(name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return value
    raise BurnerError(Code.CLOUD_REQUEST_INVALID, f"{name} is not a number")


def _signatures(values: Mapping[str, object], secret: bytes) -> Iterator[str]:
    text = "&".join(f"{name}={values[name]}" for name in _SIGNED)
    yield base64.b64encode(hmac.digest(secret, text.encode(), "sha256")).decode()


VOLCENGINE: Final = Platform(
    title="Volcengine IoT",
    rules=ProductRules(
        product_id=IdRule(
            word="ProductKey",
            form="[0-9A-Za-z]{10,32}",
            allowed="10 to 32 letters and digits, from the console",
            usual="[0-9A-Za-z]*",
            usual_words="letters and digits",
            longest=32,
        ),
        secret=SecretRule(shortest=BLOCK, longest=32, usual_length=24),
        names=NameRule(shortest=1, longest=48, marks="_-"),
        placeholders=frozenset(
            {"PRODUCT_KEY", "PRODUCT_SECRET", "DEVICE_NAME", "DEVICE_SECRET", "INSTANCE_ID"}
        ),
    ),
    apis=(VolcengineApi(),),
    hosts={"cn-shanghai": "iot-cn-shanghai.iot.volces.com"},
    registration_texts=(VolcengineApi.path, _ACTION),
    nvs_preset=NvsPreset(
        "volcengine",
        partition="fctry",
        namespace="volc-key",
        keys={"product_id": "product_key", "product_secret": "product_secret"},
    ),
    sdk_layout=None,
    at_commands=False,
    device_secret=bytes.hex,
    certificates=False,
    creates_devices=True,
    registration_switch=False,
    instances=True,
    licenses=True,
    repeats=0,
)
"""Its firmware has no layout in public: the preset is burner's own. Nor does a public document say
that a registered device may register again.
"""
