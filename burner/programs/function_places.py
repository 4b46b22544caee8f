"""Where the test functions of installed packages are: their entry points.

The station looks them up once. The worker of each slot would need 40 ms of CPU for the same.
"""

from typing import Final

GROUP: Final = "burner.tests"
"""Of the entry points."""


def function_places() -> dict[str, str]:
    """Name → `package.module:name` of each function, without importing any."""
    from importlib.metadata import entry_points

    places: dict[str, str] = {}
    for point in entry_points(group=GROUP):
        places.setdefault(point.name, point.value)
    return places
