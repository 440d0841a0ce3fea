"""Ed25519, strictly: the equation is that of `cryptography`, what makes it strict is here."""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .forms import Malformed

SPKI_PREFIX = bytes.fromhex("302a300506032b6570032100")
FIELD = 2**255 - 19
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE_D = -121665 * pow(121666, -1, FIELD) % FIELD
ROOT_OF_MINUS_ONE = pow(2, (FIELD - 1) // 4, FIELD)


def square_root(value):
    """A square root in the field, or None: RFC 8032 §5.1.3."""
    root = pow(value, (FIELD + 3) // 8, FIELD)
    for candidate in (root, root * ROOT_OF_MINUS_ONE % FIELD):
        if candidate * candidate % FIELD == value % FIELD:
            return candidate
    return None


def small_order_ordinates():
    """y of the eight points whose order divides 8: 1 and -1 of the orders 1 and 2, 0 of order 4.
    Doubling a point of order 8 gives one with y = 0, so its x² is -y²: d·y⁴ + 2·y² - 1 = 0."""
    half = square_root(1 + CURVE_D)
    squares = [(sign * half - 1) * pow(CURVE_D, -1, FIELD) % FIELD for sign in (1, -1)]
    roots = [root for root in map(square_root, squares) if root is not None]
    return {0, 1, FIELD - 1, *roots, *(FIELD - root for root in roots)}


SMALL_ORDER_ORDINATES = small_order_ordinates()


def point_fault(point):
    """Why the encoding of a point is not in canonical form or of small order; None if neither."""
    y = int.from_bytes(point, "little") & (2**255 - 1)
    if y >= FIELD:
        return "not in canonical form"
    # The points with x = 0, whose sign could be written wrongly, are among these.
    return "of small order" if y in SMALL_ORDER_ORDINATES else None


def is_on_curve(point):
    """Whether x² = (y² - 1) / (d·y² + 1) has a solution; the divisor is never 0."""
    y = int.from_bytes(point, "little") & (2**255 - 1)
    return square_root((y * y - 1) * pow(CURVE_D * y * y + 1, -1, FIELD) % FIELD) is not None


class Key:
    """A public key that is not refused, with the leaf from which on it is in charge."""

    def __init__(self, info, start):
        if not info.startswith(SPKI_PREFIX):
            raise Malformed("it is no Ed25519 key")
        self.info, self.start = info, start
        self.point = info[len(SPKI_PREFIX) :]
        why = point_fault(self.point)
        if why or not is_on_curve(self.point):
            raise Malformed(f"its point is {why or 'not on the curve'}")
        self.equation = Ed25519PublicKey.from_public_bytes(self.point)

    def holds(self, signature, message):
        """Whether the signature of 64 bytes holds over the message."""
        if point_fault(signature[:32]) or int.from_bytes(signature[32:], "little") >= GROUP_ORDER:
            return False
        try:
            # OpenSSL computes the first half anew, without cofactor, and compares its bytes.
            self.equation.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def note_id(self, name):
        return hashlib.sha256(name.encode("utf-8") + b"\n\x01" + self.point).digest()[:4]
