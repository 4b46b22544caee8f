"""Fixtures every part of the suite shares."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_images() -> Path:
    """Real firmware images of other projects, beside the checkout; absent elsewhere."""
    folder = Path(__file__).parents[1].parent / "shared" / "images"
    if not folder.is_dir():
        pytest.skip("real images of other projects are not beside this checkout")
    return folder
