"""The lines of a bundle: the file's, and what those of the manifest and of entries hold."""

import hashlib

from .forms import Malformed, canonical, integer, members, one_of, string, timestamp, unbase64, uuid

FORMAT = "userstore-audit-bundle/1"
LONGEST_LINE = 4_194_304
MOST_KEYS = 4096
CONTENTS_AND_SALTS = ("originalContent", "currentContent", "originalSalt", "currentSalt")
AREAS = ("User", "Group", "GroupMetadata", "UserProfile", "Membership", "Role", "Client", "Store")
ACTIONS = ("Added", "Modified", "Deleted")


def lines_of(file):
    """The lines of a file with their line feeds, the last one perhaps without; None for a line that
    is too long. Never more than one line is in memory."""
    while line := file.readline(LONGEST_LINE + 1):
        if line.endswith(b"\n") or len(line) <= LONGEST_LINE:
            yield line
            continue
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST_LINE)
        yield None if rest else line


def is_entry_line_of(line, leaf):
    """Whether a line counts as an entry line with that leaf."""
    if line is None:
        return False
    return line.startswith(b'{"entry":{') and line.endswith(b',"leaf":%d}\n' % leaf)


class Manifest:
    """The first line."""

    NAMES = ("checkpoints", "first", "format", "instanceId", "keys", "prefix", "size")

    def __init__(self, value):
        members(value, self.NAMES, "the manifest")
        if value["format"] != FORMAT:
            raise Malformed(f"the format is not {FORMAT}")
        self.checkpoints = integer(value["checkpoints"], 1, "`checkpoints`")
        self.first = integer(value["first"], 0, "`first`")
        self.instance = uuid(value["instanceId"], "`instanceId`")
        self.keys = integer(value["keys"], 1, "`keys`")
        if self.keys > MOST_KEYS:
            raise Malformed(f"`keys` is greater than {MOST_KEYS}")
        self.size = integer(value["size"], 1, "`size`")
        prefix = value["prefix"]
        if self.first > self.size:
            raise Malformed("`first` is greater than `size`")
        if not isinstance(prefix, list) or len(prefix) != bin(self.first).count("1"):
            raise Malformed("`prefix` has not one root for each complete subtree")
        self.prefix = [unbase64(root, "a root of `prefix`", 32) for root in prefix]
        self.origin = f"userstore/{self.instance}"


class Entry:
    """An entry, whose values have their forms."""

    # What each member is, beside contents.
    FORMS = {
        "action": lambda value: one_of(value, ACTIONS, "`action`"),
        "area": lambda value: one_of(value, AREAS, "`area`"),
        "category": lambda value: one_of(value, ("DatabaseRecordChange",), "`category`"),
        "dataSource": lambda value: string(value, "`dataSource`"),
        "id": lambda value: integer(value, 1, "`id`"),
        "instanceId": lambda value: uuid(value, "`instanceId`"),
        "primaryKey": lambda value: string(value, "`primaryKey`"),
        "signature": lambda value: unbase64(value, "`signature`", 64),
        "signaturePublicKeyInfo": lambda value: unbase64(value, "`signaturePublicKeyInfo`", 44),
        "timestamp": lambda value: timestamp(value, "`timestamp`"),
        "user": lambda value: string(value, "`user`"),
    }
    SIDES = ("original", "current")
    LENGTHS = {"Salt": 16, "Commitment": 32}

    def __init__(self, value):
        sides = [f"{side}{part}" for side in self.SIDES for part in ("Content", *self.LENGTHS)]
        members(value, (*self.FORMS, *sides), "the entry")
        parsed = {name: form(value[name]) for name, form in self.FORMS.items()}
        self.instance, self.signature = parsed["instanceId"], parsed["signature"]
        self.key_info = parsed["signaturePublicKeyInfo"]
        self.sides = [self.side(value, side) for side in self.SIDES]
        proved = {name: each for name, each in value.items() if name not in CONTENTS_AND_SALTS}
        self.leaf_data = canonical(proved)
        del proved["signature"]
        self.message = canonical(proved)

    @classmethod
    def side(cls, value, side):
        """Content, salt and commitment of one side; None for what is not there."""
        content = value[f"{side}Content"]
        content = None if content is None else string(content, f"`{side}Content`")
        hidden = []
        for part, length in cls.LENGTHS.items():
            text = value[f"{side}{part}"]
            hidden.append(None if text is None else unbase64(text, f"`{side}{part}`", length))
        return content, *hidden

    def commitment_fault(self):
        """Rule 4.5."""
        for content, salt, commitment in self.sides:
            if (content is None) != (salt is None):
                return "it has a content or a salt, but not both"
            if content is None:
                continue
            if commitment is None:
                return "it has a content without commitment"
            if hashlib.sha256(salt + content.encode("utf-8")).digest() != commitment:
                return "a content does not fit its commitment"
        return None

    def is_erased(self):
        return any(content is None and commitment for content, _, commitment in self.sides)

    def leaf_hash(self):
        return hashlib.sha256(b"\x00" + self.leaf_data).digest()
