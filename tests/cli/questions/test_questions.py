"""What is asked on a terminal before the board appears: what for, how often, what Enter does."""

import os
from pathlib import Path
from typing import Any

import pytest

from burner.cli.parameters.slots import station_id
from burner.core.secrets.passphrase import PASSPHRASE
from burner.manifest.local import keys
from tests.cli.desk import refused, run
from tests.runs import PROFILE, ROOT, SECRET, burn, burner, manifest
from tests.warm.process import SERVERS

pexpect = pytest.importorskip("pexpect", reason="a terminal of our own needs a POSIX system")

STATION = station_id()
RIGHT = "open sesame"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BURNER_STATE", str(tmp_path / "state"))
    monkeypatch.delenv(PASSPHRASE, raising=False)


def terminal(*arguments: str) -> Any:
    """A command on a terminal of 80 × 24."""
    environment = {**os.environ, "PLUG_C3_SECRET": SECRET, "PYTHONPATH": str(ROOT)}
    program, *first = SERVERS.command()
    return pexpect.spawn(
        program,
        [*first, *arguments],
        env={**environment, "TERM": "xterm-256color"},
        dimensions=(24, 80),
        encoding="utf-8",
        timeout=60,
    )


def ended(child: Any) -> int:
    child.expect(pexpect.EOF)
    child.close()
    return int(child.exitstatus)


def burning(*arguments: str) -> Any:
    return terminal("burn", str(PROFILE), "--bench", "sim:1", *arguments)


def test_a_key_is_made_without_a_question_and_burning_asks_for_no_passphrase() -> None:
    child = burning("--batch", "B", "--operator", "li", "--quantity", "9")
    child.expect("1 unit: PASS 1|1 units: PASS 1")
    assert ended(child) == 0
    assert keys.protection(STATION) == "account"
    run("manifest", "verify")


def test_a_passphrase_is_wanted_twice_for_a_new_key_and_says_what_for_when_it_signs() -> None:
    child = terminal("key", "make", STATION, "--passphrase")
    for typed in (RIGHT, "another"):
        child.expect(f"Passphrase for the new key of {STATION}|The same once more")
        child.sendline(typed)
    child.expect("The two passphrases differ")
    for _ in range(2):
        child.expect(f"Passphrase for the new key of {STATION}|The same once more")
        child.sendline(RIGHT)
    child.expect("the passphrase is wanted whenever it signs")
    assert ended(child) == 0

    child = burning("--batch", "B", "--operator", "li", "--quantity", "9")
    child.expect(f"Passphrase of the key of {STATION}: it signs this\\s+station's records")
    child.sendline("wrong")
    child.expect("This passphrase is wrong. Try 2 of 3.")
    child.sendline(RIGHT)
    child.expect("PASS 1")
    assert ended(child) == 0
    run_without_a_terminal = burner(Path(), "burn", str(PROFILE), "--bench", "sim:1", "--yes")
    assert run_without_a_terminal.returncode == 4
    assert "E749" in run_without_a_terminal.stderr


def test_after_three_wrong_passphrases_nothing_is_burned_and_the_code_is_reported() -> None:
    keys.make_key(STATION, RIGHT)
    child = burning("--lang", "zh")
    child.expect("口令，用于给本工站的记录签名")
    for attempt in (2, 3):
        child.sendline("wrong")
        child.expect(f"口令错误。第 {attempt} 次输入，共 3 次")
    child.sendline("wrong")
    child.expect("E748")
    assert ended(child) == 4
    assert not Path("manifest.db").exists()


def test_without_a_terminal_no_key_with_a_passphrase_is_made() -> None:
    with refused("E749"):
        run("key", "make", "line1", "--passphrase")
    assert not keys.has_key("line1")


def test_a_rotated_key_is_kept_as_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    burn(Path(), "--bench", "sim:1")
    who = ("--station", STATION, "--operator", "li", "--reason", "yearly")
    assert "has no passphrase" in run("key", "rotate", *who).stdout
    monkeypatch.setenv(PASSPHRASE, RIGHT)
    assert "is encrypted" in run("key", "rotate", "--passphrase", *who).stdout
    monkeypatch.delenv(PASSPHRASE)
    with refused("E749"):
        run("key", "rotate", *who)


def test_after_a_restart_enter_goes_on_with_the_batch_that_is_open_here() -> None:
    burn(Path(), "--bench", "sim:1", "--batch", "WO-7", "--quantity", "5")
    child = burning()
    child.expect(r"Batch \(work order\) \[WO-7\]: ")
    child.sendline("")
    child.expect("Operator: ")
    child.sendline("li")
    child.expect(pexpect.EOF)
    assert "quantity" not in child.before
    assert {record["batch"] for record in manifest(Path())} == {"WO-7"}


def test_of_several_open_batches_nobody_guesses_without_a_person() -> None:
    for seed, batch in ((2, "WO-7"), (3, "WO-8")):
        burn(Path(), "--bench", f"sim:1,seed={seed}", "--batch", batch, "--quantity", "5")
    ran = burn(Path(), "--bench", "sim:1")
    assert (ran.status, "E751" in ran.errors, "WO-8, WO-7" in ran.errors) == (4, True, True)
    child = burning()
    child.expect(r"WO-8  1 of 5 good, last used here [^\n]*\n  WO-7  1 of 5 good, last used here")
    child.expect(r"\[WO-8\]: ")
    child.close(force=True)


def test_a_new_batch_without_a_person_and_without_a_quantity_is_reported() -> None:
    result = burner(Path(), "burn", str(PROFILE), "--bench", "sim:1", "--yes", "--batch", "WO-1")
    assert "WO-1 is a new batch without a planned quantity" in result.stderr
    result = burner(Path(), "burn", str(PROFILE), "--bench", "sim:1", "--yes")
    assert "batch WO-1, operator" in result.stderr
    assert "is a new batch" not in result.stderr
