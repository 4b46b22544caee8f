"""The name of a unit whose IDs somebody knows before it is made: by the rules of burning. Pure."""

from collections.abc import Mapping

from burner.core.silicon import Mac, Silicon
from burner.identity.imei_checks import check_imei
from burner.identity.interface_addresses import MAC_SOURCES, interface_macs
from burner.identity.label_checks import check_label, read_label
from burner.identity.mac_checks import check_mac
from burner.identity.naming import device_name, required_sources
from burner.identity.serial_checks import check_serial
from burner.profile.profile import Profile

ID_SOURCES = ("mac", "imei", "serial", "label")
"""The IDs that can be known before a unit is made."""


def needed_ids(profile: Profile) -> tuple[str, ...]:
    """The IDs without which no name can be made; `serial` may stand on the label."""
    needed = required_sources(profile.name)
    sources = {"mac" if source in MAC_SOURCES else source for source in needed}
    return tuple(source for source in ID_SOURCES if source in sources)


def unit_name(profile: Profile, ids: Mapping[str, str]) -> str:
    """The name of a unit with these IDs, each checked as the line checks it.

    Raises:
        BurnerError: E41x to E44x an ID that the line would refuse, E164 a name that is not
            allowed, E167 an ID that the name needs is not there.
    """
    known = {**_of_label(profile, ids), **ids}
    check_ids(profile, known)
    return name_of_checked(profile, known)


def check_ids(profile: Profile, ids: Mapping[str, str]) -> None:
    """Check IDs that a person gives: the line would have to accept them.

    Raises:
        BurnerError: E41x to E44x.
    """
    rules = profile.identity
    if "mac" in ids:
        check_mac(Silicon(profile.chip.type, "", Mac.parse(ids["mac"]), 0, 0), rules)
    if "imei" in ids:
        check_imei(ids["imei"], rules.imei.tac if rules.imei else ())
    if "serial" in ids and rules.serial:
        check_serial(ids["serial"], rules.serial)
    if "label" in ids and rules.label:
        check_label(ids["label"], rules, ids)


def name_of_checked(profile: Profile, ids: Mapping[str, str]) -> str:
    """The name of a unit with these IDs.

    Raises:
        BurnerError: E164, E167.
    """
    return device_name(profile.name, {**ids, **_addresses(profile, ids)})


def _addresses(profile: Profile, ids: Mapping[str, str]) -> Mapping[str, Mac]:
    if "mac" not in ids:
        return {}
    silicon = Silicon(profile.chip.type, "", Mac.parse(ids["mac"]), 0, 0)
    return interface_macs(silicon, profile.name.universal_addresses)


def _of_label(profile: Profile, ids: Mapping[str, str]) -> Mapping[str, str]:
    """The IDs that the label tells, where the profile has labels."""
    if "label" in ids and profile.identity.needs_label:
        return read_label(ids["label"], profile.identity)
    return {}
