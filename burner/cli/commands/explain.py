"""`burner explain CODE`: the meaning of a code, and what to do now."""

import json
from dataclasses import asdict

import click

from burner.cli.parameters import options
from burner.cli.terminal import screen
from burner.cli.terminal.language import language
from burner.core.code import Code
from burner.core.error_class import ErrorClass
from burner.core.errors import CodeText, table
from burner.core.words.language import Language
from burner.core.words.phrases import phrase


def _codes(_context: click.Context, _argument: click.Parameter, beginning: str) -> list[str]:
    """The codes that a TAB offers."""
    return [code.value for code in Code if code.startswith(beginning.upper())]


@click.command()
@click.argument("code", required=False, shell_complete=_codes)
@click.option("--events", is_flag=True, help="Explain the lines of `burner burn --json` instead.")
@options.json_option
def explain(code: str | None, events: bool, as_json: bool) -> None:
    """Say what CODE means and what to do now.

    Without CODE it lists all of them. --events --json prints a JSON Schema.
    """
    if events:
        _explain_events(code, as_json)
        return
    rows = table()
    if code is not None:
        row = rows.get(code.upper())
        if row is None:
            near = ", ".join(c for c in rows if c[:2] == code.upper()[:2])
            there_are = f"there are {near}" if near else "`burner explain` lists all"
            raise click.BadParameter(f"there is no code {code}; {there_are}")
        rows = {row.code: row}
    if as_json:
        screen.say(json.dumps([asdict(row) for row in rows.values()], ensure_ascii=False, indent=2))
    elif code is not None:
        for row in rows.values():
            screen.say(f"{row.code}  {row.sentence(language())}")
            screen.say(f"→ {row.remedy(language())}")
            whose = phrase(f"fault {row.fault.value}", language())
            screen.say(f"  {whose} {_tried(row, language())}")
    else:
        screen.table(
            "",
            [phrase(head, language()) for head in ("code", "fault", "what happened", "what to do")],
            [_line(row, language()) for row in rows.values()],
        )


def _line(row: CodeText, language: Language) -> tuple[str, ...]:
    """A row of the wall chart."""
    do = f"{row.remedy(language)} {_tried(row, language)}" if row.retry else row.remedy(language)
    return row.code, phrase(row.fault.value, language), row.sentence(language), do


def _tried(row: CodeText, language: Language) -> str:
    """What the station tries by itself before it asks a person."""
    from burner.station.slots.retry import tries

    if Code(row.code).error_class is ErrorClass.MANIFEST and row.retry:
        return phrase("waits for it", language)
    return (
        phrase("tried", language, tries(row.code)) if row.retry else phrase("not tried", language)
    )


def _explain_events(code: str | None, as_json: bool) -> None:
    from burner.cli.run.event_schema import page, schema

    if code is not None:
        raise click.UsageError("either a code or --events")
    screen.say(json.dumps(schema(), ensure_ascii=False, indent=2) if as_json else page().rstrip())
