"""Builds the reference firmware: of plug-c3, or with `--profile` of another product on ESP32-C3.

It needs burner itself, and Debian's `gcc-riscv64-unknown-elf` and `picolibc-riscv64-unknown-elf`.
Same sources and same compiler, same bytes: neither a time nor a path gets into the images. Those
of plug-c3 are kept, so that nobody needs a compiler to burn them. With `--check` nothing is
written: the images that are there are compared with what the sources give.
"""

import argparse
import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

try:
    from esptool.cmds import elf2image

    from burner.core.errors import BurnerError
    from burner.identity.interface_addresses import MAC_SOURCES
    from burner.identity.naming import TemplateField
    from burner.platforms.platform import Cloud
    from burner.profile.c_source import c_string
    from burner.profile.product_header import product_header
    from burner.profile.profile import Profile
    from burner.profile.reading import load_profile
    from burner.provisioning.nvs_carrier import NvsSettings
except ModuleNotFoundError as error:
    sys.exit(
        f"{sys.executable} has no {error.name}. Use the Python that burner is installed in: "
        f".venv/bin/python, on Windows .venv\\Scripts\\python"
    )

REFERENCE = Path(__file__).resolve().parent
FIRMWARE = REFERENCE.parent
PROFILE = FIRMWARE.parent / "profiles" / "plug-c3.yaml"
IMAGES = FIRMWARE / "plug-c3"
BUILD_RECORD = "build.toml"
CHIP = "esp32c3"
LONGEST_TEXT = 31
"""Characters of name and version in the application's descriptor."""
COMPILER = "riscv64-unknown-elf-gcc"
LIBRARY = "picolibc-riscv64-unknown-elf"

COMMON = ("start.S", "chip.c", "console.c", "partitions.c")
IDENTITY = sorted(
    f"../identity/src/{path.name}"
    for path in (FIRMWARE / "identity" / "src").glob("*.c")
    if path.name != "crypto_mbedtls.c"
)
OPTIONS = (
    "--specs=picolibc.specs",
    *("-march=rv32imc", "-mabi=ilp32", "-Os", "-std=c11"),
    *("-pedantic", "-Wall", "-Wextra", "-Werror", "-Wconversion"),
    *("-ffunction-sections", "-fdata-sections", "-nostartfiles", "-static"),
    "-Wl,--gc-sections,--build-id=none,--no-warn-rwx-segments,--strip-all",
    *("-I../identity/include", "-I../identity/src"),
    *("-DBURNER_CHALLENGE", "-DREFERENCE_REGISTRATION_COMMAND"),
)
FLASH_MODE, FLASH_FREQUENCY = "dio", "80m"
HIGHEST_REVISION = 199


@dataclass(frozen=True)
class Program:
    """One of the two stages: its image, and what it is made from."""

    image: str
    layout: str
    sources: tuple[str, ...]
    elf_digest_at: int | None = None
    """Where the application descriptor has the digest of the program."""


PROGRAMS = (
    Program("bootloader.bin", "loader.ld", (*COMMON, "slot.c", "image.c", "loader.c", *IDENTITY)),
    Program(
        "app.bin",
        "application.ld",
        (*COMMON, "application.c", "registration_command.c", *IDENTITY),
        elf_digest_at=0xB0,
    ),
)


class CompilerMissingError(Exception):
    """There is no cross compiler; the argument says so."""


class ProductUnsuitableError(Exception):
    """The reference program cannot be built for this product; the argument says why."""


def check_product(profile: Profile) -> None:
    """Compare a product with what the reference program can do.

    Raises:
        ProductUnsuitableError: it cannot run on the chip, read the key, or derive the name.
    """
    carrier = profile.carrier
    if profile.chip.type != CHIP:
        raise ProductUnsuitableError(f"chip.type: found {profile.chip.type}; {CHIP} alone")
    if not isinstance(carrier, NvsSettings):
        raise ProductUnsuitableError(f"carrier.kind: found {carrier.kind}; it reads nvs alone")
    if carrier.key_partition is not None:
        raise ProductUnsuitableError("carrier.key_partition: it does not read encrypted nvs")
    for field, text in (("name", profile.product.name), ("version", profile.product.version)):
        if len(text) > LONGEST_TEXT:
            found = f"found {len(text)} characters"
            raise ProductUnsuitableError(f"product.{field}: {found}; at most {LONGEST_TEXT}")
    if profile.partition_table is None:
        raise ProductUnsuitableError("partition_table: found none; the loader reads one")
    if profile.product.cloud not in (Cloud.TENCENT_HUB, Cloud.TENCENT_EXPLORER):
        raise ProductUnsuitableError("product.cloud: it checks the key by Tencent's rule alone")
    for part in profile.name.parts:
        if isinstance(part, TemplateField) and part.source not in MAC_SOURCES:
            found = f"found {{{part.source}}}"
            raise ProductUnsuitableError(
                f"name.template: {found}; of a unit it reads the MAC alone"
            )


def build(profile: Profile) -> dict[str, bytes]:
    """Both images: file name → bytes.

    Raises:
        CompilerMissingError: there is no cross compiler.
    """
    compiler()
    with tempfile.TemporaryDirectory() as folder:
        for name, text in generated(profile).items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        stated = header(profile)
        return {program.image: _image(program, Path(folder), stated) for program in PROGRAMS}


def _image(program: Program, folder: Path, stated: dict[str, Any]) -> bytes:
    elf = folder / f"{program.image}.elf"
    options = (*OPTIONS, f"-I{folder}", "-include", "product.h", "-T", program.layout)
    command = [COMPILER, *options, *program.sources, "-o", str(elf)]
    subprocess.run(command, cwd=REFERENCE, check=True)
    with redirect_stdout(io.StringIO()):
        image = elf2image(elf.read_bytes(), elf_sha256_offset=program.elf_digest_at, **stated)
    return bytes(image)


def header(profile: Profile) -> dict[str, Any]:
    """What the header of an image says of chip and flash, as the profile has it."""
    major, minor = (profile.chip.min_revision or "0.0").split(".")
    return {
        "chip": profile.chip.type,
        "flash_size": f"{profile.flash.size >> 20}MB",
        "flash_mode": FLASH_MODE,
        "flash_freq": FLASH_FREQUENCY,
        "min_rev_full": int(major) * 100 + int(minor),
        "max_rev_full": HIGHEST_REVISION,
    }


def generated(profile: Profile) -> dict[str, str]:
    """The headers that the profile gives: name → text."""
    defines = {
        "PRODUCT_NAME": c_string(profile.product.name),
        "PRODUCT_VERSION": c_string(profile.product.version),
        "PARTITION_TABLE_OFFSET": f"{profile.partition_table.offset:#x}u",
        "FLASH_SIZE": f"{profile.flash.size:#x}u",
    }
    lines = [f"#define {name} {value}\n" for name, value in defines.items()]
    return {"product.h": "".join(lines), "product_identity.h": product_header(profile)}


def compiler() -> str:
    """Compiler and C library with their versions.

    Raises:
        CompilerMissingError: there is none.
    """
    if shutil.which(COMPILER) is None:
        raise CompilerMissingError(f"no {COMPILER} (Debian's gcc-riscv64-unknown-elf)")
    shown = subprocess.run([COMPILER, "--version"], check=True, capture_output=True, text=True)
    query = ["dpkg-query", "-W", "-f", "${Package} ${Version}", LIBRARY]
    if shutil.which("dpkg-query") is None:
        raise CompilerMissingError(f"no {LIBRARY}")
    library = subprocess.run(query, check=False, capture_output=True, text=True)
    if library.returncode:
        raise CompilerMissingError(f"no {LIBRARY}")
    return f"{shown.stdout.splitlines()[0]}, {library.stdout}"


def source_digest(profile: Profile) -> str:
    """SHA-256 over everything that the images are made from, but for the compiler."""
    digest = hashlib.sha256()
    for name, content in _sources(profile):
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _sources(profile: Profile) -> Iterator[tuple[str, bytes]]:
    for folder in (REFERENCE, FIRMWARE / "identity" / "include", FIRMWARE / "identity" / "src"):
        for path in sorted(folder.iterdir()):
            if path.suffix in (".S", ".c", ".h", ".ld", ".py"):
                yield path.relative_to(FIRMWARE).as_posix(), path.read_bytes()
    for name, text in generated(profile).items():
        yield name, text.encode()
    yield "header", repr(header(profile)).encode()


def kept() -> dict[str, str]:
    """The record of plug-c3's images: what they were made from, and their digests."""
    return tomllib.loads((IMAGES / BUILD_RECORD).read_text(encoding="utf-8"))


def _record(profile: Profile, images: dict[str, bytes]) -> str:
    values = {"compiler": compiler(), "sources": source_digest(profile)}
    values |= {name: hashlib.sha256(data).hexdigest() for name, data in images.items()}
    lines = [f'"{name}" = "{value}"\n' for name, value in values.items()]
    return "# Written by firmware/reference/build.py: do not edit it.\n" + "".join(lines)


def _arguments() -> tuple[Path, Path, bool]:
    """The profile, the folder of the images, and whether they are compared only."""
    parser = argparse.ArgumentParser(description="Build the reference firmware of a product.")
    parser.add_argument("--profile", type=Path, default=PROFILE, help="the product; else plug-c3")
    parser.add_argument("-o", "--output", type=Path, help="folder of the images")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    given = parser.parse_args()
    if given.output is None and given.profile.resolve() != PROFILE:
        parser.error("--profile needs -o FOLDER: plug-c3's own images stay as they are")
    return given.profile, given.output or IMAGES, given.check


def main() -> int:
    """Build, and write or compare."""
    path, folder, compare = _arguments()
    try:
        profile = load_profile(path)
        check_product(profile)
        images = build(profile)
    except ProductUnsuitableError as error:
        sys.exit(f"{path}: no reference program for this product: {error}")
    except (BurnerError, CompilerMissingError) as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(f"{COMPILER} ends with {error.returncode}: its complaints stand above")
    if compare:
        there = {name: folder / name for name in images}
        other = [
            name
            for name, data in images.items()
            if not there[name].is_file() or there[name].read_bytes() != data
        ]
        sys.stdout.write("".join(f"{name} is not what the sources give\n" for name in other))
        return 1 if other else 0
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in images.items():
        (folder / name).write_bytes(data)
        sys.stdout.write(f"{name} {len(data)} bytes\n")
    (folder / BUILD_RECORD).write_text(_record(profile, images), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
