"""What needs no management API of a platform works without the extra `cloud`, and loads none."""

import os
import subprocess
import sys
from pathlib import Path

from tests.runs import ADDED, PROFILE, ROOT

SDKS = ("tencentcloud", "alibabacloud", "aliyun", "Tea", "requests", "aiohttp", "urllib3", "httpx")
"""How the names of the packages begin that only calls to a platform load."""

WITHOUT_THE_EXTRA = f"""
import sys

wanted = []


class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name.startswith({SDKS!r}):
            wanted.append(name)
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)


sys.meta_path.insert(0, NotInstalled())
from burner.cli.main import root
from tests.cli.command_tree import commands

helps = [("--help",), *((*path, "--help") for path, command in commands())]
burn = ("burn", sys.argv[1], "--bench", "sim:1", "--yes")
every = [*helps, ("profile", "check", sys.argv[1]), burn, ("manifest", "verify")]
ends = {{words: root.main([*words], "burner", standalone_mode=False) for words in every}}
print({{words: end for words, end in ends.items() if end}}, wanted)
"""


def test_without_the_extra_every_help_is_there_and_a_unit_is_burned(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_EXTRA, str(PROFILE)],
        cwd=tmp_path,
        env={**os.environ, **ADDED, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "burner cloud gateway [OPTIONS]" in done.stdout
    assert done.stdout.splitlines()[-1] == "{} []"
