"""A LittleFS partition: made and read by littlefs-python.

The firmware's own parameters matter. A name_max larger than the firmware's, a newer disk version
or another block size make its mount fail; a file inlined into metadata must fit its cache.
The defaults are those of esp_littlefs (ESP-IDF and Arduino for ESP32); disk version 2.0 is read by
every version of littlefs 2.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.words.plural import counted
from burner.core.yaml_schema import Size, StrictModel, refusal

if TYPE_CHECKING:
    from littlefs import LittleFS

_MOST_READS: Final = 100_000
"""Far more than any valid partition needs: a chain that never ends stops here."""


class Littlefs(StrictModel):
    """Parameters of the firmware's LittleFS."""

    type: Literal["littlefs"]
    """LittleFS."""
    block_size: Size = 4096
    """Bytes: 4096 on ESP32, 8192 in Arduino for ESP8266."""
    prog_size: Size = 128
    """Bytes; 64 in Arduino for ESP8266."""
    cache_size: Size = 512
    """Bytes; 64 in Arduino for ESP8266."""
    name_max: Annotated[int, Field(ge=8, le=1022)] = 64
    """Bytes of the longest file name; 32 in Arduino for ESP8266. Not more than the firmware's."""
    disk_version: Literal["2.0", "2.1"] = "2.0"
    """Version of the format, in quotes; not newer than the firmware's."""

    @model_validator(mode="after")
    def _sizes_divide(self) -> Self:
        # The library is C with assertions: sizes that do not divide would end the whole process.
        sizes = (self.prog_size, self.cache_size, self.block_size)
        divide = all(sizes) and not sizes[1] % sizes[0] and not sizes[2] % sizes[1]
        if not divide or not 512 <= self.block_size <= 65536:
            allowed = "prog_size divides cache_size divides block_size of 512 to 65536"
            raise refusal(
                Code.FILE_SYSTEM_PARAMETERS_INVALID,
                "found sizes {}, {}, {}".format(*sizes),
                allowed,
            )
        return self


def make_littlefs(settings: Littlefs, size: int, files: Mapping[str, bytes]) -> bytes:
    """A partition of `size` bytes with files in its root; equal input gives equal bytes.

    Raises:
        BurnerError: E133 too small, E143 parameters that cannot be.
    """
    from littlefs import LittleFSError

    if size % settings.block_size or size < 2 * settings.block_size:
        raise BurnerError(
            Code.PARTITION_TOO_SMALL, f"{size:#x} bytes; whole blocks of {settings.block_size:#x}"
        )
    flash = bytearray(b"\xff" * size)
    refused = ""
    try:
        system = _open(settings, flash, size // settings.block_size)
        system.format()
        system.mount()
        for name, content in files.items():
            with system.open(name, "wb") as file:
                file.write(content)
        system.unmount()
    except LittleFSError as error:
        full = error.code == LittleFSError.Error.LFS_ERR_NOSPC
        refused = Code.PARTITION_TOO_SMALL if full else Code.FILE_SYSTEM_PARAMETERS_INVALID
    except (OSError, ValueError, AssertionError):
        refused = Code.FILE_SYSTEM_PARAMETERS_INVALID
    if refused:  # outside the handler: the exception's context may hold a file
        raise BurnerError(
            refused, f"{counted(len(files), 'file')} into {size:#x} bytes of LittleFS"
        )
    return bytes(flash)


def read_littlefs(settings: Littlefs, data: bytes, name: str, most: int) -> bytes:
    """A file of a partition.

    Raises:
        BurnerError: E606 no such file or larger than `most` bytes, E607 no valid LittleFS.
    """
    from littlefs import LittleFSError

    code = Code.KEY_PARTITION_DAMAGED
    if len(data) % settings.block_size or len(data) < 2 * settings.block_size:
        raise BurnerError(code, f"{len(data):#x} bytes are not a LittleFS")
    try:
        # Never 0 blocks, "as the superblock says": one that says 0 ends the whole process.
        system = _open(settings, bytearray(data), len(data) // settings.block_size)
        system.mount()
        if system.stat(name).size <= most:
            with system.open(name, "rb") as file:
                return bytes(file.read(most))
        code = Code.KEY_NOT_FOUND
    except LittleFSError as error:
        if error.code == LittleFSError.Error.LFS_ERR_NOENT:
            code = Code.KEY_NOT_FOUND
    except (OSError, ValueError, AssertionError, MemoryError):
        pass
    raise BurnerError(code, f"{name} in LittleFS")


def _open(settings: Littlefs, flash: bytearray, blocks: int) -> "LittleFS":
    from littlefs import LittleFS

    major, minor = settings.disk_version.split(".")
    return LittleFS(
        context=_context(flash),
        mount=False,
        block_size=settings.block_size,
        block_count=blocks,
        read_size=settings.prog_size,
        prog_size=settings.prog_size,
        cache_size=settings.cache_size,
        lookahead_size=128,
        block_cycles=512,
        name_max=settings.name_max,
        disk_version=int(major) << 16 | int(minor),
    )


def _context(flash: bytearray) -> Any:
    """The block device that the library reads and writes, over a byte array.

    The library's own one prints all that is written into a debug log.
    """
    from littlefs import UserContext

    class LittlefsFlash(UserContext):
        reads = 0

        def read(self, cfg: Any, block: int, off: int, size: int) -> bytearray:
            self.reads += 1
            start = block * cfg.block_size + off
            data = flash[start : start + size] if self.reads < _MOST_READS else bytearray()
            return data.ljust(size, b"\xff")

        def prog(self, cfg: Any, block: int, off: int, data: bytes) -> int:
            start = block * cfg.block_size + off
            flash[start : start + len(data)] = data
            return 0

        def erase(self, cfg: Any, block: int) -> int:
            start = block * cfg.block_size
            flash[start : start + cfg.block_size] = b"\xff" * cfg.block_size
            return 0

    return LittlefsFlash(buffer=flash)
