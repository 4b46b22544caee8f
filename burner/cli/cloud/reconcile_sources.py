"""The devices of a product on the platform: from its management API, or from an export."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from burner.cli.parameters.cloud_options import ManagementOptions, management_api
from burner.cli.parameters.export_options import ExportOptions, devices_of_export
from burner.cli.terminal import screen
from burner.cloud.listed_device import ListedDevice

if TYPE_CHECKING:
    from burner.cloud.device_export import DeviceExport
    from burner.manifest.entries.cloud_kinds import ReconciliationSource
    from burner.profile.profile import Profile


@dataclass(frozen=True)
class ListedDevices:
    """All devices of a product."""

    devices: tuple[ListedDevice, ...]
    source: "ReconciliationSource"
    export: "DeviceExport | None" = None
    """None: of the management API."""


def devices_on_platform(
    profile: "Profile", management: ManagementOptions, export: ExportOptions | None
) -> ListedDevices:
    """Read them.

    Raises:
        BurnerError: E830 … E844 the management API, E866 … E870 the export.
    """
    if export is not None:
        found = devices_of_export(export, profile)
        return ListedDevices(found.devices, "export", found)
    expected = profile.registration
    api = management_api(profile.product.cloud, expected.region, management, expected.instance)
    product_id = profile.product.id
    devices: dict[str, ListedDevice] = {}
    for page in screen.track(api.devices(product_id), "devices"):
        # A device that is new while pages are read moves others to the next page.
        devices |= {device.name: ListedDevice.of(device) for device in page}
    return ListedDevices(tuple(devices.values()), "api")
