"""What a subscriber needs of each event that the platform tells of."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pact import match

from contracts.consumers.storefront_forms import ULID, a_time, an_id, currency, money
from contracts.consumers.subscriber import CONTENT_TYPE, TYPES, NotAnEvent, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from pact import Pact

    from contracts.consumers.subscriber import Event

    Contract = Callable[..., Pact]

MOMENT = "2026-11-22T11:00:00.000Z"
WHOM = {"customer_id": an_id("cus")}

AN_ORDER = {
    "id": an_id("order"),
    "display_id": match.int(1042),
    "currency_code": currency(),
    "total": money(32.47),
} | WHOM
A_PAYMENT = {
    "id": an_id("pay"),
    "order_id": an_id("order"),
    "amount": money(32.47),
    "currency_code": currency(),
    "provider_id": match.str("pp_system_default"),
}
A_MOVE = {
    "id": an_id("wtx"),
    "wallet_id": an_id("wal"),
    "amount": money(29.5),
    "currency": currency(),
    "balance_after": money(120.5),
    "reference_id": match.str("order-1042"),
}
A_TRADE_IN = {
    "id": an_id("tri"),
    "trade_in_number": match.str("TRI-000042"),
    "final_value": money(655.5),
    "currency_code": currency(),
    "credit_type": match.regex("wallet", regex="^(wallet|store_credit|refund)$"),
} | WHOM
A_CLAIM = {
    "id": an_id("inscl"),
    "claim_number": match.str("CLM-000042"),
    "policy_id": an_id("inspo"),
    "amount": money(99.5),
    "currency_code": currency(),
} | WHOM
A_BOOKING = {
    "id": an_id("book"),
    "booking_number": match.str("BKG-000042"),
    "service_id": an_id("bksv"),
    "provider_id": an_id("bkpr"),
    "start_time": a_time("2026-11-29T09:00:00Z"),
    "currency_code": currency(),
    "total": money(25),
} | WHOM
A_SHARE = {
    "id": an_id("vord"),
    "order_id": an_id("order"),
    "vendor_id": an_id("vend"),
    "vendor_order_number": match.str("VO-000042"),
    "currency_code": currency(),
    "subtotal": money(19.99),
    "commission_amount": money(3),
    "net_amount": money(16.99),
}

EVENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "customer.created": ("a customer registers", {"id": an_id("cus"), "email": match.str("layla@example.com")}),
    "order.placed": ("a customer orders", AN_ORDER),
    "order.canceled": ("an order is cancelled", AN_ORDER),
    "payment.captured": ("a payment is taken", A_PAYMENT | {"capture_id": an_id("capt")}),
    "payment.refunded": ("a payment is given back", A_PAYMENT | {"refund_id": an_id("ref")}),
    "wallet.credited": ("money is put into a wallet", A_MOVE),
    "wallet.debited": ("money is taken out of a wallet", A_MOVE),
    "trade-in.approved": ("a trade-in is approved", A_TRADE_IN),
    "trade-in.completed": ("a trade-in is completed", A_TRADE_IN),
    "insurance.claim_approved": ("a claim is approved", A_CLAIM),
    "booking.created": ("a customer books", A_BOOKING | {"attendee_count": match.int(1)}),
    "booking.cancelled": (
        "a customer cancels a booking",
        A_BOOKING | {"cancellation_fee": money(0), "cancelled_by": match.str("customer")},
    ),
    "vendor_order.created": ("a customer orders what a vendor sells", A_SHARE),
}
"""By type: what makes it happen, and what is read of it."""


def envelope(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """A CloudEvent; it is about what its data has the id of, but for a wallet's."""
    return {
        "specversion": "1.0",
        "id": an_id("evt"),
        "source": match.regex(f"/cityos/tenants/tnt_{ULID}", regex=r"^/cityos/tenants/\S+$"),
        "type": kind,
        "subject": data["wallet_id"] if "wallet_id" in data else data["id"],
        "time": a_time(MOMENT),
        "datacontenttype": "application/json",
        "data": data,
    }


@pytest.mark.parametrize("kind", EVENTS)
def test_an_event(contract: Contract, kind: str) -> None:
    """An event of each type is read whole: amounts exact, times aware, the subject that of its data."""
    happens, data = EVENTS[kind]
    pact = contract("cityos", "cityos-subscriber")
    told = pact.upon_receiving(kind, "Async").given(happens)
    told.with_body(envelope(kind, data), CONTENT_TYPE).with_metadata({"content-type": CONTENT_TYPE})
    seen: list[Event | None] = []
    pact.verify(lambda body, metadata: seen.append(read(raw(body), headers(metadata))), "Async")
    (event,) = seen
    assert event is not None
    assert (event.type, type(event.data)) == (kind, TYPES[kind])
    assert event.time.utcoffset() is not None
    assert event.subject in (getattr(event.data, "id", None), getattr(event.data, "wallet_id", None))
    sums = [
        getattr(event.data, name)
        for name in ("total", "amount", "subtotal", "final_value")
        if hasattr(event.data, name)
    ]
    assert all(type(sum_) is Decimal for sum_ in sums)


def raw(body: str | bytes | None) -> bytes:
    """What was sent, as it came over the wire."""
    return body if isinstance(body, bytes) else (body or "").encode()


def headers(metadata: dict[str, object]) -> dict[str, str]:
    """The headers of a message, as text."""
    return {name.lower(): str(value) for name, value in metadata.items()}


def test_every_type_is_in_the_contract() -> None:
    """What the subscriber reads and what the contract tells of are the same types."""
    assert EVENTS.keys() == TYPES.keys()


def said(kind: str, data: dict[str, str]) -> bytes:
    """An event, written out."""
    names = {"id": "1", "source": "/", "type": kind, "subject": "1", "time": MOMENT}
    return json.dumps({"specversion": "1.0", "datacontenttype": "application/json", **names, "data": data}).encode()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"no JSON", CONTENT_TYPE),
        (b"{}", CONTENT_TYPE),
        (said("customer.created", {"id": "1", "email": "layla@example.com"}), "application/json"),
        (said("customer.created", {"id": "1"}), CONTENT_TYPE),
    ],
)
def test_what_is_no_event(body: bytes, kind: str) -> None:
    """Anything but a whole CloudEvent in JSON is refused."""
    with pytest.raises(NotAnEvent):
        read(body, {"content-type": kind})


def test_an_unknown_type() -> None:
    """An event of a type that is not known is nothing to the subscriber."""
    assert read(said("order.archived", {}), {"content-type": f"{CONTENT_TYPE}; charset=utf-8"}) is None
