"""Calls of the local management API through Tencent's own SDK."""

import json
from typing import Any

import pytest
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.iotcloud.v20180614 import iotcloud_client as hub_2018
from tencentcloud.iotcloud.v20180614 import models as models_2018
from tencentcloud.iotcloud.v20210408 import iotcloud_client as hub_2021
from tencentcloud.iotcloud.v20210408 import models as models_2021
from tencentcloud.iotexplorer.v20190423 import iotexplorer_client as explorer_2019
from tencentcloud.iotexplorer.v20190423 import models as models_2019

from tests.cloud.gateway.products import PRODUCT_ID
from tests.cloud.management.local_api import SECRET_ID, SECRET_KEY, LocalApi

CLIENTS = {
    "2021": (hub_2021.IotcloudClient, models_2021),
    "2018": (hub_2018.IotcloudClient, models_2018),
    "explorer": (explorer_2019.IotexplorerClient, models_2019),
}


def call(
    api: LocalApi,
    version: str,
    action: str,
    *,
    secret_id: str = SECRET_ID,
    secret_key: str = SECRET_KEY,
    token: str | None = None,
    region: str = "ap-guangzhou",
    seconds: float = 10.0,
    **parameters: Any,
) -> Any:
    """The answer of an action. Parameters without any: the product's ID."""
    client_class, models = CLIENTS[version]
    http = HttpProfile(
        protocol=api.url.partition(":")[0], endpoint=api.endpoint, reqTimeout=seconds
    )
    client = client_class(
        Credential(secret_id, secret_key, token), region, ClientProfile(httpProfile=http)
    )
    request = getattr(models, f"{action}Request")()
    if {"ProjectId", "InstanceId"}.isdisjoint(parameters):
        parameters = {"ProductId": PRODUCT_ID, **parameters}
    request.from_json_string(json.dumps(parameters))
    return getattr(client, action)(request)


def refused(api: LocalApi, version: str, action: str, **more: Any) -> str:
    """The code with which an action is refused; of the SDK where no answer came."""
    with pytest.raises(TencentCloudSDKException) as raised:
        call(api, version, action, **more)
    return str(raised.value.get_code())
