"""Answers without a server, and pauses that take no time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import respx

from contracts.consumers.logic.answers import Waits

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def vendor() -> Iterator[respx.MockRouter]:
    """No server: every route must be asked, and nothing else may be."""
    with respx.mock() as router:
        yield router


@pytest.fixture
def waits() -> Waits:
    """What a client sleeps between its attempts."""
    return Waits()
