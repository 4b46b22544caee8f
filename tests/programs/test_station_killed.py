"""When the station is killed, what its tests have started ends too."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.processes import ends

STATION = """
import sys
from pathlib import Path
from burner.core.secrets.search import SecretSearch
from burner.programs.programs import SlotPrograms
SlotPrograms(SecretSearch(), Path(sys.argv[1])).run_program(
    ("sh", "-c", "trap '' TERM HUP; echo $$ > new; mv new pid; sleep 600; sleep 600"),
    {}, deadline_s=600.0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the program is written for sh")
def test_a_program_ends_when_the_station_is_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    with subprocess.Popen([sys.executable, "-c", STATION, str(tmp_path)]) as station:
        while not pid_file.exists():
            assert station.poll() is None
            time.sleep(0.01)
        station.kill()
    assert ends(int(pid_file.read_text()))
