"""What PostgreSQL's refusal of a step means for a history, by the code of the error (its documentation, appendix A)."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suites.migrations.histories.base import Finding, HistoryError

TOO_LATE = "made-too-late"
"""What a step needs comes later: it can be tried again behind that."""
_WITH_ROWS = {
    "23502": ("not-null-over-rows", "give the rows that are there a value first, or the column a default"),
    "23503": (
        "foreign-key-over-orphans",
        "delete or mend the rows whose parent is gone first, or say `replay: no orphans in TABLE.COLUMN: why`",
    ),
    "23505": ("unique-over-duplicates", "take the duplicates away first, in the same revision"),
    "23514": ("check-over-rows", "bring the rows that break the check in order first"),
}
_CASTS = ("22", ("cast-fails", "say by USING what becomes of each value that has no such form"))
_ANYWHERE = {
    "42P01": (TOO_LATE, "let what makes the table come before this revision"),
    "42703": (TOO_LATE, "let what makes the column come before this revision"),
    "3F000": (TOO_LATE, "make the schema before this revision"),
    "42704": (TOO_LATE, "make it before this revision"),
    "42P07": ("made-twice", "let one revision alone make it"),
    "42701": ("made-twice", "let one revision alone make it"),
    "42710": ("made-twice", "let one revision alone make it"),
    "42601": ("no-sql", "correct the statement"),
    "2BP01": ("others-depend-on-it", "take back what depends on it first; CASCADE would drop what is not yours"),
}


def explained(stopped: HistoryError, *, with_rows: bool) -> Finding:
    """The finding with a rule and a remedy for its cause. with_rows: whether it passed on the empty database."""
    state = stopped.sqlstate or ""
    rule, remedy = _ANYWHERE.get(state, (stopped.finding.rule, stopped.finding.remedy))
    if with_rows:
        rule, remedy = _WITH_ROWS.get(state, (rule, remedy))
        if state.startswith(_CASTS[0]):
            rule, remedy = _CASTS[1]
    return dataclasses.replace(stopped.finding, rule=rule, remedy=remedy or "correct the revision")
