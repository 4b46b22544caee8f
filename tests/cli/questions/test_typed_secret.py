"""A product secret that is typed or scanned as batch, operator or reason is kept nowhere."""

from pathlib import Path

import pytest

from burner.cli.main import _run
from tests.runs import PROFILE, SECRET


@pytest.mark.parametrize("option", ["--batch", "--operator", "--rework"])
def test_a_secret_given_as_something_else_is_refused_and_not_repeated(
    option: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLUG_C3_SECRET", SECRET)
    burn = ["burn", str(PROFILE), "--bench", "sim:1", "--yes", "--batch", "B", "--operator", "li"]
    assert _run([*burn, option, f"WO {SECRET}"]) == 4
    output = "".join(capfd.readouterr())
    assert "E470" in output
    assert SECRET not in output
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(SECRET.encode() not in path.read_bytes() for path in kept)
