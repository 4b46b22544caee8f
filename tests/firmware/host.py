"""The library in `firmware/identity`, compiled for this computer, and run on many cases at once."""

import os
import shutil
import struct
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from filelock import FileLock

from tests.firmware.products import PRODUCTS, write_headers

LIBRARY = Path(__file__).parents[2] / "firmware" / "identity"
HOST = Path(__file__).parent / "host"
WARNINGS = ("-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Wconversion")
RANDOM_BITS = Path("/proc/sys/vm/mmap_rnd_bits")
MOST_RANDOM_BITS = 28
"""With more, programs with AddressSanitizer of some compilers end at once, now and then."""
Field = bytes | str | int


class Operation(IntEnum):
    """What `host/program.c` can do, in its order."""

    DIGEST = 0
    HMAC = 1
    CBC = 2
    XTS = 3
    READ = 4
    ARRAYS = 5
    NAME = 6
    VECTORS = 7
    REQUEST = 8
    ANSWER = 9
    CHALLENGE = 10
    HAL = 11
    ESP_IDF = 12


class Status(IntEnum):
    """`enum burner_status`."""

    OK = 0
    MISSING = 1
    DAMAGED = 2
    TOO_LONG = 3
    NOT_ALLOWED = 4
    FLASH_FAILED = 5
    CRYPTO_FAILED = 6
    REFUSED = 7
    UNREADABLE = 8


class CompilerMissingError(Exception):
    """No C compiler, or no mbedTLS; the argument is what a skipped test says."""


@dataclass(frozen=True)
class Host:
    """A compiled program."""

    program: Path

    def run(self, cases: Iterable[Sequence[Field]]) -> list[list[bytes]]:
        """The results of many cases, each an operation and its fields.

        A fault that a sanitizer finds ends the program, and the test with its report.
        """
        frames = [b"".join(_frame(case)) for case in cases]
        # Whether the program gives its memory back is of no interest, and cannot be seen in
        # every container.
        env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
        done = subprocess.run(
            [self.program], input=b"".join(frames), capture_output=True, env=env, check=False
        )
        assert not done.returncode, done.stderr.decode(errors="replace")
        results = list(_results(done.stdout))
        assert len(results) == len(frames)
        return results

    def one(self, *case: Field) -> list[bytes]:
        """The result of one case."""
        return self.run([case])[0]


def _frame(case: Sequence[Field]) -> Iterable[bytes]:
    yield struct.pack("<I", len(case))
    for field in case:
        if isinstance(field, int):
            data = field.to_bytes(8, "little")
        else:
            data = field.encode() if isinstance(field, str) else field
        yield struct.pack("<I", len(data)) + data


def _results(output: bytes) -> Iterable[list[bytes]]:
    at = 0

    def number() -> int:
        nonlocal at
        at += 4
        return int.from_bytes(output[at - 4 : at], "little")

    while at < len(output):
        fields = []
        for _ in range(number()):
            size = number()
            fields.append(output[at : at + size])
            at += size
        yield fields


def status_of(field: bytes) -> Status:
    """A status among the fields of a result."""
    return Status(int.from_bytes(field, "little"))


def compiler() -> str:
    """The C compiler.

    Raises:
        CompilerMissingError: there is none.
    """
    found = next(filter(None, map(shutil.which, (os.environ.get("CC", "gcc"), "clang"))), None)
    if os.name == "nt" or found is None:
        raise CompilerMissingError("no C compiler (gcc or clang) on this machine")
    return found


def build(folder: Path, crypto: str) -> Host:
    """Compile the program once for all workers; `crypto` is `own` or `mbedtls`.

    Raises:
        CompilerMissingError: no compiler, or no mbedTLS.
    """
    chosen = compiler()
    if crypto == "mbedtls" and not Path("/usr/include/mbedtls/md.h").is_file():
        raise CompilerMissingError("no mbedTLS on this machine (Debian's libmbedtls-dev)")
    folder = folder / "identity"
    with FileLock(f"{folder}.lock"):
        objects = folder / "objects"
        if not objects.is_dir():
            objects.mkdir(parents=True)
            compile_all(chosen, objects)
        program = folder / crypto
        if not program.exists():
            library = ("-lmbedcrypto",) if crypto == "mbedtls" else ()
            source = LIBRARY / "src" / f"crypto_{crypto}.c"
            parts = sorted(objects.glob("*.o"))
            call(chosen, *options(), source, *parts, "-o", program, *library)
    return Host(program)


def sanitizers() -> list[str]:
    """Those that this computer can run."""
    suits = not RANDOM_BITS.exists() or int(RANDOM_BITS.read_text()) <= MOST_RANDOM_BITS
    kinds = "address,undefined" if suits else "undefined"
    return [f"-fsanitize={kinds}", "-fno-sanitize-recover=all"]


def options(*, sanitize: bool = True) -> list[str]:
    """How everything is compiled."""
    folders = (LIBRARY / "include", HOST, HOST / "esp_idf", HOST / "tencent_sdk")
    includes = [f"-I{folder}" for folder in folders]
    return ["-O1", *WARNINGS, *(sanitizers() if sanitize else ()), "-DBURNER_CHALLENGE", *includes]


def compile_all(chosen: str, objects: Path) -> None:
    """The library but for its crypto, the platforms it runs on, and the products."""
    sources = [
        *(path for path in (LIBRARY / "src").glob("*.c") if not path.match("crypto_*.c")),
        *(LIBRARY / "hal").glob("*.c"),
        *(LIBRARY / "esp_idf").glob("*.c"),
        *HOST.glob("*.c"),
        *(HOST / "esp_idf").glob("*.c"),
    ]
    plain = [path for path in sources if path.name != "product.c"]
    call(chosen, *options(), "-D_POSIX_C_SOURCE=200809L", "-c", *plain, cwd=objects)
    names = []
    for number, profile in enumerate(PRODUCTS):
        name = f"product_{number}"
        (objects / name).mkdir()
        write_headers(objects / name, profile)
        define = (f"-I{objects / name}", f"-DPRODUCT={name}")
        call(chosen, *options(), *define, "-c", HOST / "product.c", "-o", objects / f"{name}.o")
        names.append(name)
    externs = "".join(f"extern const struct product {name};\n" for name in names)
    listed = ", ".join(f"&{name}" for name in names)
    text = (
        f'#include "products.h"\n{externs}const struct product *const products[] = {{{listed}}};\n'
    )
    (objects / "products.c").write_text(text, encoding="ascii")
    call(chosen, *options(), "-c", objects / "products.c", "-o", objects / "products.o")


def call(*command: str | Path, cwd: Path | None = None) -> None:
    """Run a compiler; its complaints are the test's."""
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stderr
