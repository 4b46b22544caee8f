"""The tables of burning: one unit, its steps, many slots, and the cases that must be short."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from benchmarks import executed, functions, line, others, starts, tables
from benchmarks.limit import RATE_S, RESET_S, START_S, Limit, Model, limit, link_s, md5_s
from benchmarks.line import Measured
from benchmarks.product import APPLICATION, Product
from benchmarks.tables import Row, against, seconds

BAUD = 921600
USB_BYTES_PER_S = 600_000
SLOW_MD5 = 3.3
FAST_MD5 = 0.2
PAUSES_S = RESET_S + RATE_S + START_S
BOOT_S = 0.3
MANY = (16, 32)


@dataclass(frozen=True)
class Case:
    """A link and a chip, and how the product is burned over it."""

    name: str
    usb: bool = False
    md5: float = FAST_MD5
    early_baud: str = "auto"
    awaits_line: bool = False
    challenged: bool = False
    baud: int = BAUD
    application: int = APPLICATION

    @property
    def model(self) -> Model:
        """What the limit reckons with."""
        return Model(USB_BYTES_PER_S if self.usb else 0, md5_s_per_mb=self.md5)

    def spec(self, slots: int, rounds: int) -> str:
        """The bench: blank boards, as many as are needed."""
        link = f"usb={USB_BYTES_PER_S}" if self.usb else f"baud={self.baud}"
        timing = f"{link},md5={self.md5}"
        return f"sim:{slots},chip=esp32s3,{timing},boards={slots * rounds}"

    def product(self, folder: Path) -> Product:
        """What is burned."""
        return Product(
            folder / "product",
            self.baud,
            self.early_baud,
            awaits_line=self.awaits_line,
            challenged=self.challenged,
            application=self.application,
        )


UART, USB = Case("921600 baud"), Case("native USB, 600 KB/s", usb=True)
LINKS = (
    replace(UART, name="921600 baud, MD5 0.2 s/MB"),
    replace(UART, name="921600 baud, MD5 3.3 s/MB", md5=SLOW_MD5),
    replace(USB, name="native USB, MD5 0.2 s/MB"),
    replace(USB, name="native USB, MD5 3.3 s/MB", md5=SLOW_MD5),
)
AWAITED = Case("921600, boot line awaited", awaits_line=True)
CHALLENGED = replace(AWAITED, name="921600, line and challenge", challenged=True)
VARIANTS = (Case("921600, rate changed late", early_baud="never"), AWAITED, CHALLENGED)
SMALL = Case("115200 baud, application of 256 KB", baud=115200, application=0x40000)
FAST = Case("2000000 baud", baud=2_000_000)


def run(folder: Path, runs: int, quick: bool) -> None:
    """Measure and print everything of this part."""
    tables.say("\n## Burning")
    tables.say(
        "\nESP32-S3: 1 MB application at 0.62, bootloader, table, 24 KB NVS; blank flash; 1 ms "
        "latency. Seconds; ± is half the spread."
    )
    ours = {case: _measure(case, folder, 1, runs) for case in (*LINKS, *VARIANTS)}
    _limits(ours)
    _steps(ours)
    _challenge(ours[CHALLENGED], ours[AWAITED])
    _against_others(ours, folder, runs)
    _other_rates(folder, runs)
    for case in (UART, USB):
        _many(case, folder, (2,) if quick else MANY, max(2, runs - 2))
    starts.show(folder, (2,) if quick else (1, 32), max(2, runs - 2), BAUD)
    executed.show(folder, (2,) if quick else (1, 32), max(2, runs - 2), BAUD)
    functions.show(folder, (2,) if quick else (1, 32), max(2, runs - 2), BAUD)
    _short_ones(folder, runs)


def _measure(case: Case, folder: Path, slots: int, runs: int, *, board: bool = False) -> Measured:
    spec = case.spec(slots, runs + 1)
    found = line.measure(case.product(folder), spec, runs, board=board)
    if found.outcomes != {"PASS"}:
        tables.say(f"{case.name}, {slots} slots: {', '.join(sorted(found.outcomes))}")
    return found


def limit_of(case: Case, found: Measured) -> Limit:
    """The limit of a unit as it was measured."""
    pauses_s = PAUSES_S + (BOOT_S if case.awaits_line else 0.0)
    return limit(found.rounds[-1].traffic, found.loads, case.model, case.baud, pauses_s)


def _limits(ours: dict[Case, Measured]) -> None:
    rows: list[Row] = []
    for case, found in ours.items():
        least = limit_of(case, found)
        link = link_s(found.loads, case.model, case.baud)
        slow_link = case.early_baud == "never" and not case.usb
        allowed = 1.35 if slow_link else 1.25
        above, ratio = found.wall_s - least.total, found.wall_s / link
        judged = against(ratio, allowed) if case.md5 == FAST_MD5 and not case.usb else "–"
        rows.append(
            (
                case.name,
                seconds(found.walls),
                f"{least.total:.2f}",
                f"+{above:.2f}",
                against(above, 0.5),
                f"{link:.2f}",
                f"{ratio:.2f} ×",
                judged,
                f"{found.cpu_s:.3f}",
            )
        )
    columns: Sequence[str] = (
        "one slot",
        "burner",
        "limit",
        "above",
        "",
        "link",
        "of link",
        "",
        "CPU s",
    )
    tables.show("One unit against the limit", columns, rows)
    rows = []
    for case, found in ours.items():
        least = limit_of(case, found)
        parts = (least.wire, least.programming, least.md5, least.pauses)
        rows.append((case.name, *(f"{part:.2f}" for part in parts)))
    columns = ("what the limit is made of", "wire", "programming", "MD5", "pauses and start")
    tables.show("The limit", columns, rows)


def _steps(ours: dict[Case, Measured]) -> None:
    steps = list(dict.fromkeys(s for m in ours.values() for s in m.rounds[0].timings()))
    rows = [
        (case.name, *(f"{_step(found, step):.3f}" for step in steps))
        for case, found in ours.items()
    ]
    tables.show("Seconds by step", ("one slot", *steps), rows)


def _challenge(asked: Measured, unasked: Measured) -> None:
    above = asked.wall_s - unasked.wall_s
    cells = (seconds(asked.walls), seconds(unasked.walls), f"{above:+.3f}", against(above, 0.4))
    columns = ("one slot", "with", "without", "above", "")
    tables.show("The station's challenge", columns, [("921600, boot line awaited", *cells)])


def _step(found: Measured, step: str) -> float:
    return median(each.timings().get(step, 0.0) for each in found.rounds)


def _against_others(ours: dict[Case, Measured], folder: Path, runs: int) -> None:
    rows = []
    few = max(2, runs - 2)
    for case in LINKS:
        mine = ours[case].wall_s
        spec, product = case.spec(1, few), case.product(folder)
        plain = others.measure(product, spec, "plain", few)
        six = others.measure(product, spec, "six", few)
        rows.append(
            (
                case.name,
                seconds(ours[case].walls),
                seconds(plain.walls),
                f"{plain.wall_s / mine:.2f} ×",
                seconds(six.walls),
                f"{six.wall_s / mine:.2f} ×",
                f"{ours[case].cpu_s:.2f} / {plain.cpu_s:.2f} / {six.cpu_s:.2f}",
            )
        )
    columns = ("one slot", "burner", "write-flash", "", "six commands", "", "CPU s")
    tables.show("One unit against esptool's own commands", columns, rows)


def _other_rates(folder: Path, runs: int) -> None:
    rows = []
    for case in (SMALL, FAST):
        found = _measure(case, folder, 1, runs)
        link = link_s(found.loads, case.model, case.baud)
        plain = others.measure(case.product(folder), case.spec(1, 2), "plain", 2)
        above, ratio = found.wall_s - plain.wall_s, found.wall_s / link
        judged = (against(above, 1.0), "–") if case is SMALL else ("–", against(ratio, 1.35))
        rows.append(
            (
                *(case.name, seconds(found.walls), seconds(plain.walls)),
                *(f"{above:+.2f}", judged[0], f"{link:.2f}", f"{ratio:.2f} ×", judged[1]),
            )
        )
    columns = ("one slot", "burner", "write-flash", "above", "", "link", "of link", "")
    tables.show("At other rates", columns, rows)


def _many(case: Case, folder: Path, slots: tuple[int, ...], runs: int) -> None:
    one = _measure(case, folder, 1, runs)
    watched = _measure(case, folder, 1, runs, board=True)
    allowed = {16: 1.2, 32: 1.2} if case.usb else {16: 1.03, 32: 1.08}
    rows = [
        _row_of("1", one, one, None),
        _row_of("1, screen on", watched, one, None),
    ]
    for many in slots:
        found = _measure(case, folder, many, runs)
        rows.append(_row_of(str(many), found, one, allowed.get(many)))
        found = _measure(case, folder, many, runs, board=True)
        rows.append(_row_of(f"{many}, screen on", found, one, allowed.get(many)))
    usual = slots[0]
    plain = others.measure(case.product(folder), case.spec(usual, 2), "plain", 2)
    ratio = f"{plain.wall_s / one.wall_s:.3f} ×"
    cells = (seconds(plain.walls), "–", ratio, "–", f"{plain.cpu_s:.3f}", "–")
    rows.append((f"{usual} × esptool write-flash", *cells))
    columns = ("slots", "all through", "a unit, median", "of one", "", "CPU s a unit", "")
    tables.show(f"Many slots at once, {case.name}", columns, rows)


def _row_of(name: str, found: Measured, one: Measured, allowed: float | None) -> tuple[str, ...]:
    ratio = found.wall_s / one.wall_s
    return (
        name,
        seconds(found.walls),
        f"{median(found.units):.2f}",
        f"{ratio:.3f} ×",
        against(ratio, allowed) if allowed else "–",
        f"{found.cpu_s:.3f}",
        against(found.cpu_s, 0.10),
    )


def _short_ones(folder: Path, runs: int) -> None:
    rows = []
    for case in LINKS[:3]:
        found = line.measure(case.product(folder), case.spec(1, 1), runs, swap=False)
        least = md5_s(found.loads, case.model)
        ended = ", ".join(sorted(found.outcomes))
        above = found.wall_s - least
        cells = (ended, seconds(found.walls), f"{least:.2f}", f"{above:.2f}", against(above, 0.9))
        rows.append((f"the same unit again, {case.name}", *cells))
    for name, seen in _dead(folder):
        ended = ", ".join(sorted(seen.outcomes))
        cells = (ended, seconds(seen.walls), "–", "–", against(seen.wall_s, 3.0))
        rows.append((name, *cells))
    columns = ("", "ends", "seconds", "of it MD5", "the rest", "")
    tables.show("Short ones", columns, rows)


def _dead(folder: Path) -> Iterator[tuple[str, Measured]]:
    """Slots where nothing answers; until the first outcome with its code."""
    for fault in ("dead", "no-reset"):
        bench = folder / f"{fault}.yaml"
        bench.write_text(
            f"bench: 1\nslots: 1\nboards: 3\nchip: esp32s3\nbaud: {BAUD}\n"
            f"units: [{{faults: [{{kind: {fault}}}]}}]\n"
        )
        product = UART.product(folder)
        yield f"a slot with a fault: {fault}", line.measure(product, str(bench), 2)
