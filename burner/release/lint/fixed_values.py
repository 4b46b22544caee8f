"""Placeholders of names in values that are the same in every unit. Pure.

`template: "{mac}"` makes a name; the further values of a carrier are burned as they stand.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from burner.core.code import Code
from burner.core.errors import Finding
from burner.core.yaml_document import FieldPath
from burner.identity.naming import SOURCES
from burner.profile.profile import Profile
from burner.provisioning.carriers import CarrierSettings
from burner.provisioning.file_carrier import FileSettings
from burner.provisioning.nvs_carrier import NvsSettings
from burner.provisioning.raw_settings import RawSettings

_WORDS: Final = (*SOURCES, "name", "device_name", "product_id", "product_secret")
_PLACEHOLDER: Final = re.compile(rf"\{{(?:{'|'.join(_WORDS)})(?::[^{{}}]*)?\}}", re.IGNORECASE)
_KEYS: Final = "carrier.keys.device_name for the unit's name; other IDs the firmware reads itself"
_FIELD: Final = "a field with key: device_name for its name; other IDs the firmware reads itself"
_OR_ACCEPT: Final = "; accept: {E148: why} where the firmware itself fills it in"


def check_fixed_values(profile: Profile) -> Iterator[Finding]:
    """Every value with a placeholder that nothing fills in.

    It is a warning in a further file, which may have placeholders of its own, and in a profile
    that accepts it: then the firmware fills them in.
    """
    accepts = Code.PLACEHOLDER_IN_FIXED_VALUE in profile.accept
    for path, value in _values(profile.carrier):
        if placeholder := _PLACEHOLDER.search(value):
            at = profile.place("carrier", *path)
            what = f"{placeholder[0]} would be burned literally, the same in every unit"
            allowed = (_FIELD if path[0] == "fields" else _KEYS) + _OR_ACCEPT
            warning = accepts or path[0] == "files"
            yield Finding(Code.PLACEHOLDER_IN_FIXED_VALUE, at, what, allowed, warning=warning)


def _values(carrier: CarrierSettings) -> Iterator[tuple[FieldPath, str]]:
    match carrier:
        case NvsSettings():
            for index, extra in enumerate(carrier.extra):
                yield from _texts(extra.value, ("extra", index, "value"))
        case FileSettings():
            yield from _texts(carrier.json_fields, ("json",))
            for index, file in enumerate(carrier.files):
                yield from _texts(file.text, ("files", index, "text"))
        case RawSettings():
            for index, field in enumerate(carrier.fields):
                yield from _texts(field.value, ("fields", index, "value"))


def _texts(value: Any, path: FieldPath) -> Iterator[tuple[FieldPath, str]]:
    """Every text in a value, however deep."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*path, index))
