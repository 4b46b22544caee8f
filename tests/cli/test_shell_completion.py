"""A TAB: commands, options, choices and batches, without the libraries that take long to load."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from burner.cli.commands.completion import SHELLS
from burner.cli.main import root
from burner.core.code import Code
from burner.manifest.reading.batch_names import batches_that_begin
from burner.manifest.writing.ledger import Ledger
from tests.manifest.records import open_batch

HEAVY = (
    *("sqlalchemy", "pydantic", "rich", "cryptography", "esptool", "serial", "yaml", "keyring"),
    *("tencentcloud", "alibabacloud_iot20180120", "requests", "aiohttp", "urllib3"),
)


def tab(line: str, folder: Path) -> list[str]:
    """What bash is offered behind a line, and which heavy modules that took."""
    words = line.split()
    answered = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print('heavy', *(set({HEAVY!r}) & set(sys.modules))))\n"
        "from burner.cli.main import main\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", answered],
        cwd=folder,
        env={
            **os.environ,
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) if line.endswith(" ") else len(words) - 1),
            "_BURNER_COMPLETE": "bash_complete",
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    *offers, heavy = done.stdout.splitlines()
    assert heavy == "heavy"
    return [offer.removeprefix("plain,") for offer in offers]


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_its_script(shell: str) -> None:
    done = CliRunner().invoke(root, ["completion", shell])
    assert done.exit_code == 0
    assert "burner" in done.stdout
    assert f"{shell}_complete" in done.stdout


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("burner ba", ["batch"]),
        ("burner cloud ga", ["gateway"]),
        ("burner un", ["unit"]),
        (
            "burner batch ",
            ["open", "list", "status", "raise", "approve", "audit", "labels", "close"],
        ),
        ("burner burn --sta", ["--station-file", "--station"]),
        (
            "burner manifest export --format ",
            ["csv", "jsonl", "measurements", "names", "log", "tiles"],
        ),
        ("burner completion ", list(SHELLS)),
        ("burner explain e45", [f"E45{digit}" for digit in range(10) if f"E45{digit}" in [*Code]]),
        ("burner station show ", ["file,"]),
    ],
)
def test_a_tab_offers_what_may_stand_there(line: str, offers: list[str], tmp_path: Path) -> None:
    assert tab(line, tmp_path) == offers


def test_a_tab_offers_the_batches_of_the_manifest_the_latest_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BURNER_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("BURNER_MANIFEST", raising=False)
    for name, batches in (("manifest.db", ("WO1", "WO2", "X")), ("other.db", ("WO9",))):
        with Ledger.open(tmp_path / name, "line1") as ledger:
            for batch in batches:
                open_batch(ledger, batch)
    assert tab("burner batch close W", tmp_path) == ["WO2", "WO1"]
    assert tab("burner burn x.burn --batch ", tmp_path) == ["X", "WO2", "WO1"]
    assert tab("burner batch status --manifest other.db ", tmp_path) == ["WO9"]
    in_bash = "burner batch status --manifest = other.db"  # `=` is a word of its own there
    assert tab(f"{in_bash} W", tmp_path) == ["WO9"]
    assert tab("burner burn x.burn --batch = W", tmp_path) == ["WO2", "WO1"]
    monkeypatch.setenv("BURNER_MANIFEST", "other.db")
    assert tab("burner batch status ", tmp_path) == ["WO9"]


@pytest.mark.parametrize("manifest", ["none.db", "a folder", "text", "postgresql://x/y", "\0"])
def test_where_no_manifest_can_be_read_a_tab_offers_nothing(
    manifest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a folder").mkdir()
    Path("text").write_text("no database")
    assert not batches_that_begin(manifest, "")
    assert not Path("none.db").exists()
