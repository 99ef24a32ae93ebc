"""Stripe's states, by its API and a key of test mode, where cards are those of Stripe's tests and nobody pays."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from contracts.providers.hooked import ALWAYS, Hooked
from contracts.providers.states import StateFailed, Values, state, unique
from fixtures import signers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contracts.providers.deliveries import Delivery

AMOUNT = 34385  # minor units of sar
PAID, REFUNDED = "an order of ours was paid", "money was given back for an order of ours"
CARD = "pm_card_visa"
LIVE = re.compile(r"Bearer (sk|rk)_live_")


class Stripe(Hooked):
    """Stripe with a key of test mode (`--header 'Authorization: Bearer sk_test_…'`)."""

    name: ClassVar[str] = "stripe"
    example_key: ClassVar[str] = "Bearer sk_test_0123456789"
    defaults: ClassVar[Mapping[str, str]] = {"hook": "", "hook_secret": "whsec_test_secret"}
    telling: ClassVar[frozenset[str]] = frozenset({PAID, REFUNDED})

    @override
    def why_not(self, name: str) -> str | None:
        if LIVE.match(self.authorization):
            return "the key is of live mode, where money moves: give one of test mode, sk_test_…"
        return super().why_not(name)

    @state("the key is right")
    def the_key_is_right(self) -> Values:
        """key: an idempotency key that nobody has used."""
        return {"key": unique("refund")}

    @state("a payment was taken")
    def a_payment_was_taken(self) -> Values:
        return {"intent_id": self._paid(), "key": unique("refund")}

    @state("a payment was taken and some of it given back")
    def some_was_given_back(self) -> Values:
        """key: that of the refund."""
        intent_id, key = self._paid(), unique("refund")
        self._back(intent_id, key)
        return {"intent_id": intent_id, "key": key}

    @state("the first request with a key is still at work", simulated=True)
    def still_at_work(self) -> Values:
        values = self.a_payment_was_taken()
        self.switch(at_work=True)
        return values

    @state("it was asked too often", simulated=True)
    def asked_too_often(self) -> Values:
        values = self.a_payment_was_taken()
        self.switch(rate_limited=True)
        return values

    @state("it is broken", simulated=True)
    def broken(self) -> Values:
        values = self.a_payment_was_taken()
        self.switch(flapping=ALWAYS)
        return values

    # What it tells

    @state(PAID)
    def an_order_was_paid(self) -> Values:
        self.listen()
        intent_id = self._paid()
        return self._told("payment_intent.succeeded", "id", intent_id)

    @state(REFUNDED)
    def money_was_given_back(self) -> Values:
        self.listen()
        intent_id = self._paid()
        self._back(intent_id, unique("refund"))
        return self._told("charge.refunded", "payment_intent", intent_id)

    @override
    def is_signed(self, came: Delivery) -> bool:
        secret, header = self.settings["hook_secret"], came.headers.get("stripe-signature", "")
        parts = dict(part.partition("=")[::2] for part in header.split(","))
        if not secret or not parts.get("t", "").isdecimal():
            return not secret
        at = datetime.fromtimestamp(int(parts["t"]), UTC)
        return parts.get("v1") == signers.stripe(came.body, secret, at)["Stripe-Signature"].partition("v1=")[2]

    def _told(self, kind: str, name: str, intent_id: str) -> Values:
        self.expect(kind, lambda event: event["type"] == kind and event["data"]["object"].get(name) == intent_id)
        return {"intent_id": intent_id}

    # Its API

    def _paid(self) -> str:
        """A payment by a card of Stripe's tests."""
        form = {
            "amount": str(AMOUNT),
            "currency": "sar",
            "metadata[order_id]": unique("order"),
            "payment_method_types[]": "card",
        }
        intent = self.ask("POST", "/v1/payment_intents", data=form)
        paid = self.ask("POST", f"/v1/payment_intents/{intent['id']}/confirm", data={"payment_method": CARD})
        if paid["status"] != "succeeded":
            raise StateFailed(f"the payment of a test card is {paid['status']}")
        return str(intent["id"])

    def _back(self, intent_id: str, key: str) -> Any:
        form = {"payment_intent": intent_id, "amount": "10000"}
        return self.ask("POST", "/v1/refunds", data=form, headers={"idempotency-key": key})
