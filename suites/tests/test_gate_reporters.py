"""Each format says what the tree says, and stays well-formed whatever a target sends."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from fixtures.results import Broken, CheckStarted, Planned
from suites.gate import reporters
from suites.gate.reporters import html, junit, markdown, sarif, terminal
from suites.gate.reporters import json as json_reporter
from suites.tests.gate_samples import NASTY, build, evidence, report, result, waiver

if TYPE_CHECKING:
    from pathlib import Path

    from suites.gate.report import Report

SECRETS_OF_A_FAILURE = (
    "WAL-07",
    "POST http://127.0.0.1:9/admin/wallets/w1",
    "{&quot;amount&quot;:10}",
    "balance: expected 70.00, got 40.00",
    "--seed 7 --only suites/conformance/test_wallet.py::test_repeat",
)


@pytest.fixture
def mixed() -> Report:
    """A run with one check of each outcome, two broken parts and one check that never ended."""
    outcomes = ("pass", "skip", "omit", "error", "inconclusive")
    results = [
        result(one, "WAL-03", check=f"suites/smoke/test_x.py::test_{one}", reason=f"why {one}") for one in outcomes
    ]
    found, uses = build(
        [*results, result("fail"), result("fail", "ENV-01", check="suites/conformance/test_e.py::test_count")],
        broken=[Broken("worker gw1", "died")],
        unfinished=["suites/smoke/test_x.py::test_lost"],
        waivers=[waiver("WAL-03")],
    )
    return report(found, uses, defect="wallet.lost_update")


@pytest.fixture
def nasty() -> Report:
    """A run whose target sent what no format likes."""
    found, uses = build([result("fail", reason=NASTY, seen=evidence(NASTY))], broken=[Broken(NASTY, NASTY)])
    return report(found, uses, target=NASTY, build=NASTY)


def plain(shown: Report, **options: Any) -> str:
    """What the terminal shows where there is none."""
    out = Console(file=io.StringIO(), highlight=False, markup=False, emoji=False, soft_wrap=True, width=80)
    terminal.show(out, shown, [], **options)
    return out.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_terminal_shows_evidence_of_a_failure(mixed: Report) -> None:
    """Requirement, request, answer, expectation, difference and repeat command are on the terminal."""
    shown = plain(mixed)
    for part in (
        *SECRETS_OF_A_FAILURE[:2],
        '{"amount":10}',
        *SECRETS_OF_A_FAILURE[3:],
        "200 (12 ms)",
        "moves money once",
    ):
        assert part in shown
    assert "verdict  block: 1 MUST requirement failed" in shown
    assert "with the defect wallet.lost_update switched on" in shown


def test_terminal_is_plain_where_there_is_none(mixed: Report, nasty: Report) -> None:
    """Without a terminal nothing moves and nothing is coloured, and a target's escape codes are shown, not obeyed."""
    for shown in (plain(mixed, timings=True), plain(nasty)):
        assert "\x1b" not in shown
        assert "\x08" not in shown
    assert r"\x1b[31mred" in plain(nasty)


def test_terminal_of_a_release() -> None:
    """A release ends with the verdict and what it stands on."""
    found, uses = build([result("pass", "WAL-03", check="a::t"), result("pass", check="b::t")], whole=True)
    assert plain(report(found, uses)).splitlines() == [
        "",
        "1.1  pass         2 of 2 requirements      Wallet",
        "5.4  not run      0 of 1 requirement       Security",
        "note  5.4 ENV-01 not run: no check of it ran",
        "",
        "verdict  release: 2 of 2 MUST requirements proved",
        "target   reference at http://127.0.0.1:9, build 1.2.3",
        f"checks   2 pass in 4.2 s, harness {'f' * 40}",
        "run      20261122T120000Z-0000002a, profile merge, seed 7",
    ]


def test_terminal_remarks_on_waivers() -> None:
    """A waiver that nothing needs any more is named, so that it is taken out."""
    found, uses = build([result("pass")], waivers=[waiver()])
    assert "note  the waiver of WAL-07 (wallet team) is not needed any more: take it out" in plain(report(found, uses))


def test_steps_say_what_each_check_did() -> None:
    """A smoke step is one line: outcome, title, requests and time; why not, when it did not pass."""
    assert terminal.step(result("pass")).plain == (
        "pass         A repeated reference moves money once.  (3 requests, 120 ms)"
    )
    assert terminal.step(result("skip", reason="no wallet")).plain.splitlines()[1].strip() == "no wallet"


def test_progress_is_silent_where_there_is_no_terminal() -> None:
    """Following events prints nothing into a pipe."""
    out = Console(file=io.StringIO())
    with terminal.Live(out) as live:
        for event in (Planned(["a"]), CheckStarted("a")):
            live.see(event)
    assert out.file.getvalue() == ""  # type: ignore[attr-defined]


def test_junit_has_one_case_per_check(mixed: Report) -> None:
    """Skips are skipped, errors and undecided checks are errors, failures carry evidence, and the sums are right."""
    root = ET.fromstring(junit.render(mixed))
    cases = {case.get("name"): case for case in root.iter("testcase")}
    kinds = {
        name: [child.tag for child in case if child.tag in ("skipped", "error", "failure")]
        for name, case in cases.items()
    }
    assert kinds == {
        "test_pass": [],
        "test_skip": ["skipped"],
        "test_omit": ["skipped"],
        "test_error": ["error"],
        "test_inconclusive": ["error"],
        "test_repeat": ["failure"],
        "test_count": ["failure"],
        "worker gw1": ["error"],
        "suites/smoke/test_x.py::test_lost": ["error"],
        "gate": ["failure"],
    }
    assert (root.get("tests"), root.get("failures"), root.get("errors"), root.get("skipped")) == ("10", "3", "4", "2")
    seen = cases["test_repeat"].findtext("system-out") or ""
    assert "POST http://127.0.0.1:9/admin/wallets/w1" in seen
    properties = {(one.get("name"), one.get("value")) for one in root.iter("property")}
    assert {
        ("harness", "f" * 40),
        ("seed", "7"),
        ("requirement", "WAL-07"),
        ("defect", "wallet.lost_update"),
    } <= properties
    message = cases["test_count"].find("failure")
    assert message is not None
    assert message.get("type") == "SHOULD"


def test_junit_is_never_green_by_silence() -> None:
    """A run in which nothing ran has an error in it."""
    root = ET.fromstring(junit.render(report(build([])[0])))
    assert root.get("errors") == "1"


@pytest.mark.parametrize(
    "render",
    [junit.render, html.render, json_reporter.render, markdown.render, sarif.render],
    ids=["junit", "html", "json", "markdown", "sarif"],
)
def test_formats_survive_nasty_characters(nasty: Report, render: Any) -> None:
    """Control characters, markup, surrogates and reading-order marks leave each format readable by its own parser."""
    if render in (json_reporter.render, sarif.render):
        nasty = report(
            build([result("fail", reason=NASTY.replace("\ud800", ""))])[0], target=NASTY.replace("\ud800", "")
        )
    content = render(nasty).decode("utf-8")
    if render is junit.render:
        ET.fromstring(content)
    elif render is html.render:
        assert "<script" not in content
        assert not re.search(r"[\x00-\x08\x0b-\x1f]", content)
    elif render is markdown.render:
        assert "<script" not in content.split("<details>")[0]
    else:
        json.loads(content)


class _Page(HTMLParser):
    """Notes what a page would fetch or run, its headings, and tags that are not closed."""

    void = frozenset({"meta", "br", "hr", "img", "link", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[int] = []
        self.outside: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.void:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.outside += [
            value or "" for name, value in attrs if name in ("src", "href") and not (value or "").startswith("#")
        ]
        if tag in ("script", "link", "img", "iframe"):
            self.faults.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"/{tag} at {self.getpos()}")


def test_html_stands_alone(mixed: Report) -> None:
    """One well-formed file that fetches and runs nothing, with headings in order and the verdict on top."""
    content = html.render(mixed).decode()
    page = _Page()
    page.feed(content)
    assert (page.faults, page.open, page.outside) == ([], [], [])
    assert page.headings[0] == 1
    assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert "<h1>Block: 1 MUST requirement failed</h1>" in content
    assert "url(" not in content
    for part in SECRETS_OF_A_FAILURE:
        assert part.replace("&quot;", "&#34;") in content
    assert content.count("<table>") == content.count("<caption>")


def test_json_has_everything(mixed: Report) -> None:
    """The JSON carries a schema version, the verdict, and the tree down to the answer that a check saw."""
    data = json.loads(json_reporter.render(mixed))
    assert (data["schema_version"], data["verdict"]["decision"], data["verdict"]["exit_code"]) == (1, "block", 1)
    wallet = data["tree"]["rows"][0]
    assert (wallet["row"], wallet["standing"]) == ("1.1", "fail")
    failed = next(one for one in wallet["requirements"] if one["requirement"]["id"] == "WAL-07")["checks"][0]
    assert failed["result"]["evidence"]["exchanges"][0]["response"]["status"] == 200
    assert data["about"]["harness"] == "f" * 40
    assert data["waivers"][0]["state"] == "unused"


def test_markdown_summary(mixed: Report) -> None:
    """The summary begins with the verdict and cannot be broken out of by a pipe or a tag."""
    content = markdown.render(mixed).decode()
    assert content.startswith("## ❌ block: 1 MUST requirement failed")
    assert "| 1.1 | Wallet | fail | 2 |" in content


def test_sarif_suppresses_waived_failures() -> None:
    """A waived failure stays an alert, suppressed, with the waiver as its justification."""
    found, uses = build([result("fail")], waivers=[waiver()])
    run = json.loads(sarif.render(report(found, uses)))["runs"][0]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["WAL-07"]
    (alert,) = run["results"]
    assert alert["suppressions"][0]["justification"] == "waived until 2026-11-22 by wallet team: ticket 1234"
    assert alert["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "suites/conformance/test_wallet.py"


def test_all_files_are_written(mixed: Report, tmp_path: Path) -> None:
    """Every format gets its file, named after the command, and nothing else is left behind."""
    written = reporters.write_all(mixed, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in written.values())
    assert sorted(written) == ["html", "json", "junit.xml", "md", "sarif"]
