"""Logs: one JSON object per line on standard error, secrets masked."""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING, Any

import structlog

from reference_impl.core.edge import add_trace
from reference_impl.core.json import dumps

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_SECRET = re.compile(
    r"(?i)((?:bearer|basic|token)\s+)[\w.~+/=:-]{8,}|\b((?:sk|pk|whsec)_)\w{6,}|(://[^:/@\s]+:)[^@\s]+(?=@)"
)


def _mask(_logger: object, _method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    return {key: _masked(value) if isinstance(value, str) else value for key, value in event.items()}


def _masked(text: str) -> str:
    return _SECRET.sub(lambda found: (found[1] or found[2] or found[3]) + "***", text)


def configure() -> None:
    """Set up structlog, and send what libraries log the same way from WARNING on."""
    structlog.configure(
        processors=[
            add_trace,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _mask,
            structlog.processors.JSONRenderer(serializer=lambda event, **_: dumps(event)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
