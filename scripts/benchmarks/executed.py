"""What it costs that the bench executes the firmware of a unit, beside the model."""

from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import ROOT, line, tables
from benchmarks.line import Measured
from benchmarks.product import SECRET, Product
from benchmarks.tables import against, seconds
from burner.release.opening import open_release
from burner.release.release import Release

IMAGES = ROOT / "firmware" / "plug-c3"
DATA_SIZE = 0xFC000
"""Beside the small firmware, so that a unit takes as long as usual."""
TABLE = """\
nvs,    data, nvs,  0xd000,  32K
fctry,  data, nvs,  0x15000, 16K
app,    app,  factory, 0x20000, 256K
assets, data, 0x40, 0x60000, 1M
"""
PROFILE = """\
burner: 1
product: {{name: bench, version: 1.0.0, id: B3NCHB3NCH, secret: file:secret.txt}}
chip: {{type: esp32c3}}
flash: {{size: 4MB, baud: {baud}}}
partition_table: {{file: partitions.csv, offset: 0xc000}}
images:
  - {{name: bootloader, file: bootloader.bin, offset: 0x0}}
  - {{name: app, file: app.bin, partition: app}}
  - {{name: assets, file: assets.bin, partition: assets}}
carrier: {{kind: nvs, preset: esp-qcloud}}
name: {{template: "{{mac}}"}}
boot:
  product_id: 'product_id=(\\w+)'
  device_name: 'device_name=([\\w-]+)'
  challenge: true
"""


@dataclass(frozen=True)
class ExecutableProduct(Product):
    """The reference firmware, with 1 MB of data beside it."""

    def release(self) -> Release:
        """Write the files, open them as `burner burn` does."""
        import build

        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("bootloader.bin", "app.bin"):
            (self.folder / name).write_bytes((IMAGES / name).read_bytes())
        (self.folder / "assets.bin").write_bytes(build.noise(b"assets", DATA_SIZE))
        (self.folder / "partitions.csv").write_text(TABLE)
        secret = self.folder / "secret.txt"
        secret.write_text(SECRET)
        secret.chmod(0o600)
        self.profile.write_text(PROFILE.format(baud=self.baud))
        return open_release(self.profile)


def show(folder: Path, slots: tuple[int, ...], runs: int, baud: int) -> None:
    """Measure and print the table."""
    rows = []
    for many in slots:
        model, executed = (_measure(folder, many, runs, baud, word) for word in ("no", "yes"))
        ratio = executed.wall_s / model.wall_s
        rows.append(
            (
                str(many),
                seconds(executed.walls),
                seconds(model.walls),
                f"{ratio:.3f} ×",
                against(ratio, 1.05),
                f"{_bench_ms(executed):.1f}",
                f"{_bench_ms(model):.1f}",
            )
        )
    columns = ("slots", "executed", "model", "", "", "bench, CPU ms a unit", "model")
    tables.show(f"The firmware executed, beside the model, {baud} baud", columns, rows)


def _measure(folder: Path, slots: int, runs: int, baud: int, execute: str) -> Measured:
    timing = f"chip=esp32c3,baud={baud},md5=0.2"
    spec = f"sim:{slots},{timing},execute={execute},boards={slots * (runs + 1)}"
    found = line.measure(ExecutableProduct(folder / "executed", baud), spec, runs)
    if found.outcomes != {"PASS"}:
        tables.say(f"execute={execute}, {slots} slots: {', '.join(sorted(found.outcomes))}")
    return found


def _bench_ms(found: Measured) -> float:
    """CPU milliseconds of the simulator for a unit, the median."""
    return 1000 * median(each.bench_cpu_s / len(each.seconds) for each in found.rounds)
