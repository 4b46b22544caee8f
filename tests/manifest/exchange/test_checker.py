"""The checker of docs/manifest.md, which imports nothing of burner, agrees with `verify FILE`."""

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from burner.core.errors import BurnerError
from burner.manifest.exchange.check_file import check_file
from burner.manifest.exchange.log_file import export_log
from burner.manifest.local.keys import LocalSigner, make_key
from burner.manifest.log.note import VerifierKey
from burner.manifest.writing.batch_close import record_close
from burner.manifest.writing.log_keys import enrol
from tests.manifest.records import a_ledger, burned, open_batch

CHECKER = Path(__file__).with_name("checker.py")


@pytest.fixture
def exports(tmp_path: Path) -> tuple[list[Path], str]:
    """A whole log, a closed batch, and an open one, of a log with two keys."""
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger, "WO1", 3)
        for unit in range(3):
            burned(ledger, unit, batch="WO1")
        open_batch(ledger, "WO2")
        burned(ledger, 7, batch="WO2")
        key = LocalSigner(ledger.origin, make_key("line2")).key
        enrol(ledger, key, owner="line2", sponsor=ledger.writer.key.signer)
        record_close(ledger, "WO1", "qa", with_open=False)
        files = []
        for batch in ("", "WO1", "WO2"):
            file = tmp_path / f"export-{batch or 'all'}.log"
            file.write_text("".join(export_log(ledger.reader, batch)), encoding="utf-8")
            files.append(file)
        return files, ledger.writer.origin_key


def agrees(file: Path, key: str) -> bool:
    command = [sys.executable, str(CHECKER), str(file), key]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def ours(file: Path, key: str) -> bool:
    parsed = VerifierKey.parse(key)
    try:
        return not check_file(file, parsed.name, parsed).code
    except BurnerError:
        return False


def test_the_checker_has_at_most_sixty_lines_of_code() -> None:
    lines = CHECKER.read_text(encoding="utf-8").split('"""', 2)[2].split("\n")
    assert len([line for line in lines if line.strip()]) <= 60


def test_the_checker_imports_nothing_of_burner() -> None:
    assert "burner" not in CHECKER.read_text(encoding="utf-8").split("def ", 1)[0].split('"""')[2]


def test_both_take_good_files(exports: tuple[list[Path], str]) -> None:
    files, key = exports
    assert all(agrees(file, key) and ours(file, key) for file in files)


def test_both_refuse_edited_files(exports: tuple[list[Path], str]) -> None:
    files, key = exports
    random = Random(3)
    for file in files:
        text = file.read_bytes()
        for _ in range(8):
            at = random.randrange(len(text))
            file.write_bytes(text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :])
            assert not ours(file, key)
            assert not agrees(file, key)


def test_both_refuse_another_key(exports: tuple[list[Path], str], tmp_path: Path) -> None:
    files, key = exports
    other = str(LocalSigner(key.split("+")[0], make_key("stranger")).key)
    assert not any(agrees(file, other) or ours(file, other) for file in files)
