"""Handlers of events: none here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_impl.core.outbox import Subscriber

SUBSCRIBERS: list[Subscriber] = []
