"""The Merkle tree, against the recursive definitions of RFC 6962 and the vectors of its authors."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burner.manifest.log.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    frontier,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_from_inclusion,
    subtree_hash,
)
from tests.manifest.log.consistency import is_consistent

# The eight leaves of the reference tests of Certificate Transparency, and some of their roots.
VECTOR = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
VECTOR_ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


class StoredHashes:
    """Stored hashes in memory."""

    def __init__(self, entries: Sequence[bytes] = ()) -> None:
        self.stored: dict[tuple[int, int], bytes] = {}
        self.frontier = Frontier()
        for entry in entries:
            self.add(entry)

    def add(self, entry: bytes) -> None:
        leaf = self.stored[0, self.frontier.size] = leaf_hash(entry)
        self.frontier, new = self.frontier.append(leaf)
        self.stored.update({(one.level, one.position): one.hash for one in new})

    def hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        return [self.stored[level, index] for index in range(start, stop)]


def mth(leaves: Sequence[bytes]) -> bytes:
    """MTH as section 2.1 defines it."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(mth(leaves[:split]), mth(leaves[split:]))


LOG = StoredHashes([number.to_bytes(4, "big") for number in range(1500)])
LEAVES = [LOG.stored[0, index] for index in range(1500)]
sizes = st.integers(0, 1500)


@pytest.mark.parametrize(("size", "root"), VECTOR_ROOTS.items())
def test_roots_are_those_of_the_reference_vectors(size: int, root: str) -> None:
    assert StoredHashes(VECTOR[:size]).frontier.root.hex() == root


def test_an_empty_log_has_the_hash_of_nothing() -> None:
    assert Frontier().root == EMPTY_ROOT == frontier(StoredHashes(), 0).root


@pytest.mark.parametrize("size", [*range(1, 66), 255, 256, 257, 511, 512, 513, 1023, 1500])
def test_appending_and_recomputing_give_the_root_of_the_definition(size: int) -> None:
    expected = mth(LEAVES[:size])
    appended = StoredHashes([number.to_bytes(4, "big") for number in range(size)]).frontier
    assert appended.root == expected
    assert frontier(LOG, size) == appended
    assert subtree_hash(LOG, 0, size) == expected


def test_one_hash_is_stored_a_record_and_one_a_full_tile() -> None:
    levels = [level for level, _ in LOG.stored]
    assert levels.count(0) == 1500
    assert levels.count(8) == 1500 // 256
    assert len(levels) == 1500 + 1500 // 256


@given(sizes, st.data())
def test_an_inclusion_proof_leads_to_the_root(size: int, data: st.DataObject) -> None:
    size = max(size, 1)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(LOG, index, size)
    root = mth(LEAVES[:size])
    assert root_from_inclusion(LEAVES[index], index, size, proof) == root
    if size > 1:
        other = data.draw(st.integers(0, size - 1).filter(lambda i: i != index))
        assert root_from_inclusion(LEAVES[other], index, size, proof) != root


@given(sizes, st.data())
def test_a_proof_of_another_length_is_refused(size: int, data: st.DataObject) -> None:
    size = max(size, 1)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(LOG, index, size)
    with pytest.raises(ValueError, match="hashes, not"):
        root_from_inclusion(LEAVES[index], index, size, (*proof, EMPTY_ROOT))
    if proof:
        with pytest.raises(ValueError, match="hashes, not"):
            root_from_inclusion(LEAVES[index], index, size, proof[:-1])


@given(sizes, sizes)
def test_a_consistency_proof_shows_that_one_head_extends_another(a: int, b: int) -> None:
    old, new = sorted((a, b))
    proof = consistency_proof(LOG, old, new)
    roots = mth(LEAVES[:old]), mth(LEAVES[:new])
    assert is_consistent(old, roots[0], new, roots[1], proof)
    assert not is_consistent(old, bytes(32), new, roots[1], proof)
    assert not is_consistent(old, roots[0], new, bytes(32), proof) or old == 0
    assert not is_consistent(old, roots[0], new, roots[1], (*proof, EMPTY_ROOT))


@given(st.integers(1, 1499), st.data())
def test_a_log_that_was_written_anew_is_not_consistent(old: int, data: st.DataObject) -> None:
    new = data.draw(st.integers(old + 1, 1500))
    changed = data.draw(st.integers(0, old - 1))
    other = [*LEAVES[:changed], EMPTY_ROOT, *LEAVES[changed + 1 :]]
    proof = consistency_proof(LOG, old, new)
    assert not is_consistent(old, mth(other[:old]), new, mth(LEAVES[:new]), proof)
    assert not is_consistent(old, mth(LEAVES[:old]), new, mth(other[:new]), proof)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3)])
def test_no_proof_is_made_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_proof(LOG, index, size)
    with pytest.raises(ValueError, match="no leaf"):
        root_from_inclusion(EMPTY_ROOT, index, size, ())


def test_a_smaller_tree_extends_no_larger_one() -> None:
    with pytest.raises(ValueError, match="does not extend"):
        consistency_proof(LOG, 7, 6)
    assert not is_consistent(7, EMPTY_ROOT, 6, EMPTY_ROOT, ())
