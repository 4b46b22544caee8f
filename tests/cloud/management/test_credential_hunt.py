"""Credentials and product secrets are looked for in all that a call of a management API leaves."""

import json
import logging
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from itertools import product

import pytest

from burner.cloud.gateway.http_server import BoundedHttpServer
from burner.cloud.management.account import ApiAccount
from burner.cloud.management.api import ManagementApi
from burner.cloud.management.calls import ApiCalls, CallLimits
from burner.cloud.management.credentials import api_credentials
from burner.cloud.management.endpoint import api_endpoint
from burner.cloud.management.open import open_management
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.platforms.platform import Cloud
from burner.platforms.product_settings import RegisterType
from burner.platforms.registration import HttpRequest
from tests import secret_shapes

KEY, TOKEN = "vK3xQ8mZ5tR1wY7pL2nB9cJ4dF6gH0sA", "tN6yU2iO9pE4rW7qM1zX5cV8bG3hJ0kL"
PRODUCT_SECRET = "Zk8vQ2mT6xW4yB9nR3sJ7pLd"
SECRETS = (KEY, TOKEN, PRODUCT_SECRET)
ONCE = ApiCalls(CallLimits(tries=1, seconds=60, total_seconds=60))
PRODUCT_ID = "7QKX2MPD0C"

Call = Callable[[ManagementApi], object]
CALLS: Mapping[str, Call] = {
    "product": lambda api: api.product(PRODUCT_ID),
    "device_count": lambda api: api.device_count(PRODUCT_ID),
    "devices": lambda api: list(api.devices(PRODUCT_ID)),
    "device": lambda api: api.device(PRODUCT_ID, "A1"),
    "create": lambda api: api.create(PRODUCT_ID, ["A1", "A2"]),
    "set_registration": lambda api: api.set_registration(PRODUCT_ID, RegisterType.OFF, 5),
}
EVERYTHING, CREDENTIALS = " ".join(SECRETS), f"{KEY} {TOKEN}"
PROPERTIES = {"ProductSecret": PRODUCT_SECRET, "Region": "gz", "EncryptionType": "2"}
PRODUCT = {"ProductId": PRODUCT_ID, "ProductName": "plug", "ProductProperties": PROPERTIES}
ANSWERS: Mapping[str, object] = {
    "refused in its words": {"Error": {"Code": "AuthFailure", "Message": f"not {CREDENTIALS}"}},
    "refused with its code": {"Error": {"Code": CREDENTIALS, "Message": "no"}},
    "no values": {},
    "a product without devices": {**PRODUCT, "Devices": []},
    "a wrong type": {
        **PRODUCT,
        "ProductProperties": {**PROPERTIES, "RegisterType": "2"},
        "Devices": 5,
        "TotalCount": "5",
        "DeviceName": 5,
        "TaskId": 5,
    },
    "fields that nobody knows": {
        **PRODUCT,
        "ProductProperties": {**PROPERTIES, "Added": EVERYTHING, EVERYTHING: 1},
        "Devices": [{"DeviceName": "A1", "Added": EVERYTHING, EVERYTHING: 1}],
        "TotalCount": 1,
        EVERYTHING: 1,
    },
    "no answer of the API": EVERYTHING,
}
DATA = {"ProductKey": PRODUCT_ID, "ProductSecret": PRODUCT_SECRET, "DeviceSecret": PRODUCT_SECRET}
ANSWERS_OF_ALIBABA: Mapping[str, object] = {
    "refused in its words": {
        "Success": False,
        "Code": "iot.x",
        "ErrorMessage": f"no {CREDENTIALS}",
    },
    "refused with its code": {"Success": False, "Code": CREDENTIALS, "RequestId": CREDENTIALS},
    "refused with data": {"Success": False, "Code": "iot.x", "Data": {**DATA, EVERYTHING: 1}},
    "refused at the door": {"Code": "SignatureDoesNotMatch", "Message": f"no {CREDENTIALS}"},
    "no values": {},
    "a product without devices": {"Success": True, "Data": {**DATA, "DeviceCount": 0}},
    "a wrong type": {"Success": True, "Data": {**DATA, "DeviceCount": "5", "ApplyId": "5"}},
    "unfit names": {
        "Success": True,
        "Data": {
            **DATA,
            "ApplyId": 5,
            "Status": "CHECK_FAILED",
            "InvalidDetailList": {
                "invalidDetailList": [{"DeviceName": "A1", "ErrorMsg": EVERYTHING}],
                "InvalidDetailList": [{"DeviceName": "A2", "ErrorMsg": EVERYTHING}],
            },
        },
    },
    "fields that nobody knows": {
        "Success": True,
        "Data": {**DATA, "DeviceCount": 1, "Added": EVERYTHING, EVERYTHING: EVERYTHING},
        EVERYTHING: 1,
    },
    "a text in place of data": {"Success": True, "Data": EVERYTHING},
    "no answer of the API": EVERYTHING,
}


def whole(cloud: Cloud, name: str) -> object:
    """An answer as the platform sends it."""
    if cloud is Cloud.ALIBABA:
        answer = ANSWERS_OF_ALIBABA[name]
        return {"RequestId": "7d", **answer} if isinstance(answer, dict) else answer
    answer = ANSWERS[name]
    return {"Response": {"RequestId": "7d", **answer} if isinstance(answer, dict) else answer}


@contextmanager
def platform(body: object, status: HTTPStatus = HTTPStatus.OK) -> Iterator[str]:
    """A platform that gives every call the same answer; its URL."""

    def reply(_request: HttpRequest, _client: str, _secured: bool) -> tuple[HTTPStatus, bytes]:
        return status, json.dumps(body).encode()

    server = BoundedHttpServer(("127.0.0.1", 0), reply, lambda *_: None)
    server.start()
    try:
        yield server.url
    finally:
        server.close()


def opened(cloud: Cloud, url: str) -> ManagementApi:
    credentials = api_credentials(Secret(f"AKIDdesk0123456789:{KEY}:{TOKEN}".encode()))
    return open_management(cloud, ApiAccount(credentials, endpoint=api_endpoint(url), calls=ONCE))


def left_by(
    api: ManagementApi, call: Callable[[ManagementApi], object]
) -> Iterator[tuple[str, str]]:
    """All that a call leaves: where it is, and its text."""
    try:
        yield "result", repr(call(api))
    except BurnerError as error:
        whole = traceback.TracebackException.from_exception(error, capture_locals=True)
        yield "error", f"{error!r} {error} {error.findings}"
        yield "traceback", "".join(whole.format())


@pytest.mark.filterwarnings("ignore:.*useless:UserWarning")  # as the SDK itself does
@pytest.mark.parametrize(
    ("cloud", "answer"),
    [
        *product((Cloud.TENCENT_HUB, Cloud.TENCENT_EXPLORER), ANSWERS),
        *((Cloud.ALIBABA, answer) for answer in ANSWERS_OF_ALIBABA),
    ],
)
def test_whatever_a_platform_answers_no_secret_is_left_of_it(
    cloud: Cloud, answer: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    left: list[tuple[str, str]] = []
    with platform(whole(cloud, answer)) as url:
        api = opened(cloud, url)
        left.append(("repr", repr(api) + repr(vars(api))))
        for name, call in CALLS.items():
            left += ((f"{where} of {name}", text) for where, text in left_by(api, call))
    left += [("log", caplog.text), *zip(("stdout", "stderr"), capfd.readouterr(), strict=True)]
    assert {where: kinds for where, text in left if (kinds := leaks(text))} == {}


SHAPES = [
    (name, shape.decode().lower())
    for secret in SECRETS
    for name, shape in secret_shapes.shapes(secret)
    if name in ("plain", "hex", "base64")
]
"""How a program shows what it holds; the other shapes are those of firmware."""


def leaks(text: str) -> list[str]:
    shown = text.lower()
    return sorted({name for name, shape in SHAPES if shape in shown})
