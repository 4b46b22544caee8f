"""Which names the platform has, asked in as few calls as it takes."""

from collections.abc import Collection

from burner.cloud.listed_device import ListedDevice, unusable_names
from burner.cloud.management.api import DeviceOnPlatform, ManagementApi, ProductOnPlatform

ONE_BY_ONE = 10
"""So many names are asked for one by one, whatever the product holds."""
MOST_ASKED = 100
"""Calls that a question about many names may take."""
LISTED_FOR_A_NAME = 10
"""A list of so many devices takes no longer than a question: slow platforms give 50 a call."""
MOST_LISTED = 5000
"""Devices of a product that are listed for a question about many names."""


def present_devices(
    api: ManagementApi, product_id: str, names: Collection[str]
) -> dict[str, DeviceOnPlatform]:
    """The devices of these names that the platform has, in as few calls as it takes.

    Raises:
        BurnerError: E8.
    """
    if len(names) > ONE_BY_ONE and api.device_count(product_id) <= len(names) * LISTED_FOR_A_NAME:
        wanted = set(names)
        return {d.name: d for page in api.devices(product_id) for d in page if d.name in wanted}
    asked = (api.device(product_id, name) for name in names)
    return {device.name: device for device in asked if device is not None}


def spare_on_platform(
    api: ManagementApi, product: ProductOnPlatform, names: Collection[str]
) -> int:
    """How many of these names the platform has for new units. Where they are too many to ask, not
    more than it has devices.

    Raises:
        BurnerError: E8.
    """
    if len(names) > MOST_ASKED and product.devices > MOST_LISTED:
        return min(len(names), product.devices)
    there = present_devices(api, product.product_id, names).values()
    return len({one.name for one in there} - unusable_names(map(ListedDevice.of, there), ()).keys())
