"""The key configuration: what makes a firmware a device of the cloud."""

from dataclasses import dataclass

from burner.core.secrets.secret import Secret


@dataclass(frozen=True)
class KeyConfig:
    """The key configuration: who the firmware is to the cloud.

    `device_name` is empty where the firmware derives it from its own silicon.
    """

    product_id: str
    product_secret: Secret
    device_name: str = ""


LONGEST_KEY = KeyConfig("P" * 10, Secret(b"S" * 32), "N" * 48)
"""The key that takes the most room."""
