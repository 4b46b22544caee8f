"""The order in which the tests of a unit run."""

from burner.profile.profile import Profile
from burner.profile.tests import UnitTest, tests_after_boot, tests_before_write


def in_running_order(profile: Profile) -> tuple[UnitTest, ...]:
    """Every test of a unit: before it is written, on its test firmware, on its own firmware."""
    route = profile.route.tests if profile.route else ()
    return (*tests_before_write(profile.tests), *route, *tests_after_boot(profile.tests))
