"""`burner identify`: the IDs of the units in all slots, also compared with each other."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from burner.burn.identify import Identification, IdentifyRules, identify_unit
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.devices.device import ANY_CHIP, ConnectPlan, Device
from burner.identity.settings import IdentitySettings, ImeiSettings
from burner.profile.profile import Profile
from burner.station.every_slot import in_every_slot

BAUD = 115200
"""Little data is read, so the slowest and surest rate will do."""
UNIQUE_IDS = {
    "mac": Code.MAC_TAKEN,
    "imei": Code.IMEI_TAKEN,
    "serial": Code.SERIAL_TAKEN,
}
"""IDs that two units must not share."""


def rules_of_profile(profile: Profile, label: str) -> IdentifyRules:
    """What a profile asks of each unit; `label` is the scanned label of the one unit."""
    plan = ConnectPlan(profile.chip.type, BAUD)
    return IdentifyRules(plan, profile.identity, profile.name, label, profile.boot.timeout_s)


def rules_of_any_unit(*, with_modem: bool) -> IdentifyRules:
    """Without a profile: the IDs of any chip that answers, and of a modem in the slot."""
    rules = IdentifyRules(ConnectPlan(ANY_CHIP, BAUD), IdentitySettings())
    if with_modem:
        return replace(rules, identity=IdentitySettings(imei=ImeiSettings()))
    return rules


def identify_slots(
    devices: Mapping[str, Device], rules: Mapping[str, IdentifyRules]
) -> dict[str, Identification]:
    """Identify the units in all slots; an ID that two units share is a problem of both.

    Args:
        devices: by slot.
        rules: by slot.
    """
    units = in_every_slot(devices, lambda slot, device: identify_unit(device, rules[slot]))
    for source, code in UNIQUE_IDS.items():
        count = Counter(unit.ids[source] for unit in units.values() if source in unit.ids)
        for unit in units.values():
            value = unit.ids.get(source, "")
            if count[value] > 1:
                slots = [slot for slot, other in units.items() if other.ids.get(source) == value]
                unit.problems.append(BurnerError(code, f"{value}: slots {', '.join(slots)}"))
    return units
