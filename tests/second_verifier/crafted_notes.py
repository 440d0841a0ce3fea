"""Checkpoint lines, and checkpoints that were kept."""

from .crafted_files import usual
from .forge import OTHER_STORE, Log, Signer, base64_of, sealed, written

# Where the checkpoint over three leaves stands.
FIRST = 6
CANNOT_WORK = "cannot-work"


def cases():
    yield from lines()
    yield from notes()
    yield from kept()


def with_first(text):
    values = usual().values()
    values[FIRST] = {"checkpoint": text}
    return written(values)


def lines():
    log = usual()
    values = log.values()
    missing = values[:FIRST] + values[FIRST + 1 :]
    yield "checkpoint-missing", written(missing), ["malformed", 10]
    again = values[: FIRST + 1] + values[FIRST:]
    yield "checkpoint-twice", written(again), ["duplicated", 3]
    late = missing[: FIRST + 1] + [values[FIRST]] + missing[FIRST + 1 :]
    yield "checkpoint-too-late", written(late), ["inserted", 4]
    early = values[: FIRST - 1] + [values[FIRST]] + values[FIRST - 1 :]
    yield "checkpoint-too-early", written(early), ["removed", 2]
    nothing = [values[0], *values[1:3], {"checkpoint": sealed(log.origin, 0, b"x" * 32, Signer(1))}]
    yield "checkpoint-over-nothing", written(nothing + values[3:]), ["bad-checkpoint", 0]
    longer = [*values[:-1], {"checkpoint": sealed(log.origin, 11, b"x" * 32, Signer(2))}]
    yield "checkpoint-behind-size", written(longer), ["bad-checkpoint", 10]
    at_first = log.values(3)
    at_first.insert(3, values[FIRST])
    yield "checkpoint-at-first", written(at_first), ["duplicated", 3]
    alone = log.values(10)
    alone[-1] = values[FIRST]
    yield "checkpoint-alone-of-less", written(alone), ["inserted", 10]
    yield "checkpoint-number", with_first(3), ["malformed", 3]
    more = values.copy()
    more[FIRST] = {"checkpoint": values[FIRST]["checkpoint"], "leaf": 3}
    yield "checkpoint-line-with-more", written(more), ["malformed", 3]


def notes():
    log = Log().add(3)
    root, key, other = log.root(), Signer(1), f"userstore/{OTHER_STORE}"
    good = log.seal().checkpoints[3]
    text, line = good.split("\n\n")

    def wrong(name, note, reason="bad-checkpoint", leaf=3):
        return f"note-{name}", with_first(note), [reason, leaf]

    yield wrong("empty", "")
    yield wrong("text", "x")
    yield wrong("unsigned", text + "\n\n")
    yield wrong("without-line-feed", good[:-1])
    yield wrong("two-signatures", good + line)
    yield wrong("with-extension", sealed(log.origin, 3, root, key).replace("\n\n", "\nmore\n\n"))
    yield wrong("with-carriage-returns", good.replace("\n", "\r\n"))
    yield wrong("zero-before-number", sealed(log.origin, "03", root, key))
    yield wrong("sign-before-number", sealed(log.origin, "+3", root, key))
    yield wrong("number-empty", sealed(log.origin, "", root, key))
    yield wrong("number-arabic", sealed(log.origin, "٣", root, key))
    yield wrong("root-short", sealed(log.origin, 3, root[:31], key))
    yield wrong("dash", good.replace("\u2014", "-"))
    yield wrong("two-spaces", good.replace("\u2014 ", "\u2014  "))
    yield wrong("name-with-plus", good.replace("\u2014 userstore/", "\u2014 userstore+"))
    for n, strange in enumerate("\t\x00\x7f\x85\xa0\u2028\u3000"):
        named = good.replace("\u2014 userstore/", f"\u2014 userstore{strange}")
        yield wrong(f"name-with-white-{n}", named)
    yield wrong("name-empty", good.replace(f"\u2014 {log.origin}", "\u2014 "))
    yield wrong("signature-short", f"{text}\n\n\u2014 {log.origin} AAAAAAA=\n")
    yield wrong("signature-broken", good.replace(base64_of(root), base64_of(b"x" * 32)))
    yield wrong("of-no-store", sealed("userstore", 3, root, key))
    yield wrong("of-another-log", sealed(f"witness/{log.store}", 3, root, key))
    yield wrong("of-an-upper-case-store", sealed(log.origin.upper(), 3, root, key))
    yield wrong("number-too-great", sealed(log.origin, 2**64, root, key))
    yield wrong("number-great", sealed(log.origin, 2**64 - 1, root, key))
    yield wrong("of-another-store", sealed(other, 3, root, key), "foreign-store")
    yield wrong("says-another-store", good.replace(log.origin, other, 1), "foreign-store")
    named = good.replace(f"\u2014 {log.origin}", f"\u2014 {other}")
    yield wrong("names-another-store", named, "wrong-key")
    yield wrong("signed-by-a-thief", sealed(log.origin, 3, root, Signer(3)), "wrong-key")
    yield wrong("signed-by-the-next-key", sealed(log.origin, 3, root, Signer(2)), "wrong-key")
    yield wrong("root-wrong", sealed(log.origin, 3, b"x" * 32, key), "root-mismatch", 0)
    values = usual().values()
    values[-1] = {"checkpoint": sealed(log.origin, 10, b"x" * 32, Signer(2))}
    yield "note-last-root-wrong", written(values), ["root-mismatch", 9]


def kept():
    log = usual()
    whole, later = written(log.values()), written(log.values(8))
    roots = {n: Log().add(n).root() for n in (0, 2, 3)}
    key, witness = Signer(1), Signer(9).note("witness.example/w1", "x")
    good, last = log.checkpoints[3], log.checkpoints[10]

    def case(name, note, expected, bundle=whole):
        return f"kept-{name}", bundle, expected, note.encode("utf-8")

    yield case("good", good, None)
    yield case("last", last, None)
    yield case("last-of-the-end-alone", last, None, written(log.values(10)))
    yield case("of-first", log.checkpoints[9], None, written(log.values(9)))
    yield case("that-is-in-no-bundle", sealed(log.origin, 2, roots[2], key), None)
    yield case("with-a-witness", good + witness, None)
    yield case("with-a-witness-first", sealed_with_first(good, witness), None)
    yield case("of-more-leaves", sealed(log.origin, 11, b"x" * 32, Signer(2)), ["truncated", 10])
    yield case("forked", sealed(log.origin, 3, b"x" * 32, key), ["forked", 3])
    of_other = good.replace(log.origin, f"userstore/{OTHER_STORE}")
    yield case("of-another-store", of_other, ["foreign-store", 0])
    yield case("of-another-store-later", of_other, ["foreign-store", 8], later)
    yield case("of-no-store", good.replace(log.origin, "x", 1), CANNOT_WORK)
    yield case("with-a-long-cosignature", good + cosignature(72), None)
    yield case("with-an-empty-cosignature", good + cosignature(0), None)
    yield case("with-a-key-id-too-short", good + cosignature(-1), CANNOT_WORK)
    alone = good.split("\n\n")[0] + "\n\n" + cosignature(72)
    yield case("by-a-long-cosignature-alone", alone, CANNOT_WORK)
    broken_too = sealed_with_first(good, Signer(1).note(log.origin, "x"))
    yield case("with-a-broken-signature-first", broken_too, None)
    yield case("with-a-number-too-great", sealed(log.origin, 2**64, roots[3], key), CANNOT_WORK)
    greatest = sealed(log.origin, 2**64 - 1, roots[3], key)
    yield case("with-a-great-number", greatest, ["truncated", 10])
    yield case("before-first", good, CANNOT_WORK, later)
    yield case("by-a-witness-alone", good.split("\n\n")[0] + "\n\n" + witness, ["wrong-key", 3])
    yield case("by-the-next-key", sealed(log.origin, 3, roots[3], Signer(2)), ["wrong-key", 3])
    yield case("over-nothing", sealed(log.origin, 0, roots[0], key), CANNOT_WORK)
    broken = sealed(log.origin, 2, roots[3], key).replace("\n2\n", "\n3\n")
    yield case("with-a-broken-signature", broken, ["wrong-key", 3])
    yield case("text", "x", CANNOT_WORK)
    yield case("empty", "", CANNOT_WORK)
    yield case("unsigned", good.split("\n\n")[0] + "\n\n", CANNOT_WORK)
    yield case("text-with-a-bad-bundle", "x", CANNOT_WORK, whole[:-1])
    yield "kept-not-utf-8", whole, CANNOT_WORK, b"\xff\n" + good.encode()


def cosignature(length):
    """A signature line of a witness with so many bytes behind its key id."""
    return f"\u2014 witness.example/w1 {base64_of(b'x' * (4 + length))}\n"


def sealed_with_first(note, line):
    text, lines = note.split("\n\n")
    return f"{text}\n\n{line}{lines}"
