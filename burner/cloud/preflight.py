"""The preflight of the cloud: will the units of a batch register? Pure.

A product as its platform knows it is compared with the profile, the product key and the quantity.
What the platform does not tell is unknown, and unknown is not good: a person looks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from burner.cloud.management.api import ProductOnPlatform
from burner.core.check_verdict import CheckVerdict
from burner.core.code import Code
from burner.core.secrets.search import SecretSearch
from burner.platforms.platform import Platform
from burner.platforms.product_settings import RegisterType
from burner.profile.registration import NameCreation, RegistrationSettings

_LONGEST: Final = 200
"""Characters of what a platform says."""


class CloudCheck(StrEnum):
    """What is checked, in the order of the lines."""

    CLOCK = "clock"
    PRODUCT = "product"
    ENABLED = "enabled"
    REGION = "region"
    CREDENTIALS = "credentials"
    REGISTRATION = "registration"
    REGISTER_TYPE = "register-type"
    REGISTER_LIMIT = "register-limit"
    DEVICE_LIMIT = "device-limit"
    SECRET = "secret"  # noqa: S105 - the name of a check
    LICENSES = "licenses"
    NAMES = "names"


class Missing(StrEnum):
    """Why a check was not made, where the platform is not the reason."""

    QUANTITY = "quantity"
    EXPECTED_NAMES = "expected names"
    KEY = "product key"
    PRODUCT = "product"
    REGISTRATION = "registration off"
    BATCH = "batch"
    HIDDEN_SECRET = "hidden secret"  # noqa: S105 - no secret


@dataclass(frozen=True)
class CloudCheckResult:
    """One line of a preflight. Found and expected are values, in no language."""

    check: CloudCheck
    verdict: CheckVerdict
    found: str = ""
    expected: str = ""
    code: Code | None = None
    """Why it is bad."""
    missing: Missing | None = None
    """Why it is unknown, or not needed yet; None: the platform does not tell."""

    @property
    def on_record(self) -> str:
        """What was found and needed, in English."""
        if not self.expected or self.expected == self.found:
            return self.found
        return f"{self.found or 'unknown'}; needed {self.expected}"


@dataclass(frozen=True)
class ExpectedProduct:
    """What the units of a batch need of their product."""

    product_id: str
    platform: Platform
    registration: RegistrationSettings
    key: str
    """Fingerprint of the product key; empty: it is not at hand."""
    quantity: int | None
    """Units that are still to be made; None: nobody knows."""
    made: int = 0
    """Units of the product that were made."""
    made_of_batch: int = 0
    """Of these, the units of the batch."""
    spare_names: int | None = None
    """Confirmed names that no unit has yet; None: there is no batch that needs them."""

    names: frozenset[str] = frozenset()
    """These names; `spare_names` counts those that the platform has for new units, once it was
    asked."""

    @property
    def units_of_batch(self) -> int | None:
        """Units that the batch will have; None: nobody knows."""
        return None if self.quantity is None else self.made_of_batch + self.quantity

    @property
    def region(self) -> str:
        """A region of the platform."""
        return self.platform.region_or_first(self.registration.region)


REFUSED_CHECKS: Final[Mapping[str, CloudCheck]] = {
    Code.CLOUD_PRODUCT_UNKNOWN: CloudCheck.PRODUCT,
    Code.API_CLOCK_WRONG: CloudCheck.CLOCK,
}
"""A code with which a platform refuses to describe a product → the check that is bad by it."""


def is_good(results: Sequence[CloudCheckResult]) -> bool:
    """Whether every unit will register, as far as its product decides."""
    return all(result.verdict.passes for result in results)


# -- the platform was asked ------------------------------------------------------------------------


def check_product(
    product: ProductOnPlatform, expected: ExpectedProduct, asked_region: str
) -> tuple[CloudCheckResult, ...]:
    """Compare a product with what is expected of it.

    Args:
        product: as the platform described it.
        expected: by the profile and the batch.
        asked_region: where the platform was asked.
    """
    return tuple(_checks(product, expected, asked_region))


def check_refusal(code: Code, found: str) -> tuple[CloudCheckResult, ...]:
    """The lines where the platform did not describe the product: what it says is bad, all the rest
    is unknown.

    Args:
        code: one of `REFUSED_CHECKS`.
        found: the detail of its answer.
    """
    bad = REFUSED_CHECKS[code]
    results = []
    for check in CloudCheck:
        result = _unknown(check, missing=Missing.PRODUCT)
        if check is bad:
            result = CloudCheckResult(check, CheckVerdict.BAD, _line(found), code=code)
        elif check is CloudCheck.CLOCK:
            result = CloudCheckResult(check, CheckVerdict.GOOD)
        results.append(result)
    return tuple(results)


def _checks(
    product: ProductOnPlatform, expected: ExpectedProduct, asked_region: str
) -> Iterator[CloudCheckResult]:
    yield CloudCheckResult(CloudCheck.CLOCK, CheckVerdict.GOOD)
    search = SecretSearch(*((product.secret,) if product.secret else ()))
    shown = search.clean(_line(f"{product.product_id} {product.name}"))
    yield CloudCheckResult(CloudCheck.PRODUCT, CheckVerdict.GOOD, shown)
    yield _enabled(product)
    yield _region(product, expected, asked_region)
    yield _compared(
        CloudCheck.CREDENTIALS,
        product.credential_kind,
        expected.registration.credentials,
        Code.CLOUD_CREDENTIALS_DIFFER,
    )
    yield _registration(product)
    yield _register_type(product, expected)
    yield _register_limit(product, expected)
    yield _device_limit(product, expected)
    yield _secret(product, expected)
    yield _licenses(product, expected)
    yield _names(expected)


def _enabled(product: ProductOnPlatform) -> CloudCheckResult:
    if product.enabled is None:
        return _unknown(CloudCheck.ENABLED)
    if product.enabled:
        return CloudCheckResult(CloudCheck.ENABLED, CheckVerdict.GOOD)
    return CloudCheckResult(CloudCheck.ENABLED, CheckVerdict.BAD, code=Code.CLOUD_PRODUCT_DISABLED)


def _region(
    product: ProductOnPlatform, expected: ExpectedProduct, asked_region: str
) -> CloudCheckResult:
    # Where the platform has a word of its own for it: the product was found where it was asked.
    names = (product.region, asked_region)
    region = next(filter(None, (region_named(expected.platform, name) for name in names)), None)
    result = _compared(CloudCheck.REGION, region, expected.region, Code.CLOUD_REGION_DIFFERS)
    return replace(result, found=region or _line(product.region or asked_region))


def region_named(platform: Platform, name: str) -> str | None:
    """A region of a platform by its own name or by that in the management API; None: no such."""
    region = platform.region_names.get(name, name)
    return region if region in platform.hosts else None


def _registration(product: ProductOnPlatform) -> CloudCheckResult:
    found = product.register_type
    if found is None:
        return _unknown(CloudCheck.REGISTRATION)
    if found is RegisterType.OFF:
        code = Code.CLOUD_REGISTRATION_OFF
        return CloudCheckResult(CloudCheck.REGISTRATION, CheckVerdict.BAD, _type(found), "", code)
    return CloudCheckResult(CloudCheck.REGISTRATION, CheckVerdict.GOOD, _type(found))


def _register_type(product: ProductOnPlatform, expected: ExpectedProduct) -> CloudCheckResult:
    found, creation = product.register_type, expected.registration.name_creation
    shown = _type(found) if found is not None else ""
    if not expected.platform.creates_devices:
        return CloudCheckResult(CloudCheck.REGISTER_TYPE, CheckVerdict.NOT_NEEDED, shown)
    if creation is None:
        return _unknown(CloudCheck.REGISTER_TYPE, shown, missing=Missing.EXPECTED_NAMES)
    if found is RegisterType.OFF:
        wanted = _type(creation.register_type)
        return _unknown(CloudCheck.REGISTER_TYPE, shown, wanted, missing=Missing.REGISTRATION)
    return _compared(
        CloudCheck.REGISTER_TYPE,
        shown or None,
        _type(creation.register_type),
        Code.CLOUD_REGISTER_TYPE_DIFFERS,
    )


def _register_limit(product: ProductOnPlatform, expected: ExpectedProduct) -> CloudCheckResult:
    creation = expected.registration.name_creation
    precreated = (
        product.register_type is RegisterType.PRECREATED
        if creation is None
        else creation is not NameCreation.AUTOMATIC
    )
    if precreated or not expected.platform.creates_devices:
        return CloudCheckResult(CloudCheck.REGISTER_LIMIT, CheckVerdict.NOT_NEEDED)
    return _room(
        CloudCheck.REGISTER_LIMIT,
        product.register_limit,
        _devices_in_the_end(product, expected),
        Code.CLOUD_REGISTER_LIMIT_TOO_LOW,
    )


def _device_limit(product: ProductOnPlatform, expected: ExpectedProduct) -> CloudCheckResult:
    return _room(
        CloudCheck.DEVICE_LIMIT,
        product.device_limit,
        _devices_in_the_end(product, expected),
        Code.CLOUD_DEVICE_LIMIT_TOO_LOW,
    )


def _devices_in_the_end(product: ProductOnPlatform, expected: ExpectedProduct) -> int | None:
    """How many devices the product will have when the batch is made: those that it has, or will
    have once all made units have registered, and those of the units to come.
    """
    if expected.quantity is None:
        return None
    new = max(0, expected.quantity - (expected.spare_names or 0))
    return max(product.devices, expected.made) + new


def _secret(product: ProductOnPlatform, expected: ExpectedProduct) -> CloudCheckResult:
    found = product.secret.fingerprint(product.product_id) if product.secret else ""
    if not expected.key:
        return _unknown(CloudCheck.SECRET, found, missing=Missing.KEY)
    if not found:
        return _unknown(CloudCheck.SECRET, "", expected.key, missing=Missing.HIDDEN_SECRET)
    return _compared(CloudCheck.SECRET, found, expected.key, Code.CLOUD_SECRET_DIFFERS)


def _licenses(product: ProductOnPlatform, expected: ExpectedProduct) -> CloudCheckResult:
    if not expected.platform.licenses and product.licenses_left is None:
        return CloudCheckResult(CloudCheck.LICENSES, CheckVerdict.NOT_NEEDED)
    in_the_end = _devices_in_the_end(product, expected)
    return _room(
        CloudCheck.LICENSES,
        product.licenses_left,
        None if in_the_end is None else in_the_end - product.devices,  # each device has its own
        Code.CLOUD_LICENSES_TOO_FEW,
    )


def _names(expected: ExpectedProduct) -> CloudCheckResult:
    creation = expected.registration.name_creation
    if creation is None:
        return _unknown(CloudCheck.NAMES, missing=Missing.EXPECTED_NAMES)
    if creation is not NameCreation.CREATED_BEFORE:
        return CloudCheckResult(CloudCheck.NAMES, CheckVerdict.NOT_NEEDED)
    if expected.spare_names is None:
        return CloudCheckResult(CloudCheck.NAMES, CheckVerdict.NOT_NEEDED, missing=Missing.BATCH)
    checked = _room(
        CloudCheck.NAMES, expected.spare_names, expected.quantity, Code.CLOUD_NAMES_MISSING
    )
    if expected.spare_names < len(expected.names):
        return replace(checked, found=f"{expected.spare_names} of {len(expected.names)} on record")
    return checked


# -- verdicts --------------------------------------------------------------------------------------


def _compared(
    check: CloudCheck, found: str | None, expected: str, differs: Code
) -> CloudCheckResult:
    if found is None:
        return _unknown(check, "", expected)
    if found == expected:
        return CloudCheckResult(check, CheckVerdict.GOOD, found, expected)
    return CloudCheckResult(check, CheckVerdict.BAD, found, expected, differs)


def _room(
    check: CloudCheck, there: int | None, needed: int | None, too_few: Code
) -> CloudCheckResult:
    """Whether there are as many as are needed."""
    found, expected = ("" if n is None else str(n) for n in (there, needed))
    if needed is None:
        return _unknown(check, found, missing=Missing.QUANTITY)
    if there is None:
        return _unknown(check, found, expected)
    if there >= needed:
        return CloudCheckResult(check, CheckVerdict.GOOD, found, expected)
    return CloudCheckResult(check, CheckVerdict.BAD, found, expected, too_few)


def _unknown(
    check: CloudCheck, found: str = "", expected: str = "", *, missing: Missing | None = None
) -> CloudCheckResult:
    return CloudCheckResult(check, CheckVerdict.UNKNOWN, found, expected, missing=missing)


def _line(text: str) -> str:
    """What a platform says, as a line for a record."""
    return "".join(c if c.isprintable() else " " for c in text).strip()[:_LONGEST]


def _type(register_type: RegisterType) -> str:
    return f"RegisterType {int(register_type)}"
