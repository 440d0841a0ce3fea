#!/usr/bin/env python3
"""Gives the verdicts of the second verifier on altered copies of one bundle, in one process.

    python3 verify_mutations.py BUNDLE < EDITS > VERDICTS

A line of EDITS is one copy: a JSON list of `[at, cut, put]`, in order and apart from one another,
each of which replaces `cut` bytes at the place `at` of BUNDLE by the bytes that `put` has in
hexadecimal digits. For each a line is printed: `good`, or reason and leaf. What comes before the
first change is verified once where the copies are in order of their first changes. BUNDLE ends with
a line feed, and no line becomes longer than a bundle may have.
"""

import bisect
import functools
import itertools
import json
import sys
from pathlib import Path

from second_verifier import ed25519, verdict
from verify_bundle import judge


class Bundle:
    """A bundle, and a verifier that has taken its lines up to one of them."""

    def __init__(self, data):
        self.data = data
        self.lines = [line + b"\n" for line in data.split(b"\n")[:-1]]
        # Where each line begins, and where the file ends.
        self.starts = [0, *itertools.accumulate(map(len, self.lines))]
        self.restart()

    def restart(self):
        self.verifier, self.taken = verdict.Verifier(), 0

    def line_at(self, offset):
        """The number, from 0 on, of the line that a byte belongs to."""
        return bisect.bisect_right(self.starts, offset) - 1

    def verifier_before(self, number):
        """A verifier that has taken all lines before this one, which are good."""
        if number < self.taken:
            self.restart()
        for line in self.lines[self.taken : number]:
            self.verifier.accept(line)
        self.taken = number
        return self.verifier.copy()

    def altered_lines(self, edits, number):
        """The lines of an altered copy, from this one on."""
        place, begun = self.starts[number], b""
        for at, cut, put in edits:
            *whole, begun = (begun + self.data[place:at] + bytes.fromhex(put)).split(b"\n")
            yield from (line + b"\n" for line in whole)
            place = at + cut
        number = self.line_at(place)
        if begun or place > self.starts[number]:
            end = self.starts[number + 1] if number < len(self.lines) else place
            number += 1
            yield begun + self.data[place:end]
        yield from self.lines[number:]

    def verdict(self, edits):
        number = self.line_at(edits[0][0])
        altered = self.altered_lines(edits, number)
        fault = judge(altered, self.verifier_before(number))
        return f"{fault.reason} {fault.leaf}" if fault else "good"


def main():
    # Contents are not signed: where only they differ the signature is checked once.
    ed25519.Key.holds = functools.lru_cache(1000)(ed25519.Key.holds)
    bundle = Bundle(Path(sys.argv[1]).read_bytes())
    for line in sys.stdin:
        print(bundle.verdict(json.loads(line)))


if __name__ == "__main__":
    main()
