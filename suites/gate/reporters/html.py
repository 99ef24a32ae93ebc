"""One HTML file that needs nothing else: no script, no font, no network. It reads well on paper and in the dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suites.gate.reporters import text

if TYPE_CHECKING:
    from suites.gate.report import Report


def render(report: Report) -> bytes:
    """UTF-8 HTML. Everything that came from outside is escaped by the template engine."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("suites.gate.reporters"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(duration=text.duration, safe_text=text.safe, answer=text.answer_line)
    environment.globals.update(waiver_words=text.waiver_words, count=text.count)
    page = environment.get_template("report.html.j2").render(
        report=report, about=report.about, verdict=report.verdict, tree=report.tree, counts=text.counts(report.tree)
    )
    return page.encode("utf-8", "replace")
