"""Fixtures every part of the suite shares."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Eight workers on two cores make any deadline per example a lottery.
settings.register_profile("burner", deadline=None)
settings.load_profile("burner")


@pytest.fixture(scope="session")
def shared_images() -> Path:
    """Real firmware images of other projects, beside the checkout; absent elsewhere."""
    folder = Path(__file__).parents[1].parent / "shared" / "images"
    if not folder.is_dir():
        pytest.skip("real images of other projects are not beside this checkout")
    return folder
