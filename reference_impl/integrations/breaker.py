"""A circuit breaker: stops asking a vendor that does not answer, and finds out when it does again.

Written here because three things are wanted together that no kept library has: an injected clock, exactly one probe at
half-open however many ask at once, and a failure that was returned counting as one that was raised.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from reference_impl.core.clock import Clock

State = Literal["closed", "open", "half_open"]
THRESHOLD = 5
REST_S = 30.0


class BreakerOpen(Exception):
    """The vendor is not asked now; `until`: when the next probe may go."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(f"not asked before {until:%H:%M:%S} UTC")


class Breaker:
    """Closed until `threshold` calls in a row have failed, then open for `rest_s`, then half-open: one call is let
    through, and its outcome decides. Only the event loop's thread may use it: no await stands inside.
    """

    def __init__(self, clock: Clock, *, threshold: int = THRESHOLD, rest_s: float = REST_S) -> None:
        self._clock = clock
        self._threshold = threshold
        self._rest = timedelta(seconds=rest_s)
        self._failures = 0
        self._opened_at: datetime | None = None
        self._probing = False

    @property
    def state(self) -> State:
        if self._opened_at is None:
            return "closed"
        return "half_open" if self._clock.now() >= self._opened_at + self._rest else "open"

    def enter(self) -> None:
        """Ask whether a call may go; every call that may must end in `succeeded` or `failed`. Raises BreakerOpen."""
        if self._opened_at is None:
            return
        if self._probing or self.state == "open":
            raise BreakerOpen(max(self._opened_at + self._rest, self._clock.now()))
        self._probing = True

    def succeeded(self) -> None:
        """The vendor answered, whatever it said."""
        self._failures, self._opened_at, self._probing = 0, None, False

    def failed(self) -> None:
        """The vendor did not answer, or could not do its work."""
        self._failures += 1
        if self._probing or self._failures >= self._threshold:
            self._opened_at, self._probing = self._clock.now(), False

    def abandoned(self) -> None:
        """The call was cancelled before anything was known: a probe may be tried again."""
        self._probing = False
