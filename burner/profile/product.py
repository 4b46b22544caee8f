"""A product as the cloud knows it: the first part of a profile."""

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.secrets.reference import parse_reference
from burner.core.yaml_schema import StrictModel, refusal
from burner.platforms.platform import DEFAULT_CLOUD, Cloud
from burner.platforms.platforms import PLATFORMS


def _reference(text: str) -> str:
    try:
        parse_reference(text)
    except BurnerError:
        allowed = "env:NAME, file:PATH, keyring:SERVICE/USER or prompt, never the secret itself"
        raise refusal(
            Code.SECRET_REFERENCE_INVALID,
            "found text that is not a reference (not shown)",
            allowed,
        ) from None
    return text


class Product(StrictModel):
    """Name, version and cloud identity of the product."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    """Its name in records and in the name of the release file, such as `plug-c3`."""
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+_-]{0,31}$")]
    """Version of this firmware release, in quotes where YAML takes it for a number (`"1.10"`). New
    bytes need a new one (E188)."""
    cloud: Cloud = DEFAULT_CLOUD
    """The platform with which the units register: docs/cloud.md. It decides which ProductIDs,
    secrets and names are allowed."""
    id: str
    """The ProductID from the cloud console. Tencent's is exactly 10 of 0-9 and A-Z."""
    secret: Annotated[str, AfterValidator(_reference)]
    """A reference to the ProductSecret, such as `env:NAME`, never the secret itself:
    docs/product-secret.md has every form."""

    @field_validator("id")
    @classmethod
    def _allowed_id(cls, text: str, info: ValidationInfo) -> str:
        rules = PLATFORMS[info.data.get("cloud", DEFAULT_CLOUD)].rules
        if problem := rules.check_product_id(text):
            raise refusal(*problem)
        return text
