#!/usr/bin/env python3
"""Verifies an audit bundle by other hands than the ones that wrote it.

    python3 verify_bundle.py BUNDLE [--checkpoint FILE] [--json]

Ends with 0 when the bundle is good, with 1 when it is not, with 2 when it could not work. Reads the
bundle once, line by line, so that its size does not matter. The rules are in `second_verifier`,
beside this file. Needs Python 3.10 and `cryptography` (Debian: python3-cryptography).
"""

import argparse
import base64
import json
import sys

try:
    from second_verifier.forms import Malformed
    from second_verifier.lines import is_entry_line_of, lines_of
    from second_verifier.notes import kept_checkpoint
    from second_verifier.verdict import Fault, Verifier
except ImportError as error:
    print(f"something is not installed: {error}", file=sys.stderr)
    sys.exit(2)


class CannotWork(Exception):
    """There is no verdict."""


def read_kept(data):
    """The checkpoint in the bytes of a file."""
    try:
        return kept_checkpoint(data.decode("utf-8"))
    except (Malformed, UnicodeDecodeError) as why:
        raise CannotWork(f"the kept checkpoint is none: {why}") from None


def judge_kept(verifier, kept):
    """Holds the bundle, which is good in itself, against a checkpoint."""
    manifest = verifier.manifest
    if kept.origin != manifest.origin:
        raise Fault("foreign-store", manifest.first, "the kept checkpoint is of another log")
    if kept.size > manifest.size:
        detail = f"the bundle ends before the {kept.size} leaves of the kept checkpoint"
        raise Fault("truncated", manifest.size, detail)
    if kept.size < manifest.first:
        raise CannotWork(
            "the kept checkpoint is over leaves before this bundle: verify the archive with it"
        )
    if kept.root != verifier.kept_root:
        raise Fault("forked", kept.size, "the kept checkpoint is over other entries")
    key = verifier.key_in_charge(kept.size - 1)
    ours = (each for each in kept.note.signatures if each.names(kept.origin, key))
    if not any(kept.note.is_signed(each, key) for each in ours):
        detail = "the kept checkpoint is not signed by the key in charge"
        raise Fault("wrong-key", kept.size, detail)


def judge(lines, verifier, number=0):
    """The fault of the lines, the first of which has the number after `number`; None if good."""
    lines = iter(lines)
    try:
        for line in lines:
            number += 1
            verifier.accept(line)
        number += 1
        verifier.end()
    except Fault as fault:
        fault.line = number
        # What comes later is read to the end only here, and only for this.
        if fault.later and any(is_entry_line_of(line, fault.later_leaf) for line in lines):
            fault.reason = fault.later
        return fault
    return None


def last_key(verifier):
    """The key that signs last, once all are found good."""
    keys, manifest = verifier.keys, verifier.manifest
    if manifest is None or len(keys) < manifest.keys:
        return None
    return base64.b64encode(keys[-1].info).decode("ascii")


def report(verifier, fault, pinned):
    manifest = verifier.manifest
    return {
        "valid": fault is None,
        "reason": fault and fault.reason,
        "leaf": fault and fault.leaf,
        "line": fault and fault.line,
        "detail": fault and fault.detail,
        "instanceId": manifest and manifest.instance,
        "first": manifest and manifest.first,
        "size": manifest and manifest.size,
        "entries": verifier.entries,
        "erased": verifier.erased,
        "checkpoints": verifier.checkpoints,
        "keys": len(verifier.keys),
        "root": None if fault else base64.b64encode(verifier.tree.root()).decode("ascii"),
        "key": last_key(verifier),
        "tail": "pinned" if pinned else "unprotected",
    }


def verify(file, kept_data=None):
    """The report on a bundle, held against a kept checkpoint where its bytes are given."""
    kept = None if kept_data is None else read_kept(kept_data)
    verifier = Verifier(kept.size if kept else None)
    fault = judge(lines_of(file), verifier)
    if fault is None and kept:
        try:
            judge_kept(verifier, kept)
        except Fault as misfit:
            fault = misfit
    return report(verifier, fault, kept is not None and fault is None)


def say(found):
    counts = (
        f"{found['entries']} entries ({found['erased']} erased), "
        f"{found['checkpoints']} checkpoints, {found['keys']} keys"
    )
    if found["valid"]:
        print(f"good: {counts}; the root is {found['root']}")
        print(f"the tail is {found['tail']}; the last key is {found['key']}")
    else:
        place = f" (line {found['line']})" if found["line"] else ""
        what = f"{found['reason']} at leaf {found['leaf']}{place}"
        print(f"{what}: {found['detail']}; {counts} before")


def main():
    parser = argparse.ArgumentParser(description="Verifies an audit bundle.")
    parser.add_argument("bundle", metavar="BUNDLE")
    parser.add_argument("--checkpoint", metavar="FILE", help="a checkpoint that was kept")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    arguments = parser.parse_args()
    try:
        kept_data = None
        if arguments.checkpoint:
            with open(arguments.checkpoint, "rb") as file:
                kept_data = file.read()
        with open(arguments.bundle, "rb", buffering=1 << 20) as file:
            found = verify(file, kept_data)
    except (CannotWork, OSError) as why:
        print(why, file=sys.stderr)
        return 2
    if arguments.json:
        print(json.dumps(found))
    else:
        say(found)
    return 0 if found["valid"] else 1


if __name__ == "__main__":
    sys.exit(main())
