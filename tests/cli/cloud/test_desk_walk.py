"""The walk of docs/registration-gateway.md with the management API, as it stands in the page."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from burner.cli.commands.cloud_gateway import gateway
from burner.cli.gateway.arguments import GatewayArguments
from burner.cli.gateway.run import serving
from tests.docs.guide import Command, agrees, commands
from tests.in_process import run_burner
from tests.runs import ADDED, PROFILE, ROOT

PAGE = (ROOT / "docs" / "registration-gateway.md").read_text(encoding="utf-8")
REGISTRATION = "registration: {names: created-before, preflight: required}\n"
SHOWN_URL = "http://127.0.0.1:8080"


def walk() -> Iterator[Command]:
    section = PAGE.split("## Try the management API on your desk\n")[1].partition("\n## ")[0]
    yield from commands(section)


def test_the_walk_of_the_page_goes_as_it_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = PROFILE.read_text(encoding="utf-8").replace("../", f"{PROFILE.parents[1].as_posix()}/")
    (tmp_path / "plug.yaml").write_text(text + REGISTRATION, encoding="utf-8")
    assert REGISTRATION.strip() in PAGE
    export, start, *rest = walk()
    name, _, value = export.text.strip().removeprefix("export ").partition("=")
    environment = {**ADDED, name: value, "BURNER_STATE": str(tmp_path / "state")}
    monkeypatch.chdir(tmp_path)
    for each in environment.items():
        monkeypatch.setenv(*each)
    typed = shlex.split(start.text)[3:]
    typed[typed.index("--http-port") + 1] = "0"
    arguments = GatewayArguments(**gateway.make_context("gateway", [*typed, "--json"]).params)
    with serving(arguments):
        (url,) = json.loads(capsys.readouterr().out)["management_urls"]
        events: list[str] = []
        for command in rest:
            assert ended_as_printed(command, tmp_path, url, environment, events) == ""
    lines = [json.loads(line) for line in events]
    assert [line["registered"] for line in lines if line["event"] == "request"] == [True]
    calls = {line["action"] for line in lines if line["event"] == "call"}
    assert calls >= set(re.findall("(?:Create|Describe)[A-Za-z]+", start.output))


def ended_as_printed(
    command: Command, folder: Path, url: str, environment: dict[str, str], events: list[str]
) -> str:
    """What differs from the page; empty: nothing. `events` gets the lines of the gateway, which
    prints in this process too.
    """
    program, *words = shlex.split(command.text)
    if program == "printf":
        content, _, target = words
        (folder / target).write_text(content.replace("\\n", "\n"), encoding="utf-8")
        return ""
    done = run_burner(folder, *(w.replace(SHOWN_URL, url) for w in words), env=environment)
    lines = (done.stdout + done.stderr).splitlines()
    events += (line for line in lines if line.startswith('{"event"'))
    printed = "\n".join(line for line in lines if line not in events)
    if done.returncode == command.exit_status and agrees(command.output, printed):
        return ""
    return f"{command.text} ends with {done.returncode}:\n{printed}"
