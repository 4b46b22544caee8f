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
    """
    from burner.burn.testing.equipment import TestEquipment
    from burner.burn.testing.resources import Resources

    resources, tests = Resources(slots.resources), release.profile.all_tests
    if not any(test.run or test.python for test in tests):
        yield TestEquipment(resources)
        return
    from burner.burn.testing.factory_programs import FactoryPrograms

    with closing(FactoryPrograms(release.search, source.parent)) as programs:
        programs.warm_up(tests, slots.locate)
        yield TestEquipment(resources, programs)
