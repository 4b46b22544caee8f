"""The description of a bench:

`sim:8,chip=esp32c6,baud=921600`, or a YAML file with units and faults.

A bench has slots and boards: the first boards are in the slots at the start, the others wait for a
swap. `units` is a pattern that repeats until there are enough boards.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, model_validator

from burner.bench.firmware.secret_forms import FORMS
from burner.bench.from_profile import defaults_of, with_own_lines
from burner.bench.silicon.targets import TARGETS
from burner.bench.unit.firmware_entry import FirmwareEntry
from burner.bench.unit.modem_spec import ModemSpec, imei_for
from burner.bench.unit.unit_spec import (
    MB,
    TIME_OFF,
    UART_TIME,
    USB_TIME,
    FaultKind,
    FaultStep,
    FirmwareBehaviour,
    SimFault,
    Timing,
    UnitSpec,
    mac_for,
)
from burner.core import yaml_document, yaml_schema
from burner.core.code import Code
from burner.core.errors import BurnerError, Finding, refuse
from burner.core.silicon import Mac
from burner.core.yaml_document import Document
from burner.core.yaml_schema import Size, StrictModel
from burner.platforms.platforms import is_product_id

MAX_SLOTS = 256
MAX_BOARDS = 100_000
_SWITCH = {"yes": True, "true": True, "no": False, "false": False}
"""Words of a SPEC string."""
FORM = "sim:SLOTS[,KEY=VALUE…] or the path of a YAML file"


@dataclass(frozen=True)
class BoardSpec:
    """One board: its chip and its ports."""

    number: int
    """Counts from 1 in the order of the boards."""
    unit: UnitSpec
    renumbers: bool = False
    """Native USB that comes back under another port name after a reset into the application."""

    @property
    def ports(self) -> tuple[str, ...]:
        """The names of its ports."""
        modem = self.unit.modem
        return ("esp", "modem") if modem and modem.port == "modem" else ("esp",)


@dataclass(frozen=True)
class BenchSpec:
    """Slots and boards."""

    slots: int
    boards: tuple[BoardSpec, ...]
    swap_s: float | None = None
    """A board is swapped so long after the host closed its port; None: by command only."""


def _chip(name: str) -> str:
    if name not in TARGETS:
        known = ", ".join(TARGETS)
        raise yaml_schema.refusal(
            Code.BENCH_REQUEST_IMPOSSIBLE, f"no such chip: {name}", f"one of {known}"
        )
    return name


def _mac(text: str) -> str:
    try:
        return str(Mac.parse(text))
    except ValueError:
        raise yaml_schema.refusal(
            Code.BENCH_REQUEST_IMPOSSIBLE, f"no MAC: {text}", "six bytes as aa:bb:cc:dd:ee:ff"
        ) from None


def _flash(size: int) -> int:
    if size not in {MB << n for n in range(5)}:
        raise yaml_schema.refusal(
            Code.BENCH_REQUEST_IMPOSSIBLE, f"a flash of {size} bytes", "1MB, 2MB, 4MB, 8MB or 16MB"
        )
    return size


def _form(name: str) -> str:
    if name not in FORMS:
        raise yaml_schema.refusal(
            Code.BENCH_REQUEST_IMPOSSIBLE, f"no such form: {name}", f"one of {', '.join(FORMS)}"
        )
    return name


def _product_id(text: str) -> str:
    if text and not is_product_id(text):
        found, allowed = f"no ProductID: {text[:40]}", "an ID as a cloud platform gives it"
        raise yaml_schema.refusal(Code.BENCH_REQUEST_IMPOSSIBLE, found, allowed)
    return text


SimChipName = Annotated[str, AfterValidator(_chip)]
MacText = Annotated[str, AfterValidator(_mac)]
FlashSize = Annotated[Size, AfterValidator(_flash)]
FormName = Annotated[str, AfterValidator(_form)]
ProductIdText = Annotated[str, AfterValidator(_product_id)]
SimSeconds = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]


def _modem(value: object) -> object:
    """A modem as a mapping, also where only its kind is given; without an IMEI it gets its own."""
    if isinstance(value, str):
        value = {"kind": value}
    return {"imei": "", **value} if isinstance(value, dict) else value


def _has_rate(modem: ModemSpec) -> ModemSpec:
    if modem.baud <= 0:
        raise yaml_schema.refusal(
            Code.BENCH_REQUEST_IMPOSSIBLE, f"baud {modem.baud}", "bits per second"
        )
    return modem


ModemEntry = Annotated[ModemSpec, BeforeValidator(_modem), AfterValidator(_has_rate)]


class FaultEntry(StrictModel):
    """One fault of a unit; the fields are those of `bench.unit.unit_spec.SimFault`."""

    kind: FaultKind
    at_byte: Size = 0
    step: FaultStep | None = None
    address: Size = 0
    size: FlashSize = SimFault.size
    chip: SimChipName = SimFault.chip
    mac: MacText | None = None
    baud: int = Field(default=0, ge=0)
    every: int = Field(default=SimFault.every, ge=1)
    factor: float = Field(default=SimFault.factor, gt=0, le=1000)
    seconds: SimSeconds = SimFault.seconds
    once: StrictBool = False
    form: FormName = ""
    product_id: ProductIdText = ""

    def fault(self, first_mac: Mac) -> SimFault:
        """The fault. `same-mac` without an address takes that of the bench's first board."""
        mac = Mac.parse(self.mac) if self.mac else first_mac
        return SimFault(**(dict(self) | {"mac": mac}))


class UnitEntry(StrictModel):
    """One unit of the pattern; for a missing field the bench's own counts."""

    repeat: int = Field(default=1, ge=1, le=MAX_BOARDS)
    chip: SimChipName | None = None
    flash: FlashSize | None = None
    mac: MacText | None = None
    revision: tuple[int, int] | None = None
    serial: str = ""
    faults: tuple[FaultEntry, ...] = ()
    firmware: FirmwareEntry = FirmwareEntry()
    modem: ModemEntry | None = None
    renumbers: StrictBool = False

    @model_validator(mode="after")
    def _one_mac_one_unit(self) -> Self:
        if self.mac and self.repeat > 1:
            raise yaml_schema.refusal(
                Code.BENCH_REQUEST_IMPOSSIBLE,
                f"mac with repeat: {self.repeat}",
                "the fault same-mac, if that is meant",
            )
        return self


class BenchFile(StrictModel):
    """A bench as written in a file or in a SPEC string."""

    bench: Literal[1] = 1
    slots: int = Field(ge=1, le=MAX_SLOTS)
    boards: int | None = Field(default=None, ge=1, le=MAX_BOARDS)
    """In all; as many as slots by default."""
    seed: int = 1
    chip: SimChipName = "esp32c3"
    flash: FlashSize = 4 * MB
    time: Literal["model", "off"] | None = None
    baud: int | None = Field(default=None, ge=1200, le=5_000_000)
    """The line's fastest rate; implies modelled time."""
    usb: Size | None = Field(default=None, ge=1000)
    """Native USB at so many bytes per second; implies modelled time."""
    md5: SimSeconds | None = None
    """Seconds the chip needs for the MD5 of a megabyte."""
    modem: ModemEntry | None = None
    """Every unit is a cellular one."""
    keep: Path | None = None
    """Folder for the flash of every unit, so that it survives the bench."""
    swap: SimSeconds | None = None
    """A board makes way for the next so many seconds after the host has let go of it; one that
    never answers makes way too.
    """
    execute: StrictBool = True
    """False: the model speaks for every unit, even where the program in its flash could run."""
    units: tuple[UnitEntry, ...] = ()

    @model_validator(mode="after")
    def _time_agrees(self) -> Self:
        if self.time == "off" and (self.baud or self.usb or self.md5 is not None):
            raise yaml_schema.refusal(
                Code.BENCH_REQUEST_IMPOSSIBLE, "time: off with baud, usb or md5", "time: model"
            )
        return self

    def timing(self) -> Timing:
        """The times of the simulated operations on this bench."""
        if not (self.time == "model" or self.baud or self.usb or self.md5 is not None):
            return TIME_OFF
        if self.usb:
            timing = replace(USB_TIME, usb_bytes_per_s=self.usb)
        else:
            timing = replace(UART_TIME, baud_limit=self.baud or 0)
        return timing if self.md5 is None else replace(timing, md5_s_per_mb=self.md5)

    def spec(self, folder: Path, usual: FirmwareBehaviour) -> BenchSpec:
        """The bench, with every board written out.

        Args:
            folder: what `keep` is relative to.
            usual: the firmware of a unit that has no `firmware` of its own.
        """
        pattern = [entry for entry in self.units for _ in range(entry.repeat)] or [UnitEntry()]
        count = self.boards or max(self.slots, len(pattern) if self.units else 0)
        first = self._mac(pattern[0], 0)
        boards = (
            self._board(i, pattern[i % len(pattern)], first, folder, usual) for i in range(count)
        )
        return BenchSpec(self.slots, tuple(boards), self.swap)

    def _mac(self, entry: UnitEntry, index: int) -> Mac:
        if entry.mac:
            return Mac.parse(entry.mac)
        return mac_for(self.seed, index, entry.chip or self.chip)

    def _modem(self, entry: UnitEntry, index: int) -> ModemSpec | None:
        modem = entry.modem or self.modem
        if modem is None or modem.imei:
            return modem
        return replace(modem, imei=imei_for(self.seed, index))

    def _board(
        self, index: int, entry: UnitEntry, first: Mac, folder: Path, usual: FirmwareBehaviour
    ) -> BoardSpec:
        mac = self._mac(entry, index)
        kept = folder / self.keep / f"{mac.octets.hex()}.flash" if self.keep else None
        unit = UnitSpec(
            chip=entry.chip or self.chip,
            mac=mac,
            flash_size=entry.flash or self.flash,
            flash_file=kept,
            revision=entry.revision,
            timing=self.timing(),
            firmware=replace(
                with_own_lines(entry.firmware.over(usual), index + 1), executed=self.execute
            ),
            faults=tuple(fault.fault(first) for fault in entry.faults),
            modem=self._modem(entry, index),
            serial=entry.serial or f"{mac}#{index}",
        )
        return BoardSpec(index + 1, unit, entry.renumbers)


def read_spec(text: str, source: Path | None = None) -> BenchSpec:
    """A SPEC as people give it: a string `sim:…` or the path of a YAML file.

    Args:
        text: the SPEC.
        source: profile or release of the product that is tried; its chip, its flash and the way
            its firmware names itself count where the SPEC says nothing else.

    Raises:
        BurnerError: E190 for a SPEC of no known form, E191 and E192 with every finding.
    """
    path = Path(text)
    if text.startswith("sim:"):
        document, folder, code = _document(text), Path(), Code.BENCH_SPEC_INVALID
    elif path.is_file():
        code = Code.BENCH_FILE_INVALID
        document, folder = yaml_document.read(path, code), path.parent
    else:
        raise _refused(text, "is neither", FORM)
    usual = defaults_of(source)
    if isinstance(document.data, dict):
        document = replace(document, data={**usual.settings, **document.data})
    model, findings = yaml_schema.validate(document, BenchFile, code)
    refuse(list(findings))
    assert model is not None  # noqa: S101 - no findings, so there is a model
    return model.spec(folder, usual.firmware)


def _document(text: str) -> Document:
    """`sim:8,chip=esp32c6` as the document that a file would be."""
    slots, *settings = text.removeprefix("sim:").split(",")
    data: dict[str, Any] = {"slots": slots}
    for setting in settings:
        key, equals, value = (part.strip() for part in setting.partition("="))
        if not equals or key in ("slots", "units", "bench"):
            raise _refused(text, f"has {setting!r}", FORM)
        if key in data:
            raise _refused(text, f"has {key} twice", "each key once")
        data[key] = _SWITCH.get(value, value) if key == "execute" else value
    return Document(text, data, {}, {(key,): value for key, value in data.items()})


def _refused(text: str, found: str, allowed: str) -> BurnerError:
    finding = Finding(Code.BENCH_SPEC_INVALID, text, found, allowed)
    return BurnerError(Code.BENCH_SPEC_INVALID, f"{text} {found}", (finding,))
