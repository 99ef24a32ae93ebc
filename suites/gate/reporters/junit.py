"""JUnit XML: a test case per check, for CI systems that draw tables of them.

A skip or an omission is ``<skipped>``; an error and an undecided check are ``<error>``, because neither is a pass.
What did not come from a check (a broken harness, the verdict) has cases of its own: a report is never green by silence.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from fixtures.requirements import Level
from fixtures.results import Outcome
from suites.gate.report import suite_of
from suites.gate.reporters.text import evidence, waiver_words
from suites.gate.verdict import Decision

if TYPE_CHECKING:
    from suites.gate.report import Report
    from suites.gate.tree import CheckNode

_INVALID = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2


def render(report: Report) -> bytes:
    """UTF-8 XML."""
    root = ET.Element("testsuites", name=f"cityos {report.about.command}")
    for name, nodes in _suites(report).items():
        suite = _suite(root, report, name)
        for node in nodes:
            _case(suite, report, node)
    _harness(root, report)
    _verdict(root, report)
    for suite in root:
        _add_up(suite)
    for attribute in ("tests", "failures", "errors", "skipped"):
        root.set(attribute, str(sum(int(suite.get(attribute, "0")) for suite in root)))
    root.set("time", f"{report.about.duration_s:.3f}")
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def clean(text: str) -> str:
    """The text without the characters that XML cannot carry in any form."""
    return _INVALID.sub("", text)


def _suites(report: Report) -> dict[str, list[CheckNode]]:
    suites: dict[str, list[CheckNode]] = {}
    for node in report.tree.checks():
        suites.setdefault(suite_of(node.result.check), []).append(node)
    return suites


def _suite(root: ET.Element, report: Report, name: str) -> ET.Element:
    suite = ET.SubElement(root, "testsuite", name=clean(name), timestamp=report.about.started)
    properties = ET.SubElement(suite, "properties")
    about = report.about
    facts = {
        "harness": about.harness, "target": about.target, "base_url": about.base_url, "build": about.build,
        "seed": about.seed, "run": about.run, "profile": about.profile, "python": about.python,
        "defect": about.defect, "selection": about.selection, "verdict": report.verdict.decision.value,
    }  # fmt: skip
    for key, value in facts.items():
        if value is not None:
            ET.SubElement(properties, "property", name=key, value=clean(str(value)))
    return suite


def _case(suite: ET.Element, report: Report, node: CheckNode) -> None:
    result = node.result
    module, _, name = result.check.partition("::")
    classname = module.removesuffix(".py").replace("/", ".")
    case = ET.SubElement(suite, "testcase", classname=clean(classname), name=clean(name or module))
    case.set("time", f"{result.duration_ms / 1000:.3f}")
    properties = ET.SubElement(case, "properties")
    for identifier in result.requirements:
        ET.SubElement(properties, "property", name="requirement", value=clean(identifier))
    if result.title:
        ET.SubElement(properties, "property", name="title", value=clean(result.title))
    message = _message(report, node)
    match result.outcome:
        case Outcome.SKIP | Outcome.OMIT:
            ET.SubElement(case, "skipped", message=message, type=result.outcome.value)
        case Outcome.FAIL:
            failure = ET.SubElement(case, "failure", message=message, type=_level(report, node))
            failure.text = clean(result.evidence.difference if result.evidence else result.reason or "")
        case Outcome.ERROR | Outcome.INCONCLUSIVE:
            ET.SubElement(case, "error", message=message, type=result.outcome.value)
        case _:
            pass
    lines = list(evidence(result))
    if lines:
        ET.SubElement(case, "system-out").text = clean("\n".join(lines))


def _message(report: Report, node: CheckNode) -> str:
    result = node.result
    seen = result.evidence.difference if result.evidence else ""
    parts = [waiver_words(node), result.reason or seen or "no reason given"]
    if result.outcome is Outcome.FAIL and _level(report, node) == Level.SHOULD:
        parts.insert(0, "SHOULD, does not block")
    return clean("; ".join(part for part in parts if part))


def _level(report: Report, node: CheckNode) -> str:
    levels = {
        requirement.requirement.level
        for requirement in report.tree.requirements()
        if requirement.requirement.id in node.result.requirements
    }
    return Level.SHOULD.value if levels == {Level.SHOULD} else Level.MUST.value


def _harness(root: ET.Element, report: Report) -> None:
    """What broke outside any check, and planned checks that never ended."""
    troubles = [(broken.where, broken.reason) for broken in report.tree.broken]
    troubles += [(check, "was planned and never ended") for check in report.tree.unfinished]
    if not troubles:
        return
    suite = _suite(root, report, "harness")
    for where, reason in troubles:
        case = ET.SubElement(suite, "testcase", classname="harness", name=clean(where), time="0.000")
        ET.SubElement(case, "error", message=clean(reason), type="broken")


def _verdict(root: ET.Element, report: Report) -> None:
    suite = _suite(root, report, "verdict")
    case = ET.SubElement(suite, "testcase", classname="verdict", name=report.about.command, time="0.000")
    verdict = report.verdict
    why = "\n".join(
        " ".join(part for part in (reason.row, reason.requirement, reason.standing, reason.check, reason.why) if part)
        for reason in verdict.deciding
    )
    if verdict.decision is not Decision.RELEASE:
        kind = "failure" if verdict.decision is Decision.BLOCK else "error"
        message = f"{verdict.decision}: {verdict.summary}"
        ET.SubElement(case, kind, message=clean(message), type=verdict.decision.value).text = clean(why)
    elif why:
        ET.SubElement(case, "system-out").text = clean(why)


def _add_up(suite: ET.Element) -> None:
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for attribute, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(element) is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
