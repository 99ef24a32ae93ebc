"""Temporal's health, by a real client against a simulated frontend: what is not so now is not said."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fixtures.simulators.temporal import Running, TemporalSimulator, running
from reference_impl.integrations.temporal.health import Frontend, check

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio


@pytest.fixture
def vendor() -> TemporalSimulator:
    return TemporalSimulator(namespaces={"cityos"})


@pytest.fixture
def served(vendor: TemporalSimulator) -> Iterator[Running]:
    with running(vendor) as started:
        yield started


@pytest.fixture
def frontend(served: Running) -> Frontend:
    return Frontend(served.address, "cityos", "test-key")


async def test_healthy_proves_service_key_and_namespace(frontend: Frontend, vendor: TemporalSimulator) -> None:
    """Three calls: who is there, does it serve, may we use the namespace; the key goes along without TLS."""
    found = await check(frontend)
    assert (found.state, found.words) == ("healthy", "")
    assert [asked.method for asked in vendor.asked] == ["GetSystemInfo", "Check", "DescribeNamespace"]
    assert {asked.metadata["authorization"] for asked in vendor.asked} == {"Bearer test-key"}
    assert vendor.asked[-1].metadata["temporal-namespace"] == "cityos"


async def test_without_a_frontend_it_is_not_configured() -> None:
    assert (await check(None)).state == "not_configured"


@pytest.mark.parametrize("key", ["other", None])
@pytest.mark.parametrize("open_system_info", [False, True])
async def test_refused_key_is_rejected_credentials(
    served: Running, vendor: TemporalSimulator, key: str | None, open_system_info: bool
) -> None:
    """Whether the first call is refused already, which a client tells in another way, or only that on the namespace."""
    vendor.open_system_info = open_system_info
    found = await check(Frontend(served.address, "cityos", key))
    assert (found.state, found.words) == ("credentials_rejected", "Request unauthorized.")


async def test_namespace_that_does_not_exist_is_unhealthy(served: Running) -> None:
    """A client connects to it all the same."""
    found = await check(Frontend(served.address, "other", "test-key"))
    assert (found.state, found.words) == ("unhealthy", "Namespace other is not found.")


async def test_server_that_does_not_serve_is_unhealthy(frontend: Frontend, vendor: TemporalSimulator) -> None:
    vendor.serving = False
    found = await check(frontend)
    assert (found.state, found.words) == ("unhealthy", "the workflow service is not serving")


async def test_limited_server_is_degraded(frontend: Frontend, vendor: TemporalSimulator) -> None:
    vendor.rate_limited = True
    found = await check(frontend)
    assert (found.state, found.words) == ("degraded", "namespace rate limit exceeded")


async def test_dead_server_is_unhealthy_at_once_and_healthy_when_it_is_back(
    frontend: Frontend, served: Running
) -> None:
    """Nothing is remembered from one check to the next."""
    assert (await check(frontend)).state == "healthy"
    served.stop()
    dead = await check(frontend)
    assert (dead.state, dead.words) == ("unhealthy", "Connection refused")
    served.start()
    assert (await check(frontend)).state == "healthy"


async def test_slow_server_is_not_waited_for(frontend: Frontend, vendor: TemporalSimulator) -> None:
    vendor.slow_s = 0.5
    found = await check(frontend, within_s=0.2)
    assert (found.state, found.words) == ("unhealthy", "no answer within 0.2 s")


async def test_server_that_takes_connections_and_says_nothing_is_unhealthy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = await check(Frontend(f"127.0.0.1:{silent.getsockname()[1]}"), within_s=0.2)
    assert (found.state, found.words) == ("unhealthy", "no answer within 0.2 s")


async def test_tls_is_used_only_where_it_is_said(served: Running) -> None:
    """A key alone would turn it on in temporalio; here the frontend speaks plain text."""
    assert (await check(Frontend(served.address, "cityos", "test-key", tls=True))).state == "unhealthy"
    assert (await check(Frontend(served.address, "cityos", "test-key", tls=False))).state == "healthy"


@pytest.mark.parametrize("address", ["", "nowhere", "127.0.0.1:x", "127.0.0.1:99999", "nobody.invalid:7233"])
async def test_address_that_is_none_is_unhealthy(address: str) -> None:
    """A check has an answer, whatever was configured."""
    found = await check(Frontend(address, api_key="k"))
    assert found.state == "unhealthy"
    assert found.words


def test_temporalio_is_loaded_only_where_it_is_used() -> None:
    """Nobody pays for its runtime by importing the check."""
    code = "import sys, reference_impl.integrations.temporal.health; sys.exit('temporalio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
