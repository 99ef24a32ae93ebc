"""Servers that answer as a vendor does and have no switches: as a real one, for the tests of provider states."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from starlette.applications import Starlette

from contracts.providers.deliveries import listening
from fixtures.serving import Served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.simulators.base import Simulator


@contextlib.contextmanager
def without_switches(vendor: Simulator) -> Iterator[str]:
    """A simulator's routes and nothing else, at this address."""
    served = Served(lambda: Starlette(routes=list(vendor.routes())), vendor.name)
    try:
        yield served.base_url
    finally:
        served.stop()


def free_hook() -> str:
    """An address where a listener can be."""
    with listening() as deliveries:
        return deliveries.url
