"""`cityos migrations lint`: squawk and rules of our own over what each revision executed, on the schema it met.

Every revision runs once, on an empty database. Tables of earlier revisions count as full and in use; what happens to a
table that the revision makes itself blocks nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from suites.migrations.histories.base import Finding, HistoryError
from suites.migrations.histories.executed import Executed
from suites.migrations.lint import squawk
from suites.migrations.lint.exemptions import holds
from suites.migrations.lint.ran import Ran
from suites.migrations.lint.rules import RULES
from suites.migrations.lint.standing import server_version, standing
from suites.migrations.statements.read import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from suites.migrations.histories.base import History, Revision
    from suites.migrations.lint.squawk import Problem
    from suites.migrations.lint.standing import Standing
    from suites.migrations.statements.read import Statement

_REMEDIES = {
    "ban-char-field": "text, with a check of its length where that matters",
    "ban-drop-column": "expand and contract: when a release has gone out that no longer uses it, say so in the file:"
    " `replay: may drop TABLE.COLUMN: why`",
    "ban-drop-constraint": "let its replacement stand first, validated; where there is none, waive it and say why",
    "ban-drop-view": "when a release has gone out that no longer reads it, say so in the file:"
    " `replay: may drop VIEW: why`",
    "ban-drop-not-null": "let a release go out first that reads a null there",
    "ban-drop-table": "expand and contract: when a release has gone out that no longer uses it, say so in the file:"
    " `replay: may drop TABLE: why`",
    "changing-column-type": "add a new column, fill it in batches, let the code use it, and drop the old one in a later"
    " release",
    "prefer-robust-stmts": "nothing takes back what ran before a failure: say IF NOT EXISTS or IF EXISTS; before CREATE"
    " INDEX CONCURRENTLY drop what a failed attempt left: DROP INDEX CONCURRENTLY IF EXISTS",
    "renaming-column": "expand and contract: add the new column, write both, fill it, read it, then drop the old one",
    "renaming-table": "leave a view with the old name until nobody uses it",
}
_BRIEF = 90  # characters of a statement that a finding quotes


def lint(history: History, url: str) -> list[Finding]:
    """What is wrong with each revision, in their order. url: of an empty database, which is at the end afterwards.

    A revision that PostgreSQL refuses is the last finding; those behind it are not linted. Raises UsageError when
    squawk is not installed, CommandError when it fails.
    """
    squawk.program()
    ran, stopped = _run(history, url)
    version = server_version(url)
    scripts = [squawk.Script([_for_squawk(each) for each in one.statements], one.transactions) for one in ran]
    findings: list[Finding] = []
    for one, said in zip(ran, squawk.problems(scripts, version), strict=True):
        findings += _findings(one, said)
    return findings + stopped


def _run(history: History, url: str) -> tuple[list[Ran], list[Finding]]:
    ran: list[Ran] = []
    before = standing(url, history.ours)
    for revision in history.revisions:
        try:
            executed = history.up(url, revision)
        except HistoryError as refused:
            return ran, [refused.finding]
        after = standing(url, history.ours)
        ran.append(_ran(history, revision, executed, before, after))
        before = after
    return ran, []


def _ran(history: History, revision: Revision, executed: Sequence[str], before: Standing, after: Standing) -> Ran:
    """One transaction for all, where the history does not say otherwise and PostgreSQL does not refuse it."""
    found = [[each for each in read(text) if not _about(each, history)] for text in executed]
    whole: int | None = None if any(each.outside for one in found for each in one) else 0
    said = executed.transactions if isinstance(executed, Executed) else (whole,) * len(executed)
    statements: list[Statement] = []
    transactions: list[int | None] = []
    for one, transaction in zip(found, said, strict=True):
        flat = [inner for each in one for inner in each.flat]
        statements += flat
        transactions += [transaction] * len(flat)
    return Ran(revision, statements, transactions, before, after)


def _about(statement: Statement, history: History) -> bool:
    """Whether it is the tool's own book-keeping."""
    return bool(statement.touches) and statement.touches <= history.ours


def _for_squawk(statement: Statement) -> str:
    """squawk has no rule about rows, and reads less of such statements than PostgreSQL."""
    rows = statement.kind in {"insert", "update", "delete", "merge", "select", "copy", "do", "?"}
    return "" if rows else statement.text


def _findings(ran: Ran, said: Sequence[Problem]) -> Iterator[Finding]:
    found: list[tuple[int, int, str, str, str]] = []
    for each in said:
        if each.rule == squawk.SYNTAX:
            remedy = "read it yourself, and waive this with who did"
            found.append((each.statement, 0, "not-read", f"squawk does not understand it: {each.says}", remedy))
        elif holds(ran, each, said):
            remedy = _REMEDIES.get(each.rule) or each.help or f"read https://squawkhq.com/docs/{each.rule}"
            found.append((each.statement, each.start, each.rule, each.says, remedy))
    rewritten = {
        number for number, _, rule, *_ in found if rule in ("changing-column-type", "adding-field-with-default")
    }
    for rule, judge in RULES.items():
        for fault in judge(ran):
            if rule == "table-rewritten" and fault.statement in rewritten:
                continue  # squawk has said so
            found.append((fault.statement, 0, rule, fault.says, fault.remedy))
    for number, offset, rule, says, remedy in sorted(dict.fromkeys(found)):
        quoted = _quoted(ran.statements[number])
        full = says if quoted in says else f"{says.rstrip('.')}: {quoted}"
        line = ran.line(number, offset)
        yield Finding(f"lint/{rule}", ran.revision.title, ran.revision.file, full, remedy, line)


def _quoted(statement: Statement) -> str:
    said = " ".join(statement.text.split())
    return said if len(said) <= _BRIEF else f"{said[:_BRIEF]}…"
