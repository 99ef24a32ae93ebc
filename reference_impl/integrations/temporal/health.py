"""How Temporal is: does its frontend serve, and may we use our namespace.

Asked by a fresh client each time: one that is kept says "connected" after the server has died, and for a namespace that
does not exist. temporalio is imported only here, since it starts a runtime of its own.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from reference_impl.integrations.base import PROBE_S, CredentialsRejected, NotFound, Unavailable, VendorError
from reference_impl.integrations.health import Health, examine

if TYPE_CHECKING:
    from temporalio.service import RPCError

NAME = "temporal"
EXHAUSTED = 8
"""The gRPC status of a server that is asked too much; the statuses here are gRPC's, not HTTP's."""

# A client that can't connect says why in the debug form of a Rust error, and with no code of its own.
_CODE = re.compile(r"\bcode: (\w+)")
_MESSAGE = re.compile(r'\b(?:message|error): "((?:[^"\\]|\\.)+)"')


@dataclass(frozen=True, slots=True)
class Frontend:
    """Where Temporal is and what we are there. A key alone would turn TLS on: here it is on only where that is said."""

    address: str  # host:port
    namespace: str = "default"
    api_key: str | None = None
    tls: bool = False


async def check(frontend: Frontend | None, *, within_s: float = PROBE_S) -> Health:
    """Connect, ask and forget, within so many seconds; None: it is not configured."""
    if frontend is None:
        return Health("not_configured", "", 0)
    return await examine(_usable(frontend, within_s), degrading=(EXHAUSTED,))


async def _usable(frontend: Frontend, within_s: float) -> None:
    from temporalio.service import RPCError

    try:
        async with asyncio.timeout(within_s):
            await _ask(frontend, timedelta(seconds=within_s))
    except TimeoutError:
        raise Unavailable(NAME, f"no answer within {within_s:g} s") from None
    except RPCError as error:
        raise _meaning(error) from None
    except (RuntimeError, ValueError) as error:  # what a client raises that can't connect, or has no such address
        raise _meaning_of_text(str(error)) from None


async def _ask(frontend: Frontend, within: timedelta) -> None:
    from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
    from temporalio.client import Client

    client = await Client.connect(
        frontend.address,
        namespace=frontend.namespace,
        api_key=frontend.api_key,
        tls=frontend.tls,
        connect_timeout=within,
        keep_alive_config=None,
    )
    if not await client.service_client.check_health(timeout=within):
        raise Unavailable(NAME, "the workflow service is not serving")
    request = DescribeNamespaceRequest(namespace=frontend.namespace)
    await client.workflow_service.describe_namespace(request, timeout=within)


def _meaning(error: RPCError) -> VendorError:
    from temporalio.service import RPCStatusCode

    code, said = error.status, error.message
    if code in (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED):
        return CredentialsRejected(NAME, said, status=code)
    if code == RPCStatusCode.NOT_FOUND:
        return NotFound(NAME, said, status=code)
    return Unavailable(NAME, said, status=code)


def _meaning_of_text(text: str) -> VendorError:
    code, message = _CODE.search(text), _MESSAGE.search(text)
    said = message[1] if message else text
    if code and code[1] in ("PermissionDenied", "Unauthenticated"):
        return CredentialsRejected(NAME, said)
    return Unavailable(NAME, said, status=EXHAUSTED if code and code[1] == "ResourceExhausted" else None)
