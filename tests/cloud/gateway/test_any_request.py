"""Whatever comes in, the gateway answers it, and registers nobody without a signature."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burner.platforms.platform import Cloud
from burner.platforms.platforms import PLATFORMS
from burner.platforms.registration import HttpRequest, RegistrationApi
from tests.cloud.gateway.products import PRODUCT_ID, gateway, product, request

APIS = [(cloud, api) for cloud, platform in PLATFORMS.items() for api in platform.apis]
FIELDS = {
    *("ProductId", "DeviceName", "deviceName", "productId", "timestamp", "nonce", "signature"),
    *("productKey", "random", "sign", "signMethod", "InstanceID", "product_key", "device_name"),
    *("random_num", "auth_type"),
}
TEXTS = st.one_of(
    st.sampled_from([PRODUCT_ID, "plug-7", "hmacsha256", "\ud800", "\0", "1" * 5000]),
    st.text(st.characters(), max_size=20),
)
VALUES: st.SearchStrategy[Any] = st.one_of(
    TEXTS,
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.lists(st.integers(), max_size=2),
)
BODIES = st.one_of(st.binary(max_size=40), st.dictionaries(st.sampled_from(sorted(FIELDS)), VALUES))
HEADERS = st.dictionaries(
    st.sampled_from(["Host", "X-TC-Algorithm", "X-TC-Timestamp", "X-TC-Nonce", "X-TC-Signature"]),
    st.one_of(st.sampled_from(["hmacsha1", "HmacSha256", "1", "1700000000"]), st.text(max_size=20)),
)


def encoded(api: RegistrationApi, body: bytes | dict[str, Any]) -> bytes:
    if isinstance(body, bytes):
        return body
    if "form" in api.content_type:
        return urlencode(body, errors="replace").encode()
    return json.dumps(body).encode()


@pytest.mark.parametrize(("cloud", "api"), APIS)
@given(body=BODIES, headers=HEADERS)
@settings(max_examples=60, deadline=None)
def test_any_request_is_answered(
    cloud: Cloud, api: RegistrationApi, body: bytes | dict[str, Any], headers: dict[str, str]
) -> None:
    served = gateway(product(cloud=cloud))
    for known in (headers, {**request(api).headers, **headers}):
        sent = HttpRequest(
            api.path, {**known, "Content-Type": api.content_type}, encoded(api, body)
        )
        answer, seen = served.answer(sent, secured=True)
        assert not seen.registered
        assert answer.body.isascii()
