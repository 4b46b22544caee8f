"""The command line as a whole: help is a table of contents, an option means one thing."""

import re
from collections import defaultdict

import click
import pytest
from click.testing import CliRunner

from burner.cli.groups import OrderedGroup
from burner.cli.main import COMMANDS, root
from tests.cli.command_tree import Path, commands, options

ALL = dict(commands())
GROUPS = [(), *(path for path, command in ALL.items() if isinstance(command, click.Group))]


def help_of(path: Path) -> str:
    done = CliRunner().invoke(root, [*path, "--help"], terminal_width=80)
    assert done.exit_code == 0, done.output
    return done.stdout


def entries(text: str) -> list[str]:
    """The lines of a group's table of contents."""
    _, _, table = text.partition("--help ")
    return [line for line in table.splitlines()[1:] if line.startswith("  ")]


@pytest.mark.parametrize("path", GROUPS, ids=" ".join)
def test_the_help_of_a_group_is_a_table_of_contents_with_a_line_a_command(path: Path) -> None:
    lines = entries(help_of(path))
    below = [name for *above, name in ALL if tuple(above) == path]
    assert [line.split()[0] for line in lines] == below
    for line in lines:
        assert re.fullmatch(r"  [a-z]+ +[A-Z][a-z]+\b.*\.", line), line
        assert "..." not in line
        assert len(line) <= 80


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_nothing_in_a_help_is_cut_off(path: Path) -> None:
    _, _, below_usage = help_of(path).partition("\n\n")
    assert "..." not in below_usage
    assert all(len(line) <= 80 for line in below_usage.splitlines())


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_says_in_a_sentence_what_it_does(path: Path) -> None:
    text = (ALL[path].help or "").replace("\n", " ")
    first = re.match(r"[A-Z][a-z]+\b.*?[.;:](?= |$)", text)
    assert first, text
    assert first[0].split()[0] not in ("The", "A", "An", "This", "It"), "it begins with a verb"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_described_alike_in_the_help_of_burner_and_in_its_own(name: str) -> None:
    assert ALL[(name,)].get_short_help_str(1000) == COMMANDS[name]


def test_the_commands_of_a_group_stand_in_the_order_of_work() -> None:
    for path in GROUPS[1:]:
        assert isinstance(ALL[path], OrderedGroup), path
    assert [name for group, name in (p for p in ALL if len(p) == 2) if group == "batch"] == [
        *("open", "list", "status", "raise", "approve", "audit", "labels", "close"),
    ]


def test_an_option_has_one_spelling_and_one_meaning_everywhere() -> None:
    """Its other spellings, what stands for its value, and its help are the same, but for what holds
    where it is left out.
    """
    meanings = defaultdict(set)
    for command in (root, *ALL.values()):
        for option in options(command):
            spellings = (*option.opts, *option.secondary_opts)
            flag = "" if option.is_flag else option.make_metavar(click.Context(command))
            for spelling in spellings:
                meanings[spelling].add(
                    (spellings, flag, (option.help or "").partition(" Default: ")[0])
                )
    assert {name: found for name, found in meanings.items() if len(found) > 1} == {}


def test_every_option_has_a_help_of_a_sentence() -> None:
    for path, command in ALL.items():
        for option in options(command):
            assert option.help, f"{path} {option.opts}"
            assert option.help[0].isupper() or option.help.startswith(("serial:", "station:"))


def test_old_spellings_are_gone() -> None:
    for old in ("batch", "audit", "keys", "show", "correct", "certificate", "report"):
        done = CliRunner().invoke(root, ["manifest", old])
        assert done.exit_code == 2
        assert "No such command" in done.stderr


def test_who_reads_for_a_script_prints_json() -> None:
    """A command that shows something takes --json; what writes, prints lines or a file does not."""
    silent = {
        *(("profile", "new"), ("profile", "schema"), ("release", "build"), ("release", "seal")),
        *(("release", "sign"), ("release", "approve"), ("release", "withdraw")),
        ("station", "adopt"),
        *(("station", "teach"), ("station", "labels"), ("key", "make"), ("key", "enroll")),
        *(
            ("key", "pair"),
            ("key", "recipient"),
            ("key", "public"),
            ("key", "rotate"),
            ("key", "withdraw"),
            ("batch", "open"),
            ("batch", "raise"),
            ("batch", "approve"),
        ),
        *(("batch", "close"), ("unit", "rework"), ("unit", "scrap"), ("unit", "void")),
        *(("unit", "certificate"), ("manifest", "cosign")),
        *(("manifest", "witness"), ("manifest", "export"), ("manifest", "import")),
        *(("manifest", "backup"), ("manifest", "restore"), ("completion",)),
        ("cloud", "enable"),
        *(("cloud", "names"), ("cloud", "precreate"), ("profile", "label")),
        ("bench", "printer"),
        *(("mes", "send"), ("mes", "retry"), ("mes", "skip"), ("mes", "schema")),
    }
    for path, command in ALL.items():
        if not isinstance(command, click.Group):
            takes = any("--json" in option.opts for option in options(command))
            assert takes is (path not in silent), path
