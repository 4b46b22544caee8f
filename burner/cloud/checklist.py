"""The checklist of the cloud: what a person has seen in the console of a platform. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from burner.cloud.management.api import ProductOnPlatform
from burner.cloud.preflight import (
    CloudCheck,
    CloudCheckResult,
    ExpectedProduct,
    Missing,
    check_product,
)
from burner.core.check_verdict import CheckVerdict
from burner.core.code import Code
from burner.profile.registration import NameCreation

Answers = Mapping[CloudCheck, CheckVerdict]
ANSWERS: Mapping[str, CheckVerdict] = {
    "yes": CheckVerdict.GOOD,
    "no": CheckVerdict.BAD,
    "not-needed": CheckVerdict.NOT_NEEDED,
}
"""What a person may say to a check."""
SEEN: Final = "seen by a person"
ANSWER_CODES: Mapping[CloudCheck, Code] = {
    CloudCheck.CLOCK: Code.API_CLOCK_WRONG,
    CloudCheck.PRODUCT: Code.CLOUD_PRODUCT_UNKNOWN,
    CloudCheck.ENABLED: Code.CLOUD_PRODUCT_DISABLED,
    CloudCheck.REGION: Code.CLOUD_REGION_DIFFERS,
    CloudCheck.CREDENTIALS: Code.CLOUD_CREDENTIALS_DIFFER,
    CloudCheck.REGISTRATION: Code.CLOUD_REGISTRATION_OFF,
    CloudCheck.REGISTER_TYPE: Code.CLOUD_REGISTER_TYPE_DIFFERS,
    CloudCheck.REGISTER_LIMIT: Code.CLOUD_REGISTER_LIMIT_TOO_LOW,
    CloudCheck.DEVICE_LIMIT: Code.CLOUD_DEVICE_LIMIT_TOO_LOW,
    CloudCheck.SECRET: Code.CLOUD_SECRET_DIFFERS,
    CloudCheck.LICENSES: Code.CLOUD_LICENSES_TOO_FEW,
    CloudCheck.NAMES: Code.CLOUD_NAMES_MISSING,
}
"""Why a check is bad to which a person says no."""
NOTHING_TO_COMPARE: Final = (Missing.QUANTITY, Missing.KEY)
"""What is missing here, not on the platform: nobody can say that such a check is good."""
NOT_NEEDED_IF: Mapping[CloudCheck, Callable[[ExpectedProduct], bool]] = {
    CloudCheck.REGISTER_TYPE: lambda expected: not expected.platform.creates_devices,
    CloudCheck.REGISTER_LIMIT: lambda expected: (
        not expected.platform.creates_devices
        or expected.registration.name_creation is not NameCreation.AUTOMATIC
    ),
    CloudCheck.LICENSES: lambda _expected: True,
    CloudCheck.NAMES: lambda expected: (
        expected.registration.name_creation is not NameCreation.CREATED_BEFORE
    ),
}
"""When a person may say of a check that it is not needed; each other check is always needed.
Licenses: only the person sees whether the instance of the product needs them."""


def answers_to(check: CloudCheck, expected: ExpectedProduct) -> Mapping[str, CheckVerdict]:
    """What a person may say to a check, by its word."""
    may_be_left_out = check in NOT_NEEDED_IF and NOT_NEEDED_IF[check](expected)
    return {
        word: verdict
        for word, verdict in ANSWERS.items()
        if may_be_left_out or verdict is not CheckVerdict.NOT_NEEDED
    }


def checklist(expected: ExpectedProduct) -> tuple[CloudCheckResult, ...]:
    """The checks with what is expected, nothing of them known yet, and without those that the
    product does not need.
    """
    unknown = ProductOnPlatform(
        product_id=expected.product_id,
        name="",
        region="",
        credential_kind=None,
        register_type=None,
        register_limit=None,
        device_limit=None,
        devices=0,
        secret=None,
    )
    new_devices = replace(expected, made=0)  # the person counts those that are there
    results = check_product(unknown, new_devices, "")
    return tuple(map(_to_be_answered, results))


def _to_be_answered(result: CloudCheckResult) -> CloudCheckResult:
    if result.verdict is CheckVerdict.NOT_NEEDED or result.check is CloudCheck.NAMES:
        return result
    missing = result.missing if result.missing in NOTHING_TO_COMPARE else None
    return replace(result, verdict=CheckVerdict.UNKNOWN, found="", missing=missing)


def is_answerable(result: CloudCheckResult) -> bool:
    """Whether a person may say that a check is good: the platform does not tell, and there is what
    it is compared with.
    """
    unknown = result.verdict is CheckVerdict.UNKNOWN
    return unknown and not result.found and result.missing not in NOTHING_TO_COMPARE


def answered(results: Sequence[CloudCheckResult], answers: Answers) -> tuple[CloudCheckResult, ...]:
    """The results with the answers of a person to what is unknown; what is known stays."""
    return tuple(_with_answer(result, answers.get(result.check)) for result in results)


def _with_answer(result: CloudCheckResult, answer: CheckVerdict | None) -> CloudCheckResult:
    if result.verdict is not CheckVerdict.UNKNOWN or answer in (None, CheckVerdict.UNKNOWN):
        return result
    if answer is CheckVerdict.GOOD and not is_answerable(result):
        return result
    if answer is CheckVerdict.NOT_NEEDED and result.found:
        return result
    code = ANSWER_CODES[result.check] if answer is CheckVerdict.BAD else None
    return replace(result, verdict=answer, found=SEEN, code=code, missing=None)
