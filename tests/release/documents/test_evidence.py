"""Evidence of an approval: files that can be read, named and found again."""

from hashlib import sha256
from pathlib import Path

import pytest

from burner.core.errors import BurnerError
from burner.release.documents import evidence
from burner.release.documents.evidence import MOST_FILES, Evidence, read_evidence


def test_evidence_is_named_with_size_and_digest_in_one_order(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt"):
        (tmp_path / name).write_text(name)
    digests = [sha256(name.encode()).hexdigest() for name in ("a.txt", "b.txt")]
    assert read_evidence([tmp_path / "b.txt", tmp_path / "a.txt"]) == (
        Evidence("a.txt", 5, digests[0]),
        Evidence("b.txt", 5, digests[1]),
    )


def test_evidence_that_cannot_be_looked_at_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(words: str, *names: str) -> None:
        with pytest.raises(BurnerError, match=rf"^E222: .*{words}"):
            read_evidence([tmp_path / name for name in names])

    (tmp_path / "empty").touch()
    (tmp_path / ("long" * 35)).write_text("x")
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "report").write_text(folder)
    refused("nothing: No such file", "nothing")
    refused("empty: an empty file", "empty")
    refused("one: (Is a directory|Permission denied)", "one")
    refused("visible characters", "long" * 35)
    refused("two files of evidence called report", "one/report", "two/report")
    refused(f"at most {MOST_FILES}", *["one/report"] * (MOST_FILES + 1))
    monkeypatch.setattr(evidence, "MAX_EVIDENCE", 2)
    refused("report: larger than 2 bytes", "one/report")
