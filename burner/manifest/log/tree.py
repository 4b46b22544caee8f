"""The Merkle tree of RFC 6962, section 2.1, over SHA-256.

MTH and D are the names of the RFC: MTH(D[a:b]) is the hash of the tree over the leaves a to b-1.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple, Protocol, Self

HASH_SIZE = 32
TILE_HEIGHT = 8
"""Levels between two that are stored: a tile of tlog-tiles holds 256 hashes."""
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """MTH of one leaf."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """MTH of two subtrees."""
    return sha256(b"\x01" + left + right).digest()


class HashStore(Protocol):
    """The stored hashes of a log: its leaves, and one more hash for each full tile."""

    def hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        """MTH(D[i * 2**level : (i + 1) * 2**level]) for i from start to stop-1.

        `level` is a multiple of `TILE_HEIGHT`; 0 are the leaf hashes.
        """
        ...


class StoredHash(NamedTuple):
    """The hash of a full tile, which `HashStore` must give back later. `level` as there."""

    level: int
    position: int
    hash: bytes


class Frontier(NamedTuple):
    """The right edge of a tree: all that appending needs. At most 64 hashes."""

    size: int = 0
    """Leaves in the tree."""
    subtrees: tuple[bytes, ...] = ()
    """MTH of the full subtrees that make up the tree, the largest first."""

    @property
    def root(self) -> bytes:
        """MTH of the whole tree."""
        return _combine(self.subtrees) if self.subtrees else EMPTY_ROOT

    def append(self, leaf: bytes) -> tuple[Self, tuple[StoredHash, ...]]:
        """The frontier with one more leaf hash, and the hashes of the tiles that it fills."""
        size, subtrees = self
        stored: tuple[StoredHash, ...] = ()
        level, at, node = 0, len(subtrees), leaf
        while size >> level & 1:
            level, at = level + 1, at - 1
            node = sha256(b"\x01" + subtrees[at] + node).digest()
            if level % TILE_HEIGHT == 0:
                stored += (StoredHash(level, size >> level, node),)
        return type(self)(size + 1, (*subtrees[:at], node)), stored

    def extend(self, leaves: Iterable[bytes]) -> Self:
        """The frontier with more leaf hashes."""
        size, subtrees = self.size, list(self.subtrees)
        for node in leaves:
            index = size
            while index & 1:
                node, index = node_hash(subtrees.pop(), node), index >> 1  # noqa: PLW2901
            subtrees.append(node)
            size += 1
        return type(self)(size, tuple(subtrees))


def frontier(store: HashStore, size: int) -> Frontier:
    """The frontier of the first `size` leaves, from at most 255 stored hashes a level."""
    subtrees, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            subtrees.append(subtree_hash(store, start, start + (1 << level)))
            start += 1 << level
    return Frontier(size, tuple(subtrees))


def subtree_hash(store: HashStore, start: int, stop: int) -> bytes:
    """MTH(D[start:stop]) of a subtree that occurs in the tree: `start` is aligned to its size."""
    if start == stop:
        return EMPTY_ROOT
    level = (stop - start).bit_length() - 1
    level -= level % TILE_HEIGHT
    rest = stop >> level << level
    parts = list(store.hashes(level, start >> level, stop >> level))
    if rest < stop:
        parts.append(subtree_hash(store, rest, stop))
    return _merge(parts)


def inclusion_proof(store: HashStore, index: int, size: int) -> tuple[bytes, ...]:
    """PATH(index, D[size]), section 2.1.1: from the leaf's sibling up to the root's child."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    return tuple(subtree_hash(store, *span) for span in _path(index, 0, size))


def consistency_proof(store: HashStore, old: int, new: int) -> tuple[bytes, ...]:
    """PROOF(old, D[new]), section 2.1.2; empty when the sizes are equal or the old one is 0."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} does not extend one of {old}")
    if old in (0, new):
        return ()
    return tuple(subtree_hash(store, *span) for span in _subproof(old, 0, new, True))


def hidden_subtrees(shown: Sequence[int], size: int) -> Iterator[tuple[int, int]]:
    """The maximal subtrees of a tree that hold none of some leaves, from left to right.

    Args:
        shown: numbers of leaves, ascending.
        size: of the tree.

    Yields:
        Start and stop of each.
    """
    spans = [(0, size)] if size else []
    while spans:
        start, stop = spans.pop()
        at = bisect_left(shown, start)
        if at == len(shown) or shown[at] >= stop:
            yield start, stop
        elif stop - start > 1:
            middle = start + _split(stop - start)
            spans += [(middle, stop), (start, middle)]


def root_of_shown(leaves: Mapping[int, bytes], hidden: Iterator[bytes], size: int) -> bytes:
    """The root of a tree of which some leaves are shown.

    Args:
        leaves: hashes of those that are shown, by number.
        hidden: hashes of the `hidden_subtrees`, in their order.
        size: of the tree.

    Raises:
        ValueError: there are too few or too many hashes, or a leaf is not of this tree.
    """
    numbers = sorted(leaves)
    if numbers and (numbers[0] < 0 or numbers[-1] >= size):
        raise ValueError(f"no leaf {numbers[-1]} in a tree of {size}")

    def subtree(start: int, stop: int, numbers: Sequence[int]) -> bytes:
        if not numbers:
            value = next(hidden, None)
            if value is None:
                raise ValueError("hashes are missing")
            return value
        if stop - start == 1:
            return leaves[start]
        middle = start + _split(stop - start)
        at = bisect_left(numbers, middle)
        left = subtree(start, middle, numbers[:at])
        return node_hash(left, subtree(middle, stop, numbers[at:]))

    root = subtree(0, size, numbers) if size else EMPTY_ROOT
    if next(hidden, None) is not None:
        raise ValueError("there are more hashes than hidden subtrees")
    return root


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that a leaf hash and its inclusion proof lead to.

    Raises:
        ValueError: the proof cannot be of this index and size.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    spans = list(_path(index, 0, size))
    if len(spans) != len(proof):
        raise ValueError(f"the inclusion proof has {len(proof)} hashes, not {len(spans)}")
    node = leaf
    for (start, _), sibling in zip(spans, proof, strict=True):
        node = node_hash(sibling, node) if start < index else node_hash(node, sibling)
    return node


def _combine(subtrees: Sequence[bytes]) -> bytes:
    """MTH over full subtrees of falling size."""
    node = subtrees[-1]
    for left in reversed(subtrees[:-1]):
        node = node_hash(left, node)
    return node


def _merge(parts: list[bytes]) -> bytes:
    """MTH over subtrees of one size, the last ones perhaps smaller and already in order.

    Pairing from the left gives the tree of the RFC: an odd last one moves up a level.
    """
    while len(parts) > 1:
        pairs = [node_hash(parts[i], parts[i + 1]) for i in range(0, len(parts) - 1, 2)]
        parts = pairs + parts[len(parts) & ~1 :]
    return parts[0]


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _path(index: int, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """The siblings of a leaf's ancestors as spans of leaves, the lowest first."""
    if stop - start == 1:
        return
    middle = start + _split(stop - start)
    if index < middle:
        yield from _path(index, start, middle)
        yield middle, stop
    else:
        yield from _path(index, middle, stop)
        yield start, middle


def _subproof(old: int, start: int, stop: int, whole: bool) -> Iterator[tuple[int, int]]:
    """SUBPROOF of section 2.1.2; `old` counts from 0, `whole` is its b."""
    if old == stop:
        if not whole:
            yield start, stop
        return
    middle = start + _split(stop - start)
    if old <= middle:
        yield from _subproof(old, start, middle, whole)
        yield middle, stop
    else:
        yield from _subproof(old, middle, stop, False)
        yield start, middle
