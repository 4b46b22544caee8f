"""Names for sample IDs, as vectors that the firmware's tests compare with.

The firmware must derive the same name. Its team compiles the vectors in.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from burner.core.errors import refuse
from burner.core.regex import fullmatch
from burner.core.silicon import Mac
from burner.identity.imei_checks import check_digit
from burner.identity.naming import check_settings, required_sources
from burner.profile.c_source import c_string
from burner.profile.profile import Profile
from burner.profile.unit_names import check_ids, name_of_checked

DEVICE_PARTS = ("000001", "0a1b2c", "abcdef", "1234ff", "fffffe")
"""Last three bytes of the sample MACs: leading zeros, letters, and a last byte that overflows."""
USUAL_PREFIX = "246f28"
USUAL_TAC = "49015420"
UNIT_NUMBERS = ("323751", "000000", "999999")
SERIALS = ("SN000001", "000001", "A1B2C3D4")


class NoSampleError(ValueError):
    """No sample has the form that a profile asks for; the argument is the form and the source."""


@dataclass(frozen=True)
class NameVector:
    """The IDs of one unit as text (empty where the name does not need them), and its name."""

    mac: str
    name: str
    imei: str = ""
    serial: str = ""
    label: str = ""


def name_vectors(profile: Profile, fixed: Mapping[str, str]) -> Iterator[NameVector]:
    """Sample IDs as the profile's units have them, or the fixed ones, each with its name.

    Raises:
        BurnerError: E162, E168 the template against the chip; E164 a name that is not allowed;
            E41x to E44x a fixed ID that cannot name a unit.
        NoSampleError: no sample has the form of the profile's serial numbers or labels.
    """
    refuse(check_settings(profile.name, profile.chip.type, profile.place("name")))
    needed = required_sources(profile.name) & {"imei", "serial", "label"} | {"mac"}
    samples = {s: (fixed[s],) if s in fixed else _samples(profile, s) for s in needed}
    for number in range(max(map(len, samples.values()))):
        ids = {source: values[number % len(values)] for source, values in samples.items()}
        check_ids(profile, {source: value for source, value in ids.items() if source in fixed})
        yield NameVector(**ids, name=name_of_checked(profile, ids))


def _samples(profile: Profile, source: str) -> tuple[str, ...]:
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
            return _matching_serials(rules.serial.pattern if rules.serial else ".*", source)
        case _:
            return _matching_serials(rules.label.pattern if rules.label else ".*", source)


def _matching_serials(pattern: str, source: str) -> tuple[str, ...]:
    """Samples that match the profile's pattern; only a person can invent others."""
    matching = tuple(sample for sample in SERIALS if fullmatch(pattern, sample))
    if not matching:
        raise NoSampleError(pattern, source)
    return matching


def vectors_json(profile: Profile, vectors: Sequence[NameVector]) -> str:
    """The vectors as JSON."""
    about = {"profile": profile.title, "chip": profile.chip.type, **_rule(profile)}
    document = {**about, "vectors": [asdict(vector) for vector in vectors]}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _rule(profile: Profile) -> dict[str, object]:
    return profile.name.model_dump(exclude={"allow_colon"}, exclude_none=True)


def vectors_header(profile: Profile, vectors: Sequence[NameVector]) -> str:
    """The vectors as a C header (C99 and later, C++ too)."""
    rule = ", ".join(f"{key} {c_string(str(value))}" for key, value in _rule(profile).items())
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
            *(f"    {_row(vector)}," for vector in vectors),
            "};",
            "",
            f"#define NAME_VECTOR_COUNT {len(vectors)}",
            "",
            "#endif",
            "",
        )
    )


def _row(vector: NameVector) -> str:
    octets = ", ".join(f"0x{octet}" for octet in vector.mac.split(":"))
    texts = (vector.imei, vector.serial, vector.label, vector.name)
    return f"{{{{{octets}}}, {', '.join(map(c_string, texts))}}}"
