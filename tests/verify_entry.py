#!/usr/bin/env python3
"""Checks one audit entry by other hands than the ones that made it.

    python3 verify_entry.py entry.json

Reads the entry as the API prints it, from a file or from standard input, and checks its signature
with the OpenSSL program (3.0 or later) and its commitments with SHA-256. Says what is wrong and ends
with 1, or ends with 0. Whether the public key inside the entry is one to be trusted, it cannot know.
Needs nothing but Python's own library and `openssl`.
"""

import base64
import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

NOT_SIGNED = {"signature", "originalContent", "currentContent", "originalSalt", "currentSalt"}


def signed_bytes(entry):
    """RFC 8785 of the entry without what is not signed: its values are texts, integers and nulls,
    and its names are ASCII, for which Python's writer gives the canonical form."""
    signed = {name: value for name, value in entry.items() if name not in NOT_SIGNED}
    text = json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8")


def signature_fault(entry):
    with tempfile.TemporaryDirectory() as directory:
        key, message, signature = (Path(directory) / name for name in ("key", "message", "signature"))
        key.write_bytes(base64.b64decode(entry["signaturePublicKeyInfo"], validate=True))
        message.write_bytes(signed_bytes(entry))
        signature.write_bytes(base64.b64decode(entry["signature"], validate=True))
        checked = subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER",
             "-inkey", key, "-in", message, "-sigfile", signature],
            capture_output=True, text=True, check=False,
        )
    return None if checked.returncode == 0 else f"the signature does not fit: {checked.stdout.strip()}"


def commitment_fault(entry, side):
    content, salt = entry[f"{side}Content"], entry[f"{side}Salt"]
    commitment = entry[f"{side}Commitment"]
    if content is None:
        return None if salt is None else f"a salt without {side}Content"
    if salt is None or commitment is None:
        return f"{side}Content without salt or commitment"
    salt = base64.b64decode(salt, validate=True)
    if len(salt) != 16:
        return f"{side}Salt is not 16 bytes long"
    digest = hashlib.sha256(salt + content.encode("utf-8")).digest()
    fits = base64.b64encode(digest).decode("ascii") == commitment
    return None if fits else f"{side}Content does not fit its commitment"


def main():
    source = Path(sys.argv[1]).read_bytes() if len(sys.argv) > 1 else sys.stdin.buffer.read()
    entry = json.loads(source)
    faults = [signature_fault(entry), commitment_fault(entry, "original"), commitment_fault(entry, "current")]
    found = [fault for fault in faults if fault]
    print("\n".join(found) or "the entry is genuine")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
