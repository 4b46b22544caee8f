"""`burner identify`: read every ID of the units in the slots, and write nothing."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from burner.cli import options, screen
from burner.cli.language import language
from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.error_details import detail_in

if TYPE_CHECKING:
    from burner.burn.identify import Identification, IdentifyRules
    from burner.cli.slots import Slots
    from burner.core.secrets.search import SecretSearch
    from burner.devices.esp import EspDevice

BAUD = 115200
"""Nothing large is read, so the slowest and surest rate will do."""
TWINS = {"mac": Code.MAC_TAKEN, "imei": Code.IMEI_TAKEN, "serial": Code.SERIAL_TAKEN}
"""IDs that two units must not share."""


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
    or the booted firmware. Without it whatever chip answers, and a modem where a slot has one.
    If the ProductSecret can be had without asking anybody, what the firmware prints is searched for
    it.

    Ends with 1 if anything is wrong with any unit.
    """
    from burner.cli.slots import open_slots, warm_devices
    from burner.devices.segment_cache import SegmentCache

    search = _search(profile, secret)
    rules_of = _rules(profile, search.clean(label))
    with open_slots(ports, station_file, bench, profile) as slots:
        if label and len(slots.locate) > 1:
            raise click.UsageError("--label belongs to one unit, and there are several slots")
        with warm_devices(slots, logs, SegmentCache(), search) as devices:
            looks = _look_at_all(devices, {slot: rules_of(slots, slot) for slot in devices})
    _note_twins(looks)
    if as_json:
        rows = [_plain(slot, seen) for slot, seen in looks.items()]
        screen.say(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        _show(looks)
    return 1 if any(seen.problems for seen in looks.values()) else 0


def _search(path: Path | None, reference: str) -> "SecretSearch":
    """For the product's secret, if it can be fetched here: nothing else needs it."""
    from burner.core.secrets.reference import resolve
    from burner.core.secrets.search import SecretSearch
    from burner.profile.reading import load_profile

    search = SecretSearch()
    with suppress(BurnerError):
        if reference:
            search.add(resolve(reference, Path()))
        elif path is not None:
            search.add(resolve(load_profile(path).product.secret, path.parent))
    return search


def _rules(path: Path | None, label: str) -> "Callable[[Slots, str], IdentifyRules]":
    """What to ask of the unit in a slot: the profile's rules, or what holds for every unit."""
    from burner.burn.identify import IdentifyRules
    from burner.devices.device import ANY_CHIP, ConnectPlan
    from burner.identity.settings import IdentitySettings, ImeiSettings
    from burner.profile.reading import load_profile

    if path is None:
        usual = IdentifyRules(ConnectPlan(ANY_CHIP, BAUD), IdentitySettings())
        modem = replace(usual, identity=IdentitySettings(imei=ImeiSettings()))
        return lambda slots, slot: modem if _has_modem(slots, slot) else usual
    profile = load_profile(path)
    plan = ConnectPlan(profile.chip.type, BAUD)
    rules = IdentifyRules(plan, profile.identity, profile.name, label, profile.boot.timeout_s)
    return lambda _slots, _slot: rules


def _has_modem(slots: "Slots", slot: str) -> bool:
    try:
        return bool(slots.locate[slot]("modem"))
    except BurnerError:
        return False


def _look_at_all(
    devices: "Mapping[str, EspDevice]", rules: "Mapping[str, IdentifyRules]"
) -> "dict[str, Identification]":
    from burner.burn.identify import identify_unit

    with ThreadPoolExecutor(len(devices)) as pool:
        looks = {
            slot: pool.submit(identify_unit, device, rules[slot])
            for slot, device in devices.items()
        }
        return {slot: seen.result() for slot, seen in looks.items()}


def _note_twins(looks: "Mapping[str, Identification]") -> None:
    """Two units with one ID: both are suspect."""
    for source, code in TWINS.items():
        count = Counter(seen.ids[source] for seen in looks.values() if source in seen.ids)
        for seen in looks.values():
            value = seen.ids.get(source, "")
            if count[value] > 1:
                slots = [slot for slot, other in looks.items() if other.ids.get(source) == value]
                seen.problems.append(BurnerError(code, f"{value}: slots {', '.join(slots)}"))


def _plain(slot: str, seen: "Identification") -> dict[str, Any]:
    """One element of the JSON answer."""
    silicon = seen.silicon
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
        "addresses": {source: str(mac) for source, mac in seen.addresses.items()},
        "ids": seen.ids,
        "device_name": seen.device_name,
        "problems": [
            {
                "code": problem.code,
                "says": problem.row.sentence(language()),
                "do": problem.row.remedy(language()),
                "detail": problem.detail,
            }
            for problem in seen.problems
        ],
    }


def _show(looks: "Mapping[str, Identification]") -> None:
    columns = ("slot", "chip", "MAC", "flash", "IMEI", "serial", "name", "")
    screen.table("", columns, [_row(slot, seen) for slot, seen in looks.items()])
    interfaces = list(dict.fromkeys(i for seen in looks.values() for i in seen.addresses))
    if interfaces:
        rows = [
            (slot, *(seen.addresses.get(i, "-") for i in interfaces))
            for slot, seen in looks.items()
        ]
        screen.table("Addresses", ("slot", *interfaces), rows)
    for slot, seen in looks.items():
        for problem in seen.problems:
            screen.say(f"slot {slot}: {problem.code} {problem.row.sentence(language())}")
            screen.say(f"  {detail_in(language(), problem.detail)}" if problem.detail else "")
            screen.say(f"  → {problem.row.remedy(language())}")


def _row(slot: str, seen: "Identification") -> tuple[str, ...]:
    silicon = seen.silicon
    verdict = ", ".join(problem.code for problem in seen.problems) or "OK"
    ids = (seen.ids.get("imei", "-"), seen.ids.get("serial", "-"), seen.device_name or "-")
    if silicon is None:
        return (slot, "-", "-", "-", *ids, verdict)
    chip = f"{silicon.chip} {silicon.revision}".strip()
    return (slot, chip, str(silicon.mac), f"{silicon.flash_size >> 20} MB", *ids, verdict)
