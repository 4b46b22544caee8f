"""Whether a chip fits the profile: checked after identify, before the first erase. Pure."""

import re

from burner.core.code import Code
from burner.core.errors import BurnerError
from burner.core.silicon import Silicon


def check_part(
    silicon: Silicon, chip: str, flash_size: int, min_revision: str | None = None
) -> None:
    """Refuse a chip that must not be written.

    Args:
        silicon: what was read from the chip.
        chip: esptool's name the profile asks for.
        flash_size: bytes the profile's layout was made for.
        min_revision: lowest silicon revision the firmware runs on, `0.3`.

    Raises:
        BurnerError: E401 another chip, E402 another flash size, E403 secure boot or flash
            encryption already on, E404 secure download mode, E405 revision too old.
    """
    check_chip(silicon, chip)
    if silicon.security.secure_download:
        raise BurnerError(Code.DOWNLOAD_MODE_RESTRICTED, f"{silicon.chip} {silicon.mac}")
    if silicon.security.flash_encryption:
        raise BurnerError(Code.BOARD_LOCKED, "flash encryption is on")
    if silicon.security.secure_boot:
        raise BurnerError(Code.BOARD_LOCKED, "secure boot is on")
    if silicon.flash_size != flash_size:
        found = f"{silicon.flash_size // 1024} KB" if silicon.flash_size else "no valid size"
        raise BurnerError(
            Code.WRONG_FLASH_SIZE,
            f"flash id {silicon.flash_id:06x} says {found}, the profile {flash_size // 1024} KB",
        )
    if min_revision and _revision(silicon.revision) < _revision(min_revision):
        raise BurnerError(
            Code.CHIP_REVISION_TOO_OLD, f"found {silicon.revision}, needs at least v{min_revision}"
        )


def check_chip(silicon: Silicon, chip: str) -> None:
    """Refuse another kind of chip. Raises BurnerError (E401)."""
    if silicon.chip != chip:
        raise BurnerError(Code.WRONG_CHIP, f"found {silicon.chip}, the profile is for {chip}")


def _revision(text: str) -> tuple[int, ...]:
    """`v0.4` and `0.4` as (0, 4); an unreadable revision is older than any."""
    return tuple(int(n) for n in re.findall(r"\d+", text)) or (-1,)
