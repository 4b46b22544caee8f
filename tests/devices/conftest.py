"""A bench made from a description written down in the test."""

from collections.abc import Callable

import pytest

from burner.bench.process import BenchProcess

Described = Callable[[str], BenchProcess]


@pytest.fixture(scope="session")
def described(tmp_path_factory: pytest.TempPathFactory) -> Described:
    """Make a bench of a YAML text, not started."""

    def describe(text: str) -> BenchProcess:
        path = tmp_path_factory.mktemp("bench") / "bench.yaml"
        path.write_text(f"bench: 1\n{text}")
        return BenchProcess(str(path))

    return describe
