"""The devices of a product on the platform: from its management API, or from an export."""

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

from burner.cli.parameters.cloud_options import ManagementOptions, management_api
from burner.cli.parameters.export_options import ExportOptions, devices_of_export
from burner.cli.terminal import screen
from burner.cloud.listed_device import ListedDevice

if TYPE_CHECKING:
    from burner.cloud.device_export import DeviceExport
    from burner.core.secrets.secret import Secret
    from burner.manifest.entries.cloud_kinds import ReconciliationSource
    from burner.profile.profile import Profile

_AT_ONCE: Final = 500
"""Names that are searched for secrets at once."""


@dataclass(frozen=True)
class ListedDevices:
    """All devices of a product."""

    devices: tuple[ListedDevice, ...]
    source: "ReconciliationSource"
    export: "DeviceExport | None" = None
    """None: of the management API."""


def devices_on_platform(
    profile: "Profile",
    management: ManagementOptions,
    export: ExportOptions | None,
    secret: "Secret | None" = None,
) -> ListedDevices:
    """Read them.

    Args:
        profile: of the product.
        management: how the management API is called.
        export: in place of it; None: it is called.
        secret: of the product, where it is known: no name holds it then.

    Raises:
        BurnerError: E830 … E844 the management API, E866 … E870 the export.
    """
    if export is not None:
        found = devices_of_export(export, profile)
        return ListedDevices(_cleaned(found.devices, secret), "export", found)
    expected = profile.registration
    api = management_api(
        *(profile.product.cloud, expected.region, management, expected.instance),
        product_secret=secret,
    )
    product_id = profile.product.id
    devices: dict[str, ListedDevice] = {}
    for page in screen.track(api.devices(product_id), "devices"):
        # A device that is new while pages are read moves others to the next page.
        devices |= {device.name: ListedDevice.of(device) for device in page}
    return ListedDevices(tuple(devices.values()), "api")


def _cleaned(
    devices: tuple[ListedDevice, ...], secret: "Secret | None"
) -> tuple[ListedDevice, ...]:
    from burner.cloud.management.cleaned_names import with_cleaned_names
    from burner.core.secrets.search import SecretSearch

    if secret is None:
        return devices
    parts = (devices[at : at + _AT_ONCE] for at in range(0, len(devices), _AT_ONCE))
    return tuple(chain.from_iterable(with_cleaned_names(parts, SecretSearch(secret))))
