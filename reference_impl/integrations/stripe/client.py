"""What we ask of Stripe: a payment intent, and a refund of it.

Each carries an `Idempotency-Key` that its caller makes of what it is for ("pay_…", "refund_…"), so that asking again
after a lost answer moves no money twice. Stripe keeps a key for at least 24 hours, and its answer with it, a 500 too
(https://docs.stripe.com/api/idempotent_requests): what is lost for longer is looked up, not asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlencode

from reference_impl.core.money import CURRENCIES
from reference_impl.integrations.base import (
    Conflict,
    CredentialsRejected,
    NotFound,
    Rejected,
    Unavailable,
    Vendor,
    VendorError,
)

if TYPE_CHECKING:
    from reference_impl.core.clock import Clock
    from reference_impl.integrations.base import Answer
    from reference_impl.integrations.breaker import Breaker

BASE_URL = "https://api.stripe.com"
KEY_LENGTH_MAX = 255

# Where Stripe departs from ISO 4217 (https://docs.stripe.com/currencies, "Special cases"). The shilling of Uganda is
# in two of its lists, once with a hundredth and once without: who guesses is wrong by a factor of 100.
DIGITS: dict[str, int] = {code: digits for code, digits in {**CURRENCIES, "isk": 2, "mga": 0}.items() if code != "ugx"}
_ALWAYS_WHOLE = ("isk",)
_LAST_DIGIT_ZERO_FROM = 3  # of three digits behind the point Stripe takes two


class NotExact(ValueError):
    """An amount that Stripe can't take as it is; it is never rounded on the way."""


@dataclass(frozen=True, slots=True)
class PaymentIntent:
    id: str
    status: str
    amount: Decimal
    currency: str
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Refund:
    id: str
    status: str
    amount: Decimal
    currency: str
    payment_intent: str


@dataclass(frozen=True, slots=True)
class _PaymentIntent:
    object: Literal["payment_intent"]
    id: str
    status: str
    amount: int
    currency: str
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Refund:
    object: Literal["refund"]
    id: str
    status: str
    amount: int
    currency: str
    payment_intent: str


def minor_units(amount: Decimal, currency: str) -> int:
    """An amount in major units as Stripe counts it: 10.99 usd is 1099, 500 jpy is 500; raises NotExact."""
    digits = _digits(currency)
    if not amount.is_finite() or amount <= 0:
        raise NotExact(f"{amount} {currency} is no amount to pay")
    minor = amount.scaleb(digits)
    if minor != minor.to_integral_value():
        raise NotExact(f"{amount} {currency}: Stripe takes {digits} digits behind the point")
    units = int(minor)
    if digits >= _LAST_DIGIT_ZERO_FROM and units % 10:
        raise NotExact(f"{amount} {currency}: Stripe takes two of the three digits behind the point")
    if currency in _ALWAYS_WHOLE and units % 10**digits:
        raise NotExact(f"{amount} {currency}: Stripe takes whole amounts only")
    return units


def major_units(units: int, currency: str) -> Decimal:
    """What Stripe counts, as an amount in major units."""
    return Decimal(units).scaleb(-_digits(currency))


def _digits(currency: str) -> int:
    if currency not in DIGITS:
        raise NotExact(f"{currency} is no currency that we can count as Stripe does")
    return DIGITS[currency]


class Stripe(Vendor):
    """Stripe's API. A call raises Unavailable, CredentialsRejected or Rejected, with Stripe's own words."""

    name = "stripe"

    def __init__(
        self, api_key: str, clock: Clock, *, base_url: str = BASE_URL, breaker: Breaker | None = None, **options: Any
    ) -> None:
        headers = {"authorization": f"Bearer {api_key}"}
        super().__init__(base_url, clock, headers=headers, breaker=breaker, **options)

    async def create_payment_intent(
        self, amount: Decimal, currency: str, *, key: str, metadata: Mapping[str, str] | None = None
    ) -> PaymentIntent:
        """Ask for a payment, once per key; the same key with another amount is a Conflict."""
        form = {
            "amount": str(minor_units(amount, currency)),
            "currency": currency,
            **{f"metadata[{name}]": value for name, value in (metadata or {}).items()},
        }
        return self._intent(await self._post("/v1/payment_intents", form, key))

    async def payment_intent(self, intent_id: str) -> PaymentIntent:
        return self._intent(await self.call("GET", f"/v1/payment_intents/{quote(intent_id, safe='')}"))

    async def refund(self, intent_id: str, amount: Decimal, currency: str, *, key: str) -> Refund:
        """Give back a part or all of a payment, once per key."""
        form = {"payment_intent": intent_id, "amount": str(minor_units(amount, currency))}
        answer = await self._post("/v1/refunds", form, key)
        made = self.read(answer.body, _Refund)
        back = major_units(made.amount, made.currency)
        return Refund(made.id, made.status, back, made.currency, made.payment_intent)

    def _intent(self, answer: Answer) -> PaymentIntent:
        made = self.read(answer.body, _PaymentIntent)
        amount = major_units(made.amount, made.currency)
        return PaymentIntent(made.id, made.status, amount, made.currency, made.metadata)

    async def _post(self, path: str, form: Mapping[str, str], key: str) -> Answer:
        if not (key.isascii() and key.isprintable() and 0 < len(key) <= KEY_LENGTH_MAX):
            raise ValueError(f"an idempotency key has 1 to {KEY_LENGTH_MAX} characters of ASCII")
        return await self.call("POST", path, body=form, headers={"idempotency-key": key}, repeatable=True)

    def encode(self, body: object) -> tuple[bytes, dict[str, str]]:
        """Stripe takes forms, not JSON."""
        assert isinstance(body, Mapping)
        return urlencode(body).encode(), {"content-type": "application/x-www-form-urlencoded"}

    def judge(self, answer: Answer) -> VendorError | None:
        error = answer.body.get("error") if isinstance(answer.body, dict) else None
        problem: dict[str, Any] = error if isinstance(error, dict) else {}
        said = str(problem.get("message") or answer.text)
        if answer.status in (401, 403):
            return CredentialsRejected(self.name, said, status=answer.status)
        # 409: the first request with this key is still at work.
        if answer.status in (409, 429) or answer.status >= 500:
            return Unavailable(self.name, said, status=answer.status, retry_at=self.retry_at(answer))
        if answer.status == 404:
            return NotFound(self.name, said, status=404)
        if problem.get("type") == "idempotency_error":
            return Conflict(self.name, said, status=answer.status)
        if not 200 <= answer.status < 300:
            fields = {str(problem["param"]): said} if problem.get("param") else None
            return Rejected(self.name, said, status=answer.status, fields=fields)
        if not isinstance(answer.body, dict):
            return Unavailable(self.name, "answered with no JSON", status=answer.status)
        return None
