"""Key lines."""

from .crafted_files import usual
from .ed25519 import FIELD, SPKI_PREFIX, small_order_ordinates
from .forge import OTHER_STORE, Log, Signer, base64_of, sealed, succession, written

SECOND, FIRST_ENTRY = 2, 3


def cases():
    yield from refused_points()
    yield from refused_lines()
    yield from statements()
    yield from roots()
    yield from successions()


def refused_points():
    points = {}
    for y in small_order_ordinates():
        for sign in (0, 1):
            points[f"small-order-{y % 1000}-{sign}"] = y | sign << 255
    points["not-canonical"] = FIELD + 3
    points["not-on-the-curve"] = 2
    for name, point in points.items():
        info = SPKI_PREFIX + point.to_bytes(32, "little")
        yield key_case(name, key=base64_of(info))
    other = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x6e\x03\x21\x00" + b"\x09" * 32
    yield key_case("x25519", key=base64_of(other))


def key_case(name, reason="bad-key", line=1, **changes):
    values = usual().values()
    values[line].update(changes)
    return f"key-{name}", written(values), [reason, 0]


def refused_lines():
    first = usual().values()[1]
    yield key_case("first-not-from-0", **{"from": 1})
    yield key_case("first-with-statement", "malformed", statement="")
    yield key_case("second-without-statement", "malformed", SECOND, statement=None)
    yield key_case("from-behind-size", "bad-key", SECOND, **{"from": 10})
    yield key_case("from-elsewhere", "bad-key", SECOND, **{"from": 6})
    yield key_case("from-text", "malformed", SECOND, **{"from": "7"})
    yield key_case("member-more", "malformed", SECOND, more=1)
    yield key_case("too-short", "malformed", key=base64_of(b"x" * 43))
    yield key_case("not-base64", "malformed", key=first["key"].replace("=", ""))
    values = usual().values()
    values[SECOND]["key"] = first["key"]
    yield "key-twice", written(values), ["bad-key", 0]
    values = usual().values()
    values[1], values[SECOND] = values[SECOND], values[1]
    yield "keys-swapped", written(values), ["malformed", 0]


def statements():
    log = usual()
    said = log.keys[1][2]
    text, lines = said.split("\n\n")
    lines = lines.splitlines(keepends=True)
    old, new = Signer(1), Signer(2)
    root = Log().add(7).root()

    def case(name, statement, reason="bad-key"):
        return key_case(f"statement-{name}", reason, SECOND, statement=statement)

    def made(name, *arguments, **named):
        return case(name, succession(*arguments), **named)

    yield case("is-no-note", "x")
    yield case("is-empty", "")
    yield case("number", 1, reason="malformed")
    yield case("without-title", said.replace("succession", "successiom"))
    yield case("unsigned", text + "\n\n")
    yield case("without-the-new-key", text + "\n\n" + lines[0])
    yield case("without-the-old-key", text + "\n\n" + lines[1])
    yield case("signed-thrice", said + lines[1])
    yield case("signatures-swapped", text + "\n\n" + lines[1] + lines[0])
    yield case("without-line-feed", said[:-1])
    yield case("with-a-line-behind", said + "x\n")
    yield case("with-carriage-returns", said.replace("\n", "\r\n"))
    yield case("is-a-checkpoint", sealed(log.origin, 7, root, old))
    yield made("from-6", log.origin, 6, root, old, new)
    yield made("from-with-zero", log.origin, "07", root, old, new)
    yield made("from-with-sign", log.origin, "+7", root, old, new)
    yield made("root-too-short", log.origin, 7, root[:31], old, new)
    yield made("of-another-old-key", log.origin, 7, root, Signer(3), new)
    yield made("of-another-new-key", log.origin, 7, root, old, Signer(3))
    yield made("of-the-keys-swapped", log.origin, 7, root, new, old)
    other = f"userstore/{OTHER_STORE}"
    yield made("of-another-store", other, 7, root, old, new, reason="foreign-store")
    yield case("names-another-store", said.replace(f"\u2014 {log.origin}", f"\u2014 {other}"))
    yield case("says-another-store", said.replace(log.origin, other, 1))


def roots():
    """Statements whose root is not that of the log before them: signed by both keys."""
    log = usual()
    log.keys[1] = (7, Signer(2), succession(log.origin, 7, b"x" * 32, Signer(1), Signer(2)))
    yield "statement-root-wrong", written(log.values()), ["root-mismatch", 7]
    yield "statement-root-wrong-at-first", written(log.values(7)), ["root-mismatch", 7]
    yield "statement-root-wrong-before-first", written(log.values(8)), None
    values = log.values(7)
    values[FIRST_ENTRY] = {"x": 1}
    yield "statement-root-wrong-then-malformed", written(values), ["malformed", 7]
    values[FIRST_ENTRY] = {"checkpoint": "x"}
    yield "statement-root-wrong-then-no-checkpoint", written(values), ["root-mismatch", 7]
    values[FIRST_ENTRY] = log.values()[-2]
    yield "statement-root-wrong-then-another-entry", written(values), ["root-mismatch", 7]
    yield "statement-root-wrong-then-end", written(values[:FIRST_ENTRY]), ["truncated", 7]


def successions():
    """Keys in unusual places, all of them good."""
    log = Log().hand_over(Signer(2)).add(2).seal()
    yield "key-handed-over-at-once", written(log.values()), None
    log = Log().add(2).hand_over(Signer(2)).hand_over(Signer(3)).add(2).seal()
    yield "key-that-never-signed", written(log.values()), None
    yield "key-that-never-signed-at-first", written(log.values(2)), None
    log.entries[2] = Log().add(2).hand_over(Signer(2)).add(1).entries[2]
    yield "key-that-may-never-sign", written(log.values()), ["wrong-key", 2]
