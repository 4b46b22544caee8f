"""`burner burn` as people and scripts use it, over the bench."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from burner.bench.process import BenchProcess
from burner.cli.parameters.slots import station_id
from tests.chinese import english_in
from tests.images import app_image, write_product
from tests.runs import PROFILE, ROOT, SECRET, burn, burner, manifest, start, until_begun
from tests.warm.process import SERVERS

pexpect = pytest.importorskip("pexpect", reason="a terminal of our own needs a POSIX system")


@pytest.fixture
def kept(tmp_path: Path) -> str:
    """A bench of two whose flash survives from run to run."""
    return f"sim:2,seed=5,keep={tmp_path}/flash"


def test_a_batch_of_two_passes_and_is_on_record(tmp_path: Path) -> None:
    ran = burn(tmp_path, "--bench", "sim:2", "--batch", "WO-1", "--operator", "anna")
    assert ran.status == 0, ran.errors
    assert ran.summary["counts"]["PASS"] == 2
    records = manifest(tmp_path)
    assert {(r["batch"], r["operator"], r["outcome"]) for r in records} == {
        ("WO-1", "anna", "PASS")
    }
    assert len({r["device_name"] for r in records}) == 2


def test_a_script_is_told_of_warnings_too(tmp_path: Path) -> None:
    for app in (app_image(), app_image("changed")):
        ran = burn(tmp_path, "--bench", "sim:1", profile=write_product(tmp_path, app=app))
    warnings = [line for line in ran.lines if line["event"] == "warning"]
    assert [set(w) - {"at"} for w in warnings] == [{"event", "code", "place", "found", "allowed"}]
    assert (warnings[0]["code"], "had another part app" in warnings[0]["found"]) == ("E188", True)


@pytest.mark.parametrize(("counts", "status"), [("version", 4), ("release", 0)])
def test_the_quantity_of_a_release_counts_over_its_version_or_over_that_release_alone(
    tmp_path: Path, counts: str, status: int
) -> None:
    terms = {"quantity": "1", "quantity_of": counts}
    first = write_product(tmp_path, **terms)
    assert burn(tmp_path, "--bench", "sim:1,seed=1", "--batch", "A", profile=first).status == 0
    again = write_product(tmp_path, app=app_image("changed"), **terms)
    assert burn(tmp_path, "--bench", "sim:1,seed=2", "--batch", "B", profile=again).status == status


def test_a_simulated_unit_is_one_of_the_product(tmp_path: Path) -> None:
    ran = burn(tmp_path, "--bench", "sim:1", profile=ROOT / "profiles" / "sensor-esp32.yaml")
    assert ran.status == 0, ran.errors
    assert manifest(tmp_path)[0]["chip"] == "esp32"


@pytest.mark.parametrize(
    "fields",
    [
        {"name": '{template: "PLUG-{mac}"}'},
        {"name": '{template: "{softap:-6}", case: lower}'},
        {
            "name": '{template: "L{serial}"}',
            "identity": "{serial: {source: firmware, line: 'SN:\\s*([0-9]{8})'}}",
            "carrier": "{kind: nvs, preset: esp-qcloud, keys: {device_name: device_name}}",
        },
        {
            "name": '{template: "L{serial}"}',
            "identity": "{serial: {source: firmware, line: 'SN:\\s*([0-9]{8})'}}",
        },
    ],
    ids=["literal text", "interface", "serial in the flash", "serial that the firmware knows"],
)
def test_the_benchs_firmware_names_itself_by_the_profiles_rule(
    tmp_path: Path, fields: dict[str, str]
) -> None:
    boot = "{device_name: 'device_name=(\\S+)', timeout_s: 2}"
    (tmp_path / "bench.yaml").write_text("slots: 2\nunits: [{firmware: {prints: true}}, {}]")
    path = write_product(tmp_path, boot=boot, **fields)
    for number, bench in enumerate(("sim:2", "bench.yaml")):
        ran = burn(tmp_path, "--bench", bench, "--manifest", f"m{number}.db", profile=path)
        assert ran.summary["counts"]["PASS"] == 2, ran.finished


def test_a_bench_that_runs_already_knows_the_product_by_its_profile(tmp_path: Path) -> None:
    boot = "{device_name: 'device_name=(\\S+)', timeout_s: 2}"
    path = write_product(tmp_path, boot=boot, name='{template: "PLUG-{mac}"}')
    with BenchProcess("sim:2", profile=path) as bench:
        ran = burn(tmp_path, "--bench", bench.ready["control"], profile=path)
    assert ran.summary["counts"]["PASS"] == 2, ran.finished


def test_the_same_batch_twice_writes_nothing_and_says_why(tmp_path: Path, kept: str) -> None:
    first = burn(tmp_path, "--bench", kept, "--batch", "B")
    again = burn(tmp_path, "--bench", kept, "--batch", "B")
    assert (first.status, again.status) == (0, 0)
    assert [unit["known"] for unit in again.units] == [True, True]
    assert not any(unit["written"] for unit in again.units)
    assert len(manifest(tmp_path)) == 2
    result = burner(tmp_path, "burn", str(PROFILE), "--bench", kept, "--batch", "B", "--yes")
    assert "already PASS at" in result.stdout
    assert "in slot 1" in result.stdout


def test_a_board_of_another_batch_is_no_good_unit_of_this_one(tmp_path: Path, kept: str) -> None:
    burn(tmp_path, "--bench", kept, "--batch", "WO-1")
    again = burn(tmp_path, "--bench", kept, "--batch", "WO-2")
    assert again.status == 1
    assert (
        again.summary["counts"] | {"PASS": 0, "KNOWN": 0, "OTHER BATCH": 2}
        == (again.summary["counts"])
    )
    for unit in (*again.units, *again.finished):
        assert (unit["batch"], unit["other_batch"], unit["code"]) == ("WO-1", True, "E628")
    states = [line["state"] for line in again.lines if line["event"] == "slot"]
    assert states.count("OTHER BATCH") == 2
    assert len(manifest(tmp_path)) == 2


@pytest.mark.parametrize(
    ("language", "belongs", "do"),
    [
        ("en", "E628  This unit passed before, in another batch. (batch WO-1, ", "that batch"),
        ("zh", "E628  该设备已在其他批次中合格。（批次 WO-1，", "不属于本批次"),
    ],
)
def test_the_operator_is_told_where_a_board_of_another_batch_belongs(
    tmp_path: Path, kept: str, language: str, belongs: str, do: str
) -> None:
    burn(tmp_path, "--bench", kept, "--batch", "WO-1")
    wanted = ("--bench", kept, "--batch", "WO-2", "--yes", "--lang", language)
    result = burner(tmp_path, "burn", str(PROFILE), *wanted)
    lines = [line for line in result.stderr.splitlines() if belongs in line]
    assert len(lines) == 2
    assert all(do in line for line in lines)
    assert "WO-1" in result.stdout


def test_a_declared_rework_burns_a_known_unit_again(tmp_path: Path, kept: str) -> None:
    burn(tmp_path, "--bench", kept, "--batch", "B")
    again = burn(tmp_path, "--bench", kept, "--batch", "B", "--rework", "new antenna")
    assert again.status == 0, again.errors
    assert [unit["written"] for unit in again.units] == [True, True]
    assert len(manifest(tmp_path)) == 4


def test_a_full_batch_takes_no_more_units(tmp_path: Path) -> None:
    bench = ("--bench", "sim:1", "--batch", "B", "--quantity", "2", "--count", "5")
    ran = burn(tmp_path, *bench)
    assert ran.status == 0, ran.errors
    assert ran.summary["counts"]["PASS"] == 2


def test_a_batch_that_is_full_still_knows_its_units(tmp_path: Path, kept: str) -> None:
    wanted = ("--bench", kept, "--batch", "B", "--quantity", "2")
    assert burn(tmp_path, *wanted).status == 0
    again = burn(tmp_path, *wanted)
    assert (again.status, again.summary["counts"]["KNOWN"]) == (0, 2)


def test_no_slot_answers_is_the_stations_fault_and_no_unit(tmp_path: Path) -> None:
    bench = tmp_path / "dead.yaml"
    bench.write_text("{slots: 2, units: [{repeat: 2, faults: [{kind: dead}]}]}", encoding="utf-8")
    ran = burn(tmp_path, "--bench", bench)
    assert ran.status == 4
    assert ran.units == []
    assert [silent["code"] for silent in ran.summary["silent"]] == ["E301", "E301"]
    assert ran.summary["seconds"] < 60


def test_a_port_given_by_url_is_a_slot(tmp_path: Path) -> None:
    with BenchProcess("sim:1") as bench:
        ran = burn(tmp_path, "--port", f"esp={bench.slots['1']['esp']}")
    assert ran.status == 0, ran.errors
    assert [unit["slot"] for unit in ran.units] == ["1"]


def test_a_station_file_names_the_slots(tmp_path: Path) -> None:
    with BenchProcess("sim:2") as bench:
        urls = [place["esp"] for place in bench.slots.values()]
        path = tmp_path / "line.yaml"
        slots = {f"A{n}": {"esp": {"url": url}} for n, url in enumerate(urls, 1)}
        path.write_text(json.dumps({"station": "line-9", "slots": slots}), encoding="utf-8")
        ran = burn(tmp_path, "--station-file", path)
    assert ran.status == 0, ran.errors
    assert {r["slot"] for r in manifest(tmp_path)} == {"A1", "A2"}
    assert {r["station"] for r in manifest(tmp_path)} == {"line-9"}


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        ((), 2, "which slots"),
        (("--bench", "sim:1", "--port", "COM3"), 2, "which slots"),
        (("--bench", "sim:1", "--once", "--watch"), 2, "--once"),
        (("--bench", "sim:0"), 3, "E190"),
        (("--bench", "sim:1", "--manifest", "/proc/nowhere/m.db"), 4, "E70"),
        (("--station-file", "nowhere.yaml"), 3, "E195"),
    ],
)
def test_what_cannot_begin_says_why(
    tmp_path: Path, arguments: tuple[str, ...], status: int, says: str
) -> None:
    ran = burn(tmp_path, *arguments)
    assert (ran.status, says in ran.errors) == (status, True), ran.errors
    assert [line for line in ran.lines if line["event"] != "start"] == []


def test_help_needs_nothing_heavy() -> None:
    heavy = "'esptool', 'sqlalchemy', 'pydantic', 'rich', 'cryptography', 'serial', 'yaml'"
    code = (
        "import sys; from burner.cli.main import _run; _run(['burn', '--help']);"
        f"print([m for m in ({heavy}) if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


# -- signals -------------------------------------------------------------------------------------


SLOW = "sim:2,baud=921600"


def test_ctrl_c_once_lets_running_units_finish_and_takes_no_more(tmp_path: Path) -> None:
    running = start(tmp_path, "--bench", SLOW, "--count", "50")
    until_begun(running, tmp_path, units=2)
    running.signal(signal.SIGINT)
    ran = running.end()
    assert ran.status == 130
    assert [unit["outcome"] for unit in ran.units] == ["PASS", "PASS"]


def test_ctrl_c_twice_stops_now_and_the_records_end_aborted(tmp_path: Path) -> None:
    running = start(tmp_path, "--bench", "sim:2,baud=115200", "--count", "50")
    until_begun(running, tmp_path, units=2)
    running.interrupt_twice()
    ran = running.end()
    assert ran.status == 130
    assert {r["outcome"] for r in manifest(tmp_path)} == {"ABORTED"}


# -- a terminal ----------------------------------------------------------------------------------


COLD = [sys.executable, "-m", "burner"]


def terminal(folder: Path, *arguments: str, started: list[str] | None = None) -> Any:
    """`burner burn` on a terminal of 80 × 24."""
    environment = {**os.environ, "PLUG_C3_SECRET": SECRET, "PYTHONPATH": str(ROOT)}
    program, *first = started or SERVERS.command()
    return pexpect.spawn(
        program,
        [*first, "burn", str(PROFILE), *arguments],
        cwd=str(folder),
        env={**environment, "TERM": "xterm-256color"},
        dimensions=(24, 80),
        encoding="utf-8",
        timeout=150,
    )


def test_on_a_terminal_batch_operator_and_quantity_are_asked_once(tmp_path: Path) -> None:
    child = terminal(tmp_path, "--bench", "sim:2")
    for question, answer in (("Batch", "WO-7"), ("Operator", "li"), ("quantity", "10")):
        child.expect(question)
        child.sendline(answer)
    child.expect("batch WO-7  operator li")
    child.expect("2/10")
    child.expect("2 units: PASS 2")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert {(r["batch"], r["operator"]) for r in manifest(tmp_path)} == {("WO-7", "li")}


def test_the_board_speaks_chinese(tmp_path: Path) -> None:
    child = terminal(tmp_path, "--bench", "sim:1", "--yes", "--lang", "zh")
    child.expect("合格 1")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


WO7 = ("--bench", "sim:2", "--batch", "WO-7", "--operator", "li", "--quantity", "2")


@pytest.mark.parametrize(("key", "language"), [(" ", "en"), ("\x03", "zh")])
def test_a_complete_batch_says_so_and_waits_for_a_key_or_ctrl_c(
    tmp_path: Path, key: str, language: str
) -> None:
    child = terminal(tmp_path, *WO7, "--lang", language)
    child.expect("Press any key" if language == "en" else "按任意键")
    with pytest.raises(pexpect.TIMEOUT):
        child.expect(pexpect.EOF, timeout=1.5)
    child.send(key)
    child.expect("2 units: PASS 2" if language == "en" else "2 台：合格 2")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


@pytest.mark.parametrize("arguments", [("--yes",), ("--json",)])
def test_a_complete_batch_waits_for_nobody_who_wants_no_question(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    child = terminal(tmp_path, *WO7, *arguments)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert "Press any key" not in child.before


def test_a_complete_batch_is_a_line_in_a_pipe(tmp_path: Path) -> None:
    result = burner(tmp_path, "burn", str(PROFILE), *WO7)
    assert result.returncode == 0
    assert "Batch WO-7 is complete: 2 of 2 units have passed." in result.stderr
    assert "burner batch close WO-7" in result.stderr


def test_a_batch_that_still_wants_units_is_not_complete(tmp_path: Path) -> None:
    result = burner(tmp_path, "burn", str(PROFILE), *WO7[:-1], "3")
    assert "complete" not in result.stderr


def test_a_unit_scrapped_at_the_desk_leaves_the_count_of_the_board(tmp_path: Path) -> None:
    with BenchProcess("sim:1,boards=4") as bench:
        order = ("--batch", "WO-7", "--operator", "li", "--quantity", "2", "--watch", "--yes")
        child = terminal(tmp_path, "--bench", bench.ready["control"], *order)
        child.expect("1/2")
        unit = manifest(tmp_path)[0]["unit_id"]
        desk = ("--station", "desk", "--operator", "qa", "--reason", "dropped")
        scrapped = burner(tmp_path, "unit", "scrap", unit, *desk)
        assert scrapped.returncode == 0, scrapped.stderr
        _put_in_the_next_board(bench, child)
        for sight in ("▶", "✔", "[0-9]/2"):
            child.expect(sight)
        assert child.after == "1/2"
        _put_in_the_next_board(bench, child)
        child.expect("is complete: 2 of 2 units have passed")
        child.expect(pexpect.EOF)


def _put_in_the_next_board(bench: BenchProcess, child: Any) -> None:
    """As a hand does: a board that is exchanged faster than the station looks is the old one."""
    bench.control.remove("1")
    child.expect("○")
    bench.control.insert("1")


def test_a_whole_shift_in_chinese_shows_no_english(tmp_path: Path) -> None:
    bench = tmp_path / "bench.yaml"
    faults = [
        "{kind: bit-flip, address: 0x10010}",
        "{kind: dead}",
        "{kind: wrong-chip, chip: esp32s3}",
        "{kind: unplug, at_byte: 20K}",
    ]
    units = ", ".join(f"{{faults: [{fault}]}}" for fault in faults)
    bench.write_text(
        f"{{slots: 4, boards: 8, keep: {tmp_path}/flash, units: [{{repeat: 4}}, {units}]}}"
    )
    arguments = ("--bench", str(bench), "--operator", "li", "--lang", "zh", "--yes")
    shown = ""
    for batch, count in (("WO-1", "4"), ("WO-2", "8")):
        child = terminal(tmp_path, *arguments, "--batch", batch, "--count", count)
        child.expect(pexpect.EOF)
        child.close()
        shown += child.before
    plain = " ".join(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b.", " ", shown).split())
    for word in ("合格", "不良", "工位故障", "其他批次", "烧录中", "E601", "E301", "E401"):
        assert word in "".join(plain.split())
    known = ("plug-c3", "WO-1", "WO-2", "li", station_id(), *names_in(tmp_path))
    assert english_in(plain, known) == []


def names_in(folder: Path) -> list[str]:
    """Names of all units on record; the tiles show their ends."""
    names = [str(record["device_name"]) for record in manifest(folder)]
    return [name[start:] for name in names for start in range(len(name) - 1)]


def test_a_closed_terminal_stops_nothing(tmp_path: Path) -> None:
    child = terminal(tmp_path, "--bench", SLOW, "--yes", started=COLD)
    child.expect("BURNING|█▀▄ █ █")
    child.ptyproc.fileobj.close()  # and with it the terminal
    _, status = os.waitpid(child.pid, 0)
    child.ptyproc.closed = child.ptyproc.terminated = child.closed = True
    assert os.waitstatus_to_exitcode(status) == 0
    assert [r["outcome"] for r in manifest(tmp_path)] == ["PASS", "PASS"]


def test_a_script_that_leaves_stops_nothing(tmp_path: Path) -> None:
    command = [*COLD, "burn", str(PROFILE), "--bench", SLOW, "--json"]
    environment = {**os.environ, "PLUG_C3_SECRET": SECRET, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(150) == 0
    assert [r["outcome"] for r in manifest(tmp_path)] == ["PASS", "PASS"]
