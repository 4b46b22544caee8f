"""The text of a new profile: filled in from a build as far as it says, the rest marked FILL_IN."""

import re
from pathlib import Path
from typing import Final

from burner.flash.chips import BOOTLOADER_OFFSETS
from burner.flash.partition_table import DATA, SUBTYPES
from burner.platforms.platform import Cloud
from burner.platforms.platforms import PLATFORMS
from burner.profile.builds.build import Build, BuildFile
from burner.profile.profile import FILL_IN
from burner.profile.scaffold.carrier_draft import PRESETS, CarrierDraft, draft_carrier, needs_table
from burner.profile.scaffold.yaml_text import line, note, relative, scalar

__all__ = ["PRESETS", "draft_profile", "needs_table"]

_MODES: Final = ("qio", "qout", "dio", "dout")
_VERSION: Final = re.compile(r"[^0-9A-Za-z.+_-]")


def draft_profile(name: str, folder: Path, build: Build | None = None, preset: str = "") -> str:
    """A commented profile.

    Args:
        name: of the product.
        folder: where the profile will lie; paths in it start there.
        build: what to take from; without one it is all for the engineer to fill in.
        preset: a layout of `PRESETS`; empty: what the build suggests, else NVS.
    """
    carrier = draft_carrier(build, preset)
    flash = _of_build(build, folder, carrier) if build else _without_build(preset)
    origin = f", from {_article(build.kind)} build" if build else ""
    lines = [
        f"# {name}: what it is and how it is burned{origin}.",
        f"# Fill in every {FILL_IN}; `burner profile check` lists them.",
        "burner: 1",
        "",
        *_product(name, build, carrier.cloud),
        "",
        *flash,
        "",
        "# How the key configuration reaches the firmware.",
        "carrier:",
        *carrier.lines,
        "",
        *_NAME,
        "",
        *_REGISTRATION,
        "",
        *_BOOT,
        *((_CHALLENGE,) if carrier.answers_challenge else ()),
        _QUANTITY,
    ]
    return "\n".join(lines) + "\n"


def _article(kind: str) -> str:
    return f"an {note(kind)}" if kind[0] in "AE" else f"a {note(kind)}"


def _product(name: str, build: Build | None, cloud: Cloud | None) -> list[str]:
    descriptor = build.descriptor if build else None
    version = _VERSION.sub("-", descriptor.version).lstrip("-.+_")[:32] if descriptor else ""
    of = (
        f"the application's ({note(descriptor.project_name)})" if descriptor else "of this firmware"
    )
    platform = [
        line("  # cloud: tencent-explorer", "or alibaba, volcengine; left out: Tencent IoT Hub"),
        line(f"  id: {FILL_IN}", "ProductID: 10 characters, from the cloud console"),
    ]
    if cloud:
        word = PLATFORMS[cloud].rules.product_id.word
        platform = [
            line(f"  cloud: {cloud}", "the platform with which the units register: docs/cloud.md"),
            line(f"  id: {FILL_IN}", f"{word}, from the cloud console"),
        ]
    variable = re.sub(r"^(?=\d)", "_", name.replace("-", "_").upper())
    return [
        "product:",
        line(f"  name: {scalar(name)}"),
        line(f"  version: {scalar(version or FILL_IN)}", f"{of}; a new one for new bytes"),
        *platform,
        line(
            f"  secret: env:{variable}_SECRET",
            "where the ProductSecret is kept, never the secret itself:",
        ),
        line("", "env:NAME, file:PATH, keyring:SERVICE/USER or prompt"),
    ]


def _of_build(build: Build, folder: Path, carrier: CarrierDraft) -> list[str]:
    revision = build.min_revision
    lines = ["chip:", line(f"  type: {scalar(build.chip or FILL_IN)}")]
    if revision:
        text = f"{revision // 100}.{revision % 100}"
        lines.append(line(f'  min_revision: "{text}"', "older ones cannot run these images"))
    lines += ["flash:", line(f"  size: {_size(build.flash_size)}", _size_note(build))]
    lines += [line("  baud: 921600", "at the start; burner lowers it on a bad line"), ""]
    if build.table_file:
        lines += [*_table(build, build.table_file, folder), ""]
    lines += ["images:", *(text for file in build.files for text in _image(build, file, folder))]
    blank = _blank(build, carrier)
    if build.table_file:
        but = "" if carrier.partition else "; not the partition that the carrier fills"
        lines += [f"# Written as 0xFF, so that no old data remains in a reworked unit{but}."]
        lines += [f"blank: [{', '.join(map(scalar, blank))}]"]
        if left := _left(build, carrier, blank):
            lines += [f"# Not written: {', '.join(map(note, left))}."]
    return lines


def _size(size: int) -> str:
    if not size:
        return FILL_IN
    whole = (("MB", 1 << 20), ("K", 1 << 10))
    return next((f"{size // unit}{word}" for word, unit in whole if not size % unit), str(size))


def _size_note(build: Build) -> str:
    """The flash size of the build and of its first image; only the image's own is burned."""
    modes = ", ".join(note(word) for word in (build.flash_mode, build.flash_freq) if word)
    text = "of the part on the board; as the build has it" + (f" ({modes})" if modes else "")
    first = next((f for f in build.files if f.offset == BOOTLOADER_OFFSETS.get(build.chip)), None)
    image = build.images.get(first.name) if first else None
    mode = _MODES[image.flash_mode] if image and image.flash_mode < len(_MODES) else ""
    if mode and build.flash_mode in _MODES and mode != build.flash_mode:
        text += f"; the image's header says {mode}, and is burned unchanged"
    return text


def _table(build: Build, file: BuildFile, folder: Path) -> list[str]:
    origin = f"made from {note(relative(build.csv, folder))}" if build.csv else ""
    width = max(len(note(p.name)) for p in build.table)
    rows = [
        f"#   {note(p.name):<{width}}  {p.kind:<16} {p.offset:#10x} {p.size:#10x}"
        for p in build.table
    ]
    return [
        "partition_table:",
        line(f"  file: {scalar(relative(file.path, folder))}", origin),
        line(f"  offset: {file.offset:#x}"),
        *rows,
    ]


def _image(build: Build, file: BuildFile, folder: Path) -> list[str]:
    where = build.partition_of(file)
    place = f"partition: {scalar(where.name)}" if where else f"offset: {file.offset:#x}"
    path = scalar(relative(file.path, folder))
    image = build.images.get(file.name)
    descriptor = image.descriptor if image else None
    words = [f"{note(descriptor.project_name)} {note(descriptor.version)}"] if descriptor else []
    words += [f"signed ({image.signature})"] if image and image.signature else []
    entry = f"  - {{name: {scalar(file.name)}, file: {path}, {place}}}"
    return [f"  # {', '.join(words)}", entry] if words else [entry]


def _blank(build: Build, carrier: CarrierDraft) -> list[str]:
    """NVS and otadata partitions into which nothing else is written."""
    kinds = [SUBTYPES[DATA][word] for word in ("nvs", "ota")]
    written = {file.offset for file in build.files}
    return [
        p.name
        for p in build.table
        if p.type == DATA and p.subtype in kinds and not p.readonly
        if p.offset not in written and p.name != carrier.partition
    ]


def _left(build: Build, carrier: CarrierDraft, blank: list[str]) -> list[str]:
    written = {file.offset for file in build.files}
    known = {*blank, carrier.partition}
    return [p.name for p in build.table if p.offset not in written and p.name not in known]


def _without_build(preset: str) -> list[str]:
    table = "0xc000" if preset == "esp-qcloud" else "0x8000"
    return [
        "chip:",
        line(f"  type: {FILL_IN}", "esp8266, esp32, esp32s2, esp32s3, esp32c3, esp32c6, …"),
        line('  # min_revision: "0.3"', "if older chips cannot run the firmware"),
        "flash:",
        line(f"  size: {FILL_IN}", "of the part on the board: 2MB, 4MB, 8MB, …"),
        line("  baud: 921600", "at the start; burner lowers it on a bad line"),
        "",
        "partition_table:",
        line(f"  file: {FILL_IN}", "CSV or binary, from the profile's folder"),
        line(f"  offset: {table}", "as in the build's sdkconfig"),
        "",
        "# By offset, or by the name of a partition.",
        "images:",
        line("  - name: bootloader"),
        line(f"    file: {FILL_IN}"),
        line(f"    offset: {FILL_IN}", "0x1000 on esp32 and esp32s2, 0x2000 on esp32c5 and"),
        line("", "esp32p4, else 0x0"),
        line("  - name: app"),
        line(f"    file: {FILL_IN}"),
        line(f"    partition: {FILL_IN}", "factory or ota_0, whichever starts first"),
        "# Written as 0xFF, so that no old data remains in a reworked unit.",
        line("blank: [nvs, otadata]", "take out what the table does not have"),
    ]


_NAME: Final = (
    "# The name in the cloud. The firmware must derive the same: `burner profile names`.",
    "name:",
    line('  template: "{mac}"', "upper-case hex; {imei}, {serial}, text, …: docs/names.md"),
)
_BOOT: Final = (
    "# What the firmware prints when it starts well; units that print something else fail.",
    "# boot:",
    "#   product_id: 'product_id=(\\w+)'",
    "#   device_name: 'device_name=([\\w-]+)'",
)
_CHALLENGE: Final = line("#   challenge: true", "it must also prove its key: docs/firmware.md")
_REGISTRATION: Final = (
    "# How the product must be set on the platform: `burner cloud preflight` compares.",
    "# registration: {names: created-before}  # or created-after, automatic: docs/cloud.md",
)
_QUANTITY: Final = line(
    "# quantity: 10000", "the most units this release may make, over all batches"
)
