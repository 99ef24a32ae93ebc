"""How a process leaves while others take over: nobody who is connected to it meets a closed door.

A client may send its next request on a connection that looks idle here, at the very moment at which we are told to
stop. If we closed it then, the client would get a reset, and HTTP lets it repeat only what is idempotent (RFC 9110
§9.2.2, RFC 9112 §9.3.1): an order is not. So a connection stays open for as long as it would have stayed open anyway.
What still comes on it is answered, and the answer says that it was the last (`Connection: close`).
A client that keeps idle connections for less than IDLE_S sees nothing of all this. One that keeps them for longer can
meet their end at any time, without a restart as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

IDLE_S = 5
"""After so many seconds without a request a connection is closed."""
LEAVE_S = IDLE_S + 3
"""So long may a process take that was told to stop; what is unfinished then is broken off."""
_LAST = (b"connection", b"close")


class DrainingProtocol(HttpToolsProtocol):
    """HTTP by httptools, with patience at the end."""

    @override
    def shutdown(self) -> None:
        """The server stops: it has closed its socket already, and waits until every connection is gone."""
        state = self.server_state
        if _LAST not in state.default_headers:
            state.default_headers = [*state.default_headers, _LAST]
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is None and self.timeout_keep_alive_task is None:  # connected, and has asked for nothing so far
            self.timeout_keep_alive_task = self.loop.call_later(IDLE_S, self.timeout_keep_alive_handler)
        elif cycle is not None and not cycle.response_complete:
            cycle.keep_alive = False
