"""A stand-in for fixtures.plugin: it judges no target, and writes the events that the gate reads by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    for name in ("target", "events", "seed", "run", "profile", "requirements", "only"):
        parser.addoption(f"--cityos-{name}")


def _write(config: pytest.Config, kind: str, **fields: Any) -> None:
    with Path(config.getoption("--cityos-events")).open("a") as file:
        file.write(json.dumps({"type": kind, **fields}) + "\n")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "requirement(*ids): as in the real one")
    config.pluginmanager.register(_Writer(config), "writer")


class _Writer:
    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    def pytest_sessionstart(self) -> None:
        _write(self.config, "run_started", run="r", seed=1, target="t")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        _write(self.config, "planned", checks=[item.nodeid for item in session.items])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        _write(self.config, "check_started", check=nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            result = {
                "check": report.nodeid, "title": "", "requirements": ["WAL-07"], "exchanges": 1, "duration_ms": 1.0,
                "outcome": {"passed": "pass", "failed": "fail", "skipped": "skip"}[report.outcome],
            }  # fmt: skip
            _write(self.config, "check_finished", result=result)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        _write(self.config, "run_finished", exit_code=int(exitstatus))
