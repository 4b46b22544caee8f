"""Instructions that an emulator executes, and an ESP32-C3 does not, or does otherwise.

The ESP32-C3 has RV32IMC. Emulators know more registers of the processor than it has, and count
cycles that are none of a real chip.
"""

from collections.abc import Iterator
from functools import lru_cache

REGISTERS = frozenset({0x300, 0x305, 0x340, 0x341, 0x342, 0x343, 0xF14})
"""Of the processor: mstatus, mtvec, mscratch, mepc, mcause, mtval, mhartid."""
_SYSTEM, _ATOMIC = 0x73, 0x2F
_ECALL, _EBREAK, _MRET = 0x00000073, 0x00100073, 0x30200073


@lru_cache(maxsize=4096)  # boards of one batch run the same instructions
def why_refused(block: bytes) -> str:
    """Why these instructions must not be executed; empty where they may."""
    return next((reason for word in _words(block) if (reason := _why_refused(word))), "")


def _words(block: bytes) -> Iterator[int]:
    """The instructions of 32 bits; those of 16 need no look."""
    at = 0
    while at + 4 <= len(block):
        if block[at] & 3 == 3:
            yield int.from_bytes(block[at : at + 4], "little")
            at += 4
        else:
            at += 2


def _why_refused(word: int) -> str:
    opcode = word & 0x7F
    if opcode == _ATOMIC:
        return f"has an atomic instruction, {word:#010x}"
    if opcode != _SYSTEM:
        return ""
    if word >> 12 & 7:
        register = word >> 20
        return "" if register in REGISTERS else f"uses the register {register:#x} of the processor"
    return "" if word in {_ECALL, _EBREAK, _MRET} else f"has the instruction {word:#010x}"
