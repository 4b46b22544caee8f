"""The key configuration: by it the cloud recognises the product and the device."""

from dataclasses import dataclass

from burner.core.secrets.secret import Secret
from burner.platforms.rules import ProductRules
from burner.platforms.tencent import RULES


@dataclass(frozen=True)
class KeyConfig:
    """ProductID, ProductSecret and DeviceName of a unit.

    `device_name` is empty where the firmware makes it from its own IDs.
    """

    product_id: str
    product_secret: Secret
    device_name: str = ""


def longest_key(rules: ProductRules, product_id: str) -> KeyConfig:
    """The key of a product that takes the most room."""
    secret = Secret(b"S" * rules.secret.longest)
    return KeyConfig(product_id, secret, "N" * rules.names.longest)


LONGEST_KEY = longest_key(RULES, "P" * RULES.product_id.longest)
"""Tencent's."""
