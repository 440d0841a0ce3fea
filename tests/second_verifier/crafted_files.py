"""Files that are no bundle as a whole, and manifests."""

from .forge import OTHER_STORE, Log, Signer, erased, written


def usual():
    """Ten entries under two keys with three checkpoints, some of them hard to write."""
    awkward = 'Ada "/\\ \U0001f980 \u2028 \x7f \x00\x1f\b\t\n\f\r é'
    log = Log().add(3).seal().add(4, current=awkward, primaryKey=awkward, user="ключ")
    log.hand_over(Signer(2)).add(2, originalCommitment=None).seal().add(1, current=None).seal()
    log.entries[4] = erased(log.entries[4])
    return log


def cases():
    log = usual()
    for first in range(len(log.entries) + 1):
        yield f"good-from-{first}", written(log.values(first)), None
    yield from cut_or_joined(written(log.values()))
    yield from other_encodings(written(log.values()))
    yield from long_lines(log)
    yield from manifests(log)


def cut_or_joined(whole):
    lines = whole.splitlines(keepends=True)
    yield "empty", b"", ["truncated", 0]
    yield "cut-in-the-manifest", lines[0][:-1], ["truncated", 0]
    yield "cut-behind-the-manifest", lines[0], ["truncated", 0]
    yield "cut-behind-the-keys", b"".join(lines[:3]), ["truncated", 0]
    yield "cut-in-an-entry", b"".join(lines[:4]) + lines[4][:100], ["truncated", 1]
    yield "cut-behind-an-entry", b"".join(lines[:5]), ["truncated", 2]
    yield "cut-before-the-last-checkpoint", b"".join(lines[:-1]), ["truncated", 10]
    yield "cut-at-the-last-line-feed", whole[:-1], ["truncated", 10]
    yield "a-line-feed-behind", whole + b"\n", ["trailing", 10]
    yield "a-byte-behind", whole + b"x", ["trailing", 10]
    yield "twice", whole + whole, ["trailing", 10]
    yield "an-empty-line-first", b"\n" + whole, ["malformed", 0]
    between = b"".join([*lines[:4], b"\n", *lines[4:]])
    yield "an-empty-line-between", between, ["malformed", 1]


def other_encodings(whole):
    yield "a-byte-order-mark", b"\xef\xbb\xbf" + whole, ["malformed", 0]
    yield "utf-16", whole.decode("utf-8").encode("utf-16-le"), ["malformed", 0]
    yield "carriage-returns", whole.replace(b"\n", b"\r\n"), ["malformed", 0]

    def otherwise(name, what, by, leaf):
        assert what in whole
        return name, whole.replace(what, by, 1), ["malformed", leaf]

    # In the entry of leaf 3.
    accented = "é".encode()
    yield otherwise("an-escape-for-nothing", accented, rb"\u00e9", 3)
    yield otherwise("half-a-surrogate", accented, rb"\ud83e", 3)
    yield otherwise("an-encoded-surrogate", accented, b"\xed\xa0\xbe", 3)
    yield otherwise("overlong-utf-8", accented, b"\xc0\xaf", 3)
    yield otherwise("escaped-surrogates", "\U0001f980".encode(), rb"\ud83e\udd80", 3)
    yield otherwise("an-escaped-slash", rb"/\\", rb"\/\\", 3)
    yield otherwise("an-upper-case-escape", rb"\u001f", rb"\u001F", 3)
    yield otherwise("a-long-escape", rb"\b", rb"\u0008", 3)
    yield otherwise("an-escaped-delete", b"\x7f", rb"\u007f", 3)
    yield otherwise("a-raw-control-character", rb"\t", b"\t", 3)

    leaf = b'"leaf":2}'
    yield otherwise("white-space", leaf, b'"leaf": 2}', 2)
    yield otherwise("white-space-behind", leaf, b'"leaf":2} ', 2)
    yield otherwise("a-fraction", leaf, b'"leaf":2.0}', 2)
    yield otherwise("an-exponent", leaf, b'"leaf":2e0}', 2)
    yield otherwise("a-zero-before", leaf, b'"leaf":02}', 2)
    yield otherwise("a-sign-before", leaf, b'"leaf":+2}', 2)
    yield otherwise("minus-zero", b'"leaf":0}', b'"leaf":-0}', 0)
    yield otherwise("not-a-number", leaf, b'"leaf":NaN}', 2)
    yield otherwise("more-digits-than-anybody-reads", leaf, b'"leaf":' + b"9" * 5000 + b"}", 2)
    yield otherwise("a-member-twice", leaf, b'"leaf":2,"leaf":2}', 2)
    yield otherwise("members-in-another-order", b'{"entry":{', b'{"leaf":0,"entry":{', 0)
    yield otherwise("deeply-nested", leaf, b'"leaf":' + b"[" * 100_000 + b"}", 2)


def long_lines(log):
    def with_a_line_of(length):
        one = Log().add(1, current="").seal()
        rest = len(written(one.values()[2:3])) - 1
        return written(Log().add(1, current="x" * (length - rest)).seal().values())

    yield "the-longest-line", with_a_line_of(4_194_304), None
    yield "a-line-too-long", with_a_line_of(4_194_305), ["malformed", 0]
    cut = with_a_line_of(4_194_400)
    yield "a-long-line-cut", cut[: cut.index(b'"leaf"')], ["truncated", 0]
    yield "a-long-line-behind", written(log.values()) + b"x" * 5_000_000, ["trailing", 10]


def manifests(log):
    def with_manifest(**changes):
        manifest, *rest = log.values()
        return written([{**manifest, **changes}, *rest])

    def wrong(name, **changes):
        return f"manifest-{name}", with_manifest(**changes), ["malformed", 0]

    yield wrong("format", format="userstore-audit-bundle/2")
    yield wrong("first-behind-size", first=11, prefix=[None] * 3)
    yield wrong("root-too-many", prefix=["A" * 43 + "="])
    yield wrong("prefix-null", prefix=None)
    yield wrong("no-checkpoints", checkpoints=0)
    yield wrong("no-keys", keys=0)
    yield wrong("keys-too-many", keys=4097)
    yield wrong("size-zero", size=0)
    yield wrong("size-text", size="10")
    yield wrong("size-true", size=True)
    yield wrong("size-null", size=None)
    yield wrong("size-too-great", size=2**53)
    yield wrong("first-negative", first=-1)
    yield wrong("member-more", more=1)
    yield wrong("upper-case-store", instanceId=log.store.upper())
    yield wrong("store-without-hyphens", instanceId=log.store.replace("-", ""))
    yield wrong("store-with-line-feed", instanceId=log.store + "\n")

    manifest, *rest = log.values()
    less = {name: value for name, value in manifest.items() if name != "format"}
    yield "manifest-member-less", written([less, *rest]), ["malformed", 0]
    yield "manifest-missing", written(rest), ["malformed", 0]
    yield "manifest-twice", written([manifest, manifest, *rest]), ["malformed", 0]
    short = log.values(5)
    short[0]["prefix"][0] = short[0]["prefix"][0][:-2] + "A="
    yield "manifest-root-not-canonical", written(short).replace(b'A="', b'B="', 1), ["malformed", 0]

    foreign = with_manifest(instanceId=OTHER_STORE)
    yield "manifest-of-another-store", foreign, ["foreign-store", 0]
    yield "a-key-line-too-many", with_manifest(keys=1), ["malformed", 0]
    yield "a-key-line-missing", with_manifest(keys=3), ["malformed", 0]
    yield "a-checkpoint-counted-too-many", with_manifest(checkpoints=4), ["malformed", 10]
    yield "a-checkpoint-counted-too-few", with_manifest(checkpoints=2), ["malformed", 10]
