"""A short Markdown summary, for the page that a CI system shows of a job."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from suites.gate.reporters import text

if TYPE_CHECKING:
    from suites.gate.report import Report

FAILURES_SHOWN = 20
EXCHANGES_SHOWN = 2
CHARACTERS_MAX = 900_000  # a job summary of GitHub holds 1 MiB
_MARKUP = re.compile(r"([\\`*_{}\[\]()+!|~@])")
_MARKS = {"release": "✅", "block": "❌", "inconclusive": "⚠️"}


def render(report: Report) -> bytes:
    """UTF-8 Markdown: verdict, what decided it, the rows, and the evidence of the first failures."""
    about, verdict = report.about, report.verdict
    changed = f" with the defect {_plain(about.defect)}" if about.defect else ""
    lines = [f"## {_MARKS[verdict.decision]} {verdict.decision}: {_plain(verdict.summary)}", ""]
    lines += [f"- target {_plain(about.target)}{changed} at {_plain(about.base_url)}, build {_plain(about.build)}"]
    lines += [f"- harness {about.harness}, seed {about.seed}, profile {about.profile}, run {about.run}"]
    lines += [f"- {text.counts(report.tree)} in {about.duration_s:.1f} s", ""]
    reasons = [("Decided by", verdict.deciding), ("To be seen", verdict.notes)]
    for title, listed in reasons:
        if listed:
            lines += [f"**{title}**", ""]
        for reason in listed:
            subject = " ".join(part for part in (reason.row, reason.requirement, reason.standing, reason.check) if part)
            lines.append(f"- {_plain(subject)}: {_plain(reason.why)}")
        lines.append("")
    lines += ["| Row | What | Stands | Requirements |", "|---|---|---|---|"]
    lines += [f"| {_plain(row.row)} | {_plain(row.title)} | {row.standing} | {len(row.requirements)} |"
              for row in report.tree.rows]  # fmt: skip
    for node in text.unhappy(report.tree)[:FAILURES_SHOWN]:
        result = node.result
        heading = _no_tags(" ".join([node.standing, *result.requirements, result.title]))
        lines += ["", f"<details><summary>{heading}</summary>", ""]
        lines += [f"    {line}" for line in [result.check, *text.evidence(result, EXCHANGES_SHOWN)]]
        lines += ["", "</details>"]
    return ("\n".join(lines) + "\n")[:CHARACTERS_MAX].encode("utf-8", "replace")


def _plain(words: str) -> str:
    """The words on one line, with everything that Markdown or HTML would read as markup escaped."""
    return _MARKUP.sub(r"\\\1", _no_tags(words))


def _no_tags(words: str) -> str:
    """The words on one line, for the inside of an HTML element."""
    return html.escape(" ".join(text.safe(words).split()), quote=False)
