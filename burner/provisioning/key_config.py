"""The key configuration: by it the cloud recognises the product and the device."""

from dataclasses import dataclass

from burner.core.secrets.secret import Secret
from burner.platforms.rules import ProductRules


@dataclass(frozen=True)
class KeyConfig:
    """ProductID, ProductSecret and DeviceName of a unit.

    `device_name` is empty where the firmware makes it from its own IDs.
    """

    product_id: str
    product_secret: Secret
    device_name: str = ""


@dataclass(frozen=True)
class PossibleKeys:
    """The keys that units of a product can have. A carrier must take all of them."""

    product_id: str
    rules: ProductRules
    """Of its platform."""

    @property
    def shortest(self) -> KeyConfig:
        """The key that takes the least room."""
        secret = Secret(b"S" * self.rules.secret.shortest)
        return KeyConfig(self.product_id, secret, "N" * self.rules.names.shortest)

    @property
    def longest(self) -> KeyConfig:
        """The key that takes the most room."""
        secret = Secret(b"S" * self.rules.secret.longest)
        return KeyConfig(self.product_id, secret, "N" * self.rules.names.longest)
