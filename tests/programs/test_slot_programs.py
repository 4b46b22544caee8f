"""Programs of a slot: each ends within its deadline, with all that it has started."""

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from burner.core.code import Code
from burner.core.measurements import TestOutcome
from burner.core.secrets.search import SecretSearch
from burner.core.secrets.secret import Secret
from burner.programs.answer import ProgramAnswer
from burner.programs.programs import SlotPrograms
from burner.programs.question import TestQuestion

SECRET = "Kp7wZt3QmX9dLr5VbN2h"
QUESTION = TestQuestion(
    test="rf",
    slot="3",
    port="/dev/ttyUSB3",
    unit_id="24:6f:28:00:00:01",
    mac="24:6f:28:00:00:01",
    device_name="PLUG000001",
    attempt="a" * 32,
    tried=2,
    batch="B1",
    profile="plug-c3 1.0.0",
    ids={"imei": "861234567890123"},
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="programs are written for sh")


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlotPrograms]:
    slot = SlotPrograms(SecretSearch(Secret(SECRET.encode())), tmp_path_factory.mktemp("product"))
    yield slot
    slot.close()


def sh(programs: SlotPrograms, script: str, deadline_s: float = 30.0) -> ProgramAnswer:
    command = ("sh", "-c", script)
    return programs.run_program(command, QUESTION.as_json(), deadline_s=deadline_s)


def test_a_program_reads_the_question_and_its_numbers_come_back_as_it_wrote_them(
    programs: SlotPrograms,
) -> None:
    script = "\n".join(
        (
            "import json, sys",
            "unit = json.load(sys.stdin)",
            "sent = {'burner', 'test', 'slot', 'port', 'unit_id', 'mac', 'device_name', 'attempt',",
            "        'try', 'batch', 'profile', 'ids'}",
            "assert set(unit) == sent and unit['try'] == 2, unit",
            'print(\'{"measurements": {"tx_power": 12.30, "slot": "%s"}}\' % unit[\'slot\'])',
        )
    )
    ended = programs.run_program(("{python}", "-c", script), QUESTION.as_json(), deadline_s=30.0)
    assert ended == ProgramAnswer(TestOutcome.PASS, {"tx_power": "12.30", "slot": "3"})


def test_it_works_in_the_folder_of_its_product_with_named_variables_only(
    programs: SlotPrograms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BURNER_SECRET", SECRET)
    script = r'test -z "$BURNER_SECRET" && printf "{\"detail\": \"$(basename "$PWD") $PATH\"}"'
    ended = sh(programs, script)
    assert ended.outcome is TestOutcome.PASS
    assert re.match(r"product\d+ /", ended.detail)


@pytest.mark.parametrize(
    ("script", "code", "detail"),
    [
        ("echo no carrier >&2; exit 1", Code.TEST_PROGRAM_FAILED_UNIT, "no carrier"),
        ("exit 7", Code.TEST_PROGRAM_REPORTED_ERROR, "exit status 7"),
        ("kill -9 $$", Code.TEST_PROGRAM_DIED, "signal 9"),
        ("yes", Code.TEST_OUTPUT_TOO_LARGE, ""),
        ("head -c 10000000 /dev/zero", Code.TEST_OUTPUT_TOO_LARGE, ""),
        ("echo garbage", Code.TEST_ANSWER_INVALID, "not one JSON object"),
        (f"echo {SECRET}", Code.TEST_PRINTED_SECRET, ""),
        (f"echo {SECRET} >&2; exit 1", Code.TEST_PRINTED_SECRET, ""),
        ("kill -9 $PPID; sleep 600", Code.PROGRAM_GUARD_FAILED, "exit status -9"),
    ],
)
def test_what_goes_wrong_has_its_code_and_the_next_program_runs(
    programs: SlotPrograms, script: str, code: Code, detail: str
) -> None:
    ended = sh(programs, script)
    assert (ended.code, ended.values) == (code, {})
    assert detail in ended.detail
    assert SECRET not in repr(ended)
    assert sh(programs, "exit 0").outcome is TestOutcome.PASS


@pytest.mark.parametrize("script", ["sleep 600", "trap '' TERM INT HUP; yes >&2"])
def test_a_program_that_hangs_is_ended_at_its_deadline(programs: SlotPrograms, script: str) -> None:
    ended = sh(programs, script, deadline_s=0.1)
    assert ended.code == Code.TEST_TOO_SLOW
    assert ended.detail.startswith("0.1 s")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux finds what changed its session")
@pytest.mark.parametrize("ends", ["exit 0", "sleep 600"])
def test_what_it_has_started_ends_with_it_also_in_a_session_of_its_own(
    programs: SlotPrograms, tmp_path: Path, ends: str
) -> None:
    pid_file = tmp_path / "pid"
    inner = tmp_path / "inner.sh"
    inner.write_text(f"trap '' TERM HUP; echo $$ > {pid_file}; sleep 600; sleep 600")
    script = f"setsid sh {inner} & until test -s {pid_file}; do sleep 0.01; done; {ends}"
    programs.run_program(
        ("sh", "-c", script),
        {},
        deadline_s=60.0,
        is_aborted=lambda: ends != "exit 0" and pid_file.exists() and bool(pid_file.read_text()),
    )
    assert not Path(f"/proc/{int(pid_file.read_text())}").exists()


def test_the_operator_ends_a_program_at_once(programs: SlotPrograms) -> None:
    began = time.monotonic()
    ended = programs.run_program(
        ("sleep", "600"), QUESTION.as_json(), deadline_s=600.0, is_aborted=lambda: True
    )
    assert ended.code == Code.STOPPED_BY_OPERATOR
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("no-such-program", "no-such-program is not in PATH"),
        ("fixtures/rf", "fixtures/rf is not there"),
        ("./plain", "./plain is not executable: chmod +x ./plain"),
    ],
)
def test_a_program_that_is_not_there_is_said_with_its_name(
    tmp_path: Path, name: str, detail: str
) -> None:
    (tmp_path / "plain").write_text("#!/bin/sh\n")
    (tmp_path / "plain").chmod(0o644)
    ended = SlotPrograms(SecretSearch(), tmp_path).run_program((name,), {}, deadline_s=1.0)
    assert (ended.code, ended.detail) == (Code.PROGRAM_UNUSABLE, detail)


def test_what_it_writes_to_standard_error_is_kept_without_the_secret(
    programs: SlotPrograms,
) -> None:
    assert sh(programs, "echo port is open >&2; echo done >&2").printed == "port is open\ndone\n"
    ended = sh(programs, f"echo the key {SECRET} is wrong >&2")
    assert ended.code == Code.TEST_PRINTED_SECRET
    assert ended.printed.startswith("the key ")
    assert SECRET[:4] not in ended.printed


def test_of_a_long_standard_error_whole_lines_are_kept_so_that_no_rest_of_a_secret_is_shown(
    programs: SlotPrograms,
) -> None:
    lines = "\n".join((f"printf '%s\\n' {SECRET} >&2", "i=0"))
    fill = 8 * 1024 - len("end\n") - 6  # of the secret's line, 5 characters are left
    ended = sh(
        programs, f"{lines}; head -c {fill - 1} /dev/zero | tr '\\0' x >&2; echo >&2; echo end >&2"
    )
    assert SECRET[-5:] not in ended.printed
    assert ended.printed.endswith("end\n")


def test_a_script_that_was_written_on_windows_is_said_with_its_first_line(
    programs: SlotPrograms, tmp_path: Path
) -> None:
    script = tmp_path / "check.sh"
    script.write_bytes(b"#!/bin/sh\r\nexit 0\r\n")
    script.chmod(0o755)
    ended = programs.run_program((str(script),), QUESTION.as_json(), deadline_s=30.0)
    what = "its first line names a program that is not there: /bin/sh\\u000d"
    assert (ended.code, ended.detail) == (Code.PROGRAM_UNUSABLE, f"{script}: {what}")
