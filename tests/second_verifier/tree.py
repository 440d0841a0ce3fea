"""The Merkle tree of RFC 9162."""

import copy
import hashlib


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A Merkle tree of RFC 9162, of which only the roots of the complete subtrees are kept."""

    def __init__(self, size, roots):
        powers = (1 << bit for bit in reversed(range(size.bit_length())) if size >> bit & 1)
        self.size, self.subtrees = size, list(zip(powers, roots))

    def append(self, leaf_hash):
        self.size += 1
        self.subtrees.append((1, leaf_hash))
        while len(self.subtrees) > 1 and self.subtrees[-2][0] == self.subtrees[-1][0]:
            (leaves, left), (_, right) = self.subtrees[-2:]
            self.subtrees[-2:] = [(2 * leaves, node_hash(left, right))]

    def root(self):
        if not self.subtrees:
            return hashlib.sha256(b"").digest()
        *before, (_, root) = self.subtrees
        for _, left in reversed(before):
            root = node_hash(left, root)
        return root

    def copy(self):
        twin = copy.copy(self)
        twin.subtrees = self.subtrees.copy()
        return twin
