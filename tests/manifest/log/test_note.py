"""Notes, checkpoints, cosignatures and proofs: the examples of the specifications, and garbage."""

import base64
from dataclasses import dataclass, field, replace
from typing import Self

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from burner.manifest.log.checkpoint import Checkpoint, check_cosignatures, cosign
from burner.manifest.log.note import KeyType, NoteError, SignedNote, VerifierKey, sign
from burner.manifest.log.proof import TlogProof
from burner.manifest.log.tree import EMPTY_ROOT, inclusion_proof
from tests.manifest.log.test_tree import StoredHashes

# signed-note@v1.0.0, the example under "Verifier keys".
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmR"
    "KuwHjG1Yu72IneyaQM=\n"
)


@dataclass(frozen=True)
class TestSigner:
    """A key in memory."""

    __test__ = False
    name: str
    type: KeyType = KeyType.ED25519
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def key(self) -> VerifierKey:
        return VerifierKey(self.name, self.private.public_key().public_bytes_raw(), self.type)

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message)

    @classmethod
    def witness(cls) -> Self:
        return cls("witness.example/w1", KeyType.COSIGNATURE)


STATION = TestSigner("factory.example/line1")
HEAD = Checkpoint("factory.example/line1", 7, bytes(range(32)))


def test_the_example_of_the_specification_is_verified_and_written_the_same() -> None:
    key, note = VerifierKey.parse(EXAMPLE_KEY), SignedNote.parse(EXAMPLE_NOTE.encode())
    assert note.check([key]) == (key,)
    assert str(key) == EXAMPLE_KEY
    assert str(note) == EXAMPLE_NOTE


def test_a_changed_text_is_refused() -> None:
    note = SignedNote.parse(EXAMPLE_NOTE.replace("message", "massage").encode())
    with pytest.raises(NoteError, match=r"signature of example\.com/foo is false"):
        note.check([VerifierKey.parse(EXAMPLE_KEY)])


def test_a_second_signature_of_a_known_key_must_be_true_too() -> None:
    note = sign("text\n", STATION)
    false = replace(note.signatures[0], value=bytes(64))
    with pytest.raises(NoteError, match="false"):
        replace(note, signatures=(*note.signatures, false)).check([STATION.key])


def test_signatures_of_other_keys_are_not_looked_at() -> None:
    note, other = sign("text\n", STATION), TestSigner("other.example")
    assert note.check([other.key]) == ()
    garbage = replace(note.signatures[0], name="garbage.example", value=b"?")
    assert replace(note, signatures=(garbage, *note.signatures)).check([STATION.key])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"", "a text, an empty line"),
        (b"no signature\n", "a text, an empty line"),
        (b"text\n\n", "a text, an empty line"),
        (b"text\n\n\xe2\x80\x94 name AAAAAAAA", "a text, an empty line"),
        (b"text\n\n- name AAAAAAAA\n", "signature line"),
        (b"text\n\n\xe2\x80\x94 na+me AAAAAAAA\n", "signature line"),
        (b"text\n\n\xe2\x80\x94 name AAAA\n", "too short"),
        (b"text\n\n\xe2\x80\x94 name AAAAAAB=\n", "base64"),
        (b"te\txt\n\n\xe2\x80\x94 name AAAAAAAA\n", "control characters"),
        (b"te\xffxt\n\n\xe2\x80\x94 name AAAAAAAA\n", "UTF-8"),
        (b"x" * 70_000, "more than"),
    ],
)
def test_what_is_no_note_is_refused(text: bytes, complaint: str) -> None:
    with pytest.raises(NoteError, match=complaint):
        SignedNote.parse(text)


@pytest.mark.parametrize(
    "text",
    ["", "name", "name+00000000+", EXAMPLE_KEY.replace("530d", "530e"), EXAMPLE_KEY[:-4], " +a+b"],
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey.parse(text)


@given(st.text().filter(lambda t: "\n\n" not in t), st.integers(1, 16))
def test_a_note_is_read_as_it_was_written(body: str, signers: int) -> None:
    printable = "".join(c for c in body if c >= " ").encode("utf-8", "ignore").decode()
    note = sign(f"{printable}\n", STATION)
    note = replace(note, signatures=note.signatures * signers)
    assert SignedNote.parse(str(note).encode()) == note


@given(st.binary(max_size=300))
def test_garbage_is_refused_and_nothing_else_happens(data: bytes) -> None:
    for parse in (SignedNote.parse, TlogProof.parse):
        with pytest.raises(NoteError):
            parse(data)


def test_a_checkpoint_is_read_as_it_was_written() -> None:
    assert Checkpoint.parse(HEAD.text) == HEAD


@pytest.mark.parametrize(
    "text",
    [
        "origin\n1\n",
        "\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "origin\n01\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "origin\n-1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "origin\n9223372036854775808\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "origin\n١\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "origin\n0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "origin\n1\nAAAA\n",
        "origin\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nextension\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text)


def test_a_witness_signs_head_and_time() -> None:
    witness = TestSigner.witness()
    note = sign(HEAD.text, STATION)
    seen = replace(note, signatures=(*note.signatures, cosign(HEAD, witness, 1_679_315_147)))
    (cosignature,) = check_cosignatures(seen, (witness.key,))
    assert (cosignature.witness, cosignature.time) == (witness.key, 1_679_315_147)
    assert seen.check([STATION.key]) == (STATION.key,)


@given(st.integers(0, 71), st.integers(1, 255))
def test_a_cosignature_with_one_byte_changed_is_refused(position: int, change: int) -> None:
    witness = TestSigner.witness()
    line = cosign(HEAD, witness, 1_679_315_147)
    value = bytearray(line.value)
    value[position] ^= change
    note = SignedNote(HEAD.text, (replace(line, value=bytes(value)),))
    with pytest.raises(NoteError, match="cosignature"):
        check_cosignatures(note, (witness.key,))


def test_a_log_key_is_no_key_of_a_witness() -> None:
    with pytest.raises(NoteError, match="type 4"):
        check_cosignatures(sign(HEAD.text, STATION), (STATION.key,))


def certificate(index: int = 3, size: int = 700) -> TlogProof:
    """A proof of one record of a small log."""
    entries = [b"record %d" % number for number in range(size)]
    log = StoredHashes(entries)
    head = Checkpoint(STATION.name, size, log.frontier.root)
    return TlogProof(
        index, inclusion_proof(log, index, size), sign(head.text, STATION), entries[index]
    )


def test_a_proof_is_read_as_it_was_written_and_shows_that_the_record_is_in_the_log() -> None:
    proof = TlogProof.parse(str(certificate()).encode())
    assert proof == certificate()
    assert proof.check().size == 700
    assert replace(proof, extra=proof.extra + b"\nof the application").check().size == 700


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"extra": b"record 4"}, "not number 3"),
        ({"index": 4}, "not number 4"),
        ({"index": 700}, "no leaf"),
        ({"hashes": ()}, "has 0 hashes, not"),
        ({"hashes": (EMPTY_ROOT,) * 12}, "has 12 hashes, not"),
        ({"note": sign(HEAD.text, STATION)}, "not number 3|hashes, not"),
    ],
)
def test_a_proof_of_something_else_is_refused(change: dict[str, object], complaint: str) -> None:
    with pytest.raises(NoteError, match=complaint):
        replace(certificate(), **change).check()  # type: ignore[arg-type]


def test_the_root_of_a_checkpoint_is_plain_base64() -> None:
    assert HEAD.text.split("\n")[2] == base64.b64encode(HEAD.root).decode()
