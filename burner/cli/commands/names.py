"""`burner profile names`: which name a unit with certain IDs gets, for people and for firmware.

The firmware must derive the same name. Its team compiles the vectors in and compares.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from burner.cli import options, screen

if TYPE_CHECKING:
    from burner.profile.profile import Profile

DEVICE_PARTS = ("000001", "0a1b2c", "abcdef", "1234ff", "fffffe")
"""Last three bytes of the sample MACs: leading zeros, letters, and a last byte that overflows."""
USUAL_PREFIX = "246f28"
USUAL_TAC = "49015420"
UNIT_NUMBERS = ("323751", "000000", "999999")
SERIALS = ("SN000001", "000001", "A1B2C3D4")
JSON_FILE = "name_vectors.json"
HEADER_FILE = "name_vectors.h"


@dataclass(frozen=True)
class Vector:
    """The IDs of one unit as text, empty where the name does not need them, and its name."""

    mac: str
    name: str
    imei: str = ""
    serial: str = ""
    label: str = ""


@click.command()
@click.argument("path", metavar="PROFILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--id", "given", metavar="SOURCE=VALUE", multiple=True,
              help="An ID instead of the samples: mac=…, imei=…, serial=…, label=….")  # fmt: skip
@options.output_option(options.NEW_FOLDER)
@options.json_option
def names(path: Path, given: Sequence[str], output: Path | None, as_json: bool) -> None:
    """Show the names that PROFILE gives to sample IDs.

    --output names a folder: the table is written there as JSON and as a C header, for the firmware
    team.
    """
    from burner.profile.reading import load_profile

    profile = load_profile(path)
    table = list(vectors_of(profile, _given(given)))
    if output:
        output.mkdir(parents=True, exist_ok=True)
        (output / JSON_FILE).write_text(as_document(profile, table), encoding="utf-8")
        (output / HEADER_FILE).write_text(as_header(profile, table), encoding="utf-8")
    if as_json:
        screen.say(as_document(profile, table).rstrip())
        return
    shown = [c for c in ("mac", "imei", "serial", "label") if any(getattr(v, c) for v in table)]
    rows = [(*(getattr(vector, column) for column in shown), vector.name) for vector in table]
    screen.table(f"{profile.title}: {profile.name.template}", (*shown, "name"), rows)
    if output:
        screen.say(f"written: {output / JSON_FILE}, {output / HEADER_FILE}")


def _given(texts: Sequence[str]) -> dict[str, str]:
    from burner.core.silicon import Mac

    pairs = dict(text.partition("=")[::2] for text in texts)
    unknown = set(pairs) - {"mac", "imei", "serial", "label"}
    if unknown:
        raise click.BadParameter(f"{', '.join(sorted(unknown))}: not mac, imei, serial or label")
    if "mac" in pairs:
        try:
            pairs["mac"] = str(Mac.parse(pairs["mac"]))
        except ValueError:
            raise click.BadParameter(f"{pairs['mac']!r} is not a MAC") from None
    return pairs


def vectors_of(profile: "Profile", given: Mapping[str, str]) -> Iterator[Vector]:
    """Sample IDs as the profile's units have them, or the ones given, each with its name.

    Raises:
        BurnerError: E162, E168 the template against the chip; E164 a name that is not allowed;
            E41x to E44x an ID that is given and cannot name a unit.
    """
    from burner.core.errors import refuse
    from burner.core.silicon import Mac, Silicon
    from burner.identity.interface_addresses import derive
    from burner.identity.naming import check_settings, device_name, required_sources

    refuse(check_settings(profile.name, profile.chip.type, profile.place("name")))
    needed = required_sources(profile.name) & {"imei", "serial", "label"} | {"mac"}
    samples = {s: (given[s],) if s in given else _samples(profile, s) for s in needed}
    for number in range(max(map(len, samples.values()))):
        ids = {source: values[number % len(values)] for source, values in samples.items()}
        _check(profile, {source: value for source, value in ids.items() if source in given})
        silicon = Silicon(profile.chip.type, "", Mac.parse(ids["mac"]), 0, 0)
        addresses = derive(silicon, profile.name.universal_addresses)
        yield Vector(**ids, name=device_name(profile.name, {**ids, **addresses}))


def _samples(profile: "Profile", source: str) -> tuple[str, ...]:
    from burner.core.silicon import Mac
    from burner.identity.imei_checks import check_digit

    rules = profile.identity
    match source:
        case "mac":
            prefix = (*rules.vendor_prefixes, USUAL_PREFIX)[0]
            rest = (part[len(prefix) - len(USUAL_PREFIX) :] for part in DEVICE_PARTS)
            return tuple(str(Mac.parse(prefix + part)) for part in rest)
        case "imei":
            tac = (*(rules.imei.tac if rules.imei else ()), USUAL_TAC)[0]
            return tuple(f"{tac}{unit}{check_digit(tac + unit)}" for unit in UNIT_NUMBERS)
        case "serial":
            return _fitting(rules.serial.pattern if rules.serial else ".*", source)
        case _:
            return _fitting(rules.label.pattern if rules.label else ".*", source)


def _fitting(pattern: str, source: str) -> tuple[str, ...]:
    """Samples in the profile's form; only a person can make up others."""
    from burner.core.regex import fullmatch

    fitting = tuple(sample for sample in SERIALS if fullmatch(pattern, sample))
    if not fitting:
        raise click.UsageError(f"no sample has the form {pattern}: give one, --id {source}=…")
    return fitting


def _check(profile: "Profile", ids: Mapping[str, str]) -> None:
    """IDs that a person gives must be ones that the line would let pass."""
    from burner.core.silicon import Mac, Silicon
    from burner.identity.imei_checks import check_imei
    from burner.identity.label_checks import check_label
    from burner.identity.mac_checks import check_silicon
    from burner.identity.serial_checks import check_serial

    rules = profile.identity
    if "mac" in ids:
        check_silicon(Silicon(profile.chip.type, "", Mac.parse(ids["mac"]), 0, 0), rules)
    if "imei" in ids:
        check_imei(ids["imei"], rules.imei.tac if rules.imei else ())
    if "serial" in ids and rules.serial:
        check_serial(ids["serial"], rules.serial)
    if "label" in ids and rules.label:
        check_label(ids["label"], rules, ids)


def as_document(profile: "Profile", table: Sequence[Vector]) -> str:
    """The vectors as JSON."""
    about = {"profile": profile.title, "chip": profile.chip.type, **_rule(profile)}
    document = {**about, "vectors": [asdict(vector) for vector in table]}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _rule(profile: "Profile") -> dict[str, object]:
    return profile.name.model_dump(exclude={"allow_colon"}, exclude_none=True)


def as_header(profile: "Profile", table: Sequence[Vector]) -> str:
    """The vectors as a C header (C99 and later, C++ too)."""
    rule = ", ".join(f"{key} {_quoted(str(value))}" for key, value in _rule(profile).items())
    return "\n".join(
        (
            f"/* Names as burner gives them: {profile.title} on {profile.chip.type}.",
            f" * {rule}",
            " * For every row: the firmware's own derivation from the IDs must give `name`. */",
            "#ifndef NAME_VECTORS_H",
            "#define NAME_VECTORS_H",
            "",
            "struct name_vector {",
            "    unsigned char mac[6]; /* base MAC */",
            "    const char *imei;     /* empty where the name does not need it */",
            "    const char *serial;",
            "    const char *label;",
            "    const char *name;",
            "};",
            "",
            "static const struct name_vector name_vectors[] = {",
            *(f"    {_row(vector)}," for vector in table),
            "};",
            "",
            f"#define NAME_VECTOR_COUNT {len(table)}",
            "",
            "#endif",
            "",
        )
    )


def _row(vector: Vector) -> str:
    octets = ", ".join(f"0x{octet}" for octet in vector.mac.split(":"))
    texts = (vector.imei, vector.serial, vector.label, vector.name)
    return f"{{{{{octets}}}, {', '.join(map(_quoted, texts))}}}"


def _quoted(text: str) -> str:
    """A C string of any text: what is not plain ASCII as octal of its UTF-8 bytes."""
    plain = {*range(0x20, 0x7F)} - set(b'"\\?*/')
    return '"' + "".join(chr(b) if b in plain else f"\\{b:03o}" for b in text.encode()) + '"'
