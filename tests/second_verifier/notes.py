"""Signed notes: checkpoints, and the statements of keys."""

import dataclasses
import re

from .forms import UUID, Malformed, decimal, unbase64

# White space and control characters of Unicode, and `+`.
NOT_IN_A_NAME = re.compile(
    "[+ \x00-\x1f\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
)


@dataclasses.dataclass
class Signature:
    """A signature line: who signs, and the key id with what follows it."""

    name: str
    data: bytes

    def is_ed25519(self):
        return len(self.data) == 68

    def names(self, origin, key):
        return self.name == origin and self.data[:4] == key.note_id(origin)


class Note:
    """A signed note of so many text lines."""

    def __init__(self, text, lines):
        parts = text.split("\n")
        if len(parts) < lines + 3 or parts[lines] != "" or parts[-1] != "":
            raise Malformed(f"the note has not {lines} text lines, an empty one, and signatures")
        self.lines = parts[:lines]
        self.message = "".join(line + "\n" for line in self.lines).encode("utf-8")
        self.signatures = [self.signature(line) for line in parts[lines + 1 : -1]]

    @staticmethod
    def signature(line):
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "\u2014" or not parts[1]:
            raise Malformed("the note has a line that is no signature")
        if NOT_IN_A_NAME.search(parts[1]):
            raise Malformed("the note has a signature of nobody")
        data = unbase64(parts[2], "a signature of the note")
        if len(data) < 4:
            raise Malformed("the note has a signature without key id")
        return Signature(parts[1], data)

    def require_signatures(self, count):
        if len(self.signatures) != count or not all(map(Signature.is_ed25519, self.signatures)):
            raise Malformed(f"the note has not {count} signatures of 64 bytes")

    def is_signed(self, signature, key):
        return signature.is_ed25519() and key.holds(signature.data[4:], self.message)


def origin_of_store(line):
    title, _, store = line.partition("/")
    if title != "userstore" or not UUID.fullmatch(store):
        raise Malformed("the note has no origin")
    return line


class Checkpoint:
    """What a note says of a log: its origin, its number of leaves, its root."""

    def __init__(self, text):
        self.note = Note(text, 3)
        origin, size, root = self.note.lines
        self.origin = origin_of_store(origin)
        self.size = decimal(size, 1, "the number of leaves")
        self.root = unbase64(root, "the root", 32)


def sealed_checkpoint(text):
    """A checkpoint as a bundle holds it: with one signature."""
    checkpoint = Checkpoint(text)
    checkpoint.note.require_signatures(1)
    return checkpoint


def kept_checkpoint(text):
    """A checkpoint as it was published: witnesses may have signed it too, in forms of their own."""
    checkpoint = Checkpoint(text)
    if not any(map(Signature.is_ed25519, checkpoint.note.signatures)):
        raise Malformed("the checkpoint has no signature of 64 bytes")
    return checkpoint


class Statement:
    """What the statement of a key says: where it begins, and whom it follows."""

    def __init__(self, text):
        self.note = Note(text, 6)
        title, origin, start, root, old, new = self.note.lines
        if title != "userstore audit key succession":
            raise Malformed("it is no statement of a succession")
        self.origin = origin_of_store(origin)
        self.start = decimal(start, 0, "the leaf")
        self.root = unbase64(root, "the root", 32)
        self.old, self.new = unbase64(old, "the old key", 44), unbase64(new, "the new key", 44)
        self.note.require_signatures(2)

    def fault(self, old, new):
        """Why it does not say that `new` follows `old`; whose log it is about aside."""
        if (self.start, self.old, self.new) != (new.start, old.info, new.info):
            return "the statement is about other keys, or another leaf"
        for signature, key in zip(self.note.signatures, (old, new)):
            if not signature.names(self.origin, key) or not self.note.is_signed(signature, key):
                return "a signature of the statement does not hold"
        return None
