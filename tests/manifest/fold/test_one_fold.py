"""Writer and verifier hold the same rules, because they call the same function."""

from burner.manifest.fold import rules
from burner.manifest.store import append
from burner.manifest.verify import replay


def test_writer_and_verifier_call_the_same_function() -> None:
    assert vars(append)["apply"] is rules.apply
    assert vars(replay)["apply"] is rules.apply
