"""The set-up of all scripts, and the arithmetic behind the tables of `scripts/benchmark`."""

import importlib.util
import random
import sys
import tomllib
import zlib
from pathlib import Path
from typing import Any

import pytest
import yaml

SCRIPTS = Path(__file__).parents[1] / "scripts"
NOISE = random.Random(1).randbytes(200_000)
UART_BAUD = 921_600


def module(path: Path) -> Any:
    """A module that stands outside of every package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = loaded  # dataclasses look for it there
    spec.loader.exec_module(loaded)
    del sys.modules[path.stem]
    return loaded


@pytest.fixture(scope="module")
def limits() -> Any:
    return module(SCRIPTS / "benchmarks" / "limit.py")


@pytest.mark.parametrize(
    ("made_by", "home"),
    [
        ("", ".venv"),
        ("version = 3.13.0", ".venv"),
        ("version_info = 3.13.0.final.0", ".venv"),
        ("version = 3.11.7", ".venv-3.13"),
        ("version = 3.1.3", ".venv-3.13"),
    ],
)
def test_each_version_of_python_has_an_environment_of_its_own(
    tmp_path: Path, made_by: str, home: str
) -> None:
    if made_by:
        (tmp_path / ".venv").mkdir()
        (tmp_path / ".venv" / "pyvenv.cfg").write_text(f"home = /x\n{made_by}\n", encoding="utf-8")
    environment = module(SCRIPTS / "environment.py")
    assert environment.home(tmp_path, "3.13") == tmp_path / home


def test_scripts_say_which_python_they_run() -> None:
    environment = module(SCRIPTS / "environment.py")
    version = ".".join(map(str, sys.version_info[:3]))
    assert environment.described(Path(sys.executable)) == f"Python {version} ({sys.executable})"


def test_a_commit_is_checked_as_scripts_test_does() -> None:
    config = yaml.safe_load((SCRIPTS.parent / ".pre-commit-config.yaml").read_text("utf-8"))
    (repository,) = config["repos"]
    hooks = {hook["id"]: hook["entry"] for hook in repository["hooks"]}
    checks = module(SCRIPTS / "checks.py").CHECKS
    assert hooks == {name: f"scripts/test --only {name}" for name in checks if name != "tests"}


def test_the_public_ci_runs_all_checks_on_every_python_that_is_promised() -> None:
    root = SCRIPTS.parent
    workflow = yaml.safe_load((root / ".github" / "workflows" / "test.yml").read_text("utf-8"))
    job = workflow["jobs"]["test"]
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    kinds = [kind.rpartition(" :: ")[2] for kind in project["classifiers"]]
    assert job["strategy"]["matrix"]["python"] == [kind for kind in kinds if "." in kind]
    assert len(job["strategy"]["matrix"]["system"]) == 3
    assert job["steps"][-1] == {"run": "python scripts/test"}


def test_every_script_is_formatted_and_linted() -> None:
    ruff = tomllib.loads((SCRIPTS.parent / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]
    named = {path.name for path in SCRIPTS.iterdir() if path.is_file() and not path.suffix}
    assert {f"scripts/{name}" for name in named} == set(ruff["extend-include"])


def load(limits: Any, data: bytes) -> Any:
    return limits.Load(zlib.compress(data, 9), len(data))


def test_a_byte_takes_ten_bits_on_a_uart_and_its_share_of_a_usb(limits: Any) -> None:
    assert limits.Model().wire_s(92160, UART_BAUD) == pytest.approx(1.0)
    assert limits.Model(usb_bytes_per_s=600_000).wire_s(600_000, UART_BAUD) == pytest.approx(1.0)


def test_blocks_hold_every_byte_and_every_page(limits: Any) -> None:
    blocks = limits.blocks(load(limits, NOISE))
    packed = zlib.compress(NOISE, 9)
    escapes = packed.count(b"\xc0") + packed.count(b"\xdb")
    assert sum(sent for sent, _ in blocks) == len(packed) + escapes + 26 * len(blocks)
    assert sum(pages for _, pages in blocks) == -(-len(NOISE) // 256)


def test_over_a_slow_link_only_the_last_block_is_waited_for(limits: Any) -> None:
    blocks = [(16_000, 128)] * 10
    waited = limits.programming_s(blocks, limits.Model(), 115_200)
    assert waited == pytest.approx(128 * 0.0004)


def test_over_a_fast_link_the_flash_is_the_limit(limits: Any) -> None:
    model = limits.Model(usb_bytes_per_s=100_000_000)
    blocks = [(16_000, 128)] * 10
    received_s = model.wire_s(16_000, UART_BAUD)
    whole_s = 10 * received_s + limits.programming_s(blocks, model, UART_BAUD)
    assert whole_s == pytest.approx(received_s + 10 * 128 * 0.0004)


def test_the_limit_is_wire_and_chip_and_pauses_and_nothing_else(limits: Any) -> None:
    loads = [load(limits, bytes(0x100000))]
    traffic = {"to_chip": {115_200: 1152, 921_600: 9216}, "to_host": {921_600: 9216}}
    bound = limits.limit(traffic, loads, limits.Model(md5_s_per_mb=3.3), UART_BAUD, 0.3)
    assert bound.wire == pytest.approx(0.1 + 0.1 + 0.1)
    assert bound.md5 == pytest.approx(3.3)
    assert bound.total == bound.wire + bound.programming + bound.md5 + 0.3


def test_nothing_to_write_takes_no_time(limits: Any) -> None:
    assert limits.programming_s([], limits.Model(), UART_BAUD) == 0
    assert limits.link_s([], limits.Model(), UART_BAUD) == 0
