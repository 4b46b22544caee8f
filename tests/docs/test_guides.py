"""The commands of README and docs, run in a shell as they stand; what they print, compared."""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from burner.bench.process import BenchProcess
from burner.cli.main import COMMANDS
from tests.docs.guide import Command, agrees, commands, run
from tests.profile.builds import write_idf_build
from tests.warm import process

ROOT = Path(__file__).parents[2]
PAGES = {
    str(path.relative_to(ROOT).as_posix()): path
    for path in sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
}
SECRET = "q7Zw2mK9xT4vB8nR5yL1cD3f"
RELEASE = "burner release build profiles/plug-c3.yaml"
OPENED = (
    "burner batch open plug-c3-1.2.0.burn --batch WO-2417 --quantity 4 "
    "--operator eng --station line1"
)
BURNED = "burner burn plug-c3-1.2.0.burn --station-file line1.yaml --watch"
PAPERS = """\
burner manifest head | sed -n 's/^origin key //p' > origin.key
burner manifest head -o head.txt
burner manifest cosign head.txt --owner qa | sed -n 's/^Cosigned with //p' > qa.key"""
READERS = {
    ("README.md",): (),
    ("docs/engineer.md", "docs/release.md"): (),
    ("docs/operator.md",): (RELEASE, OPENED),
    ("docs/operator.zh.md",): (RELEASE, OPENED),
    ("docs/signing.md",): (),
    ("docs/firmware.md", "docs/reference-firmware.md"): (),
    ("docs/sealed-releases.md",): (),
    ("docs/station-policy.md",): (),
    ("docs/limits.md",): (),
    ("docs/testing.md",): (),
    ("docs/wall-view.md",): ("burner burn profiles/plug-c3.yaml --bench sim:2 --yes",),
    ("docs/labels.md",): (),
    ("docs/qa.md", "docs/report.md", "docs/wall-view.md"): (RELEASE, OPENED, BURNED, PAPERS),
}
"""The pages that one reader follows, and what others have done before."""

pytestmark = [
    pytest.mark.skipif(
        sys.platform == "win32" or not shutil.which("bash"), reason="the commands need bash"
    ),
    pytest.mark.timeout(900),  # some thirty commands, one after the other, on a busy computer
]


@pytest.fixture
def factory(tmp_path: Path) -> Iterator[Path]:
    """A folder with the project's profiles, a firmware build, and a station of four slots."""
    for name in ("profiles", "firmware"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "scripts").symlink_to(ROOT / "scripts")
    write_idf_build(tmp_path / "build")
    with BenchProcess("sim:5", profile=ROOT / "profiles" / "plug-c3.yaml") as bench:
        urls = {slot: ports["esp"] for slot, ports in bench.slots.items()}
        (tmp_path / "second").write_text(urls["4"], encoding="utf-8")
        single = urls.pop("5")
        rows = [f'  "{slot}": {{esp: {{url: "{url}"}}}}\n' for slot, url in urls.items()]
        station = "station: line1\nslots:\n" + "".join(rows)
        (tmp_path / "line1.yaml").write_text(station, encoding="utf-8")
        (tmp_path / "single").write_text(single, encoding="utf-8")
        yield tmp_path


def environment(folder: Path) -> dict[str, str]:
    """That of somebody at a shell."""
    programs = folder / "programs"
    programs.mkdir()
    if process.AVAILABLE:
        program = programs / "burner"
        program.write_text(f'#!/bin/sh\nexec {shlex.join(process.SERVERS.command())} "$@"\n')
        program.chmod(0o755)
    own = {name: text for name, text in os.environ.items() if not name.startswith("BURNER_")}
    return own | {
        "PATH": os.pathsep.join(
            (str(programs), str(Path(sys.executable).parent), os.environ["PATH"])
        ),
        "BURNER_STATE": str(folder / "state"),
        "PLUG_C3_SECRET": SECRET,
        "COLUMNS": "120",
        "PYTHONUTF8": "1",
    }


def with_ports(text: str, folder: Path) -> str:
    """With ports of the bench in place of those that pages name."""
    for name, port in (("USB0", "single"), ("USB1", "second")):
        text = text.replace(f"/dev/tty{name}", (folder / port).read_text(encoding="utf-8"))
    return text


def text(page: str) -> str:
    return PAGES[page].read_text(encoding="utf-8")


def runnable(page: Path) -> list[Command]:
    return [
        command for command in commands(page.read_text(encoding="utf-8")) if not command.not_run
    ]


@pytest.mark.parametrize("pages", READERS, ids=" ".join)
def test_the_commands_of_a_page_do_what_it_says(pages: tuple[str, ...], factory: Path) -> None:
    if "docs/signing.md" in pages and not shutil.which("softhsm2-util"):
        pytest.skip("SoftHSM is not installed (scripts/test does on Debian)")
    where = environment(factory)
    assert run([Command(0, f"{text}\n") for text in READERS[pages]], factory, where) == []
    if "docs/engineer.md" in pages:
        del where["PLUG_C3_SECRET"]  # the page says how it is set
    guide = [
        replace(command, text=with_ports(command.text, factory))
        for page in pages
        for command in runnable(PAGES[page])
    ]
    programs = re.findall(r"```python\n(.*?)```", "".join(map(text, pages)), re.DOTALL)
    guide += (Command(0, f"python -c {shlex.quote(each)}\n") for each in programs)
    if wrong := run(guide, factory, where):
        pytest.fail("\n".join(wrong), pytrace=False)


@pytest.mark.full
def test_a_sealed_release_goes_the_same_way_with_the_engineers_key_in_a_token(
    factory: Path,
) -> None:
    if not shutil.which("softhsm2-util"):
        pytest.skip("SoftHSM is not installed (scripts/test does on Debian)")
    of_key = [each.text for each in runnable(PAGES["docs/signing.md"])]
    first, last = (
        next(number for number, line in enumerate(of_key) if line.startswith(start))
        for start in ("mkdir tokens", "burner key public")
    )
    token = [line.replace("erin", "alice") for line in of_key[first : last + 1]]
    guide = []
    for each in runnable(PAGES["docs/sealed-releases.md"]):
        lines = token if each.text.startswith("burner key pair alice.pem") else [each.text]
        by = '--signer "hsm:2?label=release" --name alice'
        lines = [with_ports(line.replace("--signer alice.pem", by), factory) for line in lines]
        guide += [replace(each, text=line) for line in lines]
    wrong = run(guide, factory, environment(factory))
    assert not (factory / "alice.pem").exists()
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def test_every_page_with_commands_is_run() -> None:
    run_here = {page for pages in READERS for page in pages}
    assert {name for name, page in PAGES.items() if runnable(page)} == run_here


@pytest.mark.parametrize("page", PAGES)
def test_every_block_with_a_command_is_marked_as_one(page: str) -> None:
    named = "|".join(COMMANDS)
    text = PAGES[page].read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    commands_in = re.compile(rf"^(\$ )?burner (--lang zh )?({named})\b", re.MULTILINE)
    assert {kind for kind, block in blocks if commands_in.search(block)} <= {"sh", "console"}


PAGE = """\
Text.
```sh
echo one
```
<!-- ends with 3 -->
```console
$ echo two 0.5 s; (exit 3)
two 0.7 s
```
<!-- not run: needs a printer -->
```sh
lpr slots.png
```
"""


def test_a_command_that_fails_or_prints_something_else_is_found(tmp_path: Path) -> None:
    one, two, three = commands(PAGE)
    assert (one.line, two.line, three.not_run) == (3, 7, "needs a printer")
    assert run([one, two], tmp_path, dict(os.environ)) == []
    (first, second) = run(
        [Command(3, "(exit 1)\n"), Command(4, "echo two\n", "three\n")], tmp_path, dict(os.environ)
    )
    assert first.startswith("line 3: (exit 1)\nends with 1")
    assert second == "line 4: echo two\nprints:\ntwo\n"


def test_what_differs_from_run_to_run_is_not_compared() -> None:
    assert agrees("head 6 FTHZ-RTF6-4NE7-VRHW\n…\nlast\n", "head 6 AAAA-BBBB-CCCC-DDDD\na\nb\nlast")
    assert not agrees("head 6 FTHZ-RTF6-4NE7-VRHW", "head 7 FTHZ-RTF6-4NE7-VRHW")
