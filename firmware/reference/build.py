"""Builds the reference firmware of plug-c3: `python firmware/reference/build.py`.

It needs burner itself, and Debian's `gcc-riscv64-unknown-elf` and `picolibc-riscv64-unknown-elf`.
Same sources and same compiler, same bytes: neither a time nor a path gets into the images. They
are kept, so that nobody needs a compiler to burn them. With `--check` nothing is written: the
images that are kept are compared with what the sources give.
"""

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

from esptool.cmds import elf2image

from burner.profile.c_source import c_string
from burner.profile.product_header import product_header
from burner.profile.reading import load_profile

REFERENCE = Path(__file__).resolve().parent
FIRMWARE = REFERENCE.parent
PROFILE = FIRMWARE.parent / "profiles" / "plug-c3.yaml"
IMAGES = FIRMWARE / "plug-c3"
BUILD_RECORD = IMAGES / "build.toml"
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


def build() -> dict[str, bytes]:
    """Both images: file name → bytes.

    Raises:
        CompilerMissingError: there is no cross compiler.
    """
    compiler()
    with tempfile.TemporaryDirectory() as folder:
        for name, text in generated().items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        return {program.image: _image(program, Path(folder)) for program in PROGRAMS}


def _image(program: Program, folder: Path) -> bytes:
    elf = folder / f"{program.image}.elf"
    options = (*OPTIONS, f"-I{folder}", "-include", "product.h", "-T", program.layout)
    command = [COMPILER, *options, *program.sources, "-o", str(elf)]
    subprocess.run(command, cwd=REFERENCE, check=True)
    with redirect_stdout(io.StringIO()):
        image = elf2image(elf.read_bytes(), elf_sha256_offset=program.elf_digest_at, **header())
    return bytes(image)


def header() -> dict[str, Any]:
    """What the header of an image says of chip and flash, as the profile has it."""
    profile = load_profile(PROFILE)
    major, minor = (profile.chip.min_revision or "0.0").split(".")
    return {
        "chip": profile.chip.type,
        "flash_size": f"{profile.flash.size >> 20}MB",
        "flash_mode": FLASH_MODE,
        "flash_freq": FLASH_FREQUENCY,
        "min_rev_full": int(major) * 100 + int(minor),
        "max_rev_full": HIGHEST_REVISION,
    }


def generated() -> dict[str, str]:
    """The headers that the profile gives: name → text."""
    profile = load_profile(PROFILE)
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


def source_digest() -> str:
    """SHA-256 over everything that the images are made from, but for the compiler."""
    digest = hashlib.sha256()
    for name, content in _sources():
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _sources() -> Iterator[tuple[str, bytes]]:
    for folder in (REFERENCE, FIRMWARE / "identity" / "include", FIRMWARE / "identity" / "src"):
        for path in sorted(folder.iterdir()):
            if path.suffix in (".S", ".c", ".h", ".ld", ".py"):
                yield path.relative_to(FIRMWARE).as_posix(), path.read_bytes()
    for name, text in generated().items():
        yield name, text.encode()
    yield "header", repr(header()).encode()


def kept() -> dict[str, str]:
    """The record of the images that are kept: what they were made from, and their digests."""
    return tomllib.loads(BUILD_RECORD.read_text(encoding="utf-8"))


def _record(images: dict[str, bytes]) -> str:
    values = {"compiler": compiler(), "sources": source_digest()}
    values |= {name: hashlib.sha256(data).hexdigest() for name, data in images.items()}
    lines = [f'"{name}" = "{value}"\n' for name, value in values.items()]
    return "# Written by firmware/reference/build.py: do not edit it.\n" + "".join(lines)


def main() -> int:
    """Build, and write or compare."""
    try:
        images = build()
    except CompilerMissingError as error:
        sys.exit(str(error))
    if "--check" in sys.argv[1:]:
        other = [name for name, data in images.items() if (IMAGES / name).read_bytes() != data]
        sys.stdout.write("".join(f"{name} is not what the sources give\n" for name in other))
        return 1 if other else 0
    for name, data in images.items():
        (IMAGES / name).write_bytes(data)
        sys.stdout.write(f"{name} {len(data)} bytes\n")
    BUILD_RECORD.write_text(_record(images), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
