"""`burner explain CODE`: what a code means and what to do now."""

import json
from collections.abc import Mapping
from dataclasses import asdict

import click

from burner.cli import language, screen
from burner.errors import Fault, Language, table

_WHOSE: Mapping[Fault, Mapping[Language, str]] = {
    Fault.UNIT: {"en": "fault: unit; ", "zh": "问题在设备；"},
    Fault.STATION: {"en": "fault: station; ", "zh": "问题在工站；"},
    Fault.INPUT: {"en": "fault: input; ", "zh": "问题在输入；"},
}
_AGAIN: Mapping[bool, Mapping[Language, str]] = {
    True: {"en": "the station tries again by itself", "zh": "工站会自动重试"},
    False: {"en": "not tried again by itself", "zh": "不会自动重试"},
}


@click.command()
@click.argument("code", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
def explain(code: str | None, as_json: bool) -> None:
    """Say what CODE means and what to do; without CODE, list all of them."""
    rows = dict(sorted(table().items()))
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
            screen.say(f"  {_WHOSE[row.fault][language()]}{_AGAIN[row.retry][language()]}")
    else:
        lines = [
            (r.code, r.fault, r.sentence(language()), r.remedy(language())) for r in rows.values()
        ]
        screen.table("", ("code", "fault", "what happened", "what to do"), lines)
