"""Bundles of which each is wrong in one way, or good in an unusual one, and what is to be found.

Most of them only who holds the keys can make. `cases` gives them all; run as a program, it writes
them to a directory, for other verifiers:

    python3 -m second_verifier.crafted DIRECTORY

leaves `NAME.jsonl`, `NAME.checkpoint` where a checkpoint was kept, and `expected.json`: an object
with `[reason, leaf]` for each NAME, null where it is good, "cannot-work" where there is no verdict.
"""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Optional

from . import crafted_entries, crafted_files, crafted_keys, crafted_notes

CANNOT_WORK = "cannot-work"


@dataclasses.dataclass
class Case:
    name: str
    bundle: bytes
    expected: object
    kept: Optional[bytes] = None


def cases():
    for module in (crafted_files, crafted_keys, crafted_entries, crafted_notes):
        for name, bundle, expected, *kept in module.cases():
            yield Case(name, bundle, expected, *kept)


def write(directory):
    expected = {}
    for case in cases():
        assert case.name not in expected, f"two cases have the name {case.name}"
        expected[case.name] = case.expected
        (directory / f"{case.name}.jsonl").write_bytes(case.bundle)
        if case.kept is not None:
            (directory / f"{case.name}.checkpoint").write_bytes(case.kept)
    (directory / "expected.json").write_text(json.dumps(expected), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
