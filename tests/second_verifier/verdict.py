"""The verdict: the rules, in the order in which the document has them."""

import bisect
import copy

from .ed25519 import Key
from .forms import Malformed, integer, members, parse_canonical, string, unbase64
from .lines import Entry, Manifest
from .notes import Statement, sealed_checkpoint
from .tree import Tree


class Fault(Exception):
    """The first thing that is wrong.

    `later` is another reason, which holds instead when an entry line with the leaf `later_leaf`
    comes later in the file.
    """

    def __init__(self, reason, leaf, detail, later=None, later_leaf=None):
        super().__init__(detail)
        self.reason, self.leaf, self.detail = reason, leaf, detail
        self.later, self.later_leaf = later, later_leaf
        self.line = None


class Verifier:
    """Takes the lines of a bundle, one after the other, until one is wrong."""

    def __init__(self, kept_size=None):
        self.manifest = None
        self.keys = []
        # For each leaf before which keys hand over, the roots that their statements have.
        self.statement_roots = {}
        self.tree = None
        self.entries = self.erased = self.checkpoints = 0
        self.last_checkpoint = None
        self.done = False
        # The root over as many leaves as the kept checkpoint has.
        self.kept_size, self.kept_root = kept_size, None

    def copy(self):
        """Itself as it is now, for another end of the same beginning."""
        twin = copy.copy(self)
        twin.keys, twin.statement_roots = self.keys.copy(), self.statement_roots.copy()
        twin.tree = self.tree and self.tree.copy()
        return twin

    @property
    def next(self):
        return self.tree.size if self.tree else 0

    def fault(self, reason, detail):
        return Fault(reason, self.next, detail)

    def end(self):
        """The file ends here."""
        if not self.done:
            raise self.fault("truncated", "the file ends before the last checkpoint")

    def accept(self, line):
        """Takes the next line, with its line feed; None stands for one that is too long."""
        if self.done:
            raise self.fault("trailing", "something stands behind the last checkpoint")
        if line is not None and not line.endswith(b"\n"):
            raise self.fault("truncated", "the file ends within a line")
        try:
            if line is None:
                raise Malformed("the line is too long")
            self.judge(parse_canonical(line[:-1]))
        except Malformed as why:
            raise self.fault("malformed", str(why)) from None

    def judge(self, value):
        if not self.manifest:
            self.manifest = Manifest(value)
            self.tree = Tree(self.manifest.first, self.manifest.prefix)
            self.keep_root()
        elif len(self.keys) < self.manifest.keys:
            self.judge_key(members(value, ("from", "key", "statement"), "the key line"))
        elif isinstance(value, dict) and "checkpoint" in value:
            text = members(value, ("checkpoint",), "the checkpoint line")["checkpoint"]
            self.judge_checkpoint(string(text, "`checkpoint`"))
        else:
            members(value, ("entry", "leaf"), "the line")
            self.judge_entry(integer(value["leaf"], 0, "`leaf`"), Entry(value["entry"]))

    def keep_root(self):
        if self.tree.size == self.kept_size:
            self.kept_root = self.tree.root()

    def key_in_charge(self, leaf):
        """The last key whose `from` is at most that leaf."""
        return self.keys[bisect.bisect_right(self.keys, leaf, key=lambda key: key.start) - 1]

    # Key lines: rule 3.

    def judge_key(self, value):
        start = integer(value["from"], 0, "`from`")
        info = unbase64(value["key"], "`key`", 44)
        if (value["statement"] is None) != (not self.keys):
            raise Malformed("every key but the first has a statement")
        if self.keys:
            string(value["statement"], "`statement`")
        key = self.good_key(info, start)
        if self.keys:
            root = self.good_statement(value["statement"], key).root
            self.statement_roots[start] = (*self.statement_roots.get(start, ()), root)
        self.keys.append(key)

    def good_key(self, info, start):
        try:
            key = Key(info, start)
        except Malformed as why:
            raise self.fault("bad-key", f"the key is refused: {why}") from None
        if any(info == known.info for known in self.keys):
            raise self.fault("bad-key", "the key occurred before")
        in_place = self.keys[-1].start <= start < self.manifest.size if self.keys else start == 0
        if not in_place:
            raise self.fault("bad-key", "its `from` has not its place")
        return key

    def good_statement(self, text, key):
        try:
            statement = Statement(text)
        except Malformed as why:
            raise self.fault("bad-key", str(why)) from None
        why = statement.fault(self.keys[-1], key)
        if why:
            raise self.fault("bad-key", why)
        if statement.origin != self.manifest.origin:
            raise self.fault("foreign-store", "the statement is about another log")
        return statement

    def check_statements(self):
        """The root over the leaves up to here is that of each key which begins here."""
        roots = self.statement_roots.get(self.next, ())
        if roots and set(roots) != {self.tree.root()}:
            raise self.fault("root-mismatch", "the statement of a key has another root")

    def check_prefix(self):
        """The prefix has the root of each key that begins at `first`: rule 4.6."""
        if self.entries == self.checkpoints == 0:
            self.check_statements()

    # Entry lines: rule 4.

    def judge_entry(self, leaf, entry):
        self.check_prefix()
        if leaf >= self.next == self.manifest.size:
            raise self.fault("inserted", f"leaf {leaf} stands behind the end of the bundle")
        if leaf > self.next:
            detail = f"the entry of leaf {self.next} is not in its place, where leaf {leaf} stands"
            raise Fault("removed", self.next, detail, "reordered", self.next)
        if leaf < self.next:
            raise self.fault(self.reason_of_earlier(leaf, entry), f"leaf {leaf} stands here")
        if entry.instance != self.manifest.instance:
            raise self.fault("foreign-store", "the entry belongs to another store")
        if entry.key_info != self.key_in_charge(leaf).info:
            raise self.fault("wrong-key", "the entry names another key than the one in charge")
        if not self.key_in_charge(leaf).holds(entry.signature, entry.message):
            raise Fault("edited", leaf, "the signature does not hold", "inserted", leaf)
        why = entry.commitment_fault()
        if why:
            raise self.fault("edited", why)
        self.tree.append(entry.leaf_hash())
        self.keep_root()
        self.check_statements()
        self.entries += 1
        self.erased += entry.is_erased()

    def reason_of_earlier(self, leaf, entry):
        key = self.key_in_charge(leaf) if leaf >= self.manifest.first else None
        genuine = (
            key is not None
            and entry.instance == self.manifest.instance
            and entry.key_info == key.info
            and key.holds(entry.signature, entry.message)
        )
        return "duplicated" if genuine else "inserted"

    # Checkpoint lines: rules 5 and 6.

    def judge_checkpoint(self, text):
        self.check_prefix()
        try:
            checkpoint = sealed_checkpoint(text)
        except Malformed as why:
            raise self.fault("bad-checkpoint", str(why)) from None
        if checkpoint.origin != self.manifest.origin:
            raise self.fault("foreign-store", "the checkpoint is of another log")
        self.judge_size(checkpoint.size)
        self.judge_signature(checkpoint)
        if checkpoint.root != self.tree.root():
            since = self.manifest.first if self.last_checkpoint is None else self.last_checkpoint
            raise Fault("root-mismatch", since, "the checkpoint is over other entries")
        if checkpoint.size == self.manifest.size:
            self.judge_count(self.checkpoints + 1)
            self.done = True
        self.checkpoints += 1
        self.last_checkpoint = checkpoint.size

    def judge_size(self, size):
        first, last = self.manifest.first, self.last_checkpoint
        repeats = last is not None and size <= last
        if repeats or (first < self.manifest.size and size <= first):
            raise self.fault("duplicated", f"the checkpoint is over {size} leaves, as one before")
        if size > self.manifest.size:
            raise self.fault("bad-checkpoint", "the checkpoint is over more leaves than there are")
        if size > self.next:
            raise self.fault("removed", f"entries are missing before the checkpoint over {size}")
        if size < self.next:
            raise self.fault("inserted", f"the checkpoint over {size} leaves comes too late")

    def judge_signature(self, checkpoint):
        key = self.key_in_charge(checkpoint.size - 1)
        (signature,) = checkpoint.note.signatures
        if not signature.names(checkpoint.origin, key):
            raise self.fault("wrong-key", "the checkpoint is not signed by the key in charge")
        if not checkpoint.note.is_signed(signature, key):
            raise self.fault("bad-checkpoint", "the signature of the checkpoint does not hold")

    def judge_count(self, count):
        if count != self.manifest.checkpoints:
            detail = f"the manifest does not say that there are {count} checkpoints"
            raise Fault("malformed", self.manifest.size, detail)
