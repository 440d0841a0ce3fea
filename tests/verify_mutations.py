#!/usr/bin/env python3
"""Gives the verdicts of the second verifier on altered copies of one bundle, in one process.

    python3 verify_mutations.py BUNDLE < EDITS > VERDICTS

A line of EDITS is one copy: a JSON list of `[at, cut, put]`, in order and apart from one another,
each of which replaces `cut` bytes at the place `at` of BUNDLE by the bytes that `put` has in
hexadecimal digits. For each a line is printed: `good`, or reason and leaf. What comes before the
first change is verified once where the copies are in order of their first changes.
"""

import bisect
import functools
import json
import sys
from pathlib import Path

from second_verifier import ed25519, lines, verdict
from verify_bundle import judge


class Bundle:
    """A bundle, and a verifier that has taken its lines up to one of them."""

    def __init__(self, data):
        self.data = data
        self.starts = [0]
        while (end := data.find(b"\n", self.starts[-1]) + 1) not in (0, len(data)):
            self.starts.append(end)
        self.restart()

    def restart(self):
        self.verifier, self.taken = verdict.Verifier(), 0

    def line_at(self, offset):
        """The number, from 0 on, of the line that a byte belongs to."""
        if offset == len(self.data):
            return len(self.starts)
        return bisect.bisect_right(self.starts, offset) - 1

    def line(self, number):
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.data)
        return self.data[self.starts[number] : end]

    def verifier_before(self, number):
        """A verifier that has taken all lines before this one, which are good."""
        if number < self.taken:
            self.restart()
        while self.taken < number:
            self.verifier.accept(self.line(self.taken))
            self.taken += 1
        return self.verifier.copy()

    def altered_lines(self, edits, number):
        """The lines of an altered copy, from this one on."""
        place, begun = self.starts[number] if number < len(self.starts) else len(self.data), b""
        for at, cut, put in [*edits, (len(self.data), 0, "")]:
            while place < at:
                end = self.data.find(b"\n", place, at) + 1 or at
                begun, place = begun + self.data[place:end], end
                if begun.endswith(b"\n"):
                    yield begun
                    begun = b""
            *whole, begun = (begun + bytes.fromhex(put)).split(b"\n")
            yield from (line + b"\n" for line in whole)
            place = at + cut
        if begun:
            yield begun

    def verdict(self, edits):
        number = self.line_at(edits[0][0])
        altered = self.altered_lines(edits, number)
        altered = (None if len(line) > lines.LONGEST_LINE + 1 else line for line in altered)
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
