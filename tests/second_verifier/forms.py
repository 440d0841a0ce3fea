"""Canonical JSON, and the forms of the values in it."""

import base64
import datetime
import json
import re

GREATEST_INTEGER = 2**53 - 1
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{6})Z"
)


class Malformed(Exception):
    """Something has not its form."""


def refuse(literal):
    raise ValueError(f"{literal} is none of the numbers that are used here")


WRITER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
READER = json.JSONDecoder(parse_float=refuse, parse_constant=refuse)


def canonical(value):
    """RFC 8785 of texts, integers, nulls, lists and objects whose member names are ASCII: for these
    Python's writer gives that form, escapes included."""
    return WRITER.encode(value).encode("utf-8")


def parse_canonical(line):
    """The value of a line that is canonical, and in which all numbers are integers."""
    try:
        value = READER.decode(line.decode("utf-8"))
        same = canonical(value) == line
    except (ValueError, RecursionError) as error:
        raise Malformed(f"it is no canonical JSON: {error}") from None
    if not same:
        raise Malformed("it is JSON, but not in canonical form")
    return value


def members(value, names, what):
    if not isinstance(value, dict) or set(value) != set(names):
        raise Malformed(f"{what} has not the members that it must have")
    return value


def integer(value, least, what):
    # `true` is an instance of `int`, too.
    if type(value) is not int or not least <= value <= GREATEST_INTEGER:
        raise Malformed(f"{what} is no integer from {least} on")
    return value


def string(value, what):
    if not isinstance(value, str):
        raise Malformed(f"{what} is no string")
    return value


def unbase64(text, what, length=None):
    """The bytes of base64 in its one canonical form; of this length, where one is given."""
    try:
        data = base64.b64decode(string(text, what), validate=True)
    except ValueError:
        raise Malformed(f"{what} is no base64") from None
    if base64.b64encode(data).decode("ascii") != text:
        raise Malformed(f"{what} is base64, but not in canonical form")
    if length is not None and len(data) != length:
        raise Malformed(f"{what} is not {length} bytes long")
    return data


def uuid(value, what):
    if not UUID.fullmatch(string(value, what)):
        raise Malformed(f"{what} is no lower-case UUID")
    return value


def timestamp(value, what):
    found = TIMESTAMP.fullmatch(string(value, what))
    try:
        datetime.datetime(*map(int, found.groups()))
    except (AttributeError, ValueError):
        raise Malformed(f"{what} is no date and time of the form that is used here") from None
    return value


def one_of(value, known, what):
    if value not in known:
        raise Malformed(f"{what} is none of {', '.join(known)}")
    return value


def decimal(text, least, what):
    """A number in a note: no sign, no leading zero."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,19}", text) or not least <= int(text) < 2**64:
        raise Malformed(f"{what} is no number from {least} on")
    return int(text)
