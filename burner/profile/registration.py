"""What the product on the platform must be like, according to the profile."""

from enum import StrEnum

from pydantic import Field

from burner.core.yaml_schema import StrictModel
from burner.platforms.product_settings import CredentialKind, RegisterType


class NameCreation(StrEnum):
    """When the platform gets the names of the units."""

    CREATED_BEFORE = "created-before"
    """Before the units are made: a unit without a confirmed name does not pass."""
    CREATED_AFTER = "created-after"
    """After the units are made, from the manifest."""
    AUTOMATIC = "automatic"
    """The platform creates a name when its unit registers."""

    @property
    def register_type(self) -> RegisterType:
        """The switch of the product's dynamic registration that this needs."""
        automatic = self is NameCreation.AUTOMATIC
        return RegisterType.AUTOMATIC if automatic else RegisterType.PRECREATED


class PreflightCondition(StrEnum):
    """Whether a batch needs a good preflight of the cloud."""

    REQUIRED = "required"
    OPTIONAL = "optional"


class RegistrationSettings(StrictModel):
    """How the product must be set on the platform. Left out: nothing is known of it."""

    name_creation: NameCreation | None = Field(default=None, alias="names")
    """When the platform gets the names. `created-before`: they are created before the batch, and a
    unit without a confirmed name does not pass. `created-after`: from the manifest, after the
    batch. `automatic`: the platform creates each when its unit registers. Left out: not known."""
    credentials: CredentialKind = CredentialKind.KEY
    """What a unit gets from the registration: a `key` of its own, or a `certificate`."""
    region: str = Field(default="", max_length=32)
    """The region of the product on the platform, such as `china`. Left out: the first of the
    platform."""
    instance: str = Field(default="", pattern=r"^[0-9A-Za-z_-]{0,64}$")
    """The ID of the platform's instance that has the product, from the overview page of its
    console. Left out: it has none."""
    preflight: PreflightCondition = PreflightCondition.OPTIONAL
    """`required`: a batch makes no unit before a good `burner cloud preflight` is on record."""

    def described(self) -> str:
        """In a line, for the page of a release."""
        parts = {
            "names": self.name_creation or "",
            "credentials": self.credentials,
            "region": self.region,
            "instance": self.instance,
            "preflight": self.preflight,
        }
        return ", ".join(f"{what} {text}" for what, text in parts.items() if text)
