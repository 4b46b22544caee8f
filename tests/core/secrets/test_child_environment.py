"""A child process runs the same burner as its parent."""

import os
from pathlib import Path

from burner.core.secrets.child_environment import child_environment


def test_the_first_place_on_the_path_of_a_child_holds_this_package() -> None:
    first = Path(child_environment()["PYTHONPATH"].split(os.pathsep)[0])
    assert (first / "burner" / "core" / "secrets" / "child_environment.py").is_file()
