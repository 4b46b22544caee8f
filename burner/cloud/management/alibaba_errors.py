"""The error codes of Alibaba Cloud's management API as ours."""

from collections.abc import Mapping
from typing import Final

from burner.cloud.management.alibaba_record import NO_VALUES, AlibabaRecord
from burner.cloud.management.errors import CallRefusedError, refusal_detail
from burner.core.code import Code

DEVICE_UNKNOWN: Final = "iot.device.NotExistedDevice"
PRODUCT_UNKNOWN: Final = "iot.prod.NotExistedProduct"
_OF_NAMES: Final = ("CHECK_FAILED", "InvalidParameter", "iot.device.")
"""So begin codes that a name may have caused."""
_CODES: Final[Mapping[str, Code]] = {
    "Forbidden": Code.API_PERMISSION_MISSING,
    "IllegalTimestamp": Code.API_CLOCK_WRONG,
    "IncompleteSignature": Code.API_CREDENTIALS_REFUSED,
    "InternalError": Code.API_FAILED,
    "InvalidAccessKeyId": Code.API_CREDENTIALS_REFUSED,
    "InvalidSecurityToken": Code.API_CREDENTIALS_REFUSED,
    "InvalidTimeStamp": Code.API_CLOCK_WRONG,
    "MissingSecurityToken": Code.API_CREDENTIALS_REFUSED,
    "NoPermission": Code.API_PERMISSION_MISSING,
    "SecurityTokenExpired": Code.API_CREDENTIALS_REFUSED,
    "ServiceUnavailable": Code.API_FAILED,
    "SignatureDoesNotMatch": Code.API_CREDENTIALS_REFUSED,
    "Throttling": Code.API_THROTTLED,
    "iot.Sre.IotInstanceNotFound": Code.CLOUD_INSTANCE_UNKNOWN,
    "iot.common.AuthActionPermissionDeny": Code.API_PERMISSION_MISSING,
    "iot.common.RamActionPermissionDeny": Code.API_PERMISSION_MISSING,
    "iot.device.CreateDeviceTaskIsRunning": Code.API_THROTTLED,
    "iot.device.DeviceCountExceeded": Code.CLOUD_DEVICE_LIMIT_REACHED,
    "iot.prod.InvalidFormattedProductkey": Code.CLOUD_PRODUCT_UNKNOWN,
    PRODUCT_UNKNOWN: Code.CLOUD_PRODUCT_UNKNOWN,
    "iot.system.InstanceNotFound": Code.CLOUD_INSTANCE_UNKNOWN,
    "iot.system.SystemException": Code.API_FAILED,
}
"""A code, or the part of it before the first dot."""


class AlibabaRefusedError(CallRefusedError):
    """A refusal, with what the platform says beside its code."""

    def __init__(self, code: Code, platform_code: str, detail: str, data: AlibabaRecord) -> None:
        about_names = code == Code.API_CALL_REFUSED and platform_code.startswith(_OF_NAMES)
        super().__init__(code, platform_code, detail, about_names=about_names)
        self.data = data


def refused(
    action: str,
    platform_code: str,
    message: str = "",
    request_id: str = "",
    data: AlibabaRecord = NO_VALUES,
) -> AlibabaRefusedError:
    """The error of an answer that refuses.

    Args:
        action: that was called.
        platform_code: of the answer.
        message: of the answer, without secrets.
        request_id: of the answer, for the platform's support.
        data: of the answer.
    """
    code = _CODES.get(platform_code) or _CODES.get(platform_code.partition(".")[0])
    detail = refusal_detail(action, platform_code, message, request_id)
    return AlibabaRefusedError(code or Code.API_CALL_REFUSED, platform_code, detail, data)
