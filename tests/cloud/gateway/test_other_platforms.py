"""The gateway as Alibaba Cloud and Volcengine."""

from http import HTTPStatus

import pytest

from burner.cloud.gateway.gateway import ServedProduct
from burner.cloud.gateway.registered_devices import ListedName
from burner.core.code import Code
from burner.core.secrets.secret import Secret
from burner.platforms.platform import Cloud
from burner.platforms.platforms import PLATFORMS
from burner.platforms.product_settings import RegisterType
from burner.platforms.registration import Credentials, HttpRequest
from tests.cloud.gateway.products import (
    NOW,
    PRODUCT_ID,
    SECRET,
    gateway,
    product,
    register,
    request,
)

CLOUDS = (Cloud.ALIBABA, Cloud.VOLCENGINE)
WRONG = Secret(b"9XzjN8rfgFVGDTNTUGau4snA")
each = pytest.mark.parametrize("cloud", CLOUDS)


def listed(cloud: Cloud, **more: int) -> ServedProduct:
    return product(
        cloud=cloud,
        names={"plug-7": ListedName()},
        register_type=RegisterType.PRECREATED,
        repeats=more.get("repeats", 0),
    )


@each
def test_a_device_registers_if_its_name_was_created(cloud: Cloud) -> None:
    (api,) = PLATFORMS[cloud].apis
    served = gateway(listed(cloud))
    got, seen = register(served, api)
    assert isinstance(got, Credentials)
    assert (len(got.device_secret), seen.registered) == (32, True)
    assert register(served, api, "plug-8")[1].code is Code.CLOUD_NAME_NOT_CREATED
    assert register(served, api)[1].code is Code.CLOUD_NAME_REGISTERED


@each
def test_a_wrong_secret_and_another_product_are_refused(cloud: Cloud) -> None:
    (api,) = PLATFORMS[cloud].apis
    served = gateway(listed(cloud))
    assert register(served, api, secret=WRONG)[0] == "E804"
    assert register(served, api, product_id="S3EUVBRJLC")[1].code is Code.CLOUD_PRODUCT_UNKNOWN


def test_alibaba_answers_over_tls_alone() -> None:
    (api,) = PLATFORMS[Cloud.ALIBABA].apis
    answer, seen = gateway(listed(Cloud.ALIBABA)).answer(request(api), secured=False)
    assert (answer.status, seen.registered) == (HTTPStatus.FORBIDDEN, False)


def test_over_https_alibaba_creates_no_device_by_itself() -> None:
    (api,) = PLATFORMS[Cloud.ALIBABA].apis
    assert register(gateway(product(cloud=Cloud.ALIBABA)), api)[0] == "E807"


def test_volcengine_creates_devices_where_the_product_does_and_asks_for_the_clock() -> None:
    (api,) = PLATFORMS[Cloud.VOLCENGINE].apis
    served = gateway(product(cloud=Cloud.VOLCENGINE))
    assert register(served, api)[1].registered
    late = register(served, api, "b", seconds=NOW - 301)[1]
    assert late.code is Code.CLOUD_CLOCK_WRONG
    assert register(served, api, "b", seconds=NOW - 299)[1].registered


def test_licenses_that_are_used_up_can_be_provoked() -> None:
    (api,) = PLATFORMS[Cloud.VOLCENGINE].apis
    names = {"plug-7": ListedName(refusal=Code.CLOUD_LICENSES_USED_UP)}
    assert register(gateway(product(cloud=Cloud.VOLCENGINE, names=names)), api)[0] == "E814"


def test_a_product_is_not_found_by_the_way_of_another_platform() -> None:
    (api,) = PLATFORMS[Cloud.VOLCENGINE].apis
    other = product(cloud=Cloud.VOLCENGINE, product_id="S3EUVBRJLC")
    served = gateway(product(), other)
    assert register(served, api, product_id=PRODUCT_ID)[1].code is Code.CLOUD_PRODUCT_UNKNOWN
    assert SECRET.reveal() not in served.answer(request(api), secured=True)[0].body


def test_a_query_is_no_part_of_the_path() -> None:
    (api,) = PLATFORMS[Cloud.VOLCENGINE].apis
    asked = request(api)
    assert "?" in asked.path
    plain = HttpRequest(api.path, asked.headers, asked.body)
    served = gateway(listed(Cloud.VOLCENGINE))
    assert served.answer(plain, secured=True)[1].registered


@pytest.mark.parametrize(
    ("cloud", "again"),
    [
        (Cloud.TENCENT_HUB, False),
        (Cloud.TENCENT_EXPLORER, True),
        (Cloud.ALIBABA, True),
        (Cloud.VOLCENGINE, False),
    ],
)
def test_a_device_registers_again_where_its_platform_documents_that(
    cloud: Cloud, again: bool
) -> None:
    platform = PLATFORMS[cloud]
    served = gateway(listed(cloud, repeats=platform.repeats))
    first, second = (register(served, platform.apis[0])[0] for _ in range(2))
    assert isinstance(first, Credentials)
    assert isinstance(second, Credentials) is again
    assert first != second
