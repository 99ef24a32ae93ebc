"""Changing how deliveries of vendors are proved and what they do, which several defects need."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from reference_impl.core.database import Work
    from reference_impl.integrations.webhooks import Delivery
    from suites.defects.registry import Patch

    Handler = Callable[[Delivery, Work], Awaitable[bool]]

VENDORS = ("stripe", "erpnext", "fleetbase", "payload_cms", "sendgrid")


def proving(vendor: str) -> Any:
    """The module in which the deliveries of a vendor are proved."""
    return importlib.import_module(f"reference_impl.integrations.{vendor}.webhook")


def in_every_verifier(patch: Patch, name: str, value: object) -> None:
    """Put something in the place of what the verifiers share, wherever it was imported to."""
    from reference_impl.integrations import webhooks

    patch.setattr(webhooks, name, value)
    for module in map(proving, VENDORS):
        if hasattr(module, name):
            patch.setattr(module, name, value)


def sound_handler(path: str) -> Handler:
    """What the events of a vendor ("payload-cms") do now."""
    from reference_impl.adapters import receiving

    return receiving.SENDERS[path].handle


def set_sender(patch: Patch, path: str, **changes: Any) -> None:
    """Let the events of a vendor do something else (`handle`), or be taken apart otherwise (`parts`)."""
    from reference_impl.adapters import receiving

    changed = replace(receiving.SENDERS[path], **changes)
    patch.setattr(receiving, "SENDERS", {**receiving.SENDERS, path: changed})
