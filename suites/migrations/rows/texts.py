"""Texts as shops in the Gulf have them, with what trips programs up; and texts that fit a pattern."""

from __future__ import annotations

import importlib
import random
import re
from typing import Any

PLAIN = (
    "محفظة العميل",
    "متجر الرياض ـ فرع العليا",
    "شارع الملك فهد، الرياض ١٢٢١١",
    "أهلًا وسهلًا 🛍️",
    "عبد الله O'Brien",
    'the "best" price',
    "Zoë Müller-Lüdenscheidt",
    "👩🏽‍🚀 family 👨‍👩‍👧‍👦",
    "two\nlines",
    "50 % off; select 1",
    "back\\slash and tab\t",
    " spaces around ",
    "<b>bold</b> & more",
    "null",
    "0012",
    "Standard delivery",
    "قهوة عربية Arabic coffee",
    "a long description, " * 12,
)
# By what a column is called, where its name says what is in it: a pick, or a form around a number of its own.
PICKS = {
    "currency": ("SAR", "AED", "KWD", "USD"),
    "country": ("SA", "AE", "KW", "EG"),
    "timezone": ("Asia/Riyadh", "Asia/Dubai", "UTC", "Europe/London"),
    "locale": ("ar-SA", "en", "ar"),
    "language": ("ar", "en"),
}
FORMS = {
    "email": ("user", "@example.test"),
    "url": ("https://shop.example.test/", ""),
    "website": ("https://shop.example.test/", "/"),
    "phone": ("+9665", ""),
    "slug": ("slug-", ""),
    "handle": ("handle-", ""),
    "sku": ("SKU-", ""),
    "code": ("CODE", ""),
    "token": ("token-", ""),
    "number": ("N-", ""),
}
_CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": " ",
    "xdigit": "0-9a-f",
    "punct": "!-/",
}
_ANY = "abcdefghijklmnopqrstuvwxyz0123456789"
_REPEATS_MAX = 6
_DEPTH_MAX = 30


def samples(operator: str, pattern: str, count: int, seed: int, length: tuple[int, int] = (0, 10_000)) -> list[str]:
    """Up to `count` different texts that fit; none where the pattern is beyond us.

    operator: ~ and ~* with a regular expression, ~~ and ~~* (LIKE) with % and _. length: smallest and largest.
    """
    if operator.startswith("~~"):
        pattern = _from_like(pattern)
    for name, characters in _CLASSES.items():
        pattern = pattern.replace(f"[:{name}:]", characters)
    try:
        tree = importlib.import_module("re._parser").parse(pattern)
    except (re.error, OverflowError, ImportError):
        return []
    dice = random.Random(seed)  # noqa: S311 seeded, and no secret
    found: dict[str, None] = {}
    for _ in range(count * 4 + 20):
        try:
            text = "".join(_pieces(tree, dice, 0))
        except _Beyond:
            return []
        if length[0] <= len(text) <= length[1] and re.search(pattern, text):
            found[text] = None
        if len(found) == count:
            break
    return list(found)


class _Beyond(Exception):
    """A part of a pattern that is not produced here, such as a look behind."""


def _from_like(pattern: str) -> str:
    parts = {"%": f"[{_ANY}]*", "_": f"[{_ANY}]"}
    return "^" + "".join(parts.get(character) or re.escape(character) for character in pattern) + "$"


def _pieces(tree: Any, dice: random.Random, depth: int) -> list[str]:
    if depth > _DEPTH_MAX:
        raise _Beyond
    return [_piece(str(code), argument, dice, depth + 1) for code, argument in tree]


def _piece(code: str, argument: Any, dice: random.Random, depth: int) -> str:
    match code:
        case "LITERAL":
            return chr(argument)
        case "NOT_LITERAL":
            return dice.choice([each for each in _ANY if ord(each) != argument])
        case "ANY":
            return dice.choice(_ANY)
        case "IN":
            return dice.choice(_members(argument))
        case "AT":
            return ""
        case "BRANCH":
            return "".join(_pieces(dice.choice(argument[1]), dice, depth))
        case "SUBPATTERN":
            return "".join(_pieces(argument[-1], dice, depth))
        case "MAX_REPEAT" | "MIN_REPEAT":
            low, high, inner = argument
            times = dice.randint(low, min(int(high), low + _REPEATS_MAX))
            return "".join("".join(_pieces(inner, dice, depth)) for _ in range(times))
    raise _Beyond


def _members(parts: Any) -> list[str]:
    """What a class such as [a-z_] may be."""
    found: set[str] = set()
    negated = False
    for code, argument in parts:
        match str(code):
            case "NEGATE":
                negated = True
            case "LITERAL":
                found.add(chr(argument))
            case "RANGE":
                found |= {chr(each) for each in range(argument[0], min(argument[1], argument[0] + 500) + 1)}
            case "CATEGORY":
                found |= _category(str(argument))
            case _:
                raise _Beyond
    members = sorted(set(_ANY + "_-.@ ") - found if negated else found)
    if not members:
        raise _Beyond
    return members


def _category(name: str) -> set[str]:
    everything = set(_ANY + _ANY.upper() + "_ -.")
    match name:
        case "CATEGORY_DIGIT":
            return set("0123456789")
        case "CATEGORY_WORD":
            return {each for each in everything if each.isalnum() or each == "_"}
        case "CATEGORY_SPACE":
            return {" "}
        case "CATEGORY_NOT_DIGIT":
            return {each for each in everything if not each.isdigit()}
        case "CATEGORY_NOT_SPACE":
            return everything - {" "}
        case "CATEGORY_NOT_WORD":
            return set(" -.")
    raise _Beyond
