"""The summary of a run: the table of its units, the counts, and what to do next."""

from collections.abc import Collection, Sequence
from datetime import datetime

from burner.cli.board.display_view import clock
from burner.cli.board.troubles import slots_named
from burner.cli.board.words import state_word, unit_word
from burner.cli.pages.label_prints import label_counts_line
from burner.cli.terminal import screen
from burner.cli.terminal.next_command import DEFAULT_MANIFEST, manifest_argument, quoted
from burner.core.errors import lookup
from burner.core.words.error_details import detail_in
from burner.core.words.language import Language
from burner.core.words.natural_order import NaturalKey, natural_order
from burner.core.words.phrases import counted_phrase, phrase
from burner.manifest.reading.unit_labels import LabelCounts
from burner.station.events import (
    SlotState,
)
from burner.station.tally import HandledUnit, Tally

COLUMNS = ("slot", "unit", "column name", "", "code", "tries", "seconds", "remark")
REMARK = 7
LEAST_REMARK = 30
"""Columns of the terminal that a remark needs to be read."""
MAX_ROWS = 200
"""Of a longer run only what did not pass is listed; the manifest has everything."""


def print_summary(tally: Tally, elapsed_s: float, language: Language) -> None:
    """The table of units, then the counts, then what each code means."""
    units = [*tally.units, *tally.silent]
    if len(units) > MAX_ROWS:
        units = [unit for unit in units if unit.state not in (SlotState.PASS, SlotState.KNOWN)]
    if units:
        _print_units(sorted(units, key=_order), language)
    screen.say(counts_line(tally, elapsed_s, language))
    if behind := behind_line(tally, language):
        screen.say(behind)
    if tally.not_begun:
        screen.say(not_begun_line(tally, language))
    for code in dict.fromkeys((*tally.warnings, *(unit.code for unit in units if unit.code))):
        row, seen_of = lookup(code), tally.warnings.get(code)
        many = phrase("brackets", language, _counted(seen_of, language)) if seen_of else ""
        screen.say_beside(f"{code}  ", row.sentence(language) + many)
        screen.say_beside("      → ", row.remedy(language))


def _print_units(units: Sequence[HandledUnit], language: Language) -> None:
    """A row for each unit. Remarks come below the table where the terminal is too narrow."""
    rows = [_row(unit, language) for unit in units]
    columns = [phrase(column, language) for column in COLUMNS]
    used = [i for i in range(len(columns)) if any(row[i] != "" for row in rows)]
    below: list[HandledUnit] = []
    if REMARK in used:
        rest = used[:-1]
        room = screen.room_beside([columns[i] for i in rest], [[r[i] for i in rest] for r in rows])
        if room < LEAST_REMARK:
            used, below = rest, [unit for unit in units if _remark(unit, language)]
    some = [[row[i] for i in used] for row in rows]
    screen.table("", [columns[i] for i in used], some, whole=columns[:3])
    for unit in below:
        who = f"{phrase('slot', language)} {unit.slot}  {unit.device_name or unit.unit_id}"
        screen.say_beside(f"{who.rstrip()}  ", _remark(unit, language))


def _order(unit: HandledUnit) -> tuple[NaturalKey, datetime]:
    """By slot, then by time."""
    return natural_order(unit.slot), unit.ended


def counts_line(tally: Tally, elapsed_s: float, language: Language) -> str:
    """`4 units: PASS 3, FAIL 1 …`: the numbers after the colon add up to the one before it."""
    counts = ends_counted(tally, language)
    many = _counted(len(tally.units), language)
    together = phrase("{}: {}", language, many, phrase(", ", language).join(counts))
    parts = [together if counts else many]
    if tally.silent:
        slots = slots_named([unit.slot for unit in tally.silent], language)
        parts.append(phrase("{}: {}", language, phrase("silent", language), slots))
    if tally.first_pass_yield is not None:
        parts.append(f"{phrase('first pass', language)} {tally.first_pass_yield:.1%}")
    if pace := tally.per_hour(elapsed_s):
        parts.append(f"{pace:.0f} {phrase('an hour', language)}")
    return "  ·  ".join(parts)


def ends_counted(tally: Tally, language: Language, always: Collection[SlotState] = ()) -> list[str]:
    """`PASS 3`, `FAIL 1`, …; `always`: also where there is none. No ERROR without place or name."""
    counts = dict(tally.counts)
    counts[SlotState.ERROR] -= tally.without_place + sum(tally.put_aside.values())
    parts = [f"{state_word(s, language)} {n}" for s, n in counts.items() if n or s in always]
    if tally.without_place:
        parts.append(f"{phrase('no place', language)} {tally.without_place}")
    for code, number in tally.put_aside.items():
        parts.append(f"{unit_word(SlotState.ERROR, code, language)} {number}")
    return parts


def _counted(units: int, language: Language) -> str:
    return counted_phrase("units counted", language, units, units)


def behind_line(tally: Tally, language: Language) -> str:
    """`slots behind the others: 3 (slow), 7 (low yield)`; empty when no slot does."""
    behind = [f"{slot} {phrase(why, language)}" for slot, why in tally.behind().items()]
    if not behind:
        return ""
    head = phrase("falls behind", language)
    return phrase("{}: {}", language, head, phrase(", ", language).join(behind))


def not_begun_line(tally: Tally, language: Language) -> str:
    """`read but not burned: slot 3 (60:55:f9:00:00:01)`: boards that waited for their label."""
    word, slots = phrase("slot", language), sorted(tally.not_begun, key=natural_order)
    named = [
        f"{word} {slot}{phrase('brackets', language, tally.not_begun[slot])}" for slot in slots
    ]
    return phrase(
        "{}: {}",
        language,
        phrase("read but not burned", language),
        phrase(", ", language).join(named),
    )


def trouble_lines(tally: Tally, language: Language) -> list[str]:
    """Errors of slots, not of units; the same error of several slots is one line."""
    slots: dict[str, list[str]] = {}
    for slot, error in tally.troubles.items():
        detail = _detail(error.code, error.detail, language)
        line = f"{error.code} {error.row.sentence(language)}"
        line += phrase("brackets", language, detail) if detail else ""
        slots.setdefault(line, []).append(slot)
    return [f"{slots_named(names, language)}  {line}" for line, names in slots.items()]


def hook_lines(tally: Tally, language: Language) -> list[str]:
    """Hooks that went wrong: for each code how many, and the last one."""
    last = {failed.code: failed for failed in tally.failed_hooks}
    lines = []
    for code, failed in last.items():
        count = sum(each.code == code for each in tally.failed_hooks)
        parts = (failed.hook, failed.about, _detail(code, failed.detail, language))
        what = phrase("{}: {}", language, "", "").join(part for part in parts if part)
        times = phrase("times", language, count) if count > 1 else ""
        sentence = lookup(code).sentence(language)
        lines.append(f"{code} {sentence}{phrase('brackets', language, what)}{times}")
    return lines


def _remark(unit: HandledUnit, language: Language) -> str:
    if unit.known:
        when = clock(unit.ended)
        if unit.other_batch:
            return phrase("passed there", language, unit.batch, when, unit.station, unit.where)
        return phrase("already", language, when, unit.where)
    if unit.state is SlotState.PASS:
        return ", ".join(unit.warnings)
    quiet = unit.state is SlotState.ABORTED or unit.detail == unit.device_name
    return "" if quiet else _detail(unit.code, unit.detail, language)


def _detail(code: str, detail: str, language: Language) -> str:
    """The detail, which is recorded in English; in another language only where people need it."""
    is_shown = language == "en" or lookup(code).shows_detail
    return detail_in(language, detail) if is_shown else ""


def _row(unit: HandledUnit, language: Language) -> Sequence[object]:
    return (
        unit.slot,
        unit.unit_id,
        unit.device_name,
        unit_word(unit.state, unit.code, language),
        unit.code,
        unit.tries,
        "" if unit.known else f"{unit.seconds:.1f}",
        _remark(unit, language),
    )


def approval_lines(
    batch: str, approvers: Sequence[str], language: Language, manifest: str = DEFAULT_MANIFEST
) -> list[str]:
    """That the first article waits for its approval, and how that is given."""
    command = f"burner batch approve {quoted(batch)} --signer FILE --note TEXT --station desk"
    names = phrase(", ", language).join(approvers)
    return [
        phrase("first article made", language, names),
        phrase("approve it", language, command + manifest_argument(manifest)),
    ]


def label_lines(
    counts: LabelCounts, batch: str, language: Language, manifest: str = DEFAULT_MANIFEST
) -> list[str]:
    """How the printed labels of a batch stand; nothing where it has none."""
    if not counts.all:
        return []
    lines = [label_counts_line(counts, language)]
    if counts.open:
        command = f"burner batch labels {quoted(batch)}{manifest_argument(manifest)}"
        lines.append(phrase("labels listed", language, command))
    return lines


def hints(tally: Tally, language: Language, manifest: str = DEFAULT_MANIFEST) -> list[str]:
    """Commands to try next; none if all units are good."""
    burner = "burner" if language == "en" else f"burner --lang {language}"
    codes = [*tally.warnings, *(u.code for u in (*tally.units, *tally.silent) if u.code)]
    bad = [unit.device_name or unit.unit_id for unit in tally.units if unit.code]
    commands = [f"explain {code}" for code in codes[:1]]
    commands += [f"unit show {u}{manifest_argument(manifest)}" for u in bad[:1]]
    return [f"{burner} {command}" for command in commands]
