"""A program in the flash of an ESP32-C3 is executed, and what it prints comes from it."""

import pytest

from burner.bench.processor import registers
from burner.bench.processor.not_executable import NotExecutableError
from burner.bench.processor.program import RunningProgram
from burner.bench.processor.time_limit import MOST_CPU_OF_BOOT_S, MOST_CPU_S
from burner.bench.silicon.nor_flash import NorFlash
from burner.bench.silicon.silicon import SimSilicon
from burner.bench.unit.unit_spec import UnitSpec
from tests.bench.processor.programs import (
    CODE,
    ECHO,
    HELLO,
    RETURN,
    TIME,
    UART,
    WAIT,
    boot_image,
    call,
    load_word,
    put,
    store_words,
)

pytest.importorskip("unicorn")


def flash(image: bytes) -> NorFlash:
    cells = NorFlash(UnitSpec())
    cells.program(0, image)
    return cells


def started(
    *program: int,
    since_reset_s: float = 0.0,
    most_cpu_s: float = MOST_CPU_S,
    most_cpu_of_boot_s: float = MOST_CPU_OF_BOOT_S,
) -> RunningProgram:
    silicon = SimSilicon(UnitSpec(), flash(boot_image(*program)))
    return RunningProgram(
        silicon.flash,
        silicon.registers,
        since_reset_s,
        most_cpu_s=most_cpu_s,
        most_cpu_of_boot_s=most_cpu_of_boot_s,
    )


def refusal(*program: int) -> str:
    with pytest.raises(NotExecutableError) as caught:
        started(*program)
    return str(caught.value)


def test_what_a_program_prints_is_on_the_console_behind_the_lines_of_the_rom() -> None:
    ran = started(*HELLO)
    assert ran.printed == b"Hi"
    assert ran.stopped == ""
    assert ran.rom_lines == (
        "SPIWP:0xee",
        "mode:DIO, clock div:1",
        f"load:{CODE:#010x},len:0x1c",
        f"entry {CODE:#010x}",
    )


def test_a_program_that_waits_goes_on_with_each_input() -> None:
    ran = started(*ECHO)
    assert ran.printed == b""
    assert ran.receive(b"one ", 1.0) == b"one "
    assert ran.receive(b"", 2.0) == b""
    assert ran.receive(bytes(range(200)), 3.0) == bytes(range(200))


def test_two_boots_of_one_flash_give_the_same_bytes() -> None:
    """Also what nobody has set: registers, SRAM, RTC memory, SRAM of the cache."""
    registers_at_reset = tuple(
        0x0002A023 | register << 20  # sw x, 0(t0)
        for register in range(1, 32)
        if register != 5
    )
    memory = tuple(
        instruction
        for address in (0x3FC80000, 0x3FCDE000, 0x403DE000, 0x50000000, 0x4037C000)
        for instruction in (*load_word(7, address), 0x0003A303, 0x0062A023)  # lw t1, 0(t2); print
    )
    program = (*UART, *registers_at_reset, *memory, *WAIT)
    first, *others = (started(*program).printed for _ in range(3))
    assert others == [first] * 2
    assert first == b"\0\x10" + bytes(28) + b"\xa5" * 5  # x2 is the stack


def test_a_program_reads_the_mac_from_the_efuses() -> None:
    program = (
        *UART,
        0x600093B7,  # lui  t2, 0x60009
        0x8443A303,  # lw   t1, -0x7bc(t2)   0x60008844
        0x0062A023,  # sw   t1, 0(t0)
        0x8483A303,  # lw   t1, -0x7b8(t2)   0x60008848
        0x0062A023,  # sw   t1, 0(t0)
        *WAIT,
    )
    assert started(*program).printed == bytes((UnitSpec().mac.octets[5], UnitSpec().mac.octets[1]))


READS_FLASH = (
    0x40000337,  # lui  t1, 0x40000
    0x00000513,  # addi a0, zero, 0          address in flash
    0x3FC805B7,  # lui  a1, 0x3fc80          to
    0x00800613,  # addi a2, zero, 8          bytes
    0x130300E7,  # jalr ra, 0x130(t1)        esp_rom_spiflash_read
    0x0005A303,  # lw   t1, 0(a1)
    0x0062A023,  # sw   t1, 0(t0)            the first byte
    0x00A2A023,  # sw   a0, 0(t0)            the result
    *WAIT,
)


def test_a_program_reads_the_flash_by_the_function_of_the_rom() -> None:
    assert started(*UART, *READS_FLASH).printed == b"\xe9\0"


def test_reading_behind_the_end_of_the_flash_fails_as_in_the_rom() -> None:
    behind = (0x00400537, *READS_FLASH[2:])  # lui a0, 0x400: 4 MB
    assert started(*UART, READS_FLASH[0], *behind).printed == b"\xa5\1"


@pytest.mark.parametrize(
    ("at", "instruction", "says"),
    [
        (3, 0x00600613, "reads 6 bytes of flash to 0x3fc80000: whole words only"),
        (2, 0x300005B7, "reads the flash to 0x30000000"),
        (4, 0x138300E7, "calls the mask ROM at 0x40000138, at 0x403ce818"),
    ],
)
def test_a_call_whose_effect_is_not_known_is_refused(at: int, instruction: int, says: str) -> None:
    program = [*READS_FLASH]
    program[at] = instruction
    assert refusal(*UART, *program).startswith(says)


def test_the_timer_counts_from_the_reset_on() -> None:
    ran = started(*TIME, since_reset_s=0.3)
    assert ran.printed == bytes((1,))
    assert ran.receive(b"x", 10.0) == bytes((int(10 * 16e6) >> 22,))


def test_a_program_that_waits_for_a_moment_goes_on() -> None:
    program = (
        *TIME[:6],
        0x01735313,  # srli t1, t1, 23       until 0.52 s
        0xFE0306E3,  # beqz t1, -20
        *put("!"),
        *WAIT,
    )
    assert started(*program).printed == b"!"


@pytest.mark.parametrize(
    ("instructions", "says"),
    [
        ((0x3C0003B7, 0x0003A303), "reads flash through the cache at 0x3c000000, at 0x403ce804"),
        ((0x420003B7, 0x0063A023), "writes to flash through the cache at 0x42000000"),
        ((0x420003B7, 0x000380E7), "calls flash through the cache at 0x42000000, at 0x403ce808"),
        ((0x600043B7, 0x0003A303), "reads registers at 0x60004000"),
        ((0x600003B7, 0x0143A303), "reads the register at 0x60000014, at 0x403ce804"),
        ((0x600003B7, 0x0063AA23), "writes to the register at 0x60000014"),
        ((0x600003B7, 0x01C38303), "reads 1 bytes of a register at 0x6000001c"),
        ((0x7E002373,), "uses the register 0x7e0 of the processor"),
        ((0x23730001, 0x0001B000), "uses the register 0xb00 of the processor"),  # c.nop; mcycle
        ((0xC0002373,), "uses the register 0xc00 of the processor"),  # rdcycle
        ((0x18002373,), "uses the register 0x180 of the processor"),  # satp
        ((0x0063A32F,), "has an atomic instruction, 0x0063a32f, at 0x403ce800"),  # amoadd.w
        ((0x10500073,), "has the instruction 0x10500073"),  # wfi
        ((0x3FCDF3B7, 0x0003A303), "reads data of the mask ROM at 0x3fcdf000"),
        ((0x3FCDF3B7, 0x0063A023), "writes to data of the mask ROM at 0x3fcdf000"),
        ((0x403DF3B7, 0x000380E7), "calls data of the mask ROM at 0x403df000"),
    ],
)
def test_what_is_not_modelled_is_refused_with_its_place(
    instructions: tuple[int, ...], says: str
) -> None:
    assert refusal(*instructions, *WAIT).startswith(says)


@pytest.mark.parametrize(
    ("crash", "why"),
    [
        (0x00000067, "it crashed, at 0x0"),  # jr zero
        (0x00002303, "it crashed, at 0x403ce80c"),  # lw t1, 0(zero)
        (0x00602023, "it crashed, at 0x403ce80c"),  # sw t1, 0(zero)
        (0xFFFFFFFF, "it crashed, at 0x403ce810"),
        (0x00100073, "it crashed, at 0x403ce80c"),  # ebreak
        (0x00007053, "it crashed, at 0x403ce810"),  # fadd.s: it has no F
    ],
)
def test_a_program_that_crashes_has_printed_what_it_printed(crash: int, why: str) -> None:
    ran = started(*UART, *put("a"), crash)
    assert (ran.printed, ran.stopped) == (b"a", why)
    assert ran.receive(b"x", 1.0) == b""


PRINTS_A, PRINTS_B = (*put("a"), RETURN), (*put("b"), RETURN)
FUNCTION, ITS_DATA_ADDRESS = 0x40380000, 0x3FC80000


@pytest.mark.parametrize("written_at", [FUNCTION, ITS_DATA_ADDRESS])
def test_a_function_that_is_written_again_does_what_was_written_last(written_at: int) -> None:
    twice = (
        *store_words(written_at, *PRINTS_A),
        *call(FUNCTION),
        *store_words(written_at, *PRINTS_B),
        *call(FUNCTION),
    )
    assert started(*UART, *twice, *WAIT).printed == b"ab"


@pytest.mark.parametrize(
    ("to", "function_at"),
    [(ITS_DATA_ADDRESS, FUNCTION), (0x50000000, 0x50000000), (0x4037C000, 0x4037C000)],
)
def test_a_function_that_is_read_from_the_flash_again_is_the_new_one(
    to: int, function_at: int
) -> None:
    def reads(address: int) -> tuple[int, ...]:
        arguments = (*load_word(10, address), *load_word(11, to))
        return (*arguments, *load_word(12, 12), *call(0x40000130), *call(function_at))

    image = boot_image(*UART, *reads(0x1000), *reads(0x2000), *WAIT)
    cells = flash(image)
    for address, function in ((0x1000, PRINTS_A), (0x2000, PRINTS_B)):
        cells.program(address, b"".join(word.to_bytes(4, "little") for word in function))
    silicon = SimSilicon(UnitSpec(), cells)
    assert RunningProgram(silicon.flash, silicon.registers, 0.0).printed == b"ab"


def test_data_in_the_page_of_the_code_are_written_as_often_as_the_program_wants() -> None:
    word = 0x3FCCEFF0  # the address for data of the end of the page that is executed
    prints_it = (*load_word(6, word), 0x00032303, 0x0062A023)  # lw t1, 0(t1); sw t1, 0(t0)
    stored = [store_words(word, ord("a") + count % 26) for count in range(40)]
    program = [instruction for words in stored for instruction in words]
    assert started(*UART, *program, *prints_it, *WAIT).printed == b"n"


def test_a_program_that_rewrites_its_code_all_the_time_is_refused() -> None:
    again = (*store_words(ITS_DATA_ADDRESS, *PRINTS_A), *call(FUNCTION))
    assert refusal(*UART, *again, *load_word(13, CODE + 4), 0x00068067) == (  # jr a3
        "rewrites its code at 0x3fc80000 again and again"
    )


def test_code_is_not_executed_at_its_address_for_data() -> None:
    ran = started(*UART, *store_words(ITS_DATA_ADDRESS, *PRINTS_A), *call(ITS_DATA_ADDRESS))
    assert (ran.printed, ran.stopped) == (b"", "it crashed, at 0x3fc80000")


def test_a_program_handles_its_exceptions_itself() -> None:
    program = (
        *UART,
        0x403CF337,  # lui  t1, 0x403cf
        0x82530313,  # addi t1, t1, -0x7db   0x403ce825: vectored mode
        0x30531073,  # csrw mtvec, t1
        *put("a"),
        0x00002303,  # lw   t1, 0(zero)
        0x0000006F,  # j    .
        0x00000013,  # nop
        0x34202373,  # csrr t1, mcause
        0x0062A023,  # sw   t1, 0(t0)
        *WAIT,
    )
    assert started(*program).printed == b"a\5"


def test_a_program_that_never_takes_the_input_is_stopped() -> None:
    ran = started(*UART, *WAIT)
    assert ran.stopped == ""
    assert ran.receive(b"x", 1.0) == b""
    assert ran.stopped.startswith("it runs on and on, and leaves unread what was sent, at 0x")


def test_a_program_that_floods_the_console_is_stopped() -> None:
    ran = started(*UART, *put("x"), 0xFFDFF06F)  # j -4
    assert set(ran.printed) == {ord("x")}
    assert 0 < len(ran.printed) <= 32 * 1024
    assert ran.stopped.startswith("it prints on and on")


def test_a_program_that_looks_at_the_uart_before_it_prints_does_not_wait_yet() -> None:
    looks = (0x01C2A303,) * (registers.PATIENCE - 1)
    assert started(*UART, *looks, *put("a"), *looks, *put("b"), *WAIT).printed == b"ab"
