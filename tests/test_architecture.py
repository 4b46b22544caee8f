"""The folders: imports run one way on every level, and a third-party package has one home."""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import takewhile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "burner"

HOUSE: tuple[tuple[str, ...], ...] = (
    ("cli",),
    ("station",),
    ("wall",),
    ("report",),
    ("burn",),
    ("devices", "manifest", "bench", "cloud", "unit_labels", "mes", "programs"),
    ("release",),
    ("profile",),
    ("provisioning",),
    ("identity",),
    ("platforms",),
    ("flash",),
    ("core",),
)
"""Imports run down. The folders of one line are doors, and never import each other."""

HOMES: dict[str, tuple[str, ...]] = {
    "click": ("cli",),
    "zxingcpp": ("profile/unit_label/symbols.py",),
    "PIL": ("cli/pages/barcode_page.py", "unit_labels/preview.py"),
    "rich": ("cli/terminal/screen.py", "cli/board"),
    "pydantic": (
        *(
            "core",
            "identity",
            "provisioning",
            "profile",
            "bench/bench_file.py",
            "bench/unit/firmware_entry.py",
            "mes",
            "station/fixture/station_file.py",
            "station/fixture/accept_settings.py",
            "station/fixture/hook_settings.py",
            "station/fixture/printer_settings.py",
        ),
    ),
    "pydantic_core": ("core",),
    "pyrage": ("release/age.py",),
    "re2": ("core/regex.py",),
    "unicorn": ("bench/processor/machine.py", "bench/processor/translations.py"),
    "yaml": ("core/yaml_document.py",),
    "deflate": ("devices/segment_cache.py",),
    "serial": ("devices", "bench"),
    "proton": ("mes/cfx/proton_connection.py",),
    "starlette": ("cli/wall/serve.py", "wall/server/app.py"),
    "uvicorn": ("cli/wall/serve.py", "wall/server"),
    "esptool": ("devices/esp_worker",),
    "esp_pylib": ("devices/esp_worker",),
    "esp_idf_nvs_partition_gen": ("provisioning/nvs_writer.py",),
    "littlefs": ("provisioning/littlefs_image.py",),
    "fatfs": ("provisioning/fat_image.py",),
    "sqlalchemy": ("manifest",),
    "pyarrow": ("manifest/exchange/measurement_parquet.py",),
    "psycopg": ("manifest",),
    "pkcs11": ("manifest/local/token.py",),
    "filelock": ("manifest",),
    "platformdirs": ("manifest/local/state_folder.py",),
    "msgspec": ("manifest/entries", "manifest/fold/packed.py", "manifest/reading/attempt_json.py"),
    "packaging": ("release/version_order.py",),
    "keyring": ("core/secrets/reference.py", "manifest/local/key_store.py"),
    "cryptography": (
        *("manifest", "platforms/payload.py", "provisioning/nvs_reader.py", "release/envelope"),
        "cloud",
    ),
    "securesystemslib": ("release/envelope",),
    "tencentcloud": tuple(
        f"cloud/management/tencent_{n}.py" for n in ("client", "explorer", "hub", "values")
    ),
    "alibabacloud_iot20180120": ("cloud/management/alibaba_client.py",),
    "alibabacloud_tea_openapi": ("cloud/management/alibaba_client.py",),
    "alibabacloud_tea_util": ("cloud/management/alibaba_client.py",),
    "darabonba": ("cloud/management/alibaba_client.py",),
    "certifi": ("cloud/management/connection.py",),
    "requests": tuple(
        f"cloud/management/{n}.py"
        for n in ("alibaba_client", "connection", "network_errors", "sending")
    ),
    "urllib3": (
        *(f"cloud/management/{n}.py" for n in ("connection", "network_errors", "sending")),
        "mes/http_post.py",
    ),
}

Parts = tuple[str, ...]
"""A module by its parts below `burner`; a package's own file ends with `__init__`."""


def modules() -> dict[Parts, Path]:
    return {
        path.relative_to(PACKAGE).with_suffix("").parts: path
        for path in sorted(PACKAGE.rglob("*.py"))
    }


@cache
def imports() -> tuple[tuple[Path, str], ...]:
    """File and the module it imports; a name that is a module itself counts as that module."""
    return tuple(_imports())


def _imports() -> Iterator[tuple[Path, str]]:
    known = {".".join(("burner", *parts)) for parts in modules()}
    for path in modules().values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                inner = [f"{node.module}.{alias.name}" for alias in node.names]
                names = [
                    name if {name, f"{name}.__init__"} & known else node.module for name in inner
                ]
            else:
                continue
            yield from ((path, name) for name in names)


def own_imports() -> Iterator[tuple[Parts, Parts]]:
    """Importing and imported module, both of burner."""
    known = modules()
    for path, name in imports():
        if name.split(".")[0] != "burner":
            continue
        target = tuple(name.split(".")[1:])
        if target not in known:
            target = (*target, "__init__")
        yield path.relative_to(PACKAGE).with_suffix("").parts, target


def floor(folder: str) -> int:
    return next(index for index, folders in enumerate(HOUSE) if folder in folders)


def test_the_package_is_the_house_and_two_files() -> None:
    entries = {
        entry.name
        for entry in PACKAGE.iterdir()
        if entry.suffix == ".py" or any(entry.rglob("*.py"))
    }
    folders = {folder for folders in HOUSE for folder in folders}
    assert entries == folders | {"__init__.py", "__main__.py"}


def test_the_design_draws_this_house() -> None:
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    drawn = re.search(r"## The folders\n.*?```\n(.*?)```", text, re.DOTALL)
    assert drawn, "docs/design.md has no drawing under 'The folders'"
    lines = re.findall(r"^((?:\w+/(?: · )?)+)", drawn[1], re.MULTILINE)
    assert tuple(tuple(re.findall(r"\w+", line)) for line in lines) == HOUSE


def test_imports_run_down_the_house() -> None:
    wrong = []
    for (folder, *rest), (target, *_) in own_imports():
        if not rest or target in ("__init__", "__main__"):
            continue
        if floor(target) < floor(folder) or (floor(target) == floor(folder) and target != folder):
            wrong.append(f"{folder}/{'/'.join(rest)} imports {target}")
    assert wrong == []


def test_imports_run_one_way_inside_every_folder() -> None:
    """In each folder its modules and sub-folders are in an order; none imports one above it."""
    below: dict[Parts, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for importer, imported in own_imports():
        pairs = zip(importer, imported, strict=False)
        shared = tuple(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        if importer != imported:
            below[shared][importer[len(shared)]].add(imported[len(shared)])
    cycles = []
    for folder, graph in below.items():
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            cycles.append(f"{'/'.join(folder) or 'burner'}: {' ← '.join(error.args[1])}")
    assert cycles == []


def test_no_two_classes_have_one_name() -> None:
    """Private classes too, and aliases of types: one word, one meaning."""
    homes: dict[str, list[str]] = defaultdict(list)
    for path in modules().values():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        for node in tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            names += [t.id for t in targets if isinstance(t, ast.Name) and _is_type_name(t.id)]
        for name in names:
            homes[name].append(path.relative_to(PACKAGE).as_posix())
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}


def _is_type_name(name: str) -> bool:
    return name[0].isupper() and not name.isupper()


def test_no_file_is_long_but_the_list_of_codes() -> None:
    lines = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in modules().values()
    }
    del lines["burner/core/code.py"]
    assert {name: count for name, count in lines.items() if count > 350} == {}


def test_relative_imports_are_not_used() -> None:
    relative = [
        path.name
        for path in modules().values()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_every_third_party_package_stays_in_its_home() -> None:
    strangers = []
    for path, name in imports():
        top = name.split(".")[0]
        if top == "burner" or top in sys.stdlib_module_names:
            continue
        where = path.relative_to(PACKAGE).as_posix()
        homes = HOMES.get(top, ())
        if not any(where == home or where.startswith(f"{home}/") for home in homes):
            strangers.append(f"{where} imports {name}")
    assert strangers == []


@pytest.mark.parametrize(
    ("package", "home"), [(package, home) for package in sorted(HOMES) for home in HOMES[package]]
)
def test_every_listed_home_is_lived_in(package: str, home: str) -> None:
    lived_in = (
        path.relative_to(PACKAGE).as_posix()
        for path, name in imports()
        if name.split(".")[0] == package
    )
    assert any(where == home or where.startswith(f"{home}/") for where in lived_in)


def test_what_contributing_names_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    folders = "burner|docs|scripts|tests|\\.github"
    named = re.findall(rf"`((?:{folders})/[^`\s]*|[\w.]+\.(?:md|toml|txt))`", text)
    own = [name for name in named if "yours" not in name]
    assert len(own) > 20
    assert [name for name in own if not (ROOT / name).exists()] == []
