"""The house rules: imports run one way, and a third-party package has one home."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "burner"

LAYERS: tuple[tuple[str, ...], ...] = (
    (
        *("code", "errors", "details", "model", "phrases", "plural", "visible", "core_dumps"),
        "child_environment",
    ),
    (
        *("schema", "complaint", "mending", "secrets", "partitions", "otadata", "image", "layout"),
        *("advice", "blanks", "secret_search", "text_views", "profile", "profile_reading"),
        *("release", "survey", "acceptance", "files", "canonical", "release_file"),
        *("release_diff", "naming"),
        *("identity", "identity_settings", "modem_dialects", "device_lines", "baud_rates"),
        *("admission", "reburn", "boot", "fixed_values", "patterns", "carriers", "builds"),
        "scaffold",
    ),
    ("devices", "manifest", "bench"),
    ("ids", "job", "step_clock", "burn", "recall", "verify", "report"),
    ("station",),
    ("cli",),
)
DOORS = LAYERS[2]

HOMES: dict[str, tuple[str, ...]] = {
    "click": ("cli",),
    "barcode": ("cli/label_page.py",),
    "PIL": ("cli/label_page.py",),
    "rich": tuple(
        f"cli/{n}.py"
        for n in ("asking", "around_tiles", "board", "completion", "error_lines", "screen", "tiles")
    ),
    "pydantic": (
        *("schema.py", "complaint.py", "profile.py", "naming.py", "boot.py"),
        *("patterns.py", "mending.py", "baud_rates.py", "identity_settings.py", "carriers"),
        *("bench/spec.py", "station/map.py"),
    ),
    "pydantic_core": ("schema.py", "complaint.py"),
    "re2": ("patterns.py",),
    "yaml": ("schema.py",),
    "serial": ("devices", "bench"),
    "esptool": ("devices/esp_worker", "bench"),
    "esp_pylib": ("devices/esp_worker",),
    "esp_idf_nvs_partition_gen": ("carriers/nvs.py",),
    "littlefs": ("carriers",),
    "fatfs": ("carriers",),
    "sqlalchemy": ("manifest",),
    "psycopg": ("manifest",),
    "pkcs11": ("manifest/local/token.py",),
    "filelock": ("manifest",),
    "platformdirs": ("manifest/local/state.py",),
    "msgspec": ("manifest/entries", "manifest/fold/packed.py", "manifest/units.py"),
    "keyring": ("secrets.py", "manifest/local/keys.py"),
    "cryptography": ("manifest", "carriers/nvs_reader.py"),
}

Import = tuple[str, str, str]
"""File inside the package, its top-level part, the module it imports."""


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def imports() -> tuple[Import, ...]:
    return tuple(_imports())


def _imports() -> Iterator[Import]:
    for path in sorted(PACKAGE.rglob("*.py")):
        where = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
                if node.module == "burner":
                    names = [f"burner.{alias.name}" for alias in node.names]
            else:
                continue
            for name in names:
                yield where, part_of(path), name


def height(part: str) -> int:
    return next(i for i, parts in enumerate(LAYERS) if part in parts)


OUTSIDE = {"__init__", "__main__", "codes"}


def test_every_part_of_the_package_has_a_layer() -> None:
    parts = {part_of(p) for p in PACKAGE.rglob("*.py")} - OUTSIDE
    assert parts <= {part for layer in LAYERS for part in layer}


def test_imports_run_one_way() -> None:
    wrong = []
    for where, part, name in imports():
        if part in OUTSIDE or not name.startswith("burner."):
            continue
        target = name.split(".")[1]
        if target == "__version__":
            continue
        if height(target) > height(part) or (part in DOORS and target in DOORS and part != target):
            wrong.append(f"{where} imports {name}")
    assert wrong == []


def test_relative_imports_are_not_used() -> None:
    relative = [
        path.name
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_every_third_party_package_stays_in_its_home() -> None:
    strangers = []
    for where, _, name in imports():
        top = name.split(".")[0]
        if top == "burner" or top in sys.stdlib_module_names:
            continue
        homes = HOMES.get(top, ())
        if not any(where == home or where.startswith(f"{home}/") for home in homes):
            strangers.append(f"{where} imports {name}")
    assert strangers == []


@pytest.mark.parametrize("package", sorted(HOMES))
def test_every_listed_home_is_lived_in(package: str) -> None:
    assert any(name.split(".")[0] == package for _, _, name in imports())
