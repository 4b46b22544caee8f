"""What `burner cloud reconcile` prints: a table a kind of difference, or JSON."""

from dataclasses import asdict
from datetime import datetime, tzinfo
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from burner.cli.cloud.export_lines import export_values, show_export
from burner.cli.cloud.reconcile_sources import ListedDevices
from burner.cli.terminal import screen
from burner.cli.terminal.json_output import print_json
from burner.cli.terminal.language import language
from burner.cloud.reconciliation import DifferenceKind, NameDifference, Reconciliation
from burner.cloud.reconciliation_table import difference_values, spare_values
from burner.core.words.phrases import Wording
from burner.platforms.product_settings import RegisterType

if TYPE_CHECKING:
    from burner.profile.profile import Profile

MOST: Final = 20
"""Rows of a kind on the screen."""
_COLUMNS: Final = ("column name", "unit", "batch", "passed (UTC)", "on the platform", "why")


def print_reconciliation(
    result: Reconciliation,
    profile: "Profile",
    listed: ListedDevices,
    table: bytes,
    zone: tzinfo | None,
) -> None:
    """Print all of it for a script."""
    print_json(
        {
            "schema": 1,
            "product_id": profile.product.id,
            "platform": profile.product.cloud.value,
            "source": listed.source,
            "export_sha256": listed.export.sha256 if listed.export else "",
            "export": export_values(listed.export, zone) if listed.export else None,
            "compared": asdict(result.compared),
            "counts": {kind.value: count for kind, count in result.counts().items()},
            "table_sha256": sha256(table).hexdigest(),
            "differences": [difference_values(one) for one in result.differences],
            "spare": [spare_values(one) for one in result.spare],
        }
    )


def show_reconciliation(
    result: Reconciliation,
    profile: "Profile",
    listed: ListedDevices,
    zone: tzinfo | None,
    output: Path | None,
) -> None:
    """Print the first differences of each kind, and what was compared.

    Args:
        result: of the comparison.
        profile: of the product.
        listed: the devices, and what their list has.
        zone: of the times in an export that name none; None: this computer's.
        output: where the table was written; None: nowhere.
    """
    say = Wording(language())
    counts = result.counts()
    cut = False
    for kind, group in groupby(result.differences, key=lambda one: one.kind):
        rows = [_row(one, say) for _, one in zip(range(MOST), group, strict=False)]
        cut = cut or counts[kind] > MOST
        title = f"{say(f'reconcile {kind}')}: {counts[kind]}"
        screen.table(title, [say(head) for head in _COLUMNS], rows, whole=(say("column name"),))
        screen.say_beside("  ", say(_remedy(kind, profile)))
    if cut:
        screen.say(say("reconcile cut", MOST))
    if listed.export:
        show_export(listed.export, zone)
    compared = result.compared
    platform = profile.platform.title
    screen.say(say("reconcile compared", platform, compared.burned, compared.on_platform))
    screen.say(say("reconcile agreeing", compared.agreeing))
    for name in ("failed_since", "waiting", "unused", "unknown"):
        if number := getattr(compared, name):
            screen.say(say(f"reconcile {name}", number))
    if output is not None:
        key = "reconcile written with spare" if result.spare else "reconcile written"
        screen.say(say(key, len(result.differences), output, len(result.spare)))
    elif not counts:
        screen.say(say("No differences yet." if compared.waiting else "No differences."))


def _remedy(kind: DifferenceKind, profile: "Profile") -> str:
    """The phrase with what to do: who can have made a stranger depends on who creates names."""
    creation = profile.registration.name_creation
    if kind is not DifferenceKind.NEVER_BURNED or creation is None:
        return f"remedy {kind}"
    precreated = creation.register_type is RegisterType.PRECREATED
    return f"remedy {kind} {'precreated' if precreated else 'automatic'}"


def _row(one: NameDifference, say: Wording) -> tuple[str, ...]:
    record = one.record
    return (
        one.name,
        one.unit_id,
        record.batch if record else "",
        _minute(record.passed if record else None),
        _on_platform(one, say),
        say(one.why) if one.why else "",
    )


def _on_platform(one: NameDifference, say: Wording) -> str:
    device = one.device
    if device is None:
        return "–"
    words = [device.name] if one.kind is DifferenceKind.OTHER_NAME else []
    if device.enabled is False:
        words.append(say("disabled"))
    if device.activated:
        words.append(say("online since {}", _minute(device.activated)))
    elif device.active:
        words.append(say("was online"))
    elif device.registered:
        words.append(say("registered, never online"))
    elif device.active is False:
        words.append(say("never online"))
    elif device.registered is False:
        words.append(say("never registered"))
    return say(", ").join(words) or say("not known")


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""
