"""What the profile expects of the product on the platform: what an engineer may write."""

from pathlib import Path

import pytest

from burner.core.errors import BurnerError
from burner.platforms.product_settings import CredentialKind, RegisterType
from burner.profile.reading import load_profile
from burner.profile.registration import NameCreation, PreflightCondition, RegistrationSettings
from tests.images import write_product


def test_without_the_section_nothing_is_expected(tmp_path: Path) -> None:
    assert load_profile(write_product(tmp_path)).registration == RegistrationSettings()
    assert RegistrationSettings().name_creation is None


def test_the_section_says_when_names_are_created_and_what_a_batch_needs(tmp_path: Path) -> None:
    section = "{names: created-before, credentials: certificate, region: europe}"
    settings = load_profile(write_product(tmp_path, registration=section)).registration
    assert settings.name_creation is NameCreation.CREATED_BEFORE
    assert settings.credentials is CredentialKind.CERTIFICATE
    assert (settings.region, settings.preflight) == ("europe", PreflightCondition.OPTIONAL)


@pytest.mark.parametrize(
    ("names", "register_type"),
    [
        (NameCreation.CREATED_BEFORE, RegisterType.PRECREATED),
        (NameCreation.CREATED_AFTER, RegisterType.PRECREATED),
        (NameCreation.AUTOMATIC, RegisterType.AUTOMATIC),
    ],
)
def test_each_way_of_creating_names_needs_one_register_type(
    names: NameCreation, register_type: RegisterType
) -> None:
    assert names.register_type is register_type


@pytest.mark.parametrize(
    ("section", "field"),
    [
        ("{names: before}", "registration.names"),
        ("{credentials: psk}", "registration.credentials"),
        ("{preflight: true}", "registration.preflight"),
        ("{register_type: 1}", "registration.register_type"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, section: str, field: str) -> None:
    with pytest.raises(BurnerError) as caught:
        load_profile(write_product(tmp_path, registration=section))
    (finding,) = caught.value.findings
    assert finding.code == "E101"
    assert finding.place.endswith(f" {field}")
