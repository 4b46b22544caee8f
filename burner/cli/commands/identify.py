"""`burner identify`: read every ID of the units in the slots, and write nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from burner.cli.parameters import options
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json
from burner.cli.terminal.language import language
from burner.core.errors import BurnerError, refuse
from burner.core.words.error_details import detail_in

if TYPE_CHECKING:
    from burner.burn.identify import Identification, IdentifyRules
    from burner.cli.parameters.slots import Slots
    from burner.core.secrets.search import SecretSearch
    from burner.profile.profile import Profile


@click.command()
@click.argument("profile", type=click.Path(path_type=Path, dir_okay=False), required=False)
@options.slot_options
@click.option(
    "--label", metavar="TEXT", default="", help="The scanned label of the unit, of one slot."
)
@options.logs_option
@options.secret_option
@options.json_option
@options.lang_option
def identify(
    profile: Path | None,
    *,
    ports: Sequence[str],
    station_file: Path | None,
    bench: str | None,
    label: str,
    logs: Path,
    secret: str,
    as_json: bool,
) -> int:
    """Read and check every ID of the units in the slots; write nothing.

    With PROFILE also the name that each unit would get, and what PROFILE asks of a modem, a label
    or the booted firmware. Without PROFILE it reads whatever chip answers, and the modem of a slot
    that has one.
    If the ProductSecret can be had without asking anybody, what the firmware prints is searched for
    it. A station with a policy takes no PROFILE and no ProductSecret here.

    Ends with 1 if anything is wrong with any unit.
    """
    from burner.cli.parameters.command_rules import own_station_file, rules_of_command
    from burner.cli.parameters.slots import open_slots, warm_devices
    from burner.devices.segment_cache import SegmentCache
    from burner.station.identify_slots import identify_slots

    station_file = own_station_file(station_file, ports)
    rules_of_command(station_file, source=profile, secret=secret, manifest="", station=None)
    search = _secret_search(profile, secret)
    with open_slots(ports, station_file, bench, profile) as slots:
        if label and len(slots.locate) > 1:
            raise click.UsageError("--label belongs to one unit, and there are several slots")
        rules = _rules(slots, profile, search.clean(label))
        with warm_devices(slots, logs, SegmentCache(), search) as devices:
            units = identify_slots(devices, rules)
    if as_json:
        rows = [_to_json(slot, unit) for slot, unit in units.items()]
        print_json(rows)
    else:
        _print_tables(units)
    return 1 if any(unit.problems for unit in units.values()) else 0


def _secret_search(path: Path | None, reference: str) -> "SecretSearch":
    """A search for the product secret, where it can be had without asking anybody.

    What has not the form of a product secret is not searched for: a search tells what it finds, and
    the reference may name any file.

    Raises:
        BurnerError: E156, E157 `reference` names no product secret.
    """
    from burner.core.secrets.reference import resolve
    from burner.core.secrets.search import SecretSearch
    from burner.platforms.platform import DEFAULT_CLOUD
    from burner.platforms.platforms import PLATFORMS

    profile = _profile_if_valid(path)
    try:
        if reference:
            secret = resolve(reference, Path())
        elif profile is not None:
            secret = resolve(profile.product.secret, profile.path.parent)
        else:
            return SecretSearch()
    except BurnerError:
        return SecretSearch()
    platform = profile.platform if profile else PLATFORMS[DEFAULT_CLOUD]
    findings = platform.rules.check_secret(secret, reference)
    refuse(findings if reference else [])
    if any(not finding.warning for finding in findings):
        return SecretSearch()
    return SecretSearch(secret)


def _profile_if_valid(path: Path | None) -> "Profile | None":
    from burner.profile.reading import load_profile

    try:
        return load_profile(path) if path else None
    except BurnerError:
        return None


def _rules(slots: "Slots", path: Path | None, label: str) -> "dict[str, IdentifyRules]":
    """By slot, what is asked of its unit."""
    from burner.profile.reading import load_profile
    from burner.station.identify_slots import rules_of_any_unit, rules_of_profile

    if path is not None:
        return dict.fromkeys(slots.locate, rules_of_profile(load_profile(path), label))
    return {slot: rules_of_any_unit(with_modem=_has_modem(slots, slot)) for slot in slots.locate}


def _has_modem(slots: "Slots", slot: str) -> bool:
    try:
        return bool(slots.locate[slot]("modem"))
    except BurnerError:
        return False


def _to_json(slot: str, unit: "Identification") -> dict[str, Any]:
    """One element of the JSON answer."""
    silicon = unit.silicon
    about: dict[str, Any] = {"chip": "", "unit_id": ""}
    if silicon:
        about = {
            "chip": silicon.chip,
            "revision": silicon.revision,
            "unit_id": silicon.unit_id,
            "mac_crc_ok": silicon.mac_crc_ok,
            "flash_id": f"{silicon.flash_id:06x}",
            "flash_size": silicon.flash_size,
            "fingerprint": silicon.fingerprint,
            "security": asdict(silicon.security),
        }
    return {
        "slot": slot,
        **about,
        "addresses": {source: str(mac) for source, mac in unit.addresses.items()},
        "ids": unit.ids,
        "device_name": unit.device_name,
        "problems": [
            {
                "code": problem.code,
                "says": problem.row.sentence(language()),
                "do": problem.row.remedy(language()),
                "detail": problem.detail,
            }
            for problem in unit.problems
        ],
    }


def _print_tables(units: "Mapping[str, Identification]") -> None:
    columns = ("slot", "chip", "MAC", "flash", "IMEI", "serial", "name", "")
    screen.table("", columns, [_row(slot, unit) for slot, unit in units.items()])
    interfaces = list(dict.fromkeys(i for unit in units.values() for i in unit.addresses))
    if interfaces:
        rows = [
            (slot, *(unit.addresses.get(i, "-") for i in interfaces))
            for slot, unit in units.items()
        ]
        screen.table("Addresses", ("slot", *interfaces), rows)
    for slot, unit in units.items():
        for problem in unit.problems:
            screen.say(f"slot {slot}: {problem.code} {problem.row.sentence(language())}")
            screen.say(f"  {detail_in(language(), problem.detail)}" if problem.detail else "")
            screen.say(f"  → {problem.row.remedy(language())}")


def _row(slot: str, unit: "Identification") -> tuple[str, ...]:
    silicon = unit.silicon
    verdict = ", ".join(problem.code for problem in unit.problems) or "OK"
    ids = (unit.ids.get("imei", "-"), unit.ids.get("serial", "-"), unit.device_name or "-")
    if silicon is None:
        return (slot, "-", "-", "-", *ids, verdict)
    chip = f"{silicon.chip} {silicon.revision}".strip()
    return (slot, chip, str(silicon.mac), f"{silicon.flash_size >> 20} MB", *ids, verdict)
