"""The hooks of a run: looked for before it, run beside it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from burner.cli.parameters.slots import Slots
    from burner.core.errors import Finding
    from burner.station.batch_run import BatchRun
    from burner.station.hooks.hooks import RunHooks


def missing_hooks(slots: "Slots") -> "Iterator[Finding]":
    """Programs of hooks that are not there, or cannot be executed."""
    from burner.programs.missing import missing_programs

    if slots.hooks:
        named = slots.hooks.programs.items()
        programs = {f"hooks.{name}": program for name, program in named}
        yield from missing_programs(programs, slots.folder)


def hooks_of(slots: "Slots", run: "BatchRun") -> "RunHooks":
    """The hooks of the station file, for a run."""
    from burner.programs.programs import SlotPrograms
    from burner.station.fixture.hook_settings import HookSettings
    from burner.station.hooks.hooks import RunHooks

    programs = SlotPrograms(run.job.release.search, slots.folder)
    return RunHooks(slots.hooks or HookSettings(), programs, run.station.tell)
