"""The error codes of Tencent's management API as ours."""

from collections.abc import Mapping
from typing import Final

from burner.cloud.management.errors import CallRefusedError, refusal_detail
from burner.core.code import Code

DEVICE_EXISTS: Final = frozenset(
    {
        "InvalidParameterValue.DeviceAlreadyExist",
        "ResourceNotFound.DeviceDupKeyExist",
        "UnsupportedOperation.DeviceDupKeyExist",
    }
)
DEVICE_UNKNOWN: Final = frozenset(
    {
        "ResourceNotFound.DeviceNotExist",
        "InvalidParameterValue.DeviceNotExist",
        "ResourceNotFound.ProductOrDeviceNotExist",
    }
)
OF_ONE_NAME: Final = frozenset({"InvalidParameterValue.DeviceNameInvalid"})
"""Refusals that say nothing about the other names."""
CREATE_MANY: Final = "CreateMultiDevice"
TASK_AT_WORK: Final = "UnauthorizedOperation.CreateMultiDeviceTaskNotFinished"
_TASKS_FULL: Final = frozenset({TASK_AT_WORK, "LimitExceeded.PengingOrProcessingTasksExceedLimit"})
"""A new task must wait for those that are at work. (So it is spelled.)"""
_CODES: Final[Mapping[str, Code]] = {
    "AuthFailure": Code.API_CREDENTIALS_REFUSED,
    "AuthFailure.SignatureExpire": Code.API_CLOCK_WRONG,
    "AuthFailure.UnauthorizedOperation": Code.API_PERMISSION_MISSING,
    "FailedOperation.Timeout": Code.API_FAILED,
    "InternalError": Code.API_FAILED,
    "InvalidParameterValue.NoPermission": Code.API_PERMISSION_MISSING,
    "LimitExceeded.DeviceExceedLimit": Code.CLOUD_DEVICE_LIMIT_REACHED,
    "LimitExceeded.DeviceLicenseLimitExceeded": Code.CLOUD_LICENSES_USED_UP,
    "LimitExceeded.DeviceLimitExceeded": Code.CLOUD_DEVICE_LIMIT_REACHED,
    "OperationDenied": Code.API_PERMISSION_MISSING,
    "RequestLimitExceeded": Code.API_THROTTLED,
    "ResourceNotFound.ProductNotExist": Code.CLOUD_PRODUCT_UNKNOWN,
    "ResourceNotFound.StudioProductNotExist": Code.CLOUD_PRODUCT_UNKNOWN,
    "ResourceUnavailable": Code.API_FAILED,
    "UnauthorizedOperation": Code.API_PERMISSION_MISSING,
    "UnauthorizedOperation.CertificationNeedUpgrade": Code.API_CALL_REFUSED,
    "UnauthorizedOperation.DeviceIsNotEnabled": Code.API_CALL_REFUSED,
    "UnauthorizedOperation.ProductIsForbidden": Code.API_CALL_REFUSED,
    "UnauthorizedOperation.ProductNotSupportPSK": Code.API_CALL_REFUSED,
    "UnauthorizedOperation.UserLicenseExceedLimit": Code.CLOUD_LICENSES_USED_UP,
    "UnsupportedOperation.DeviceExceedLimit": Code.CLOUD_DEVICE_LIMIT_REACHED,
    TASK_AT_WORK: Code.API_CALL_REFUSED,
}
"""A code, or the part of it before the dot."""
_OF_PARAMETERS: Final = frozenset({"InvalidParameter", "InvalidParameterValue"})
"""So begin codes that a name may have caused."""


def refused(action: str, platform_code: str, message: str, request_id: str) -> CallRefusedError:
    """The error of an answer that refuses.

    Args:
        action: that was called.
        platform_code: of the answer.
        message: of the answer, without secrets.
        request_id: of the answer, for the platform's support.
    """
    general = platform_code.partition(".")[0]
    code = _CODES.get(platform_code) or _CODES.get(general) or Code.API_CALL_REFUSED
    if action == CREATE_MANY and platform_code in _TASKS_FULL:
        code = Code.API_THROTTLED
    detail = refusal_detail(action, platform_code, message, request_id)
    about_names = code == Code.API_CALL_REFUSED and general in _OF_PARAMETERS
    return CallRefusedError(code, platform_code, detail, about_names=about_names)
