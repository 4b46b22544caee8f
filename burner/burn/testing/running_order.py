"""The order in which the tests of a unit run."""

from burner.profile.profile import Profile
from burner.profile.tests import UnitTest, tests_after_boot, tests_before_write


def in_running_order(profile: Profile) -> tuple[UnitTest, ...]:
    """Every test of a unit: before it is written, and after it has started."""
    return (*tests_before_write(profile.tests), *tests_after_boot(profile.tests))
