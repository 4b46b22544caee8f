"""What the carriers `file` and `patch` leave out is as in the SDK of the platform. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from burner.core.code import Code
from burner.core.yaml_schema import Problem, refuse_problems
from burner.platforms.platform import SdkArray, SdkLayout


def with_sdk_layout(carrier: Any, sdk: SdkLayout | None) -> Any:
    """A `carrier` of a profile, as YAML has it, with what it leaves out.

    Raises:
        PydanticCustomError: E101 where it leaves out what no SDK of the platform says.
    """
    match carrier:
        case {"kind": "file"} if sdk:
            keys = _over(sdk.json_keys, carrier.get("keys"))
            return {"json": sdk.json_fields, **carrier, "keys": keys}
        case {"kind": "patch"} if sdk:
            return {**carrier, "placeholders": _arrays(sdk.arrays, carrier.get("placeholders"))}
        case {"kind": "file"}:
            refuse_problems(map(_missing, _left_out_of_file(carrier)))
        case {"kind": "patch"}:
            refuse_problems(map(_missing, _left_out_of_patch(carrier)))
    return carrier


def _over(known: Mapping[str, Any], written: Any) -> Any:
    """What is written, over what is known; what is no mapping stays as it is."""
    if written is None:
        return dict(known)
    return {**known, **written} if isinstance(written, dict) else written


def _arrays(known: Mapping[str, SdkArray], written: Any) -> Any:
    """Without a placeholder, the source has no array of the name."""
    arrays = {value: vars(array) for value, array in known.items()}
    always = {value: array for value, array in arrays.items() if value != "device_name"}
    placeholders = _over(always, written)
    if not isinstance(placeholders, dict):
        return placeholders
    return {
        value: {"size": arrays[value]["size"], **array}
        if isinstance(array, dict) and value in arrays
        else array
        for value, array in placeholders.items()
    }


def _left_out_of_file(carrier: Mapping[str, Any]) -> Iterator[str]:
    keys = carrier.get("keys")
    keys = keys if isinstance(keys, dict) else {}
    yield from (f"keys.{value}" for value in _VALUES if value not in keys)
    if "json" not in carrier:
        yield "json"


def _left_out_of_patch(carrier: Mapping[str, Any]) -> Iterator[str]:
    placeholders = carrier.get("placeholders")
    placeholders = placeholders if isinstance(placeholders, dict) else {}
    for value in _VALUES:
        array = placeholders.get(value)
        if isinstance(array, dict) and "size" not in array:
            yield f"placeholders.{value}.size"
        elif array is None and value != "device_name":
            yield f"placeholders.{value}"


_VALUES = ("product_id", "product_secret", "device_name")


def _missing(field: str) -> Problem:
    found = f"{field} is missing"
    return Code.PROFILE_INVALID, found, "required: only Tencent's SDKs have a layout of their own"
