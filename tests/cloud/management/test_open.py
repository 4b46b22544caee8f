"""Which platforms have a management API here, and what is said without the extra `cloud`."""

import sys

import pytest

from burner.cloud.management.account import ApiAccount
from burner.cloud.management.credentials import api_credentials
from burner.cloud.management.open import WITH_MANAGEMENT_API, open_management
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.secret import Secret
from burner.platforms.platform import Cloud
from tests.cloud.management.local_api import CREDENTIALS

ACCOUNT = ApiAccount(api_credentials(Secret(CREDENTIALS.encode())))
SDKS = {
    Cloud.TENCENT_HUB: "tencentcloud",
    Cloud.TENCENT_EXPLORER: "tencentcloud",
    Cloud.ALIBABA: "alibabacloud_iot20180120",
}
LOADED = (*SDKS.values(), "burner.cloud.management.tencent_", "burner.cloud.management.alibaba")


@pytest.mark.parametrize("cloud", sorted(WITH_MANAGEMENT_API))
def test_without_the_sdk_the_command_that_installs_it_is_told(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith(LOADED)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, SDKS[cloud], None)
    with pytest.raises(BurnerError) as raised:
        open_management(cloud, ACCOUNT)
    assert raised.value.code == Code.MANAGEMENT_SDK_MISSING
    assert 'pip install "burner[cloud]"' in raised.value.row.do
    assert 'pip install "burner[cloud]"' in raised.value.row.do_zh


@pytest.mark.parametrize("cloud", sorted(set(Cloud) - WITH_MANAGEMENT_API))
def test_a_platform_without_a_management_api_says_what_takes_its_place(cloud: Cloud) -> None:
    with pytest.raises(BurnerError) as raised:
        open_management(cloud, ACCOUNT)
    assert raised.value.code == Code.MANAGEMENT_API_UNKNOWN
    assert "checklist" in raised.value.row.do
