"""The ledger suites/requirements.toml: what is required, by which plan row, and whether it blocks."""

from __future__ import annotations

import difflib
import re
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from suites.gate.options import UsageError

ROW_TITLES = {
    "0.1": "CMS hierarchy sync: health check and backoff",
    "0.2": "SendGrid 401 degrades",
    "0.3": "Hydration mismatch",
    "0.4": "One React",
    "0.5": "Streams",
    "1.1": "Wallet",
    "1.2": "Trade-in",
    "1.3": "Insurance",
    "2.1": "Integration health",
    "2.2": "Circuit breakers",
    "2.3": "Environment validation",
    "2.4": "Webhook signatures",
    "3.1": "One React",
    "3.2": "SSR loaders",
    "3.3": "Commission types",
    "3.4": "Cache-Control",
    "4.1": "Test suite baseline",
    "4.2": "CI pipeline",
    "4.3": "Smoke, five paths",
    "4.4": "Migrations",
    "5.1": "Pinned versions",
    "5.2": "Deployment",
    "5.3": "Performance baseline",
    "5.4": "Security",
    "5.5": "Documentation",
}
"""The rows of the plan. A row that is not listed here is shown by its number alone."""


class Level(StrEnum):
    """MUST blocks a release; SHOULD is reported."""

    MUST = "MUST"
    SHOULD = "SHOULD"


class Requirement(msgspec.Struct, frozen=True):
    """One line of the ledger."""

    id: str
    row: str
    level: Level
    text: str
    capability: str | None = None
    writes: bool = False


_ID = re.compile(r"[A-Z][A-Z0-9]*-[0-9]+[a-z]?")
_KEYS: dict[str, type] = {"id": str, "row": str, "level": str, "text": str, "capability": str, "writes": bool}
_NEEDED = ("id", "row", "level", "text")


def load(path: Path) -> dict[str, Requirement]:
    """Every requirement by its id, in the file's order; UsageError names file, key and remedy."""
    entries = read_toml(path).get("requirement", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError(f"{path}: 'requirement' must be a list of tables: write [[requirement]] above each one")
    if not entries:
        raise UsageError(f"{path}: no [[requirement]] in it: a ledger with nothing in it cannot release anything")
    ledger: dict[str, Requirement] = {}
    for number, entry in enumerate(entries, start=1):
        requirement = _requirement(path, number, entry)
        if requirement.id in ledger:
            raise UsageError(f"{path}: id {requirement.id} is there twice: give the second one its own number")
        ledger[requirement.id] = requirement
    return ledger


def read_toml(path: Path) -> dict[str, Any]:
    """The file as plain data; UsageError when it is missing or no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}): create it or correct the path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: is not TOML ({error}): correct that line") from error


def check_keys(where: str, entry: dict[str, Any], keys: dict[str, type], needed: tuple[str, ...]) -> None:
    """Refuse unknown, missing and wrongly typed keys of one table, with the nearest right name."""
    for key, value in entry.items():
        if key not in keys:
            near = difflib.get_close_matches(key, keys, n=1)
            remedy = f"did you mean {near[0]!r}?" if near else f"known keys are {', '.join(keys)}"
            raise UsageError(f"{where}: unknown key {key!r}: {remedy}")
        if type(value) is not keys[key]:
            raise UsageError(f"{where}: {key!r} must be of type {keys[key].__name__}, not {type(value).__name__}")
        if isinstance(value, str) and not value.strip():
            raise UsageError(f"{where}: {key!r} is empty: fill it in or leave it out")
    for key in needed:
        if key not in entry:
            raise UsageError(f"{where}: {key!r} is missing: add it")


def _requirement(path: Path, number: int, entry: dict[str, Any]) -> Requirement:
    where = f"{path}: requirement {entry.get('id', number)}"
    check_keys(where, entry, _KEYS, _NEEDED)
    if not _ID.fullmatch(entry["id"]):
        raise UsageError(f"{where}: 'id' must look like WAL-07: capital letters, a dash, a number")
    if entry["level"] not in list(Level):
        raise UsageError(f"{where}: 'level' is {entry['level']!r}: write MUST (blocks) or SHOULD (is reported)")
    return msgspec.convert(entry, Requirement)
