"""What every vendor's client stands on: a timeout on every call, one breaker, bounded retries, errors in its own words.

A vendor that is away, slow or refuses its key is something to wait out (`Unavailable`, `CredentialsRejected`): the
outbox keeps the work. A vendor that refuses the request itself (`Rejected`) will do so again. Each outage is one line
in the log, and its end another.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import random
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import msgspec
import structlog

from reference_impl.core import json
from reference_impl.core.deliveries import Later
from reference_impl.integrations.breaker import Breaker, BreakerOpen

if TYPE_CHECKING:
    from datetime import datetime

    from reference_impl.core.clock import Clock

log = structlog.get_logger()

Form = TypeVar("Form")

CONNECT_S = 2.0
ANSWER_S = 10.0
PATIENCE_S = 60.0
"""For a request that must not be sent twice: its late answer is worth more than none, and nobody's request waits."""
PROBE_S = 2.5
ATTEMPTS = 3
BACKOFF_FIRST_S = 0.2
BACKOFF_CAP_S = 5.0
WORDS_KEPT = 500
RETRY_AFTER_CAP_S = 3600.0


class VendorError(Exception):
    """A vendor did not do what it was asked for; `words` are its own, cut to a readable length."""

    def __init__(self, vendor: str, words: str, *, status: int | None = None) -> None:
        self.vendor = vendor
        self.words = words[:WORDS_KEPT]
        self.status = status
        super().__init__(f"{vendor}: {f'{status} ' if status else ''}{self.words}")


class Unavailable(VendorError, Later):
    """Away, slow, overloaded or broken: to be tried again, not before `retry_at` if the vendor named a time."""

    def __init__(self, vendor: str, words: str, *, status: int | None = None, retry_at: datetime | None = None) -> None:
        self.retry_at = retry_at
        super().__init__(vendor, words, status=status)


class CredentialsRejected(VendorError, Later):
    """The key is refused: to be tried again, since somebody will put it right."""


class Rejected(VendorError):
    """The request is wrong and stays so; `fields`: what the vendor said of each field, if it did."""

    def __init__(
        self, vendor: str, words: str, *, status: int | None = None, fields: Mapping[str, str] | None = None
    ) -> None:
        self.fields = dict(fields or {})
        super().__init__(vendor, words, status=status)


class NotFound(Rejected):
    """What was asked for is not there."""


class Conflict(Rejected):
    """What was to be made is there already, or was changed in between."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a vendor answered: status, headers, and the body, which is JSON with exact numbers where it is JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any
    text: str


class Vendor:
    """One vendor at one address. A client subclasses it, says in `judge` what its answers mean, and asks by `call`."""

    name = "vendor"

    def __init__(
        self,
        base_url: str,
        clock: Clock,
        *,
        headers: Mapping[str, str] | None = None,
        breaker: Breaker | None = None,
        answer_s: float = ANSWER_S,
        patience_s: float = PATIENCE_S,
        seed: int | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.clock = clock
        self.breaker = breaker or Breaker(clock)
        self.outage: str | None = None  # what is wrong with it now; a warning was written
        self._random = random.Random(seed)  # noqa: S311 (jitter, not a secret)
        self._sleep = sleep
        self._answer_s = answer_s
        self._patience_s = max(patience_s, answer_s)
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers=dict(headers or {}),
            timeout=httpx.Timeout(answer_s, connect=CONNECT_S),
            follow_redirects=False,
            trust_env=False,
            verify=_certificates() if base_url.startswith("https:") else False,
        )

    async def close(self) -> None:
        await self._http.aclose()

    def judge(self, answer: Answer) -> VendorError | None:
        """What an answer that is not a success means; None for a success. Each client knows its vendor's ways."""
        raise NotImplementedError

    def encode(self, body: object) -> tuple[bytes, dict[str, str]]:
        """A body and the header that names its form: JSON with exact numbers, for a vendor that wants no other."""
        return json.encode(body), {"content-type": "application/json"}

    def read(self, body: object, form: type[Form]) -> Form:
        """A body, or a part of one, as the dataclass that the vendor promises; fields that we do not use are left.

        Raises Unavailable when it is something else: who answers so (a proxy, a half-installed server) is not well.
        """
        try:
            return msgspec.convert(body, form)
        except msgspec.ValidationError as other:
            raise Unavailable(self.name, f"answered in another form: {other}") from None

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
    ) -> Answer:
        """Ask, and ask again when the vendor is away and the request may be repeated.

        repeatable: whether sending it twice does the same as once; by default GET, PUT and DELETE (RFC 9110 §9.2.2).
        What is not is waited for longer: who gives up on it does not know whether it was done.
        Raises Unavailable, CredentialsRejected or Rejected.
        """
        may_repeat = method in ("GET", "HEAD", "PUT", "DELETE") if repeatable is None else repeatable
        attempt = 0
        while True:
            attempt += 1
            try:
                return await self._once(method, path, may_repeat, query=query, body=body, headers=headers)
            except Unavailable as away:
                named = away.retry_at is not None  # by the vendor, or by the breaker: not ours to hurry
                if not may_repeat or attempt >= ATTEMPTS or named:
                    raise
            await self._sleep(backoff_s(attempt, self._random.random()))

    async def probe(self, path: str, within_s: float = PROBE_S) -> Answer:
        """Ask once, past the breaker and untold to it: how the vendor is at this moment. Raises as `call` does."""
        try:
            async with asyncio.timeout(within_s):
                answer = await self._exchange("GET", path, within_s, query=None, body=None, headers=None)
        except TimeoutError:
            raise Unavailable(self.name, f"no answer within {within_s:g} s") from None
        problem = self.judge(answer)
        if problem is not None:
            raise problem
        return answer

    async def _once(self, method: str, path: str, may_repeat: bool, **sent: Any) -> Answer:
        try:
            self.breaker.enter()
        except BreakerOpen as rest:
            raise Unavailable(self.name, self.outage or "is resting", retry_at=rest.until) from None
        answer: Answer | None = None
        problem: VendorError | None
        overdue = _Overdue(self._answer_s, self._note_overdue)
        try:
            with contextlib.nullcontext() if may_repeat else overdue:
                answer = await self._exchange(method, path, self._answer_s if may_repeat else self._patience_s, **sent)
            problem = self.judge(answer)
        except VendorError as error:
            problem = error
        except BaseException:
            self.breaker.abandoned()
            raise
        if not overdue.came:  # else it was noted then, and an answer that comes late is no end of an outage
            self._note(problem)
        if problem is not None or answer is None:
            raise problem or AssertionError("an answer or a problem")
        return answer

    async def _exchange(
        self,
        method: str,
        path: str,
        wait_s: float,
        *,
        query: Mapping[str, str | int] | None,
        body: object,
        headers: Mapping[str, str] | None,
    ) -> Answer:
        content, kind = (None, {}) if body is None else self.encode(body)
        try:
            got = await self._http.request(
                method,
                path,
                params=query,
                content=content,
                timeout=httpx.Timeout(wait_s, connect=CONNECT_S),
                headers={"accept": "application/json", **kind, **(headers or {})},
            )
            text = got.text
        except httpx.HTTPError as problem:
            raise Unavailable(self.name, f"{type(problem).__name__}: {problem}".rstrip(": ")) from None
        try:
            parsed = json.decode(got.content)
        except (msgspec.DecodeError, ArithmeticError, UnicodeDecodeError, RecursionError):
            parsed = None
        return Answer(got.status_code, got.headers, parsed, text)

    def _note_overdue(self) -> None:
        self._note(Unavailable(self.name, f"no answer within {self._answer_s:g} s; it is waited for"))

    def _note(self, problem: VendorError | None) -> None:
        """Tell the breaker, and the log when an outage begins or ends."""
        outage = problem if isinstance(problem, Unavailable | CredentialsRejected) else None
        if isinstance(problem, Unavailable):
            self.breaker.failed()
        else:
            self.breaker.succeeded()
        if outage is not None and self.outage is None:
            log.warning("vendor_outage", vendor=self.name, reason=str(outage))
        elif outage is None and self.outage is not None:
            log.info("vendor_recovered", vendor=self.name)
        self.outage = None if outage is None else outage.words

    def retry_at(self, answer: Answer) -> datetime | None:
        """When `Retry-After` in seconds lets us ask again (RFC 9110 §10.2.3), at most an hour from now."""
        value = answer.headers.get("retry-after", "")
        if not value.isdecimal():
            return None
        return self.clock.now() + timedelta(seconds=min(float(value), RETRY_AFTER_CAP_S))


@functools.cache
def _certificates() -> ssl.SSLContext:
    """The authorities that this machine trusts; read once, since that takes longer than all the rest of a client."""
    return ssl.create_default_context()


class _Overdue:
    """Calls once so many seconds after the block began, if it lasts so long; `came`: whether it did."""

    def __init__(self, after_s: float, call: Callable[[], None]) -> None:
        self.came = False
        self._after_s = after_s
        self._call = call

    def __enter__(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._after_s, self._come)

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _come(self) -> None:
        self.came = True
        self._call()


def backoff_s(attempt: int, jitter: float) -> float:
    """Seconds to wait after so many attempts: doubled up to a cap, of that half to all, by jitter (0 to 1)."""
    return min(BACKOFF_FIRST_S * 2.0 ** (attempt - 1), BACKOFF_CAP_S) * (0.5 + jitter / 2)
