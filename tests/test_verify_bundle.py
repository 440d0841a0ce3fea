#!/usr/bin/env python3
"""Tests of the second verifier: python3 tests/test_verify_bundle.py"""

import io
import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import verify_bundle
from second_verifier import ed25519, forge, forms, lines, tree
from second_verifier.crafted import CANNOT_WORK, cases, write
from second_verifier.forge import Log

SCRIPT = Path(verify_bundle.__file__)


def found(bundle, kept=None):
    try:
        report = verify_bundle.verify(io.BytesIO(bundle), kept)
    except verify_bundle.CannotWork:
        return CANNOT_WORK
    return None if report["valid"] else [report["reason"], report["leaf"]]


class Verdicts(unittest.TestCase):
    def test_each_crafted_bundle_has_its_verdict(self):
        for case in cases():
            with self.subTest(case.name):
                self.assertEqual(found(case.bundle, case.kept), case.expected)

    def test_no_two_crafted_bundles_have_one_name(self):
        with tempfile.TemporaryDirectory() as directory:
            write(Path(directory))

    def test_a_report_counts_what_is_good(self):
        log = Log().add(3).seal().hand_over(forge.Signer(2)).add(2).seal()
        log.entries[1] = forge.erased(log.entries[1])
        report = verify_bundle.verify(io.BytesIO(forge.written(log.values())))
        counts = [report[name] for name in ("entries", "erased", "checkpoints", "keys")]
        self.assertEqual(counts, [5, 1, 2, 2])
        self.assertEqual(report["root"], forge.base64_of(log.root()))
        self.assertEqual((report["first"], report["size"]), (0, 5))
        self.assertEqual(report["instanceId"], log.store)
        self.assertEqual(report["tail"], "unprotected")
        self.assertEqual(report["key"], forge.base64_of(forge.Signer(2).info))
        self.assertIsNone(report["line"])


class Program(unittest.TestCase):
    def run_it(self, bundle, *arguments):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "bundle.jsonl"
            if bundle is not None:
                path.write_bytes(bundle)
            command = [sys.executable, SCRIPT, path, *arguments]
            return subprocess.run(command, capture_output=True, check=False)

    def test_the_exit_code_says_what_was_found(self):
        good = forge.written(Log().add(1).seal().values())
        for bundle, code in ((good, 0), (good[:-1], 1), (None, 2)):
            ended = self.run_it(bundle)
            self.assertEqual(ended.returncode, code)
            self.assertEqual(bool(ended.stderr), code == 2)

    def test_the_report_is_json(self):
        good = forge.written(Log().add(1).seal().values())
        report = json.loads(self.run_it(good[:-1], "--json").stdout)
        self.assertEqual((report["reason"], report["leaf"], report["line"]), ("truncated", 1, 4))

    def test_a_kept_checkpoint_is_read_from_a_file(self):
        log = Log().add(1).seal()
        with tempfile.NamedTemporaryFile() as kept:
            kept.write(log.checkpoints[1].encode())
            kept.flush()
            ended = self.run_it(forge.written(log.values()), "--json", "--checkpoint", kept.name)
        self.assertEqual(json.loads(ended.stdout)["tail"], "pinned")


class Canonical(unittest.TestCase):
    def test_the_worked_example_is_as_documented(self):
        document = (SCRIPT.parent.parent / "docs" / "audit.md").read_text(encoding="utf-8")
        made = json.loads(re.search(r"```json\n(.*?)```", document, re.DOTALL).group(1))
        for example in (made, forge.erased(made)):
            entry = lines.Entry(example)
            self.assertTrue(ed25519.Key(entry.key_info, 0).holds(entry.signature, entry.message))
            self.assertIsNone(entry.commitment_fault())
            self.assertIn(f"hash of the leaf: {entry.leaf_hash().hex()}\n", document)

    def test_control_characters_are_escaped_as_rfc_8785_says(self):
        short = {8: "b", 9: "t", 10: "n", 12: "f", 13: "r"}
        for code in range(0x20):
            escape = "\\" + short.get(code, f"u{code:04x}")
            self.assertEqual(forms.canonical(chr(code)).decode(), f'"{escape}"')
        self.assertEqual(forms.canonical('"\\').decode(), r'"\"\\"')

    def test_everything_else_is_written_as_it_is(self):
        plain = ("/", "\x7f", "\x80", "\u2028", "\u2029", "\ufeff", "\uffff", "\U0001f980", "<>&'")
        for text in plain:
            self.assertEqual(forms.canonical(text).decode(), f'"{text}"')


class Ed25519(unittest.TestCase):
    def test_eight_points_are_of_small_order(self):
        # The points (±x, y) of the five ordinates; x = 0 has no sign.
        ordinates = ed25519.small_order_ordinates()
        points = [1 if y in (1, ed25519.FIELD - 1) else 2 for y in ordinates]
        self.assertEqual(sum(points), 8)
        for y in ordinates:
            self.assertEqual(self.eightfold(y), 1)

    @staticmethod
    def eightfold(y):
        """The ordinate of the eightfold of a point, by the doubling of RFC 8032 §5.1.4."""
        field, d = ed25519.FIELD, ed25519.CURVE_D
        for _ in range(3):
            xx = (y * y - 1) * pow(d * y * y + 1, -1, field) % field
            y = (y * y + xx) * pow(1 - d * xx * y * y, -1, field) % field
        return y

    def test_the_second_half_is_less_than_the_order(self):
        signer = forge.Signer(1)
        key = ed25519.Key(signer.info, 0)
        signature = signer.private.sign(b"x")
        self.assertTrue(key.holds(signature, b"x"))
        half = int.from_bytes(signature[32:], "little") + ed25519.GROUP_ORDER
        self.assertFalse(key.holds(signature[:32] + half.to_bytes(32, "little"), b"x"))


class Trees(unittest.TestCase):
    def test_roots_are_those_of_the_definition(self):
        hashes = [bytes([n]) * 32 for n in range(70)]
        for first in range(len(hashes)):
            grown = tree.Tree(first, forge.prefix_roots(hashes[:first]))
            self.assertEqual(grown.root(), forge.tree_root(hashes[:first]))
            for size in range(first, len(hashes)):
                grown.append(hashes[size])
                self.assertEqual(grown.root(), forge.tree_root(hashes[: size + 1]))

    def test_the_roots_of_a_known_log_are_found(self):
        """The leaves and roots that the implementations of Certificate Transparency test with."""
        leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
        leaves.append("606162636465666768696a6b6c6d6e6f")
        roots = {
            0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        }
        grown = tree.Tree(0, [])
        for size in range(9):
            if size in roots:
                self.assertEqual(grown.root().hex(), roots[size])
            if size < 8:
                grown.append(forge.hashlib.sha256(b"\x00" + bytes.fromhex(leaves[size])).digest())


if __name__ == "__main__":
    unittest.main()
