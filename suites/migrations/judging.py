"""Which requirement a finding breaks: each rule belongs to one, and what no requirement knows breaks the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixtures.migrating import DOWN, UP

if TYPE_CHECKING:
    from fixtures.migrating import Answer

RULES: dict[str, frozenset[str]] = {
    "MIG-01": frozenset({
        "no-history", "nothing-found", "no-migration", "broken-chain", "two-heads", "two-ways", "unknown-name",
        "down-alone", "same-name", "unread", "class-never-runs", "module-missing", "module-not-configured",
        "made-too-late", "depends-on-order", "no-sql", "refused",
    }),
    "MIG-02": frozenset({
        "not-null-over-rows", "foreign-key-over-orphans", "unique-over-duplicates", "check-over-rows", "cast-fails",
    }),
    "MIG-03": frozenset({"data-changed", "data-dropped", "rows-lost"}),
    "MIG-04": frozenset({"not-repeatable"}),
    "MIG-05": frozenset({"no-down", "missing-down", "merge-down", "down-leaves", "down-not-inverse"}),
    "MIG-06": frozenset({"down-drops-other", "others-depend-on-it"}),
    "MIG-07": frozenset({"not-the-same-again"}),
    "MIG-08": frozenset({
        "models-differ", "table-missing", "column-missing", "column-unmodelled", "type-differs", "nullable-differs",
        "enum-unchecked", "enum-refused", "enum-unknown", "index-missing", "index-differs", "check-missing",
        "foreign-key-missing",
    }),
    "MIG-09": frozenset({"made-twice"}),
    "MIG-10": frozenset({"depends-on-clock", "depends-on-locale"}),
    "MIG-11": frozenset({"index-invalid"}),
}  # fmt: skip
"""By requirement, the rules of a replay that say it is broken."""
_KNOWN = frozenset[str]().union(*RULES.values())
_FIRST = "MIG-01"


def broken(answer: Answer, requirement: str) -> list[str]:
    """What a replay found against a requirement; against the first one also what no requirement knows."""
    return [
        str(each)
        for each in answer.counting
        if each.rule in RULES[requirement] or (requirement == _FIRST and each.rule not in _KNOWN)
    ]


def not_replayed(answer: Answer, *ways: str) -> list[str]:
    """Why nothing can be said: not every revision went all these ways, so what lies behind was never looked at."""
    words = {UP: "up", DOWN: "down"}
    return [
        f"only {answer.went(way)} of {answer.revisions} revisions went {words[way]} with rows in the tables"
        for way in ways
        if not answer.went(way) == answer.revisions > 0
    ]
