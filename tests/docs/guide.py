"""The commands of a page in Markdown, and a shell that runs them as they stand."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(
    r"((?:^<!-- [^\n]* -->\n)*)^```(sh|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
_LINE = re.compile(r"^[^\n]*<<'EOF'[^\n]*\n.*?^EOF\n|^[^\n]*\n", re.MULTILINE | re.DOTALL)
"""One command; what follows `<<'EOF'` belongs to it."""
_MARKER = re.compile(r"<!-- (not run|ends with):? (.*) -->")
_VARIES = (
    (r"\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{40,}", "+KEY"),
    (r"burner/[0-9a-f]{16}", "burner/LOG"),
    (r"[A-Z2-7]{4}(-[A-Z2-7]{4}){3}", "CODE"),
    (r"\b[0-9a-f]{8,64}\b", "HEX"),
    (r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?)?", "TIME"),
    (r"\d+\.\d+ s\b", "SECONDS"),
    (r"[ \t]+", " "),
)
"""What differs from run to run, and what stands for it in a comparison."""
_END = "\x1e"


@dataclass(frozen=True)
class Command:
    """What is typed, and what the page shows below it."""

    line: int
    """In the page."""
    text: str
    output: str = ""
    """Empty: the page shows none."""
    exit_status: int = 0
    not_run: str = ""
    """Why it cannot run on the simulated bench."""


def commands(page: str) -> Iterator[Command]:
    """The commands of every block `sh`, one a line, or `console`, with what they print."""
    for block in _BLOCK.finditer(page):
        line = page.count("\n", 0, block.start(3)) + 1
        marks = dict(_MARKER.findall(block[1]))
        status, reason = int(marks.get("ends with", 0)), marks.get("not run", "")
        if block[2] == "sh":
            for text in _LINE.findall(block[3]):
                yield Command(line, text, exit_status=status, not_run=reason)
                line += text.count("\n")
            continue
        for part in re.split(r"^\$ ", block[3], flags=re.MULTILINE)[1:]:
            typed, _, shown = part.partition("\n")
            yield Command(line, typed + "\n", shown, status, reason)
            line += part.count("\n")


def stable(output: str) -> str:
    """An output without what differs from run to run."""
    for pattern, word in _VARIES:
        output = re.sub(pattern, word, output)
    return "\n".join(line.strip() for line in output.strip().splitlines())


def agrees(shown: str, printed: str) -> bool:
    """Whether a page shows what was printed; `…` stands for anything, also for whole lines."""
    pattern = re.escape(stable(shown)).replace("…", ".*")
    return re.fullmatch(pattern, stable(printed), re.DOTALL) is not None


def run(page: list[Command], folder: Path, environment: dict[str, str]) -> list[str]:
    """Run the commands in one shell, one after the other; what is wrong, one text a command."""
    script = "".join(
        f"{{ {command.text.rstrip()}\n}}\nprintf '%s%s%s' '{_END}' \"$?\" '{_END}'\n"
        for command in page
    )
    shell = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{script}"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    parts = shell.stdout.split(_END)
    wrong = []
    for command, printed, status in zip(page, parts[::2], parts[1::2], strict=False):
        where = f"line {command.line}: {command.text}"
        if int(status) != command.exit_status:
            wrong.append(f"{where}ends with {status}:\n{printed}")
        elif command.output and not agrees(command.output, printed):
            wrong.append(f"{where}prints:\n{printed}")
    if len(parts) // 2 != len(page):
        wrong.append(f"the shell ended early: {parts[-1]}")
    return wrong
