"""The providers that contracts are verified against, and the simulators that stand in for those nobody here owns."""

from __future__ import annotations

import contextlib
from importlib import import_module
from typing import TYPE_CHECKING

from fixtures.exits import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contracts.providers.states import Provider

CITYOS = "cityos"
"""Our own platform: the one provider that is a target, with target files and credentials of its own."""

_PROVIDERS = {
    "erpnext": ("contracts.providers.erpnext", "ErpNext", "fixtures.simulators.erpnext", "ErpNext"),
    "fleetbase": ("contracts.providers.fleetbase", "Fleetbase", "fixtures.simulators.fleetbase", "Fleetbase"),
    "payload-cms": ("contracts.providers.payload_cms", "PayloadCms", "fixtures.simulators.payload_cms", "PayloadCms"),
    "sendgrid": ("contracts.providers.sendgrid", "SendGrid", "fixtures.simulators.sendgrid", "SendGridSimulator"),
    "stripe": ("contracts.providers.stripe", "Stripe", "fixtures.simulators.stripe", "Stripe"),
}
VENDORS = tuple(_PROVIDERS)
NAMES = (*VENDORS, CITYOS)


@contextlib.contextmanager
def at(
    name: str, base_url: str, headers: Mapping[str, str] | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[Provider]:
    """A vendor at an address. Raises UsageError for one that is not known, Unreachable when nobody answers there."""
    if name not in _PROVIDERS:
        raise UsageError(f"{name} is no vendor with a contract; there are {', '.join(VENDORS)}")
    module, kind, _, _ = _PROVIDERS[name]
    provider: Provider = getattr(import_module(module), kind)(base_url, headers, settings)
    try:
        yield provider
    finally:
        provider.close()


@contextlib.contextmanager
def simulated(name: str) -> Iterator[Provider]:
    """A vendor's simulator, started here."""
    from fixtures.simulators.base import running

    _, _, module, kind = _PROVIDERS[name]
    with running(getattr(import_module(module), kind)()) as there, at(name, there.base_url) as provider:
        yield provider
