"""Another implementation, Go's checksum database, agrees with our checkpoints and proofs."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from burner.manifest.heads.heads import current_head
from burner.manifest.log.checkpoint import Checkpoint
from burner.manifest.log.note import SignedNote
from burner.manifest.log.tree import consistency_proof, inclusion_proof
from burner.manifest.store.bodies import body_at
from burner.manifest.store.hashes import TableHashes
from tests.manifest.records import a_ledger, burned, open_batch

PROGRAM = Path(__file__).with_name("go") / "main.go"
SOURCES = Path("/usr/share/gocode")

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, built with Debian's Go and golang.org/x/mod."""
    if not shutil.which("go") or not (SOURCES / "src/golang.org/x/mod/sumdb").is_dir():
        pytest.skip(
            "Go and golang.org/x/mod are not installed (scripts/test --full does on Debian)"
        )
    built = tmp_path_factory.mktemp("go") / "checker"
    where = {"GO111MODULE": "off", "GOPATH": str(SOURCES), "GOCACHE": str(built.parent / "cache")}
    command = ["go", "build", "-o", str(built), str(PROGRAM)]
    subprocess.run(command, env={**os.environ, **where}, check=True, timeout=110)
    return built


@pytest.fixture
def facts(tmp_path: Path) -> dict[str, object]:
    """Two heads of a log, one of its records, and the proofs."""
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger)
        for unit in range(4):
            burned(ledger, unit, batch="WO1")
        old = str(current_head(ledger.reader))
        for unit in range(4, 150):
            burned(ledger, unit, batch="WO1")
        new = str(current_head(ledger.reader))
        heads = [Checkpoint.parse(SignedNote.parse(text.encode()).text) for text in (old, new)]
        with ledger.reader.connection() as connection:
            hashes = TableHashes(connection)
            return {
                "Key": ledger.writer.origin_key,
                "Old": old,
                "New": new,
                "OldSize": heads[0].size,
                "NewSize": heads[1].size,
                "OldRoot": base64.b64encode(heads[0].root).decode(),
                "NewRoot": base64.b64encode(heads[1].root).decode(),
                "Body": body_at(connection, 5).decode(),
                "Index": 5,
                "Inclusion": _texts(inclusion_proof(hashes, 5, heads[1].size)),
                "Consistency": _texts(consistency_proof(hashes, heads[0].size, heads[1].size)),
            }


def _texts(hashes: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(value).decode() for value in hashes]


def agrees(checker: Path, facts: dict[str, object], folder: Path) -> bool:
    file = folder / "facts.json"
    file.write_text(json.dumps(facts), encoding="utf-8")
    done = subprocess.run([str(checker), str(file)], capture_output=True, check=False, timeout=60)
    return done.returncode == 0


def test_go_agrees_with_signature_inclusion_and_consistency(
    checker: Path, facts: dict[str, object], tmp_path: Path
) -> None:
    assert agrees(checker, facts, tmp_path)


@pytest.mark.parametrize(
    "change",
    [{"Body": "{}"}, {"Index": 6}, {"Inclusion": []}, {"Consistency": []}, {"OldSize": 4}],
    ids=lambda change: next(iter(change)),
)
def test_go_refuses_what_is_changed(
    checker: Path, facts: dict[str, object], tmp_path: Path, change: dict[str, object]
) -> None:
    assert not agrees(checker, {**facts, **change}, tmp_path)


def test_go_refuses_a_false_signature(
    checker: Path, facts: dict[str, object], tmp_path: Path
) -> None:
    text = str(facts["New"]).replace(f"\n{facts['NewSize']}\n", "\n99\n")
    assert not agrees(checker, {**facts, "New": text}, tmp_path)
