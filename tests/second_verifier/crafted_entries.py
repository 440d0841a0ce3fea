"""Entry lines."""

import base64
import hashlib

from .crafted_files import usual
from .ed25519 import GROUP_ORDER
from .forge import OTHER_STORE, STORE, Log, Signer, base64_of, entry, written
from .forms import canonical

# Where the entry of leaf 0 stands: behind the manifest and two keys.
ENTRIES = 3
# The place of leaf 5, behind the first checkpoint, and that of leaf 8, under the second key.
FIFTH, EIGHTH = ENTRIES + 6, ENTRIES + 9


def cases():
    yield from places()
    yield from forgeries()
    yield from signatures()
    yield from commitments()
    yield from forms()
    yield from below_first()


def changed(change):
    values = usual().values()
    change(values)
    return written(values)


def places():
    def swap(values):
        values[FIFTH], values[FIFTH - 1] = values[FIFTH - 1], values[FIFTH]

    def renumber(values):
        swap(values)
        values[FIFTH - 1]["leaf"], values[FIFTH]["leaf"] = 4, 5

    yield "entry-removed", changed(lambda values: values.pop(FIFTH)), ["removed", 5]
    yield "first-entry-removed", changed(lambda values: values.pop(ENTRIES)), ["removed", 0]
    before_checkpoint = changed(lambda values: values.pop(ENTRIES + 2))
    yield "entry-removed-before-checkpoint", before_checkpoint, ["removed", 2]
    yield "last-entry-removed", changed(lambda values: values.pop(-2)), ["removed", 9]
    yield "entries-swapped", changed(swap), ["reordered", 4]
    yield "entries-swapped-and-renumbered", changed(renumber), ["root-mismatch", 7]
    twice = changed(lambda values: values.insert(FIFTH, values[FIFTH]))
    yield "entry-twice", twice, ["duplicated", 6]
    again = changed(lambda values: values.insert(EIGHTH, values[FIFTH]))
    yield "entry-again-later", again, ["duplicated", 8]
    checkpoint_first = changed(lambda values: values.insert(ENTRIES + 2, values.pop(ENTRIES + 3)))
    yield "checkpoint-before-entry", checkpoint_first, ["removed", 2]


def forged_at(leaf, signer, **changes):
    return {"entry": entry(signer, 77, **changes), "leaf": leaf}


def forgeries():
    old, new, thief = Signer(1), Signer(2), Signer(3)

    def inserted(line):
        return changed(lambda values: values.insert(FIFTH, line))

    def replaced(line, place=FIFTH):
        def change(values):
            values[place] = line

        return changed(change)

    yield "inserted-by-a-thief", inserted(forged_at(5, thief)), ["wrong-key", 5]
    unsigned = forged_at(5, old)
    unsigned["entry"]["user"] = "somebody"
    yield "inserted-unsigned", inserted(unsigned), ["inserted", 5]
    yield "replaced-unsigned", replaced(unsigned), ["edited", 5]
    yield "inserted-by-the-key", inserted(forged_at(5, old)), ["duplicated", 6]
    # The statement of the next key has another root, and comes before the next checkpoint.
    yield "replaced-by-the-key", replaced(forged_at(5, old)), ["root-mismatch", 7]
    resealed = replaced(forged_at(8, new), EIGHTH)
    yield "replaced-by-the-next-key", resealed, ["root-mismatch", 3]
    earlier = forged_at(1, old)
    yield "inserted-earlier-by-the-key", inserted(earlier), ["duplicated", 5]
    earlier = forged_at(1, new)
    yield "inserted-earlier-by-the-next-key", inserted(earlier), ["inserted", 5]
    earlier = forged_at(1, old, store=OTHER_STORE)
    yield "inserted-earlier-of-another-store", inserted(earlier), ["inserted", 5]
    yield "signed-by-the-next-key", replaced(forged_at(5, new)), ["wrong-key", 5]
    yield "signed-by-the-old-key", replaced(forged_at(8, old), EIGHTH), ["wrong-key", 8]
    yield "of-another-store", replaced(forged_at(5, old, store=OTHER_STORE)), ["foreign-store", 5]
    of_thief = forged_at(5, thief, store=OTHER_STORE)
    yield "of-another-store-by-a-thief", replaced(of_thief), ["foreign-store", 5]
    longer = Log().add(1).seal().add(2)
    manifest, key, first, checkpoint, *more = longer.values()
    manifest["size"] = 1
    for n, behind in enumerate(more):
        values = [manifest, key, first, behind, checkpoint]
        yield f"entry-{n}-behind-size", written(values), ["inserted", 1]
    again = [manifest, key, first, first, checkpoint]
    yield "entry-again-at-size", written(again), ["duplicated", 1]


def resigned(place, sign):
    """The bundle with another signature of one entry: `sign` makes it from the old one."""

    def change(values):
        made = values[place]["entry"]
        made["signature"] = base64_of(sign(base64.b64decode(made["signature"]), made))

    return changed(change)


def message_of(made):
    hidden = ("originalContent", "currentContent", "originalSalt", "currentSalt", "signature")
    return canonical({name: value for name, value in made.items() if name not in hidden})


def with_small_order_half(_, made):
    """The first half is the neutral element, the second fits it: the equation holds."""
    seed = (1).to_bytes(32, "big")
    scalar = bytearray(hashlib.sha512(seed).digest()[:32])
    scalar[0] &= 248
    scalar[31] = scalar[31] & 127 | 64
    point = (1).to_bytes(32, "little")
    public = base64.b64decode(made["signaturePublicKeyInfo"])[12:]
    digest = hashlib.sha512(point + public + message_of(made)).digest()
    product = int.from_bytes(digest, "little") * int.from_bytes(scalar, "little")
    return point + (product % GROUP_ORDER).to_bytes(32, "little")


def with_greater_half(signature, _):
    greater = int.from_bytes(signature[32:], "little") + GROUP_ORDER
    return signature[:32] + greater.to_bytes(32, "little")


def signatures():
    wrong = {
        "small-order": with_small_order_half,
        "greater-half": with_greater_half,
        "zero": lambda signature, made: bytes(64),
        "first-half-not-canonical": lambda signature, made: b"\xff" * 32 + signature[32:],
        "prehashed": lambda signature, made: Signer(1).private.sign(
            hashlib.sha512(message_of(made)).digest()
        ),
    }
    for name, sign in wrong.items():
        yield f"signature-{name}", resigned(FIFTH, sign), ["edited", 5]


def commitments():
    def with_entry(**changes):
        return changed(lambda values: values[FIFTH]["entry"].update(changes))

    salt = base64_of(bytes(16))
    yield "content-edited", with_entry(currentContent="{ }"), ["edited", 5]
    yield "content-empty", with_entry(currentContent=""), ["edited", 5]
    yield "salt-edited", with_entry(currentSalt=salt), ["edited", 5]
    yield "content-without-salt", with_entry(currentSalt=None), ["edited", 5]
    yield "salt-without-content", with_entry(currentContent=None), ["edited", 5]
    yield "salt-alone", with_entry(originalSalt=salt), ["edited", 5]
    yield "content-alone", with_entry(originalContent="{}"), ["edited", 5]
    both = with_entry(originalContent="{}", originalSalt=salt)
    yield "content-without-commitment", both, ["edited", 5]
    neither = with_entry(currentContent=None, currentSalt=None)
    yield "content-erased", neither, None


def forms():
    """Values whose form is wrong; the key that is in charge signed them."""
    wrong = {
        "id-zero": {"id": 0},
        "id-too-great": {"id": 2**53},
        "id-text": {"id": "1"},
        "action": {"action": "Erased"},
        "action-null": {"action": None},
        "area": {"area": "Users"},
        "area-list": {"area": ["User"]},
        "category": {"category": "Other"},
        "data-source-null": {"dataSource": None},
        "primary-key-number": {"primaryKey": 1},
        "user-null": {"user": None},
        "commitment-short": {"originalCommitment": base64_of(bytes(31))},
        "commitment-empty": {"originalCommitment": ""},
        "key-short": {"signaturePublicKeyInfo": base64_of(bytes(43))},
        "store-upper-case": {"instanceId": STORE.upper()},
        "member-more": {"more": None},
    }
    for value in (
        "2026-02-29T00:00:00.000000Z", "2026-13-01T00:00:00.000000Z", "0000-01-01T00:00:00.000000Z",
        "2026-01-01T24:00:00.000000Z", "2016-12-31T23:59:60.000000Z", "2026-01-01T00:00:00.00000Z",
        "2026-01-01T00:00:00.000000z", "2026-01-01 00:00:00.000000Z", "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.000000+00:00", "+026-01-01T00:00:00.000000Z",
        "2026-01-01T00:00:00.000000Z\n", "٢٠٢٦-01-01T00:00:00.000000Z",
    ):  # fmt: skip
        wrong[f"timestamp-{len(wrong)}"] = {"timestamp": value}
    for name, changes in wrong.items():
        log = Log().add(1).seal().add(1, **changes).seal()
        yield f"form-{name}", written(log.values()), ["malformed", 1]

    for value in (
        "0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z", "2024-02-29T12:00:00.000000Z",
    ):  # fmt: skip
        log = Log().add(1, timestamp=value).seal()
        yield f"form-good-{value[:4]}", written(log.values()), None
    log = Log().add(1, id=2**53 - 1, user="", primaryKey="", dataSource="").seal()
    yield "form-good-extremes", written(log.values()), None

    def unsigned(name, value):
        return f"form-{name}-{type(value).__name__}", {name: value}

    for name, changes in (
        unsigned("signature", base64_of(bytes(63))),
        unsigned("signature", None),
        unsigned("currentSalt", base64_of(bytes(15))),
        unsigned("currentSalt", 1),
        unsigned("currentContent", {}),
    ):
        yield malformed(name, lambda line: line["entry"].update(changes))
    yield malformed("entry-null", lambda line: line.update(entry=None))
    yield malformed("entry-member-less", lambda line: line["entry"].pop("user"))
    yield malformed("leaf-negative", lambda line: line.update(leaf=-1))
    yield malformed("line-of-both", lambda line: line.update(checkpoint=""))
    yield malformed("line-member-less", lambda line: line.pop("leaf"))
    a_list = changed(lambda values: values.insert(FIFTH, []))
    yield "line-is-a-list", a_list, ["malformed", 5]


def malformed(name, change):
    return name, changed(lambda values: change(values[FIFTH])), ["malformed", 5]


def below_first():
    log = usual()
    values = log.values(5)
    values.insert(ENTRIES, {"entry": log.entries[4], "leaf": 4})
    yield "entry-below-first", written(values), ["inserted", 5]
    values = log.values(5)
    values[0]["prefix"][0] = base64_of(b"x" * 32)
    yield "prefix-wrong", written(values), ["root-mismatch", 7]
    values = log.values(8)
    values[0]["prefix"][0] = base64_of(b"x" * 32)
    yield "prefix-wrong-behind-the-keys", written(values), ["root-mismatch", 8]
    values = log.values(10)
    values[0]["prefix"][0] = base64_of(b"x" * 32)
    yield "prefix-wrong-at-the-end", written(values), ["root-mismatch", 10]
