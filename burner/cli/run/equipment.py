"""What the tests of a run use: the resources of the station, and the programs of the factory."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from burner.burn.testing.equipment import TestEquipment
    from burner.cli.parameters.slots import Slots
    from burner.release.release import Release


@contextmanager
def open_equipment(source: Path, release: "Release", slots: "Slots") -> "Iterator[TestEquipment]":
    """The equipment of the tests of a release; its programs end with the block.

    Args:
        source: the profile or release file; the programs work in its folder.
        release: what is burned.
        slots: of the station.

    Raises:
        BurnerError: E647, E648 a program or a function is not there.
    """
    from burner.burn.testing.equipment import TestEquipment
    from burner.burn.testing.resources import Resources
    from burner.burn.testing.running_order import in_running_order

    resources, tests = Resources(slots.resources), in_running_order(release.profile)
    if not any(test.run or test.python for test in tests):
        yield TestEquipment(resources)
        return
    from burner.burn.testing.factory_programs import FactoryPrograms

    with closing(FactoryPrograms(release.search, source.parent, tests)) as programs:
        programs.warm_up(slots.locate)
        yield TestEquipment(resources, programs)
