"""The accounts of docs/station-policy.md, made with its commands, and what an operator gets there.

All of it happens in a mount namespace of its own: the real /etc and its accounts stay untouched.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.cli.station_with_policy import write_release, write_station

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "station-policy.md").read_text(encoding="utf-8")
PROGRAMS = ("unshare", "setpriv", "nsenter", "mount", "useradd", "su", "sudo")
BURNER = "/opt/burner/bin/burner"
AS_BURNER = f"sudo -n -u burner {BURNER}"
HOW = "--bench sim:1 --yes --logs /var/lib/burner/logs --operator li"


def why_not() -> str:
    """Why this computer cannot try it; empty: it can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "accounts are made by root, on Linux"
    if missing := [program for program in PROGRAMS if not shutil.which(program)]:
        return f"not installed: {', '.join(missing)}"
    mounts = ["unshare", "--mount", "mount", "--bind", "/etc", "/etc"]
    if subprocess.run(mounts, check=False, capture_output=True).returncode:
        return "no mount namespaces here"
    as_nobody = ["setpriv", "--reuid=65534", "--clear-groups", sys.executable, "-c", ""]
    if subprocess.run(as_nobody, check=False, capture_output=True).returncode:
        return "other accounts may not run this Python"
    return ""


pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]


class Computer:
    """A computer at the line, with accounts of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sleep", "infinity"]
        )
        for place in ("etc", "opt", "srv", "var/lib"):
            (folder / place).mkdir(parents=True)
        shutil.copytree("/etc", folder / "etc", symlinks=True, dirs_exist_ok=True)
        for place in ("etc", "opt", "srv", "var/lib"):
            self.root(f"mount --bind {folder}/{place} /{place}")

    def root(self, command: str, cwd: Path = Path("/")) -> str:
        """Run a command as root; it succeeds."""
        done = self._run(command, cwd)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def operator(self, command: str) -> str:
        """What a command of the operator prints, with its exit status in front."""
        clean = f"env -i PATH={os.environ['PATH']} LANG=C.UTF-8"
        done = self._run(f"{clean} su line -s /bin/bash -c {shlex.quote(command)}", Path("/srv"))
        return f"{done.returncode} {done.stdout}{done.stderr}"

    def _run(self, command: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
        inside = ["nsenter", "--target", str(self._holder.pid), "--mount", "bash", "-c"]
        return subprocess.run(
            [*inside, f"cd {cwd} && {command}"], capture_output=True, text=True, check=False
        )

    def close(self) -> None:
        """Its mounts end with the last process in it."""
        self._holder.kill()
        self._holder.wait()


def block(after: str) -> str:
    """The first block of the page after a text."""
    found = re.search(r"```\w*\n(.*?)```", PAGE[PAGE.index(after) :], re.DOTALL)
    assert found
    return found[1]


@pytest.fixture(scope="module")
def computer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Computer]:
    if reason := why_not():
        pytest.skip(reason)
    folder, made = Path(mkdtemp(prefix="burner-accounts-")), tmp_path_factory.mktemp("made")
    folder.chmod(0o755)
    computer = Computer(folder)
    try:
        program = folder / "opt" / "burner"
        shutil.copytree(ROOT / "burner", program / "site" / "burner")
        (program / "bin").mkdir()
        start = f"import sys; sys.path.insert(0, '{Path(BURNER).parents[1]}/site')\n"
        start += "from burner.cli.main import main\nmain()\n"
        (program / "bin" / "burner").write_text(f"#!{sys.executable}\n{start}")
        (program / "bin" / "burner").chmod(0o755)
        accept = {"manifest": "/var/lib/burner/manifest.db", "approvers": "{bob: bob.pub}"}
        write_station(made, minimum_versions="{blinky: 1.2.0}", **accept)
        (made / "sudoers-burner").write_text(block("`sudoers-burner` is this file"))
        commands = block("On Debian or Ubuntu").splitlines()
        recipient = ""
        for command in (line for line in commands if "venv" not in line and "pip" not in line):
            recipient = computer.root(command, made)
        computer.root("useradd --create-home --home-dir /srv/line line")
        for version, quantity in (("1.2.0", "100"), ("1.1.0", "100"), ("1.3.0", "1")):
            release = write_release(
                made, version=version, recipient=recipient.strip(), quantity=quantity
            )
            shutil.copy(release, folder / "srv" / release.name)
        for name in ("product.yaml", "bootloader.bin", "app.bin", "partitions.csv", "alice.pub"):
            shutil.copy(made / name, folder / "srv" / name)
        shutil.copy(made / "station.yaml", folder / "srv" / "own.yaml")
        computer.root("chmod -R a+rX /srv")
        yield computer
    finally:
        computer.close()
        shutil.rmtree(folder)


def burned(computer: Computer, release: str, *arguments: str, **env: str) -> str:
    set_before = "".join(f"{name}={value} " for name, value in env.items())
    return computer.operator(f"{set_before}{AS_BURNER} burn {release} {HOW} {' '.join(arguments)}")


def test_the_operator_burns_what_was_accepted_and_the_account_is_found_sound(
    computer: Computer,
) -> None:
    ran = burned(computer, "blinky-1.2.0.burn", "--batch WO1")
    assert ran.startswith("0 "), ran
    checked = computer.operator(f"{AS_BURNER} doctor --json")
    for what in ("policy on record", "account", "fixed station file"):
        assert re.search(rf'"what": "{what}",\s*"state": "ok"', checked), checked


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("product.yaml", "E229"),
        ("blinky-1.2.0.burn --secret file:secret.txt", "E230"),
        ("blinky-1.2.0.burn --manifest /tmp/other.db", "E231"),
        ("blinky-1.2.0.burn --station-file own.yaml", "E232"),
        ("blinky-1.2.0.burn --station line2", "E233"),
        ("blinky-1.1.0.burn", "E227"),
    ],
)
def test_burner_refuses_what_the_policy_does_not_accept(
    computer: Computer, arguments: str, code: str
) -> None:
    assert code in burned(computer, arguments, "--batch WO2")


def test_a_release_makes_no_more_units_than_it_may(computer: Computer) -> None:
    first = burned(computer, "blinky-1.3.0.burn", "--batch WO3", "--bench sim:1,seed=3")
    assert first.startswith("0 "), first
    assert "E460" in burned(computer, "blinky-1.3.0.burn", "--batch WO4", "--bench sim:1,seed=4")


@pytest.mark.parametrize(
    "name", ["HOME", "XDG_STATE_HOME", "BURNER_STATE", "BURNER_MANIFEST", "PYTHONPATH"]
)
def test_sudo_takes_the_environment_away(computer: Computer, name: str) -> None:
    other_board = f"--bench sim:1,seed={len(name)}"
    ran = burned(
        computer, "blinky-1.2.0.burn", f"--batch {name}", other_board, **{name: "/srv/line"}
    )
    assert ran.startswith("0 "), ran
    assert "/srv/line" not in ran
    given = computer.operator(f"sudo -n -u burner {name}=/srv/line {BURNER} burn x")
    assert "not allowed to set" in given, given


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("echo >> /etc/burner/station.yaml", "Permission denied"),
        ("rm -f /etc/burner/station.yaml", "Permission denied"),
        ("mv /etc/burner /etc/other", "Permission denied"),
        ("echo >> /opt/burner/site/burner/__init__.py", "Permission denied"),
        ("cat /var/lib/burner/manifest.db", "Permission denied"),
        ("date -s 2020-01-01", "Operation not permitted"),
        ("sudo -n -u burner /bin/sh", "a password is required"),
        ("sudo -n -u burner env", "a password is required"),
        (f"{AS_BURNER} manifest restore --operator x --reason y", "a password is required"),
        (f"{AS_BURNER} key rotate --operator x --reason y", "a password is required"),
        (f"sudo -n {BURNER} burn x", "a password is required"),
    ],
)
def test_the_system_stops_what_burner_cannot(computer: Computer, command: str, words: str) -> None:
    ran = computer.operator(command)
    assert not ran.startswith("0 ")
    assert words in ran, ran


def test_no_file_of_the_account_is_shown_or_written_for_the_operator(computer: Computer) -> None:
    find = "ls /var/lib/burner/.local/state/burner/keys/line1/*.age"
    key = computer.root(find).split()[0]
    before = computer.root(f"cat {key}")
    logs = "/srv/line/links"
    made = computer.operator(f"mkdir {logs} && chmod 777 {logs} && ln -s {key} {logs}/slot-1.log")
    assert made.startswith("0 "), made
    for arguments, code in (
        (f"--bench {key}", "E232"),
        (f"--station-file {key}", "E232"),
        (f"--port 'spy://loop://?file={key}'", "E232"),
        (f"--bench sim:1 --secret file:{key} --label AGE-SECRET-KEY-1", "E230"),
        (f"--bench sim:1 --logs {logs}", "E317"),
    ):
        ran = computer.operator(f"{AS_BURNER} identify {arguments}")
        assert code in ran, ran
        assert "removed" not in ran
        assert before.strip()[-20:] not in ran
    assert computer.root(f"cat {key}") == before


def test_a_copy_of_burner_has_neither_manifest_nor_key(computer: Computer) -> None:
    """The operator's own copy: without a policy, since it is his to change."""
    own, manifest = "/srv/line/copy", "--manifest /var/lib/burner/manifest.db"
    fixed = f"{own}/burner/station/fixture/fixed_file.py"
    secret = "umask 077; echo Q7wE2rT9yU4iO6pA1sD3fG5h > /srv/line/secret.txt"
    for command in (
        f"cp -r /opt/burner/site {own}",
        f"""sed -i 's#Path("/etc")#Path("/srv/line")#' {fixed}""",
        secret,
    ):
        assert computer.operator(command).startswith("0 ")
    program = f"PYTHONPATH={own} {sys.executable} -m burner"
    how = "--bench sim:1 --yes --logs /srv/line/logs"
    sealed = computer.operator(f"{program} burn blinky-1.2.0.burn {how} {manifest}")
    assert "E210" in sealed, sealed
    plain = f"burn product.yaml {how} --secret file:/srv/line/secret.txt"
    recorded = computer.operator(f"{program} {plain} {manifest}")
    assert "E706" in recorded, recorded


def test_the_ports_are_those_of_the_group_dialout(computer: Computer) -> None:
    computer.root("touch /srv/ttyUSB0; chown root:dialout /srv/ttyUSB0; chmod 660 /srv/ttyUSB0")
    assert "Permission denied" in computer.operator("cat /srv/ttyUSB0")
    assert computer.root("su burner -s /bin/sh -c 'cat /srv/ttyUSB0'") == ""
