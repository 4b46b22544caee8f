"""Alibaba Cloud IoT Platform (阿里云物联网平台): one product, one secret (一型一密), over HTTPS.

The name must have been created beforehand: without that it registers over MQTT only, which is not
served here. The answer holds the device's secret in clear, so everything needs TLS.
"""

import hmac
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.platforms.platform import NvsPreset, Platform
from burner.platforms.registration import (
    Applicant,
    Claim,
    Credentials,
    HttpRequest,
    RegistrationGrant,
    RegistrationRefusal,
    TimestampAndNonce,
    json_object,
    platform_code,
    platform_refusal,
    text_in,
)
from burner.platforms.rules import IdRule, NameRule, ProductRules, SecretRule

DONE: Final = 200
HASHES: Final[Mapping[str, str]] = {
    "hmacsha256": "sha256",
    "hmacsha1": "sha1",
    "hmacmd5": "md5",
}
"""`signMethod` → hash."""
_SIGNED: Final = ("deviceName", "productKey", "random")


class AlibabaApi:
    """Registration over HTTPS."""

    path = "/auth/register/device"
    content_type = "application/x-www-form-urlencoded"
    needs_tls = True
    codes: Mapping[str, Code] = {
        "460": Code.CLOUD_REQUEST_INVALID,
        "400": Code.CLOUD_REQUEST_INVALID,
        "401": Code.CLOUD_SIGNATURE_REFUSED,
        "403": Code.CLOUD_REGISTRATION_OFF,
        "429": Code.CLOUD_TOO_MANY_REQUESTS,
        "500": Code.CLOUD_FAILED,
        "503": Code.CLOUD_FAILED,
        "5005": Code.CLOUD_PRODUCT_UNKNOWN,
        "6250": Code.CLOUD_PRODUCT_UNKNOWN,
        "6100": Code.CLOUD_NAME_NOT_CREATED,
    }
    """Of the error codes that devices get. No public source says which of them a registration that
    is off, or a device that is activated, is answered with."""

    def request(self, applicant: Applicant, host: str, stamp: TimestampAndNonce) -> HttpRequest:
        values = {
            "productKey": applicant.product_id,
            "deviceName": applicant.device_name,
            "random": str(stamp.nonce),
            "signMethod": "hmacsha256",
        }
        (signature,) = _signatures(values, applicant.secret.reveal())
        headers = {"Host": host, "Content-Type": self.content_type}
        return HttpRequest(self.path, headers, urlencode({**values, "sign": signature}).encode())

    def claim(self, request: HttpRequest) -> Claim:
        try:
            pairs = parse_qsl(request.body.decode("ascii"), max_num_fields=20)
        except ValueError:
            raise BurnerError(Code.CLOUD_REQUEST_INVALID, "not a form") from None
        values = dict(pairs)
        for name in (*_SIGNED, "sign"):
            text_in(values, name, Code.CLOUD_REQUEST_INVALID)
        if values.get("signMethod", "").lower() not in HASHES:
            detail = f"signMethod: {', '.join(HASHES)}"
            raise BurnerError(Code.CLOUD_REQUEST_INVALID, detail)
        return Claim(
            product_id=values["productKey"],
            device_name=values["deviceName"],
            signature=values["sign"].lower(),
            signatures=lambda secret: _signatures(values, secret),
            precreated=True,
        )

    def granted(self, grant: RegistrationGrant) -> Mapping[str, Any]:
        data = {
            "deviceName": grant.claim.device_name,
            "deviceSecret": grant.credentials.device_secret,
            "productKey": grant.claim.product_id,
        }
        return {"code": DONE, "data": data, "message": "success"}

    def refused(self, refusal: RegistrationRefusal) -> Mapping[str, Any]:
        return {"code": int(platform_code(self.codes, refusal.code)), "message": refusal.text}

    def credentials(
        self,
        answer: bytes,
        secret: Secret,  # noqa: ARG002 - nothing is encrypted but by TLS
    ) -> Credentials:
        values = json_object(answer, Code.CLOUD_ANSWER_DAMAGED)
        if values.get("code") != DONE:
            found = str(values.get("code", ""))
            raise platform_refusal(self.codes.get(found), found, str(values.get("message", "")))
        data = values.get("data")
        if not isinstance(data, dict):
            raise BurnerError(Code.CLOUD_ANSWER_DAMAGED, "data is missing")
        device_secret = text_in(data, "deviceSecret", Code.CLOUD_ANSWER_DAMAGED)
        return Credentials(device_secret=device_secret)


def _signatures(values: Mapping[str, str], secret: bytes) -> Iterator[str]:
    text = "".join(f"{name}{values[name]}" for name in _SIGNED)
    method = HASHES[values["signMethod"].lower()]
    yield hmac.digest(secret, text.encode(), method).hex()


ALIBABA: Final = Platform(
    title="Alibaba Cloud IoT Platform",
    rules=ProductRules(
        product_id=IdRule(
            word="ProductKey",
            form="[0-9A-Za-z]{4,20}",
            allowed="4 to 20 letters and digits, from the console",
            usual="[0-9A-Za-z]*",
            usual_words="letters and digits",
            longest=20,
        ),
        secret=SecretRule(shortest=16, longest=32, usual_length=16),
        names=NameRule(shortest=4, longest=32, marks="-_@.:"),
        placeholders=frozenset(
            {
                "PRODUCT_KEY",
                "PRODUCT_SECRET",
                "DEVICE_NAME",
                "DEVICE_SECRET",
                "YourProductKey",
                "YourProductSecret",
                "YourDeviceName",
                "YourDeviceSecret",
                "${YourProductKey}",
                "${YourProductSecret}",
                "${YourDeviceName}",
                "${YourDeviceSecret}",
            }
        ),
    ),
    apis=(AlibabaApi(),),
    hosts={
        region: f"iot-auth.{region}.aliyuncs.com"
        for region in (
            *("cn-shanghai", "ap-southeast-1", "ap-northeast-1", "eu-central-1"),
            *("us-west-1", "us-east-1"),
        )
    },
    registration_texts=(AlibabaApi.path, "authType=reg"),
    nvs_preset=NvsPreset(
        "esp-aliyun",
        partition="fctry",
        namespace="aliyun-key",
        keys={"product_id": "ProductKey", "product_secret": "ProductSecret"},
    ),
    sdk_layout=None,
    at_commands=False,
    device_secret=bytes.hex,
    certificates=False,
    creates_devices=False,
    registration_switch=False,
    instances=True,
    licenses=False,
    repeats=1000,
)
"""The preset is the layout of Espressif's SDK. Until a device is activated it may register again;
each time it gets another secret."""
