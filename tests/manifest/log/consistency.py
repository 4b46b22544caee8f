"""The check of a consistency proof, as a witness makes it: burner itself only gives proofs."""

from collections.abc import Sequence

from burner.manifest.log.tree import EMPTY_ROOT, node_hash


def is_consistent(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the proof shows that the new tree extends the old one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        roots_agree = old_root == (EMPTY_ROOT if old == 0 else new_root)
        return roots_agree and not proof
    hashes = list(proof)
    if old & (old - 1) == 0:
        hashes.insert(0, old_root)
    index, last = old - 1, new - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    if not hashes:
        return False
    old_node = new_node = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            old_node, new_node = node_hash(sibling, old_node), node_hash(sibling, new_node)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            new_node = node_hash(new_node, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and old_node == old_root and new_node == new_root
