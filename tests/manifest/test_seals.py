"""Checkpoints, keys and exports: what a stranger with the public key can prove."""

import json
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend

from burner.errors import BurnerError
from burner.manifest import desk
from burner.manifest.checks.offline import Findings, check_file
from burner.manifest.checks.verify import Verdict, verify
from burner.manifest.files.chainfile import export_chain
from burner.manifest.files.imports import check_import, import_chain
from burner.manifest.ledger import Ledger
from burner.manifest.reader import Reader
from burner.manifest.signing import keys
from burner.manifest.signing.keys import PublicKey, Signer
from burner.manifest.signing.seals import KeyOp
from tests.manifest.hand import edit
from tests.manifest.records import Ticking, a_result, an_attempt, burned, open_batch


def refused(code: str) -> "pytest.RaisesExc[BurnerError]":
    return pytest.raises(BurnerError, match=f"^{code}:")


def ring(*signers: Signer) -> dict[str, PublicKey]:
    return {signer.public.id: signer.public for signer in signers}


@pytest.fixture(scope="module")
def old() -> Signer:
    return keys.make("line1", "open sesame")


@pytest.fixture(scope="module")
def new() -> Signer:
    return keys.make("line1", "open sesame")


def checked(path: Path, *signers: Signer) -> Verdict:
    with Reader.open(path) as reader:
        return verify(reader, trusted=ring(*signers) or None)


def test_a_ledger_signs_every_so_many_records_and_when_it_is_closed(
    path: Path, old: Signer
) -> None:
    with Ledger.open(path, "line1", Ticking(), signer=old, every=4) as ledger:
        for unit in range(5):
            burned(ledger, unit)
    (chain,) = checked(path, old).chains
    assert chain.signed == chain.last - 1
    assert chain.signers == (old.public.id,)
    with Ledger.open(path, "line1", Ticking(), signer=old):
        pass
    assert checked(path, old).chains[0].last == chain.last


def test_a_rotated_key_is_trusted_through_the_old_one(path: Path, old: Signer, new: Signer) -> None:
    clock = Ticking()
    with Ledger.open(path, "line1", clock, signer=old, every=2) as ledger:
        burned(ledger, 1)
    with Ledger.open(path, "line1", clock) as ledger:
        desk.rotate(ledger.writer, old, new.public, operator="wang", reason="yearly")
    with Ledger.open(path, "line1", clock, signer=new, every=2) as ledger:
        burned(ledger, 2)
    verdict = checked(path, old)
    assert verdict.flaw is None
    assert set(verdict.chains[0].signers) == {old.public.id, new.public.id}
    assert "neither given nor vouched for" in str(checked(path, new).flaw)


def test_a_new_key_after_a_lost_one_needs_its_own_trust(
    path: Path, old: Signer, new: Signer
) -> None:
    clock = Ticking()
    with Ledger.open(path, "line1", clock, signer=old, every=2) as ledger:
        burned(ledger, 1)
    with Ledger.open(path, "line1", clock) as ledger:
        desk.record_key(ledger.writer, KeyOp.LOST, old.public, operator="wang", reason="disk")
    with Ledger.open(path, "line1", clock, signer=new, every=2) as ledger:
        burned(ledger, 2)
    assert "neither given nor vouched for" in str(checked(path, old).flaw)
    assert checked(path, old, new).flaw is None
    assert checked(path).flaw is None


def test_what_a_revoked_key_signs_counts_for_nothing(path: Path, old: Signer) -> None:
    with Ledger.open(path, "line1", Ticking(), signer=old, every=2) as ledger:
        burned(ledger, 1)
        desk.record_key(ledger.writer, KeyOp.REVOKED, old.public, operator="wang", reason="stolen")
    assert "withdrawn" in str(checked(path, old).flaw)


def test_a_chain_written_anew_without_the_key_is_found(
    path: Path, old: Signer, new: Signer
) -> None:
    with Ledger.open(path, "line1", Ticking(), signer=new) as ledger:
        burned(ledger, 1)
    assert checked(path).flaw is None
    assert "neither given nor vouched for" in str(checked(path, old).flaw)


@pytest.fixture
def exported(path: Path, old: Signer) -> list[str]:
    """A whole chain as lines: key, units, checkpoint."""
    with Ledger.open(path, "line1", Ticking(), signer=old) as ledger:
        open_batch(ledger, planned=9)
        for unit in range(1, 4):
            burned(ledger, unit, batch="WO1")
        late = an_attempt(7, name=None)
        ledger.begin(late)
        late = replace(late, device_name="plug-7", ids={**late.ids, "imei": "861234567890123"})
        ledger.bind(late)
        ledger.finish(late, a_result())
    with Reader.open(path) as reader:
        return list(export_chain(reader))


def test_an_export_proves_itself_with_the_public_key_alone(
    exported: list[str], old: Signer
) -> None:
    found = check_file(exported, ring(old))
    assert found.flaw is None
    assert found.chains[0].signed == len(exported) - 3
    assert found.chains[0].code.startswith(f"line1 {len(exported) - 2} ")


HOSTILE: dict[str, tuple[Callable[[list[str]], list[str]], str]] = {
    "an edit": (
        lambda lines: [
            line.replace('"WO1"', '"WO2"') if i == 3 else line for i, line in enumerate(lines)
        ],
        "record 3",
    ),
    "a line removed": (lambda lines: lines[:3] + lines[4:], "record 3 is missing"),
    "a line doubled": (lambda lines: [*lines[:4], *lines[3:]], "out of order"),
    "two lines swapped": (
        lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]],
        "record 3 is missing",
    ),
    "another station": (
        lambda lines: [line.replace('"line1"', '"line2"') for line in lines],
        "begins with another",
    ),
    "the last records cut off": (lambda lines: lines[:-3], "cut off"),
    "the last records cut off, end kept": (
        lambda lines: [*lines[:-3], lines[-1]],
        "end elsewhere",
    ),
    "something behind the end": (lambda lines: [*lines, lines[3]], "follows the end"),
    "no chain": (lambda lines: lines[1:], "of no chain"),
    "no JSON": (lambda lines: ["hello\n"], "line 1"),
    "nothing": (lambda lines: [], "cut off"),
}


@pytest.mark.parametrize(("change", "words"), HOSTILE.values(), ids=HOSTILE)
def test_a_changed_export_is_found(
    exported: list[str], old: Signer, change: Callable[[list[str]], list[str]], words: str
) -> None:
    try:
        told = str(check_file(change(exported), ring(old)).flaw)
    except BurnerError as error:
        told = str(error).removeprefix("E724")
    assert words in told


def test_a_stranger_checks_the_file_with_the_lines_in_the_docs(exported: list[str]) -> None:
    docs = (Path(__file__).parents[2] / "docs" / "manifest.md").read_text(encoding="utf-8")
    script = docs.split("```python\n")[1].split("```")[0]

    def check(lines: list[str]) -> int:
        arguments = [sys.executable, "-I", "-X", "utf8", "-c", script]
        text = "".join(lines)
        return subprocess.run(
            arguments, input=text, capture_output=True, text=True, encoding="utf-8", check=False
        ).returncode

    assert check(exported) == 0
    assert check([*exported[:3], exported[3].replace("WO1", "WO2"), *exported[4:]]) == 1


def test_a_body_is_what_the_docs_say(exported: list[str]) -> None:
    first = json.loads(exported[0])
    name = json.dumps([first["manifest"], first["station"]], separators=(",", ":"))
    assert sha256(name.encode()).hexdigest() == first["hash"]
    for line in exported[1:-1]:
        body = line.rstrip("\n")[:-75] + "}"
        value = json.loads(body)
        canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert canonical == body


def test_another_manifests_chain_comes_in_with_its_doubles_told(
    exported: list[str], old: Signer, tmp_path: Path
) -> None:
    file = tmp_path / "line1.chain.jsonl"
    file.write_text("".join(exported), encoding="utf-8")
    found: Findings = check_import(file, ring(old))
    assert found.flaw is None
    with Ledger.open(tmp_path / "head-office.db", "desk", Ticking()) as office:
        burned(office, 99, station="desk", name="7cdfa1000002")
        imported = import_chain(office.writer, file, "wang")
        assert imported.records == len(exported) - 2
        (double,) = imported.duplicates
        assert (double["device_name"], double["holder"]) == ("7cdfa1000002", "7c:df:a1:00:00:63")
        assert "signed" in str(verify(office.reader, trusted=ring(old)).flaw)
        desk.checkpoint(office.writer, old, "on demand")
        assert verify(office.reader, trusted=ring(old)).flaw is None
        assert office.reader.find("861234567890123") == ("7c:df:a1:00:00:07",)
        with refused("E450"):
            office.begin(an_attempt(98, station="desk", name="plug-7"))
        again = import_chain(office.writer, file, "wang")
        assert (again.records, again.known) == (0, len(exported) - 2)
        assert len(list(office.reader.elements())) == 5


def test_an_import_that_contradicts_an_earlier_one_is_refused(
    path: Path, exported: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "line1.chain.jsonl"
    file.write_text("".join(exported), encoding="utf-8")
    with Ledger.open(tmp_path / "head-office.db", "desk", Ticking()) as office:
        import_chain(office.writer, file, "wang")
        body = exported[2].replace('"li"', '"wu"')
        file.write_text("".join([*exported[:2], body, *exported[3:]]), encoding="utf-8")
        with refused("E713"):
            check_import(file, None)
    with Ledger.open(path, "line1") as own:
        file.write_text("".join(exported), encoding="utf-8")
        with refused("E725"):
            import_chain(own.writer, file, "wang")


def test_an_edit_of_an_imported_chain_is_found(exported: list[str], tmp_path: Path) -> None:
    file, office = tmp_path / "x.jsonl", tmp_path / "office.db"
    file.write_text("".join(exported), encoding="utf-8")
    with Ledger.open(office, "desk", Ticking()) as ledger:
        import_chain(ledger.writer, file, "wang")
    edit(office, "DELETE FROM claims WHERE device_name = 'plug-7'")
    assert "its claim of plug-7" in str(checked(office).flaw)


# -- keys ------------------------------------------------------------------------------------------


def kept(signer: Signer, owner: str) -> bytes:
    """The file of a private half, which its account alone may read."""
    path = keys._folder(owner) / f"{signer.public.id}.pem"
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    return path.read_bytes()


def test_a_private_key_with_a_passphrase_is_encrypted_and_its_accounts_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signer = keys.make("vault", "open sesame")
    assert b"ENCRYPTED PRIVATE KEY" in kept(signer, "vault")
    assert keys.protection("vault") is keys.Protection.PASSPHRASE
    monkeypatch.delenv(keys.PASSPHRASE, raising=False)
    with refused("E749"):
        keys.unlock("vault")
    monkeypatch.setenv(keys.PASSPHRASE, "wrong")
    with pytest.raises(BurnerError, match=r"E748.*taken from BURNER_KEY_PASSPHRASE"):
        keys.unlock("vault", lambda _: "open sesame")
    monkeypatch.setenv(keys.PASSPHRASE, "open sesame")
    found = keys.signer_for("vault")
    assert found is not None
    assert found.public == signer.public
    assert "open sesame" not in repr(found)


def test_a_key_needs_no_passphrase_where_nobody_wanted_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signer = keys.make("open")
    assert b"BEGIN PRIVATE KEY" in kept(signer, "open")
    assert keys.protection("open") is keys.Protection.ACCOUNT
    monkeypatch.setenv(keys.PASSPHRASE, "of another key")
    assert keys.unlock("open").public == signer.public


def test_a_wrong_passphrase_is_asked_again_and_the_third_ends_it() -> None:
    signer = keys.make("vault", "open sesame")
    asked: list[keys.Question] = []

    def answers(*texts: str) -> keys.Ask:
        left = iter(texts)

        def answer(question: keys.Question) -> str:
            asked.append(question)
            return next(left)

        return answer

    assert keys.unlock("vault", answers("wrong", "", "open sesame")).public == signer.public
    assert asked == [keys.Question("vault", signer.public.id, n) for n in (1, 2, 3)]
    with pytest.raises(BurnerError, match=r"E748.*asked 3 times"):
        keys.unlock("vault", answers("a", "b", "c"))


def test_where_no_key_was_made_nothing_is_signed() -> None:
    assert keys.signer_for("nobody") is None
    with refused("E721"):
        keys.unlock("nobody")
    with refused("E722"):
        keys.make("nobody", "")


def test_a_public_key_is_read_back_from_its_file(old: Signer, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text(old.public.pem())
    assert keys.read_public(path) == old.public
    path.write_text("not a key")
    with refused("E747"):
        keys.read_public(path)


class Ring(KeyringBackend):  # type: ignore[misc, no-untyped-call, unused-ignore]
    """A keyring in memory."""

    priority = 1

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@pytest.fixture
def keyring_in_memory() -> Iterator[Ring]:
    before, mine = keyring.get_keyring(), Ring()
    keyring.set_keyring(mine)
    yield mine
    keyring.set_keyring(before)


def test_a_key_may_live_in_the_systems_keyring(keyring_in_memory: Ring) -> None:
    signer = keys.make("ringed", in_keyring=True)
    assert not (keys._folder("ringed") / f"{signer.public.id}.pem").exists()
    assert keys.unlock("ringed").public == signer.public
    assert keys.protection("ringed") is keys.Protection.KEYRING
    keyring_in_memory.kept.clear()
    with refused("E722"):
        keys.unlock("ringed")
