"""SARIF 2.1.0: the failures as code-scanning alerts, each at the check that found it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from fixtures.requirements import Level
from fixtures.results import Outcome
from suites.gate.reporters import text

if TYPE_CHECKING:
    from suites.gate.report import Report
    from suites.gate.tree import CheckNode, RequirementNode

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ALERTS = (Outcome.FAIL, Outcome.ERROR, Outcome.INCONCLUSIVE)


def render(report: Report) -> bytes:
    """UTF-8 JSON. A waived failure stays in it as a suppressed result, with the waiver as the justification."""
    nodes = report.tree.requirements()
    results = [_result(node, check) for node in nodes for check in node.checks if check.result.outcome in _ALERTS]
    notifications = [
        {"level": "error", "message": {"text": text.safe(f"{broken.where}: {broken.reason}")}}
        for broken in report.tree.broken
    ]
    run: dict[str, Any] = {
        "tool": {"driver": {"name": "cityos", "rules": [_rule(node) for node in nodes]}},
        "automationDetails": {"id": f"cityos {report.about.command}/{report.about.target}/{report.about.run}"},
        "invocations": [
            {
                "executionSuccessful": not notifications,
                "exitCode": int(report.verdict.exit_code),
                "toolExecutionNotifications": notifications,
            }
        ],
        "results": results,
        "properties": {"about": msgspec.to_builtins(report.about), "verdict": report.verdict.decision.value},
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _rule(node: RequirementNode) -> dict[str, Any]:
    requirement = node.requirement
    return {
        "id": requirement.id,
        "shortDescription": {"text": requirement.text},
        "defaultConfiguration": {"level": _level(node)},
        "properties": {"row": requirement.row, "level": requirement.level.value, "standing": node.standing.value},
    }


def _result(node: RequirementNode, check: CheckNode) -> dict[str, Any]:
    result = check.result
    words = [result.title, *text.evidence(result, 1)]
    alert: dict[str, Any] = {
        "ruleId": node.requirement.id,
        "level": _level(node) if result.outcome is Outcome.FAIL else "warning",
        "message": {"text": "\n".join(text.safe(word) for word in words if word) or result.outcome.value},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": result.check.partition("::")[0]}}}],
        "partialFingerprints": {"check/v1": f"{node.requirement.id} {result.check}"},
        "properties": {"outcome": result.outcome.value, "check": result.check},
    }
    if check.waived:
        alert["suppressions"] = [{"kind": "external", "justification": text.waiver_words(check)}]
    return alert


def _level(node: RequirementNode) -> str:
    return "error" if node.requirement.level is Level.MUST else "warning"
