"""Makes logs and bundles, good ones and such as only who holds the keys can make.

It takes nothing from the verifier but canonical JSON: the root of a tree is computed here as RFC
9162 defines it, and signatures come from `cryptography`.
"""

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .forms import canonical

STORE = "01890a5d-ac96-774b-bcce-b302099a8057"
OTHER_STORE = "01890a5d-ac96-774b-bcce-b302099a8058"


def base64_of(data):
    return base64.b64encode(data).decode("ascii")


def tree_root(hashes):
    """MTH of RFC 9162 §2.1.1."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + tree_root(hashes[:split]) + tree_root(hashes[split:])).digest()


def prefix_roots(hashes):
    """The roots of the complete subtrees over these leaves."""
    roots = []
    while hashes:
        size = 1 << len(hashes).bit_length() - 1
        roots.append(tree_root(hashes[:size]))
        hashes = hashes[size:]
    return roots


class Signer:
    """A key pair, made from a number."""

    def __init__(self, number):
        self.private = Ed25519PrivateKey.from_private_bytes(number.to_bytes(32, "big"))
        public = self.private.public_key()
        self.info = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def note(self, name, text):
        """A signature line under a text."""
        key_id = hashlib.sha256(name.encode() + b"\n\x01" + self.info[12:]).digest()[:4]
        return f"\u2014 {name} {base64_of(key_id + self.private.sign(text.encode()))}\n"


def sealed(origin, size, root, *signers):
    """A checkpoint, as a text."""
    text = f"{origin}\n{size}\n{base64_of(root)}\n"
    return text + "\n" + "".join(signer.note(origin, text) for signer in signers)


def succession(origin, start, root, old, new):
    """The statement of a key that follows another, as a text."""
    keys = f"{base64_of(old.info)}\n{base64_of(new.info)}\n"
    text = f"userstore audit key succession\n{origin}\n{start}\n{base64_of(root)}\n{keys}"
    return text + "\n" + old.note(origin, text) + new.note(origin, text)


def side(content, number):
    """Content, salt and commitment, with a salt made from a number."""
    if content is None:
        return None, None, None
    salt = number.to_bytes(16, "big")
    commitment = hashlib.sha256(salt + content.encode()).digest()
    return content, base64_of(salt), base64_of(commitment)


def entry(signer, number, store=STORE, current="{}", **changes):
    """A signed entry; `changes` are made before it is signed."""
    content, salt, commitment = side(current, number)
    made = {
        "action": "Added", "area": "User", "category": "DatabaseRecordChange",
        "currentCommitment": commitment, "dataSource": "default", "id": number,
        "instanceId": store, "originalCommitment": None, "primaryKey": f"key {number}",
        "signaturePublicKeyInfo": base64_of(signer.info),
        "timestamp": f"2026-01-01T00:00:00.{number % 10**6:06}Z", "user": "system:x",
    }  # fmt: skip
    made.update(changes)
    made["signature"] = base64_of(signer.private.sign(canonical(made)))
    hidden = {"currentContent": content, "currentSalt": salt}
    return {**made, "originalContent": None, "originalSalt": None, **hidden}


def leaf_hash(made):
    hidden = ("originalContent", "currentContent", "originalSalt", "currentSalt")
    proved = {name: value for name, value in made.items() if name not in hidden}
    return hashlib.sha256(b"\x00" + canonical(proved)).digest()


def erased(made):
    return {**made, "currentContent": None, "currentSalt": None}


class Log:
    """A log that grows; whatever it holds may be altered before it is written."""

    def __init__(self, store=STORE, signer=None):
        self.store, self.origin = store, f"userstore/{store}"
        self.signer = signer or Signer(1)
        self.keys = [(0, self.signer, None)]
        self.entries, self.hashes, self.checkpoints = [], [], {}

    def add(self, count=1, **changes):
        for _ in range(count):
            made = entry(self.signer, len(self.entries) + 1, **{"store": self.store, **changes})
            self.entries.append(made)
            self.hashes.append(leaf_hash(made))
        return self

    def root(self):
        return tree_root(self.hashes)

    def seal(self):
        size = len(self.entries)
        self.checkpoints[size] = sealed(self.origin, size, self.root(), self.signer)
        return self

    def hand_over(self, signer):
        start = len(self.entries)
        said = succession(self.origin, start, self.root(), self.signer, signer)
        self.keys.append((start, signer, said))
        self.signer = signer
        return self

    def manifest(self, first, size):
        return {
            "checkpoints": sum(1 for n in self.checkpoints if first < n <= size or n == size),
            "first": first, "format": "userstore-audit-bundle/1", "instanceId": self.store,
            "keys": sum(1 for start, _, _ in self.keys if start < size or start == 0),
            "prefix": [base64_of(root) for root in prefix_roots(self.hashes[:first])],
            "size": size,
        }  # fmt: skip

    def key_values(self, size):
        keys = [each for each in self.keys if each[0] < size or each[0] == 0]
        return [
            {"from": start, "key": base64_of(signer.info), "statement": said}
            for start, signer, said in keys
        ]

    def values(self, first=0, size=None):
        """The lines of a bundle, before they are written."""
        size = len(self.entries) if size is None else size
        made = [self.manifest(first, size), *self.key_values(size)]
        for leaf in range(first, size):
            made.append({"entry": self.entries[leaf], "leaf": leaf})
            if leaf + 1 in self.checkpoints:
                made.append({"checkpoint": self.checkpoints[leaf + 1]})
        if first == size:
            made.append({"checkpoint": self.checkpoints[size]})
        return made


def written(values):
    """The bytes of a bundle of these lines."""
    return b"".join(canonical(value) + b"\n" for value in values)
