"""A product's name rule and key layout as a C header, for the library in `firmware/identity`.

The firmware compiles in what the profile says, so that the rule of a name and the place of the
key exist once.
"""

from collections.abc import Iterator
from typing import assert_never

from burner.core.secrets.secret import Secret
from burner.identity.interface_addresses import MAC_SOURCES, interfaces
from burner.identity.naming import TemplateField
from burner.profile.c_source import c_bool, c_bytes, c_string
from burner.profile.profile import Profile
from burner.provisioning.at_carrier import AtSettings
from burner.provisioning.file_carrier import FileSettings
from burner.provisioning.key_config import KeyConfig
from burner.provisioning.nvs_carrier import NvsSettings
from burner.provisioning.patch_carrier import PatchSettings
from burner.provisioning.raw_carrier import pack
from burner.provisioning.raw_settings import RawField, RawSettings

_SOME_KEY = KeyConfig("P" * 10, Secret(b"S" * 16), "N")
"""With it a struct is packed to see its constants, which no key changes."""


def product_header(profile: Profile) -> str:
    """The header (C11). The profile's name must fit its chip.

    Raises:
        BurnerError: E136 where a struct of the profile has no room for a value.
    """
    lines = (
        f"/* {profile.title} on {profile.chip.type}: how its units are named, and where their key",
        " * lies. For firmware/identity of burner. `burner profile names` writes it again: do not",
        " * edit it. */",
        "#ifndef PRODUCT_IDENTITY_H",
        "#define PRODUCT_IDENTITY_H",
        "",
        '#include "burner_identity.h"',
        "",
        *_name_rule(profile),
        "",
        *_key_layout(profile),
        "",
        "#endif",
        "",
    )
    return "\n".join(lines)


def _name_rule(profile: Profile) -> Iterator[str]:
    name = profile.name
    yield f"/* {c_string(name.template)} */"
    yield "static const struct burner_name_part product_name_parts[] = {"
    for part in name.parts:
        yield f"    {{{_part(profile, part)}}},"
    yield "};"
    separator = f"'{name.separator}'" if name.separator else "'\\0'"
    yield from (
        "BURNER_UNUSED static const struct burner_name_rule product_name_rule = {",
        "    .parts = product_name_parts,",
        f"    .part_count = {len(name.parts)},",
        f"    .separator = {separator},",
        f"    .upper = {c_bool(name.case == 'upper')},",
        f"    .allow_colon = {c_bool(name.allow_colon)},",
        "};",
    )


def _part(profile: Profile, part: str | TemplateField) -> str:
    """A part of the name, every member of it: C++ warns of those that are missing."""
    source, text, characters, added, local, odd = "TEXT", "NULL", 0, 0, False, False
    if isinstance(part, str):
        text = c_string(part)
    else:
        characters = part.characters or 0
        source = "ADDRESS" if part.source in MAC_SOURCES else part.source.upper()
        if source == "ADDRESS" and part.source != "mac":
            rules = interfaces(profile.chip.type, profile.name.universal_addresses)
            added, local = rules[part.source]
            odd = (profile.chip.type, part.source, added) == ("esp32s2", "softap", 1)
    return (
        f".source = BURNER_NAME_{source}, .text = {text}, .characters = {characters}, "
        f".added = {added}, .local = {c_bool(local)}, .esp32s2_softap = {c_bool(odd)}"
    )


def _key_layout(profile: Profile) -> Iterator[str]:
    match profile.carrier:
        case NvsSettings() as nvs:
            yield from _nvs(nvs)
        case FileSettings() as file:
            yield from _file(file)
        case PatchSettings() as patch:
            yield from _patch(patch)
        case RawSettings() as raw:
            yield from _raw(raw)
        case AtSettings():
            yield "/* The key comes by AT commands: nothing of it is burned. */"
        case _:
            assert_never(profile.carrier)


def _text(text: str | None) -> str:
    return c_string(text) if text is not None else "NULL"


def _nvs(settings: NvsSettings) -> Iterator[str]:
    keys = settings.keys
    yield from (
        "#define PRODUCT_KEY_IN_NVS 1",
        "BURNER_UNUSED static const struct burner_nvs_layout product_key_layout = {",
        f"    .partition = {c_string(settings.partition)},",
        f"    .name_space = {c_string(settings.namespace)},",
        f"    .product_id = {c_string(keys.product_id)},",
        f"    .product_secret = {c_string(keys.product_secret)},",
        f"    .device_name = {_text(keys.device_name)},",
        f"    .key_partition = {_text(settings.key_partition)},",
        "};",
    )


def _file(settings: FileSettings) -> Iterator[str]:
    keys = settings.keys
    yield from (
        "#define PRODUCT_KEY_IN_FILE 1",
        "BURNER_UNUSED static const struct burner_json_layout product_key_layout = {",
        f"    .partition = {c_string(settings.partition)},",
        f"    .file = {c_string(settings.name)},",
        f"    .product_id = {c_string(keys.product_id)},",
        f"    .product_secret = {c_string(keys.product_secret)},",
        f"    .device_name = {_text(keys.device_name)},",
        "};",
    )


def _patch(settings: PatchSettings) -> Iterator[str]:
    """Arrays in a macro: each must stand in the image once, however many files include this."""
    arrays = settings.arrays()
    yield "#define PRODUCT_KEY_IN_ARRAYS 1"
    yield "/* The arrays that burner patches: in one C file, outside of any function. */"
    for array in arrays:
        if array.count > 1:
            yield f"/* burner expects {array.count} arrays with {c_string(array.text.decode())}. */"
    yield "#define PRODUCT_KEY_ARRAYS \\"
    definitions = [
        f"    static BURNER_PATCHED_ARRAY(product_array_{array.value}, {array.size}, "
        f"{c_string(array.text.decode())});"
        for array in arrays
    ]
    yield " \\\n".join(definitions)
    names = {array.value: f"product_array_{array.value}" for array in arrays}
    yield "/* Reads them, in the same file. */"
    yield "#define PRODUCT_READ_KEY(key) burner_read_arrays( \\"
    for value in ("product_id", "product_secret", "device_name"):
        name = names.get(value)
        held = f"{name}, sizeof {name}" if name else "NULL, 0"
        yield f"    (struct burner_array){{{held}}}, \\"
    yield "    key)"


def _raw(settings: RawSettings) -> Iterator[str]:
    packed = pack(settings, _SOME_KEY)
    starts = settings.starts()
    fields = []
    yield "#define PRODUCT_KEY_IN_STRUCT 1"
    for number, field in enumerate(settings.fields):
        start = starts[field.name]
        source, constant = _source(settings, field), packed[start : start + field.size]
        if not source and any(constant):
            name = f"product_constant_{number}"
            yield f"static const uint8_t {name}[] = {c_bytes(constant)};"
            source = f".source = BURNER_RAW_CONSTANT, .constant = {name}"
        source = source or ".source = BURNER_RAW_CONSTANT"
        fields.append(f"    {{.offset = {start}, .size = {field.size}, {source}}},")
    yield "static const struct burner_raw_field product_key_fields[] = {"
    yield from fields
    yield "};"
    yield from (
        "BURNER_UNUSED static const struct burner_raw_layout product_key_layout = {",
        f"    .partition = {c_string(settings.partition)},",
        f"    .offset = {settings.offset:#x},",
        f"    .big_endian = {c_bool(settings.endian == 'big')},",
        "    .fields = product_key_fields,",
        f"    .field_count = {len(fields)},",
        "};",
    )


def _source(settings: RawSettings, field: RawField) -> str:
    """Where a field's bytes come from; empty where they are constant."""
    if field.key is not None:
        text = f".source = BURNER_RAW_{field.key.upper()}"
        return f"{text}, .terminated = {c_bool(field.terminated)}"
    if field.checksum is not None:
        algorithm = field.checksum.algorithm.upper().replace("-", "_")
        covered = settings.covered(field)
        return (
            f".source = BURNER_RAW_CHECKSUM, .algorithm = BURNER_{algorithm}, "
            f".first = {covered.start}, .end = {covered.stop}"
        )
    measured = next((member for member in settings.fields if member.name == field.length_of), None)
    if measured is not None and measured.key is not None:
        return f".source = BURNER_RAW_LENGTH, .length_of = BURNER_RAW_{measured.key.upper()}"
    return ""
