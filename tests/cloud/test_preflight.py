"""The preflight of the cloud: every line wrong once, unknown once, and what is not needed."""

from dataclasses import replace
from typing import Any

import pytest

from burner.cloud.checklist import answered, answers_to, checklist
from burner.cloud.management.api import ProductOnPlatform
from burner.cloud.preflight import (
    CloudCheck,
    CloudCheckResult,
    ExpectedProduct,
    Missing,
    check_product,
    check_refusal,
    is_good,
)
from burner.core.check_verdict import CheckVerdict
from burner.core.code import Code
from burner.core.secrets.secret import Secret
from burner.platforms.platform import Cloud
from burner.platforms.platforms import PLATFORMS
from burner.platforms.product_settings import CredentialKind, RegisterType
from burner.profile.registration import NameCreation, RegistrationSettings

ID = "S3EUVBRJLB"
SECRET = Secret(b"8XzjN8rfgFVGDTNTUGau4snA")
PRODUCT = ProductOnPlatform(
    product_id=ID,
    name="plug-c3",
    region="gz",
    credential_kind=CredentialKind.KEY,
    register_type=RegisterType.AUTOMATIC,
    register_limit=1000,
    device_limit=1_000_000,
    devices=400,
    secret=SECRET,
    enabled=True,
)
EXPECTED = ExpectedProduct(
    product_id=ID,
    platform=PLATFORMS[Cloud.TENCENT_HUB],
    registration=RegistrationSettings(names=NameCreation.AUTOMATIC),
    key=SECRET.fingerprint(ID),
    quantity=600,
)
EXPLORER = replace(EXPECTED, platform=PLATFORMS[Cloud.TENCENT_EXPLORER])
BEFORE = replace(
    EXPECTED,
    registration=RegistrationSettings(names=NameCreation.CREATED_BEFORE),
    spare_names=600,
)
PRECREATED = replace(PRODUCT, register_type=RegisterType.PRECREATED)


def results(
    product: ProductOnPlatform = PRODUCT, expected: ExpectedProduct = EXPECTED
) -> dict[CloudCheck, CloudCheckResult]:
    checked = check_product(product, expected, "china")
    assert [result.check for result in checked] == list(CloudCheck)
    return {result.check: result for result in checked}


def test_a_product_that_fits_is_good_on_every_line() -> None:
    checked = results()
    assert is_good([*checked.values()])
    not_needed = {c for c, r in checked.items() if r.verdict is CheckVerdict.NOT_NEEDED}
    assert not_needed == {CloudCheck.LICENSES, CloudCheck.NAMES}


def test_a_product_with_names_created_before_is_good_on_every_line() -> None:
    checked = results(PRECREATED, BEFORE)
    assert is_good([*checked.values()])
    assert checked[CloudCheck.REGISTER_LIMIT].verdict is CheckVerdict.NOT_NEEDED
    assert checked[CloudCheck.NAMES].verdict is CheckVerdict.GOOD


@pytest.mark.parametrize(
    ("product", "expected", "check", "code", "found"),
    [
        (
            replace(PRODUCT, enabled=False),
            EXPECTED,
            CloudCheck.ENABLED,
            Code.CLOUD_PRODUCT_DISABLED,
            "",
        ),
        (
            replace(PRODUCT, region="eu-frankfurt"),
            EXPECTED,
            CloudCheck.REGION,
            Code.CLOUD_REGION_DIFFERS,
            "europe",
        ),
        (
            replace(PRODUCT, credential_kind=CredentialKind.CERTIFICATE),
            EXPECTED,
            CloudCheck.CREDENTIALS,
            Code.CLOUD_CREDENTIALS_DIFFER,
            "certificate",
        ),
        (
            replace(PRODUCT, register_type=RegisterType.OFF),
            EXPECTED,
            CloudCheck.REGISTRATION,
            Code.CLOUD_REGISTRATION_OFF,
            "RegisterType 0",
        ),
        (
            PRECREATED,
            EXPECTED,
            CloudCheck.REGISTER_TYPE,
            Code.CLOUD_REGISTER_TYPE_DIFFERS,
            "RegisterType 1",
        ),
        (
            PRODUCT,
            BEFORE,
            CloudCheck.REGISTER_TYPE,
            Code.CLOUD_REGISTER_TYPE_DIFFERS,
            "RegisterType 2",
        ),
        (
            replace(PRODUCT, register_limit=999),
            EXPECTED,
            CloudCheck.REGISTER_LIMIT,
            Code.CLOUD_REGISTER_LIMIT_TOO_LOW,
            "999",
        ),
        (
            replace(PRODUCT, device_limit=999),
            EXPECTED,
            CloudCheck.DEVICE_LIMIT,
            Code.CLOUD_DEVICE_LIMIT_TOO_LOW,
            "999",
        ),
        (
            replace(PRODUCT, licenses_left=599),
            EXPLORER,
            CloudCheck.LICENSES,
            Code.CLOUD_LICENSES_TOO_FEW,
            "599",
        ),
        (
            PRECREATED,
            replace(BEFORE, spare_names=599),
            CloudCheck.NAMES,
            Code.CLOUD_NAMES_MISSING,
            "599",
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, CloudCheck) else "",
)
def test_what_is_wrong_is_found_on_its_line_alone(
    product: ProductOnPlatform,
    expected: ExpectedProduct,
    check: CloudCheck,
    code: Code,
    found: str,
) -> None:
    checked = results(product, expected)
    bad = [result for result in checked.values() if result.verdict is CheckVerdict.BAD]
    assert [(one.check, one.code, one.found) for one in bad] == [(check, code, found)]
    assert not is_good([*checked.values()])


def test_what_goes_on_record_says_how_much_was_there_and_how_much_is_needed() -> None:
    assert results(replace(PRODUCT, register_limit=999))[CloudCheck.REGISTER_LIMIT].on_record == (
        "999; needed 1000"
    )
    unknown = results(replace(PRODUCT, device_limit=None))[CloudCheck.DEVICE_LIMIT]
    assert unknown.on_record == "unknown; needed 1000"
    assert results()[CloudCheck.CREDENTIALS].on_record == "key"


def test_another_secret_is_found_by_its_fingerprint_and_never_shown() -> None:
    other = Secret(b"ANOTHERsecretANOTHERsecr")
    secret = results(replace(PRODUCT, secret=other))[CloudCheck.SECRET]
    assert (secret.verdict, secret.code) == (CheckVerdict.BAD, Code.CLOUD_SECRET_DIFFERS)
    assert (secret.found, secret.expected) == (other.fingerprint(ID), SECRET.fingerprint(ID))
    assert "ANOTHER" not in repr(secret)


def test_the_name_of_a_product_is_a_line_that_holds_no_secret() -> None:
    name = f"plug\n\u202ec3 {SECRET.reveal().decode()}"
    found = results(replace(PRODUCT, name=name))[CloudCheck.PRODUCT].found
    assert found.isprintable()
    assert found.startswith(f"{ID} plug  c3")
    assert SECRET.reveal().decode() not in found


def test_registration_that_is_off_is_one_mistake_and_the_type_waits_for_it() -> None:
    checked = results(replace(PRODUCT, register_type=RegisterType.OFF))
    assert checked[CloudCheck.REGISTER_TYPE].verdict is CheckVerdict.UNKNOWN
    assert checked[CloudCheck.REGISTER_TYPE].missing is Missing.REGISTRATION


@pytest.mark.parametrize(
    ("product", "expected", "check", "missing"),
    [
        (replace(PRODUCT, enabled=None), EXPECTED, CloudCheck.ENABLED, None),
        (replace(PRODUCT, credential_kind=None), EXPECTED, CloudCheck.CREDENTIALS, None),
        (replace(PRODUCT, register_limit=None), EXPECTED, CloudCheck.REGISTER_LIMIT, None),
        (replace(PRODUCT, device_limit=None), EXPECTED, CloudCheck.DEVICE_LIMIT, None),
        (PRODUCT, EXPLORER, CloudCheck.LICENSES, None),
        (replace(PRODUCT, secret=None), EXPECTED, CloudCheck.SECRET, Missing.HIDDEN_SECRET),
        (PRODUCT, replace(EXPECTED, key=""), CloudCheck.SECRET, Missing.KEY),
    ],
)
def test_what_is_not_known_is_not_good(
    product: ProductOnPlatform,
    expected: ExpectedProduct,
    check: CloudCheck,
    missing: Missing | None,
) -> None:
    checked = results(product, expected)
    unknown = [result for result in checked.values() if not result.verdict.passes]
    assert [(one.check, one.verdict, one.missing) for one in unknown] == [
        (check, CheckVerdict.UNKNOWN, missing)
    ]


def test_without_a_quantity_no_limit_can_be_judged() -> None:
    checked = results(PRODUCT, replace(EXPECTED, quantity=None))
    unknown = {c for c, r in checked.items() if r.missing is Missing.QUANTITY}
    assert unknown == {CloudCheck.REGISTER_LIMIT, CloudCheck.DEVICE_LIMIT}


def test_a_profile_that_says_nothing_of_names_leaves_type_and_names_unknown() -> None:
    checked = results(PRODUCT, replace(EXPECTED, registration=RegistrationSettings()))
    unknown = {c for c, r in checked.items() if r.missing is Missing.EXPECTED_NAMES}
    assert unknown == {CloudCheck.REGISTER_TYPE, CloudCheck.NAMES}


def test_units_that_were_made_and_have_not_registered_need_room_too() -> None:
    expected = replace(EXPECTED, quantity=500, made=500)
    limit = results(replace(PRODUCT, devices=3), expected)[CloudCheck.REGISTER_LIMIT]
    assert (limit.verdict, limit.expected) == (CheckVerdict.GOOD, "1000")


def test_a_platform_that_creates_no_devices_has_neither_a_type_nor_a_limit_of_that() -> None:
    expected = replace(
        EXPECTED, platform=PLATFORMS[Cloud.ALIBABA], registration=RegistrationSettings()
    )
    checked = results(replace(PRODUCT, region="cn-shanghai", register_type=None), expected)
    not_needed = {c for c, r in checked.items() if r.verdict is CheckVerdict.NOT_NEEDED}
    assert {CloudCheck.REGISTER_TYPE, CloudCheck.REGISTER_LIMIT} <= not_needed
    assert checked[CloudCheck.REGISTRATION].verdict is CheckVerdict.UNKNOWN


def test_names_that_were_created_beforehand_are_counted_once() -> None:
    product = replace(PRECREATED, devices=600, device_limit=600)
    assert results(product, BEFORE)[CloudCheck.DEVICE_LIMIT].verdict is CheckVerdict.GOOD


@pytest.mark.parametrize("word", ["", "use"])
def test_where_the_region_has_no_known_name_the_product_is_where_the_platform_was_asked(
    word: str,
) -> None:
    product = replace(PRODUCT, region=word)
    assert is_good([*results(product).values()])
    for asked, code in {"na-ashburn": Code.CLOUD_REGION_DIFFERS, "ap-mars": None}.items():
        elsewhere = check_product(product, EXPECTED, asked)
        (region,) = (one for one in elsewhere if not one.verdict.passes)
        assert (region.check, region.code) == (CloudCheck.REGION, code)


@pytest.mark.parametrize(
    ("code", "bad"),
    [
        (Code.CLOUD_PRODUCT_UNKNOWN, CloudCheck.PRODUCT),
        (Code.API_CLOCK_WRONG, CloudCheck.CLOCK),
    ],
)
def test_where_the_platform_describes_no_product_the_rest_is_unknown(
    code: Code, bad: CloudCheck
) -> None:
    checked = check_refusal(code, "its words")
    assert [one.check for one in checked] == list(CloudCheck)
    assert [one.check for one in checked if one.code is code] == [bad]
    assert all(not one.verdict.passes or one.check is CloudCheck.CLOCK for one in checked)


# -- a person --------------------------------------------------------------------------------------


def test_a_checklist_asks_all_that_the_product_needs() -> None:
    asked = {one.check for one in checklist(EXPECTED) if one.verdict is CheckVerdict.UNKNOWN}
    assert asked == set(CloudCheck) - {CloudCheck.LICENSES, CloudCheck.NAMES}
    asked_later = checklist(replace(EXPECTED, made=50))
    (limit,) = (one for one in asked_later if one.check is CloudCheck.REGISTER_LIMIT)
    assert limit.expected == "600"


def test_names_that_the_manifest_counts_are_no_question() -> None:
    (names,) = (one for one in checklist(BEFORE) if one.check is CloudCheck.NAMES)
    assert names.verdict is CheckVerdict.GOOD
    missing = checklist(replace(BEFORE, spare_names=None))
    (names,) = (one for one in missing if one.check is CloudCheck.NAMES)
    assert (names.verdict, names.missing) == (CheckVerdict.NOT_NEEDED, Missing.BATCH)


def test_without_a_batch_names_that_are_created_before_are_not_needed_yet() -> None:
    checked = results(PRECREATED, replace(BEFORE, spare_names=None))
    assert is_good([*checked.values()])
    assert checked[CloudCheck.NAMES].missing is Missing.BATCH


def may_be_left_out(expected: ExpectedProduct) -> set[CloudCheck]:
    return {check for check in CloudCheck if "not-needed" in answers_to(check, expected)}


def test_a_person_leaves_out_only_what_the_product_may_not_need() -> None:
    unsaid = replace(EXPECTED, registration=RegistrationSettings())
    alibaba = replace(BEFORE, platform=PLATFORMS[Cloud.ALIBABA])
    limit, licenses, names = CloudCheck.REGISTER_LIMIT, CloudCheck.LICENSES, CloudCheck.NAMES
    assert may_be_left_out(EXPECTED) == {licenses, names}
    assert may_be_left_out(BEFORE) == {licenses, limit}
    assert may_be_left_out(unsaid) == {licenses, limit, names}
    assert may_be_left_out(alibaba) == {licenses, limit, CloudCheck.REGISTER_TYPE}


def test_the_answers_of_a_person_decide_what_is_unknown() -> None:
    yes = dict.fromkeys(CloudCheck, CheckVerdict.GOOD)
    assert is_good(answered(checklist(EXPECTED), yes))
    no = answered(checklist(EXPECTED), {**yes, CloudCheck.SECRET: CheckVerdict.BAD})
    assert [one.code for one in no if not one.verdict.passes] == [Code.CLOUD_SECRET_DIFFERS]
    not_needed = {**yes, CloudCheck.LICENSES: CheckVerdict.NOT_NEEDED}
    assert is_good(answered(checklist(EXPLORER), not_needed))


@pytest.mark.parametrize(
    "lacks", [{"quantity": None}, {"key": ""}, {"registration": RegistrationSettings()}]
)
def test_no_answer_stands_for_what_is_missing_here(lacks: dict[str, Any]) -> None:
    yes = dict.fromkeys(CloudCheck, CheckVerdict.GOOD)
    expected = replace(EXPECTED, **lacks)
    product = replace(PRODUCT, secret=None, register_limit=1, device_limit=1)
    checked = check_product(product, expected, "china")
    unknown = [result.check for result in checked if result.verdict is CheckVerdict.UNKNOWN]
    left = [one.check for one in answered(checked, yes) if one.verdict is CheckVerdict.UNKNOWN]
    assert left
    assert set(left) < {*unknown, CloudCheck.NAMES}
    if "registration" not in lacks:
        assert not is_good(answered(checklist(expected), yes))


def test_names_that_were_created_beforehand_have_their_licenses() -> None:
    product = replace(PRECREATED, devices=600, device_limit=600, licenses_left=0)
    before = replace(BEFORE, platform=EXPLORER.platform)
    assert results(product, before)[CloudCheck.LICENSES].verdict is CheckVerdict.GOOD
    one_more = results(product, replace(before, quantity=601))[CloudCheck.LICENSES]
    assert (one_more.verdict, one_more.expected) == (CheckVerdict.BAD, "1")


def test_an_answer_does_not_change_what_the_platform_says() -> None:
    checked = check_product(replace(PRODUCT, enabled=False), EXPECTED, "china")
    assert answered(checked, {CloudCheck.ENABLED: CheckVerdict.GOOD}) == checked
