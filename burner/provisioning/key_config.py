"""The key configuration: by it the cloud recognises the product and the device."""

from dataclasses import dataclass

from burner.core.secrets.secret import Secret


@dataclass(frozen=True)
class KeyConfig:
    """ProductID, ProductSecret and DeviceName of a unit.

    `device_name` is empty where the firmware makes it from its own IDs.
    """

    product_id: str
    product_secret: Secret
    device_name: str = ""


LONGEST_KEY = KeyConfig("P" * 10, Secret(b"S" * 32), "N" * 48)
"""The key that takes the most room."""
