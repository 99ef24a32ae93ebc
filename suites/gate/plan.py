"""Which suites a run executes, and which requirements it therefore has to answer for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fixtures.exits import UsageError
from fixtures.outcomes import terms
from suites.gate.options import ROOT, Options

if TYPE_CHECKING:
    from pathlib import Path

    from fixtures.requirements import Requirement

_REQUIREMENT = re.compile(r"[A-Z]{2,}(-\d+)?")
SUITES = ("smoke", "conformance", "properties", "security", "migrations", "resilience")
"""The folders of suites/ that a run executes, in this order; its profile says how thorough the checks in them are."""


@dataclass(frozen=True)
class Plan:
    """What will run. ``whole``: every requirement of the ledger must be answered, not only those that were chosen."""

    suites: tuple[Path, ...]
    requirements: dict[str, Requirement]
    whole: bool


def make(options: Options, ledger: dict[str, Requirement], root: Path = ROOT) -> Plan:
    """The plan for these options; UsageError when a suite, or a requirement that is asked for, is not there."""
    names = options.suites or SUITES
    folders = tuple(root / "suites" / name for name in names)
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"{folder}: this suite is not there: install the project whole, or run from its checkout")
    for term in terms(options.only or ""):
        if _REQUIREMENT.fullmatch(term) and not any(one == term or one.startswith(f"{term}-") for one in ledger):
            raise UsageError(f"--only {term}: the ledger has no such requirement (suites/requirements.toml)")
    return Plan(suites=folders, requirements=ledger, whole=options.suites is None and options.only is None)
