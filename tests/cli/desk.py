"""The commands of the manifest as QA uses them, in a folder and a state folder of their own."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from burner.cli.main import root
from burner.core.errors import BurnerError


def refused(code: str) -> "pytest.RaisesExc[BurnerError]":
    return pytest.raises(BurnerError, match=f"^{code}:")


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(root, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def at_desk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder, with its own state."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("BURNER_MANIFEST", raising=False)
    monkeypatch.setenv("BURNER_STATE", str(folder / "state"))
