"""`burner explain CODE`: what a code means and what to do now."""

import json
from dataclasses import asdict

import click

from burner.cli import language, screen
from burner.errors import table


@click.command()
@click.argument("code", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
def explain(code: str | None, as_json: bool) -> None:
    """Say what CODE means and what to do; without CODE, list all of them."""
    rows = table()
    if code is not None:
        row = rows.get(code.upper())
        if row is None:
            near = ", ".join(c for c in rows if c[:2] == code.upper()[:2]) or ", ".join(rows)
            raise click.BadParameter(f"there is no code {code}; there are {near}")
        rows = {row.code: row}
    if as_json:
        screen.say(json.dumps([asdict(row) for row in rows.values()], ensure_ascii=False, indent=2))
    elif code is not None:
        for row in rows.values():
            screen.say(f"{row.code}  {row.sentence(language())}")
            screen.say(f"→ {row.remedy(language())}")
            again = (
                "the station tries again by itself" if row.retry else "not tried again by itself"
            )
            screen.say(f"  fault: {row.fault}; {again}")
    else:
        lines = [
            (r.code, r.fault, r.sentence(language()), r.remedy(language())) for r in rows.values()
        ]
        screen.table("", ("code", "fault", "what happened", "what to do"), lines)
