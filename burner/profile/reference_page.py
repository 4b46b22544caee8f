"""docs/profile.md: every key of a profile in words."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from burner.core.yaml_schema import SIZE_SCHEMA
from burner.profile.json_schema import SchemaNode, definitions, schema

COMMAND: Final = "burner profile schema --markdown > docs/profile.md"
"""What writes the page anew."""
INTRODUCTION: Final = """\
# Every key of a profile

A profile says what a product is. This page lists every key, in the order of the file. How a profile
is written and tried: [engineer](engineer.md). Which carrier to take: [carriers](carriers.md). How
names and IDs work: [names and IDs](names.md).

`burner profile schema --markdown` prints this page; `burner profile schema` prints the JSON Schema,
with which an editor completes and checks.

```yaml
burner: 1
product: {name: plug-c3, version: 1.2.0, id: 7QKX2MPD0C, secret: "env:PLUG_C3_SECRET"}
chip: {type: esp32c3, min_revision: "0.3"}
flash: {size: 4MB}
partition_table: {file: build/partitions.csv, offset: 0xc000}
images:
  - {name: bootloader, file: build/bootloader.bin, offset: 0x0}
  - {name: app, file: build/app.bin, partition: ota_0}
blank: [nvs, otadata]
carrier: {kind: nvs, preset: esp-qcloud}
name: {template: "{mac}"}
boot: {device_name: 'device_name=([\\w-]+)'}
```

* **YAML**: only `true` and `false` are true and false; `no` and `0123` are text. A version such as
  `"1.10"` needs quotes. A key that is not listed here is refused.
* **size**: a number of bytes such as `24576`, `0x6000`, `24K` or `4MB`.
* **regular expression**: in the syntax of [RE2](https://github.com/google/re2/wiki/Syntax), in
  single quotes. Matching takes time linear in the line, so no pattern can hold up a slot. There is
  no lookahead, lookbehind, backreference or possessive quantifier; `profile check` says what to
  write instead (E145). `\\d`, `\\w`, `\\s` and `\\b` are ASCII; `$` is the very end. A line of a
  device is cut at 1000 bytes, and at most 10,000 lines of one start are read.
* `FILL_IN` is what `burner profile new` writes where only you know the value.
"""


# -- the page ------------------------------------------------------------------------------------


def page() -> str:
    """docs/profile.md: every key in words."""
    return "\n".join([INTRODUCTION, *_Page(definitions(schema())).sections()])


class _Page:
    """A section for each kind of mapping, in the order in which a profile has them."""

    def __init__(self, definitions: Mapping[str, SchemaNode]) -> None:
        self._definitions = definitions
        self._headings: dict[str, str] = {}
        self._find_headings("Profile", "The top")

    def _find_headings(self, name: str, heading: str, path: str = "", kind: str = "") -> None:
        """Name a definition, and the mappings in it, by the path of keys that leads there."""
        self._headings[name] = heading
        for key, field in self._definitions[name]["properties"].items():
            deeper = f"{path}.{key}".lstrip(".") + ("[]" if "items" in field else "")
            inner = list(_references(field))
            for part in inner:
                about = self._definitions[part]
                if part in self._headings or "properties" not in about:
                    continue
                own = _constant(about) if len(inner) > 1 and _constant(about) else ""
                named = f"`{deeper}`: {own}" if own else f"`{deeper}`" + f" ({kind})" * bool(kind)
                self._find_headings(part, named, deeper, own or kind)

    def sections(self) -> Iterator[str]:
        """The page without its introduction, line by line."""
        for name, heading in self._headings.items():
            about = self._definitions[name]
            yield from (f"## {heading}", about["description"].partition("\n\n")[0], "")
            yield from ("| key | what it is | value | default |", "|---|---|---|---|")
            for key, field in sorted(about["properties"].items(), key=_stands_first, reverse=True):
                required = key in about.get("required", ())
                default = "**required**" if required else self._default(field)
                text = _linked(field.get("description", ""))
                cells = (f"`{key}`", text, self._value(field), default)
                yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
            yield ""

    def _value(self, field: SchemaNode) -> str:
        """The values that are allowed."""
        options = [option for option in _options(field) if option.get("type") != "null"]
        if "$ref" in field:
            return self._referred(*_references(field))
        if "enum" in field or "const" in field:
            return ", ".join(map(_code, field.get("enum", [field.get("const")])))
        if _is_size(field):
            return "size"
        if options:
            return " or ".join(dict.fromkeys(map(self._value, options)))
        match field.get("type"):
            case "array":
                return self._list(field)
            case "object":
                return f"mapping to: {self._value(field['additionalProperties'])}"
            case "string":
                return _text(field)
            case "integer" | "number":
                return _number(field)
            case "boolean":
                return "`true`, `false`"
        return "anything"

    def _list(self, field: SchemaNode) -> str:
        if alike := field.get("prefixItems"):
            return f"list of {len(alike)}: {self._value(alike[0])}"
        most = f" of at most {field['maxItems']}" if "maxItems" in field else ""
        return f"list{most}: {self._value(field['items'])}"

    def _referred(self, name: str) -> str:
        """A link to the section of a mapping; the values of anything smaller."""
        heading = self._headings.get(name)
        if heading is None:
            return self._value(self._definitions[name])
        return f"[{heading}](#{anchor(heading)})"

    def _default(self, field: SchemaNode) -> str:
        """The default of a key that may be left out; empty where it means nothing, or is described
        below.
        """
        value = field.get("default")
        if "$ref" in field and isinstance(value, dict):
            needed = self._definitions[next(_references(field))].get("required", ())
            value = {key: value[key] for key in needed}
        if value in (None, "", [], {}):
            return ""
        if isinstance(value, int) and _is_size(field) and not value % 0x1000:
            return f"`{value:#x}`"
        whole = isinstance(value, float) and value.is_integer()
        return _code(int(value) if whole else value)


def _linked(text: str) -> str:
    """`docs/names.md` is a link on a page beside it."""
    return re.sub(r"docs/([\w-]+)\.md", r"[\1](\1.md)", text)


def anchor(heading: str) -> str:
    """The target of a link to a Markdown heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _stands_first(item: tuple[str, SchemaNode]) -> bool:
    """Whether a key decides what the rest of its mapping is."""
    key, field = item
    return "const" in field or key == "product"


def _is_size(field: SchemaNode) -> bool:
    return [option for option in _options(field) if option.get("type") != "null"] == SIZE_SCHEMA[
        "anyOf"
    ]


def _options(field: SchemaNode) -> list[SchemaNode]:
    return [*field.get("anyOf", ()), *field.get("oneOf", ())]


def _references(field: SchemaNode) -> Iterator[str]:
    """The definitions that a field refers to."""
    if "$ref" in field:
        yield field["$ref"].rpartition("/")[2]
    for node in (*_options(field), *([field["items"]] if "items" in field else ())):
        yield from _references(node)


def _constant(about: SchemaNode) -> str:
    """The one value of a mapping's first constant key: it tells the mapping from others in its
    place.
    """
    values = (str(key["const"]) for key in about["properties"].values() if "const" in key)
    return next(values, "")


def _text(field: SchemaNode) -> str:
    if field.get("format") == "re2":
        return "regular expression"
    if pattern := field.get("pattern"):
        return f"text, {_code(pattern)}"
    return f"text, at most {field['maxLength']} characters" if "maxLength" in field else "text"


def _number(field: SchemaNode) -> str:
    kind = "whole number" if field["type"] == "integer" else "number"
    least, most = field.get("minimum"), field.get("maximum")
    if most is not None:
        above = f"above {field['exclusiveMinimum']}, at most" if least is None else f"{least} to"
        return f"{kind}, {above} {most}"
    return f"{kind}, at least {least}" if least is not None else kind


def _code(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return f"`{text}`" if text else '`""`'
