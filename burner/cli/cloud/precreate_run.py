"""A run of `burner cloud precreate`: names, journal, platform and manifest brought together."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from burner.cli.cloud.confirmed_names import ConfirmedNames
from burner.cli.cloud.known_secret import known_secret
from burner.cli.cloud.name_list import (
    listed_names,
    names_on_record_as_confirmed,
    product_profile,
)
from burner.cli.cloud.played_platform import may_record, recorded_endpoint
from burner.cli.cloud.stop_request import StopRequest
from burner.cli.parameters.cloud_options import ManagementOptions, management_api
from burner.cli.parameters.export_options import ExportOptions, devices_of_export
from burner.cli.parameters.name_options import NameListOptions
from burner.cli.questions.secret_questions import Use, passphrase_prompt
from burner.cli.run.signals import INTERRUPTED
from burner.cli.terminal import screen
from burner.cli.terminal.language import language
from burner.cloud.listed_device import ListedDevice, unusable_names
from burner.cloud.management.api import ManagementApi
from burner.cloud.patience import Patience
from burner.cloud.precreation import PrecreationPlan, precreation_plan
from burner.cloud.precreation_journal import CreationTarget, open_journal, read_journal
from burner.cloud.precreation_run import (
    NameFate,
    Precreation,
    PrecreationResult,
)
from burner.cloud.present_devices import present_devices
from burner.core.code import Code
from burner.core.errors import BurnerError, Finding
from burner.core.words.phrases import Wording
from burner.manifest.local.state_folder import as_file_name, state_folder
from burner.manifest.local.station_lock import lock_file
from burner.manifest.writing.ledger import Ledger
from burner.profile.profile import Profile

MOST_SHOWN = 50
"""Refused names that are listed; the others are counted."""


@dataclass(frozen=True)
class PrecreateArguments:
    """What the command line asks for."""

    source: Path
    listed: NameListOptions
    management: ManagementOptions
    journal: Path | None
    dry_run: bool
    confirm_only: bool
    export: ExportOptions | None
    operator: str
    station: str


def precreate(chosen: PrecreateArguments) -> int:
    """Create names, or only confirm them; the exit status."""
    profile = product_profile(chosen.source)
    endpoint = recorded_endpoint(chosen.management.endpoint)
    names = listed_names(profile, chosen.listed, ("", endpoint))
    if not names:
        screen.say(Wording(language())("no name waits", profile.title))
        return 0
    target = CreationTarget(
        profile.product.cloud, profile.product.id, str(chosen.management.endpoint or "")
    )
    journal = chosen.journal or usual_journal(target)
    if chosen.dry_run:
        return _show_plan(chosen, profile, names, journal, target)
    api = None
    if not chosen.export:
        at = profile.registration
        api = management_api(
            *(profile.product.cloud, at.region, chosen.management, at.instance),
            product_secret=known_secret(chosen.source, profile),
        )
    if api is None or chosen.confirm_only:
        with _recording(chosen, profile) as confirmed:
            return _confirm(chosen, profile, names, api, confirmed)
    stop = StopRequest()
    with (
        _locked(journal),
        open_journal(journal, target) as opened,
        _recording(chosen, profile) as confirmed,
        stop.caught(),
    ):
        work = Precreation(
            *(api, profile.product.id, opened),
            burned=confirmed.burned,
            stop=stop,
            patience=Patience(),
        )
        return _create(profile, names, work, confirmed)


def usual_journal(target: CreationTarget) -> Path:
    """Where the journal of a product is, in the state folder of this user.

    Raises:
        BurnerError: E717 there is no such folder.
    """
    name = f"{target.product_id}@{target.endpoint}" if target.endpoint else target.product_id
    folder = state_folder() / "precreation" / target.cloud
    return folder / f"{as_file_name(name)}.jsonl"


@contextmanager
def _locked(journal: Path) -> Iterator[None]:
    """Keep other runs from the same journal.

    Raises:
        BurnerError: E862 another run has it, E863 its folder cannot be written.
    """
    try:
        journal.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        detail = f"{journal.parent}: {error.strerror}"
        raise BurnerError(Code.CREATION_JOURNAL_UNUSABLE, detail) from None
    lock = lock_file(
        journal.with_name(f"{journal.name}.lock"),
        busy=Code.PRECREATION_IN_PROGRESS,
        refused=Code.CREATION_JOURNAL_UNUSABLE,
    )
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _recording(chosen: PrecreateArguments, profile: Profile) -> Iterator[ConfirmedNames]:
    """What takes confirmed names; the rest of them is recorded at the end, whatever happened."""
    prompt = passphrase_prompt(Use.RECORDS)
    with Ledger.open(chosen.listed.manifest, chosen.station, prompt_passphrase=prompt) as ledger:
        endpoint = None if chosen.export else chosen.management.endpoint
        recorded = may_record(ledger.reader, endpoint)
        if not recorded:
            screen.warn(Wording(language())("played unrecorded"))
        confirmed = ConfirmedNames(
            ledger,
            profile,
            chosen.listed.batch,
            chosen.operator,
            endpoint=recorded_endpoint(endpoint),
            is_recorded=recorded,
        )
        try:
            yield confirmed
        finally:
            confirmed.flush()


def _create(
    profile: Profile, names: Sequence[str], work: Precreation, confirmed: ConfirmedNames
) -> int:
    """Create names; the exit status."""
    say = Wording(language())
    screen.say(
        say.counted(
            "names for platform", len(names), profile.title, len(names), profile.platform.title
        )
    )
    try:
        with screen.progress("precreate", len(names)) as advance:

            def on_fate(names: Sequence[str], fate: NameFate) -> None:
                confirmed.add_by_fate(names, fate)
                advance(len(names))

            result = work.run(names, confirmed.on_record, on_fate)
    except BaseException:
        _show(work.result, confirmed)
        screen.warn(say("precreate again"))
        raise
    _show(result, confirmed)
    if result.stopped:
        screen.warn(say("precreate again"))
        return INTERRUPTED
    return 1 if result.refused else 0


def _show(result: PrecreationResult, confirmed: ConfirmedNames) -> None:
    confirmed.flush()
    say = Wording(language())
    screen.say(say("precreated", *(result.counts[fate] for fate in NameFate)))
    screen.say(say("names recorded", confirmed.recorded))
    show_refused(result.refused)


def show_refused(refused: Mapping[str, BurnerError]) -> None:
    """List names with the code and the reason; then what each code means."""
    shown = [
        Finding(error.code, name, error.detail or error.row.sentence(language()), "")
        for name, error in list(refused.items())[:MOST_SHOWN]
    ]
    screen.findings(shown, language())
    if len(refused) > MOST_SHOWN:
        left = len(refused) - MOST_SHOWN
        screen.say(Wording(language()).counted("more refused", left, left))


def _confirm(
    chosen: PrecreateArguments,
    profile: Profile,
    names: Sequence[str],
    api: ManagementApi | None,
    confirmed: ConfirmedNames,
) -> int:
    """Record the names that the platform has; nothing is created."""
    devices: Sequence[ListedDevice] = ()
    if chosen.export:
        devices = devices_of_export(chosen.export, profile).devices
    elif api:
        asked = present_devices(api, profile.product.id, names)
        devices = list(map(ListedDevice.of, asked.values()))
    present = {device.name for device in devices}
    found = [name for name in names if name in present]
    unusable = unusable_names(devices, confirmed.burned)
    usable = [name for name in found if name not in unusable]
    confirmed.add(usable, "export" if chosen.export else "existing")
    confirmed.flush()
    say = Wording(language())
    screen.say(say("names confirmed", len(found), len(names)))
    screen.say(say("names recorded", confirmed.recorded))
    refused = {name: unusable[name] for name in found if name in unusable}
    missing = [name for name in names if name not in present]
    refused |= {n: BurnerError(Code.CLOUD_NAME_NOT_CREATED) for n in missing}
    show_refused(refused)
    return 1 if refused else 0


def _show_plan(
    chosen: PrecreateArguments,
    profile: Profile,
    names: Sequence[str],
    journal: Path,
    target: CreationTarget,
) -> int:
    """Say what would be done, by journal and manifest. Nobody is asked, and nothing is written."""
    known = names_on_record_as_confirmed(
        chosen.listed.manifest, profile, ("", recorded_endpoint(chosen.management.endpoint))
    )
    plan = precreation_plan(names, read_journal(journal, target), known)
    say = Wording(language())
    count, platform = len(names), profile.platform.title
    screen.say(say.counted("names for platform", count, profile.title, count, platform))
    for key, part in _parts(plan):
        if part:
            screen.say(say.counted(key, len(part), len(part), part[0]))
    screen.say(say("nothing sent", journal))
    return 0


def _parts(plan: PrecreationPlan) -> Sequence[tuple[str, Sequence[str]]]:
    return (
        ("names done", plan.done),
        ("names pending", plan.pending),
        ("names to ask", plan.ask),
        ("names to send", plan.send),
    )
