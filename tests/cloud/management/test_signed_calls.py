"""Calls of the local management API as bytes: what is signed, and that any of them is answered."""

import ast
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.cloud.gateway.gateway import ServedProduct
from burner.cloud.gateway.management import service as service_module
from burner.cloud.gateway.management.explorer import ExplorerActions
from burner.cloud.gateway.management.hub import HubActions
from burner.cloud.gateway.management.service import ManagementService
from burner.cloud.gateway.management.tencent_api import CONTENT_TYPE
from burner.cloud.gateway.registered_devices import ListedName
from burner.cloud.management.credentials import api_credentials
from burner.core.secrets.secret import Secret
from burner.core.words.error_details import detail_in
from burner.platforms.platform import Cloud
from burner.platforms.registration import HttpRequest
from tests.chinese import english_in
from tests.cloud.gateway.products import PRODUCT_ID, product
from tests.cloud.management.local_api import CREDENTIALS, KEY, SECRET_ID, SECRET_KEY, local_api
from tests.cloud.management.sdk_calls import call, refused

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
HEADERS = (
    *("Authorization", "Content-Type", "Host", "X-TC-Timestamp", "X-TC-Token"),
    *("x-acs-action", "x-acs-date", "x-acs-version", "x-acs-signature-nonce"),
)
PARAMETERS = ("ProductId", "DeviceName", "DeviceNames", "TaskId", "Offset", "Limit", "InstanceId")
ACTIONS = [
    (actions.service, version, action)
    for actions in (HubActions((), 0), ExplorerActions(()))
    for version, named in actions.actions().items()
    for action in named
]
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(["n1", PRODUCT_ID, "\ud800", 10, 10**400, "9" * 5000]),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    st.lists(st.text(max_size=3), max_size=3),
)


@given(headers=st.dictionaries(st.sampled_from(HEADERS), st.text(max_size=40)), body=st.binary())
def test_any_request_is_answered_and_nothing_is_done_without_a_signature(
    headers: dict[str, str], body: bytes
) -> None:
    answer, seen = served(product()).answer(
        HttpRequest("/", {"Content-Type": CONTENT_TYPE, **headers}, body)
    )
    assert seen.code
    assert answer.body.isascii()


@given(
    action=st.sampled_from(ACTIONS),
    parameters=st.dictionaries(st.sampled_from(PARAMETERS), VALUES),
    raw=st.none() | st.binary(max_size=20),
)
def test_any_signed_call_is_answered(
    action: tuple[str, str, str], parameters: dict[str, Any], raw: bytes | None
) -> None:
    cloud = Cloud.TENCENT_HUB if action[0] == "iotcloud" else Cloud.TENCENT_EXPLORER
    service = served(product(cloud=cloud, names={"n1": ListedName()}))
    body = json.dumps(parameters).encode() if raw is None else raw
    answer, _ = service.answer(signed(action, body))
    response = json.loads(answer.body)["Response"]
    assert not response.get("Error", {}).get("Code", "").startswith("AuthFailure")


def signed(
    action: tuple[str, str, str], body: bytes, *, date: str = "2026-11-29", **changed: str
) -> HttpRequest:
    """A call that is signed as the platform documents it."""
    service, version, name = action
    moment = int(NOW.timestamp())
    lines = ("POST", "/", "", f"content-type:{CONTENT_TYPE}\nhost:h\n", "content-type;host")
    digest = sha256("\n".join((*lines, sha256(body).hexdigest())).encode()).hexdigest()
    scope = f"{date}/{service}/tc3_request"
    key = b"TC3" + SECRET_KEY.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = f"TC3-HMAC-SHA256\n{moment}\n{scope}\n{digest}"
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    headers = {
        "Authorization": f"TC3-HMAC-SHA256 Credential={SECRET_ID}/{scope}, "
        f"SignedHeaders=content-type;host, Signature={signature}",
        "Content-Type": CONTENT_TYPE,
        "Host": "h",
        "X-TC-Action": name,
        "X-TC-Region": "ap-guangzhou",
        "X-TC-Timestamp": str(moment),
        "X-TC-Version": version,
    }
    return HttpRequest("/", {**headers, **changed}, body)


DESCRIBE = ("iotcloud", "2021-04-08", "DescribeProduct")
BODY = json.dumps({"ProductId": PRODUCT_ID}).encode()


def code_of(request: HttpRequest, *, ahead: float = 0) -> str:
    return served(product(), ahead=ahead).answer(request)[1].code


def served(product_: ServedProduct, *, ahead: float = 0) -> ManagementService:
    return ManagementService((product_,), KEY, now=lambda: NOW.timestamp() + ahead)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, ""),
        ({"Host": "H"}, ""),
        ({"Host": "other"}, "AuthFailure.SignatureFailure"),
        ({"Content-Type": "application/json; charset=utf-8"}, "AuthFailure.SignatureFailure"),
        ({"Content-Type": "text/plain"}, "InvalidRequest"),
        ({"X-TC-Timestamp": "1"}, "AuthFailure.SignatureExpire"),
        ({"X-TC-Timestamp": "1e9"}, "InvalidParameter"),
        ({"X-TC-Timestamp": ""}, "MissingParameter"),
        ({"Authorization": "Basic eDp5"}, "AuthFailure.InvalidAuthorization"),
        ({"X-TC-Version": "2020-01-01"}, "NoSuchVersion"),
        ({"X-TC-Action": "DeleteProduct"}, "InvalidAction"),
    ],
)
def test_what_is_signed_is_what_came(changed: dict[str, str], code: str) -> None:
    assert code_of(signed(DESCRIBE, BODY, **changed)) == code


def test_every_byte_of_the_body_is_signed() -> None:
    request = signed(DESCRIBE, BODY)
    for place in range(len(BODY)):
        other = bytes([*BODY[:place], BODY[place] ^ 1, *BODY[place + 1 :]])
        assert code_of(replace(request, body=other)) == "AuthFailure.SignatureFailure"


@pytest.mark.parametrize(("ahead", "code"), [(300, ""), (-300, ""), (301, "E"), (-301, "E")])
def test_a_clock_may_be_five_minutes_off(ahead: float, code: str) -> None:
    expected = "AuthFailure.SignatureExpire" if code else ""
    assert code_of(signed(DESCRIBE, BODY), ahead=ahead) == expected


def test_the_date_of_the_key_is_that_of_the_clock() -> None:
    wrong = signed(DESCRIBE, BODY, date="2026-11-28")
    assert code_of(wrong) == "AuthFailure.SignatureFailure"


def test_another_service_and_a_parameter_that_is_none_are_refused() -> None:
    assert code_of(signed(("cvm", "2017-03-12", "DescribeZones"), BODY)) == "NoSuchProduct"
    body = json.dumps({"ProductId": PRODUCT_ID, "ProductName": "x"}).encode()
    assert code_of(signed(DESCRIBE, body)) == "UnknownParameter"


def test_the_token_of_a_session_must_come_with_the_call() -> None:
    session = api_credentials(Secret(f"{CREDENTIALS}:token-of-a-session".encode()))
    with local_api(key=session) as api:
        assert call(api, "2021", "DescribeProduct", token="token-of-a-session").ProductId
        assert refused(api, "2021", "DescribeProduct") == "AuthFailure.TokenFailure"


# -- the words -------------------------------------------------------------------------------------

KNOWN = (
    *("Content-Type", "SecretId", "SignedHeaders", "Authorization", "X-TC-Timestamp"),
    *("NextToken", "AccessKey", "x-acs-date"),
)


def messages() -> Iterator[str]:
    """Every message with which a call is refused, its places filled."""
    for path in Path(service_module.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name("ApiCallRefusedError" | "_failure"), args=[_, text]
                ) if ast.unparse(text) not in ("message", "error.detail"):
                    yield filled(text)
                case ast.Call(func=ast.Name("_wrong_type"), args=[text]):
                    yield filled(text)
                case ast.Assign(targets=[ast.Name("message")], value=text):
                    yield filled(text)
                case ast.Tuple(elts=[ast.Constant(str(code)), text]) if "." in code:
                    yield filled(text)


def filled(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(map(filled, node.values))
    return str(node.value) if isinstance(node, ast.Constant) else "7"


def test_every_message_is_chinese_where_lines_are() -> None:
    said = set(messages())
    assert len(said) > 20
    left = {text: english_in(detail_in("zh", text), KNOWN) for text in said}
    assert {text: words for text, words in left.items() if words} == {}
