"""The whole report as JSON: ``schema_version`` changes when a reader would have to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from suites.gate.report import Report


def render(report: Report) -> bytes:
    """UTF-8 JSON, indented, ending with a newline."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"
