"""Who has the station's own key can write another history that agrees with itself. What left the
station before finds it: another computer's memory, a witness, a code on paper, an import.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile, copytree, rmtree

import pytest
from click.testing import CliRunner

from burner.cli.main import root
from burner.core.errors import BurnerError
from burner.manifest.exchange.imports import import_log
from burner.manifest.exchange.log_file import export_log
from burner.manifest.heads.cosignatures import keep_cosignatures
from burner.manifest.heads.heads import current_head
from burner.manifest.heads.paper_head import PaperHead
from burner.manifest.heads.witness import ask_witness
from burner.manifest.log.checkpoint import Checkpoint, cosign
from burner.manifest.log.note import SignedNote, VerifierKey
from burner.manifest.reading.batch_status import all_batches
from burner.manifest.reading.reader import ManifestReader
from burner.manifest.restore.decision import Loss
from burner.manifest.restore.restore import restore
from burner.manifest.verify.checks import ManifestCheck
from burner.manifest.verify.database import verify
from tests.manifest.heads.test_witness import Witness, refused, serving
from tests.manifest.records import a_ledger, burned, flaws, open_batch


@dataclass(frozen=True)
class Rewritten:
    """A manifest whose newest units were replaced by others, and what had left it before."""

    folder: Path
    key: VerifierKey
    head: SignedNote
    export: Path
    witness: Witness
    other_computer: Path
    """State folder of a computer that has written into it too."""


@pytest.fixture
def rewritten(tmp_path: Path, own_state: Path) -> Rewritten:
    path, older, export = tmp_path / "manifest.db", tmp_path / "older.db", tmp_path / "all.log"
    with a_ledger(tmp_path) as ledger:
        open_batch(ledger)
        burned(ledger, 1, batch="WO1")
        key = VerifierKey.parse(ledger.writer.origin_key)
    copyfile(path, older)
    witness = Witness(key)
    with a_ledger(tmp_path) as ledger, serving(witness) as url:
        burned(ledger, 2, batch="WO1")
        export.write_text("".join(export_log(ledger.reader)), encoding="utf-8")
        ask_witness(ledger, url, witness.signer.key)
        head = current_head(ledger.reader)
    other_computer = copytree(own_state, tmp_path / "other computer")
    copyfile(older, path)
    for kept in ("logs", "places"):
        rmtree(own_state / kept)
    with a_ledger(tmp_path) as ledger:
        for unit in range(3, 6):
            burned(ledger, unit, batch="WO1")
    return Rewritten(tmp_path, key, head, export, witness, other_computer)


def verified(*arguments: str) -> str:
    """The code that `burner manifest verify` ends with; empty: it agrees."""
    result = CliRunner().invoke(root, ["manifest", "verify", *arguments])
    return result.exception.code if isinstance(result.exception, BurnerError) else ""


def test_by_itself_it_agrees(rewritten: Rewritten) -> None:
    with ManifestReader.open(rewritten.folder / "manifest.db") as reader:
        assert flaws(reader) == []
        assert reader.origin == rewritten.key.name
    assert verified("--manifest", str(rewritten.folder / "manifest.db")) == ""


def test_another_computer_remembers_the_head(
    rewritten: Rewritten, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BURNER_STATE", str(rewritten.other_computer))
    assert verified("--manifest", str(rewritten.folder / "manifest.db")) == "E710"
    with refused("E710"), a_ledger(rewritten.folder):
        pass


def test_two_copies_that_were_both_continued_are_not_joined_but_begun_anew(
    rewritten: Rewritten, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BURNER_STATE", str(rewritten.other_computer))
    path = rewritten.folder / "manifest.db"
    done = restore(str(path), "line1", operator="qa", reason="both went on")
    assert done.old == rewritten.key.name
    assert done.lost == Loss(1, exact=False, continued_elsewhere=True)
    assert done.origin != done.old
    with a_ledger(rewritten.folder) as ledger:
        assert flaws(ledger.reader) == []
        assert [status.batch for status in all_batches(ledger.reader)] == ["WO1"]


def test_a_witness_does_not_sign_the_other_history(rewritten: Rewritten) -> None:
    witness = rewritten.witness
    with a_ledger(rewritten.folder) as ledger, serving(witness) as url, refused("E761"):
        ask_witness(ledger, url, witness.signer.key)


def test_what_a_witness_signed_is_no_head_of_it(rewritten: Rewritten) -> None:
    witness = rewritten.witness
    cosigned = cosign(witness.heads[rewritten.key.name], witness.signer, 1)
    note = SignedNote(rewritten.head.text, (*rewritten.head.signatures, cosigned))
    with a_ledger(rewritten.folder) as ledger, refused("E735"):
        keep_cosignatures(ledger, note, (witness.signer.key,))


def test_a_code_on_paper_is_no_head_of_it(rewritten: Rewritten) -> None:
    database = ("--manifest", str(rewritten.folder / "manifest.db"))
    paper = str(PaperHead.of(Checkpoint.parse(rewritten.head.text)))
    assert verified(*database, "--head", paper) == "E735"
    file = rewritten.folder / "head.txt"
    file.write_text(str(rewritten.head), encoding="utf-8")
    assert verified(*database, "--head", str(file)) == "E735"


def test_a_code_on_paper_is_looked_up_in_an_export_that_is_longer(rewritten: Rewritten) -> None:
    file = rewritten.folder / "rewritten.log"
    with ManifestReader.open(rewritten.folder / "manifest.db") as reader:
        file.write_text("".join(export_log(reader)), encoding="utf-8")
    paper = str(PaperHead.of(Checkpoint.parse(rewritten.head.text)))
    assert verified(str(rewritten.export), "--key", str(rewritten.key), "--head", paper) == ""
    assert verified(str(file), "--key", str(rewritten.key), "--head", paper) == "E735"


def test_a_manifest_that_took_it_in_before_refuses_it(rewritten: Rewritten) -> None:
    key, file = rewritten.key, rewritten.folder / "rewritten.log"
    with ManifestReader.open(rewritten.folder / "manifest.db") as reader:
        file.write_text("".join(export_log(reader)), encoding="utf-8")
    with a_ledger(rewritten.folder, "centre", "centre.db") as ledger:
        import_log(ledger, rewritten.export, key.name, key, operator="boss")
        with refused("E725"):
            import_log(ledger, file, key.name, key, operator="boss")
        assert flaws(ledger.reader) == []


def test_verify_refuses_a_cosignature_of_the_first_history(rewritten: Rewritten) -> None:
    witness, path = rewritten.witness, rewritten.folder / "manifest.db"
    cosigned = str(cosign(witness.heads[rewritten.key.name], witness.signer, 1))
    with closing(sqlite3.connect(path)) as connection:
        (size,) = connection.execute("SELECT max(size) FROM checkpoints").fetchone()
        connection.execute("INSERT INTO cosignatures VALUES (?, ?)", (size, cosigned))
        connection.commit()
    with ManifestReader.open(path) as reader, reader.connection() as connection_of_reader:
        assert verify(connection_of_reader).agrees
        result = verify(connection_of_reader, witnesses=(witness.signer.key,))
    assert result.results[ManifestCheck.HEADS].code == "E713"
    assert verified("--manifest", str(path), "--witness-key", str(witness.signer.key)) == "E713"


@pytest.mark.parametrize(("size", "line"), [(2, "— w AAAA"), (2, "nothing\n"), (99, "— w AAAA\n")])
def test_cosignatures_that_stand_nowhere_are_reported(
    rewritten: Rewritten, size: int, line: str
) -> None:
    path = rewritten.folder / "manifest.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO cosignatures VALUES (?, ?)", (size, line))
        connection.commit()
    with ManifestReader.open(path) as reader:
        (flaw,) = flaws(reader)
    assert flaw.startswith("E713 heads: ")
    assert str(size) in flaw


def test_a_manifest_that_is_gone_is_not_read_as_if_there_was_none(rewritten: Rewritten) -> None:
    path = rewritten.folder / "manifest.db"
    path.unlink()
    assert verified("--manifest", str(path)) == "E710"
    assert verified("--manifest", str(path.with_name("elsewhere.db"))) == "E701"


def test_a_file_that_is_no_head_is_refused_as_what_a_witness_signed(rewritten: Rewritten) -> None:
    file, path = rewritten.folder / "garbage.txt", rewritten.folder / "manifest.db"
    file.write_text("garbage\n", encoding="utf-8")
    key = str(rewritten.witness.signer.key)
    arguments = ("manifest", "witness", str(file), "--witness-key", key, "--manifest", str(path))
    with refused("E735"):
        CliRunner().invoke(root, [*arguments, "--station", "line1"], catch_exceptions=False)
