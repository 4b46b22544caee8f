"""The flash behaves like NOR, loses nothing in a power cut, and takes the time it should."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.bench.silicon.nor_flash import BLOCK, SECTOR, NorFlash
from burner.bench.unit.unit_spec import MB, UART_TIME, FaultKind, SimFault, UnitSpec
from burner.core.errors import BurnerError

SIZE = 4 * BLOCK
PLACES = st.integers(0, SIZE - 1)
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("erase"), PLACES, st.integers(0, 2 * BLOCK)),
        st.tuples(st.just("program"), PLACES, st.binary(max_size=300)),
    ),
    max_size=20,
)


def flash(*faults: SimFault, size: int = MB) -> NorFlash:
    return NorFlash(UnitSpec(flash_size=size, faults=faults))


@given(OPERATIONS)
def test_erasing_sets_whole_sectors_and_programming_only_clears_bits(
    operations: list[tuple[str, int, int | bytes]],
) -> None:
    nor = flash(size=SIZE)
    model = bytearray(b"\xff" * SIZE)
    for _, offset, what in operations:
        if isinstance(what, bytes):
            nor.program(offset, what)
            for place, byte in enumerate(what[: SIZE - offset], offset):
                model[place] &= byte
        elif what:
            nor.erase(offset, what)
            start, end = offset // SECTOR * SECTOR, -(-(offset + what) // SECTOR) * SECTOR
            model[start:end] = b"\xff" * (min(end, SIZE) - start)
    assert nor.read(0, SIZE) == model


def test_beyond_its_end_there_is_nothing() -> None:
    nor = flash(size=MB)
    nor.program(MB - 2, b"\0\0\0\0")
    assert nor.read(MB - 2, 4) == b"\0\0\xff\xff"
    assert nor.erase(MB, SECTOR) == 0.0


def test_a_stuck_sector_keeps_what_it_has() -> None:
    nor = flash(SimFault(FaultKind.STUCK_SECTOR, address=0x2004))
    nor.program(0x1000, bytes(0x3000))
    assert nor.read(0x1000, 0x3000) == bytes(0x1000) + b"\xff" * 0x1000 + bytes(0x1000)


def test_a_fault_without_an_address_sits_where_the_first_write_lands() -> None:
    nor = flash(SimFault(FaultKind.BIT_FLIP))
    nor.program(0x10000, b"\xf0\xf0")
    assert nor.read(0x10000, 2) == b"\xf1\xf0"
    nor.erase(0x10000, SECTOR)
    nor.program(0x10000, b"\xf0")
    assert nor.read(0x10000, 1) == b"\xf1"


def test_a_bit_that_flips_once_is_right_the_next_time() -> None:
    nor = flash(SimFault(FaultKind.BIT_FLIP, address=0x10001, once=True))
    nor.program(0x10000, b"\xf0\xf0")
    assert nor.read(0x10000, 2) == b"\xf0\xf1"
    nor.erase(0x10000, SECTOR)
    nor.program(0x10000, b"\xf0\xf0")
    assert nor.read(0x10000, 2) == b"\xf0\xf0"


def test_erasing_and_programming_take_the_data_sheets_time() -> None:
    nor = NorFlash(UnitSpec(timing=UART_TIME))
    assert nor.erase(0, SECTOR) == pytest.approx(0.045)
    assert nor.erase(SECTOR, BLOCK) == pytest.approx(16 * 0.045)
    assert nor.erase(0, 2 * BLOCK + 1) == pytest.approx(2 * 0.150 + 0.045)
    assert nor.erase(0, 4 * MB) == pytest.approx(10)
    assert nor.program(0, bytes(1000)) == pytest.approx(4 * 0.0004)
    slow = NorFlash(UnitSpec(timing=UART_TIME, faults=(SimFault(FaultKind.SLOW_ERASE, factor=5),)))
    assert slow.erase(0, SECTOR) == pytest.approx(5 * 0.045)


def test_a_flash_in_a_file_survives_the_death_of_its_process(tmp_path: Path) -> None:
    path = tmp_path / "units" / "1.bin"
    code = (
        "import os, sys; from pathlib import Path\n"
        "from burner.bench.silicon.nor_flash import NorFlash\n"
        "from burner.bench.unit.unit_spec import UnitSpec\n"
        "nor = NorFlash(UnitSpec(flash_size=1 << 20, flash_file=Path(sys.argv[1])))\n"
        "nor.program(0x5000, b'kept'); os._exit(9)"
    )
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    died = subprocess.run([sys.executable, "-c", code, str(path)], env=env, check=False)
    assert died.returncode == 9
    nor = NorFlash(UnitSpec(flash_size=MB, flash_file=path))
    assert nor.read(0x4FFF, 6) == b"\xffkept\xff"
    nor.close()


def test_a_file_of_another_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "1.bin"
    path.write_bytes(b"short")
    with pytest.raises(BurnerError) as refused:
        NorFlash(UnitSpec(flash_file=path))
    assert refused.value.code == "E192"
    assert path.read_bytes() == b"short"
