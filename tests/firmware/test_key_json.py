"""The JSON of the key is read as Python reads it."""

import json

import pytest

from tests.firmware import products
from tests.firmware.burning import read, status
from tests.firmware.host import Host, Status
from tests.provisioning.layouts import KEY

NOT_JSON = (
    "", "[]", "1", "null", "{", "{}x", '{"a"}', '{"a":}', '{"a":1,}', '{,}', '{"a":01}', '{"a":1.}',
    '{"a":1e}', '{"a":+1}', '{"a":tru}', '{"a":"\\x"}', '{"a":"\\u12"}', '{"a":"\n"}', "{'a':1}",
    '{"a":[}', '{"a":[1,]}', '{"a":]}', '{"a":"', '{"a":"\\', '{"a":-}',
    '{"a":' + "[" * 40 + "]" * 40 + "}",
)  # fmt: skip


@pytest.mark.parametrize("text", NOT_JSON)
def test_what_is_no_json_object_is_damaged(host: Host, text: str) -> None:
    (result,) = read(host, products.FILE, (text.encode(), b""))
    assert status(result) is Status.DAMAGED


def test_json_is_read_as_python_reads_it(host: Host) -> None:
    key = {"productId": KEY.product_id, "productSecret": "S" * 24, "deviceName": "n-1"}
    rest = {
        "a": [{}, [], {"b": [1, -2.5e-3, True, None]}],
        "c": {"productId": "OTHER"},
        "d": '\\"/',
    }
    escaped = json.dumps({**rest, **key}, indent=1).replace("n-1", "\\u006e\\u002D1")
    twice = json.dumps(key)[:-1] + ', "deviceName": "later"}'
    results = read(host, products.FILE, (escaped.encode(), b""), (twice.encode(), b""))
    assert [result[3] for result in results] == [b"n-1", b"later"]


@pytest.mark.parametrize("missing", ["productId", "productSecret", "deviceName"])
@pytest.mark.parametrize("value", ["", None, 1, ["x"]])
def test_a_value_that_is_no_text_is_missing(host: Host, missing: str, value: object) -> None:
    key = {
        "productId": KEY.product_id,
        "productSecret": "S" * 24,
        "deviceName": "n",
        missing: value,
    }
    (result,) = read(host, products.FILE, (json.dumps(key).encode(), b""))
    assert status(result) is Status.MISSING


def test_half_a_character_elsewhere_does_not_matter(host: Host) -> None:
    """Python takes it too. In a value of the key it is not allowed, and a NUL ends no value."""
    key = {"productId": KEY.product_id, "productSecret": "S" * 24, "deviceName": "n"}
    wanted = {
        "\\ud800": Status.OK,
        "\\ud83d\\ude00\\udc00\\ud800\\n\\u0000": Status.OK,
        '", "deviceName": "n\\u0000': Status.NOT_ALLOWED,
        '", "deviceName": "n\\ud800': Status.NOT_ALLOWED,
    }
    texts = (json.dumps(key)[:-1] + f', "x": "{more}"}}' for more in wanted)
    results = read(host, products.FILE, *((text.encode(), b"") for text in texts))
    assert [status(result) for result in results] == list(wanted.values())


@pytest.mark.parametrize(
    ("name", "longest"), [("productId", 10), ("productSecret", 32), ("deviceName", 48)]
)
def test_a_value_may_be_as_long_as_its_place(host: Host, name: str, longest: int) -> None:
    key = {"productId": KEY.product_id, "productSecret": "S" * 24, "deviceName": "n"}
    texts = (json.dumps({**key, name: "S" * size}) for size in (longest, longest + 1))
    fits, too_long = read(host, products.FILE, *((text.encode(), b"") for text in texts))
    assert status(fits) is Status.OK
    assert status(too_long) is Status.TOO_LONG
