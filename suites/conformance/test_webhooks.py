"""What vendors tell the platform, and what comes of it: once, however often and in whatever order it is told.

docs: medusa-api.md §8, the vendors' pages; what is not to be believed stands in security/test_webhooks.py.
"""

from __future__ import annotations

import secrets
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fixtures import happenings
from fixtures.checks import requirement
from fixtures.client import concurrently
from fixtures.senders import SENDERS
from fixtures.shopping import minor

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from fixtures.client import Answer
    from fixtures.delivering import Courier, Matters

    CourierOf = Callable[[str], Courier]

AGAIN, AT_ONCE = 4, 10
every_sender = pytest.mark.parametrize("sender", SENDERS)


@requirement("WHK-10")
@every_sender
def test_told_again(sender: str, courier_of: CourierOf, matters: Matters) -> None:
    """The same delivery again is acknowledged each time, and what it did the first time is all that it does."""
    courier, matter = courier_of(sender), matters.of(sender)
    before, delivery = matter.seen(), courier.signed(matter.event())
    courier.deliver(delivery).expect(200)
    once = matter.seen()
    assert once != before
    assert matter.after in (None, once)
    for _ in range(AGAIN):
        courier.deliver(delivery).expect(200)
    assert matter.seen() == once


@requirement("WHK-10")
@every_sender
def test_told_by_ten(sender: str, courier_of: CourierOf, matters: Matters) -> None:
    """The same event by ten deliveries at the same moment has its effect once, and nobody gets an error."""
    courier, matter = courier_of(sender), matters.of(sender)
    before, event = matter.seen(), matter.event()
    deliveries = [courier.signed(event, late_s=-number) for number in range(AT_ONCE)]  # a time signed is another one
    answers = concurrently(AT_ONCE, lambda number: courier.deliver(deliveries[number]))
    assert {answer.status for answer in answers} == {200}
    once = matter.seen()
    assert once != before
    assert matter.after in (None, once)


@requirement("WHK-11")
@every_sender
def test_counted(sender: str, courier_of: CourierOf, matters: Matters) -> None:
    """The answer says what came of it: applied the first time, known the second time, nothing to us at all."""
    courier, event = courier_of(sender), matters.of(sender).event()
    assert counts(courier.tell(event)) == (1, 0, 0)
    assert counts(courier.tell(event)) == (0, 1, 0)
    assert counts(courier.tell(happenings.of_no_interest(sender))) == (0, 0, 1)


def counts(answer: Answer) -> tuple[int, int, int]:
    """How many events were applied, duplicates, ignored."""
    assert answer["received"] is True
    return answer["applied"], answer["duplicates"], answer["ignored"]


@requirement("WHK-12")
@every_sender
def test_nobody_of_ours(sender: str, courier_of: CourierOf) -> None:
    """What is about an order or a tenant that is not there is acknowledged: sending it again would not help."""
    nobody = f"order_{secrets.token_hex(13).upper()}"
    events: dict[str, Any] = {
        "stripe": happenings.paid(nobody, Decimal(1), "usd"),
        "erpnext": happenings.invoiced(nobody),
        "fleetbase": happenings.carried(nobody),
        "payload-cms": happenings.changed(f"qa-{secrets.token_hex(6)}", nobody, {"name": "Nobody"}),
        "sendgrid": happenings.mailed("qa@example.com", nobody),
    }
    courier = courier_of(sender)
    courier.deliver(courier.signed(events[sender])).expect(200)


# --- Fleetbase: parcels -----------------------------------------------------------------------------------------------


@requirement("WHK-13")
def test_parcel_arrives(courier_of: CourierOf, matters: Matters) -> None:
    """An order is shipped when its parcel is under way and delivered when it has arrived; its buyer sees it too."""
    fleetbase, order_id = courier_of("fleetbase"), matters.order()["id"]
    parcel = f"order_{secrets.token_hex(5)}"
    assert matters.shown(order_id)["fulfillment_status"] == "not_fulfilled"
    for kind, status in (("order.dispatched", "shipped"), ("order.completed", "delivered")):
        fleetbase.tell(happenings.carried(order_id, kind, parcel))
        assert matters.shown(order_id)["fulfillment_status"] == status
        mine = matters.buyer.api.get(f"/store/orders/{order_id}").expect(200)["order"]
        assert mine["fulfillment_status"] == status


@requirement("WHK-13")
def test_late_news_of_a_parcel(courier_of: CourierOf, matters: Matters) -> None:
    """That a parcel left, told again or only after it has arrived, does not put it back on the way."""
    fleetbase, order_id = courier_of("fleetbase"), matters.order()["id"]
    parcel = f"order_{secrets.token_hex(5)}"
    left, arrived, left_too = (
        fleetbase.signed(happenings.carried(order_id, f"order.{kind}", parcel))
        for kind in ("dispatched", "completed", "dispatched")
    )
    for delivery in (left, arrived):
        fleetbase.deliver(delivery).expect(200)
    for late in (left, left_too):
        fleetbase.deliver(late).expect(200)
        assert matters.shown(order_id)["fulfillment_status"] == "delivered"


# --- ERPNext: invoices ------------------------------------------------------------------------------------------------


@requirement("WHK-14")
def test_invoice_is_paid(courier_of: CourierOf, matters: Matters) -> None:
    """An invoice that was submitted moves nothing; one that was paid captures the whole of its order's payment."""
    erpnext, order = courier_of("erpnext"), matters.order()
    erpnext.tell(happenings.invoiced(order["id"], status="Unpaid", kind="on_submit"))
    assert matters.money(order["id"]) == (0, 0)
    erpnext.tell(happenings.invoiced(order["id"]))
    assert matters.money(order["id"]) == (order["total"], 0)
    assert matters.shown(order["id"])["payment_status"] == "captured"


@requirement("WHK-14")
def test_invoice_after_a_part(courier_of: CourierOf, matters: Matters) -> None:
    """Where a part was captured before, a paid invoice captures the rest, and its change later captures nothing."""
    erpnext, order = courier_of("erpnext"), matters.order()
    courier_of("stripe").tell(happenings.paid(order["id"], minor(500, order["currency_code"]), order["currency_code"]))
    for _ in range(2):
        erpnext.tell(happenings.invoiced(order["id"]))
        assert matters.money(order["id"]) == (order["total"], 0)


# --- Stripe: payments and refunds -------------------------------------------------------------------------------------


@requirement("WHK-15")
@pytest.mark.parametrize("currency", ["usd", "jpy", "kwd"])
def test_paid_in_part(currency: str, courier_of: CourierOf, matters: Matters) -> None:
    """What Stripe received is captured to the smallest unit of its currency; a second intent for the order is not."""
    stripe, order = courier_of("stripe"), matters.order(currency=currency)
    for units in (510, 310):
        stripe.tell(happenings.paid(order["id"], minor(units, currency), currency))
        assert matters.money(order["id"]) == (minor(510, currency), 0)


@requirement("WHK-15")
def test_paid_too_much(courier_of: CourierOf, matters: Matters) -> None:
    """More than was authorised, or money of another currency, is acknowledged and captures nothing."""
    stripe, order = courier_of("stripe"), matters.order()
    currency = order["currency_code"]
    stripe.tell(happenings.paid(order["id"], order["total"] + minor(1, currency), currency))
    stripe.tell(happenings.paid(order["id"], Decimal(1), "eur" if currency != "eur" else "usd"))
    assert matters.money(order["id"]) == (0, 0)


@requirement("WHK-16")
def test_given_back(courier_of: CourierOf, matters: Matters) -> None:
    """Stripe names the sum that was given back so far: that much is refunded, also when an older sum comes later."""
    stripe, order = courier_of("stripe"), matters.order()
    currency = order["currency_code"]
    five, two, three = (minor(units, currency) for units in (500, 200, 300))
    payment = happenings.paid(order["id"], five, currency)
    stripe.tell(payment)
    first, second, late = (happenings.given_back(order["id"], payment, sum_, currency) for sum_ in (two, three, two))
    for event, refunded in ((first, two), (second, three), (first, three), (late, three)):
        stripe.tell(event)
        assert matters.money(order["id"]) == (five, refunded)


@requirement("WHK-15")
def test_paid_once(courier_of: CourierOf, matters: Matters) -> None:
    """A payment that another event tells of, of the same order or of another one, is captured once."""
    stripe, (one, two) = courier_of("stripe"), (matters.order() for _ in range(2))
    currency = one["currency_code"]
    payment = happenings.paid(one["id"], minor(500, currency), currency)
    for event in (payment, happenings.said_of(one["id"], payment), happenings.said_of(two["id"], payment)):
        stripe.tell(event)
    assert (matters.money(one["id"]), matters.money(two["id"])) == ((minor(500, currency), 0), (0, 0))


# --- Payload CMS: tenants ---------------------------------------------------------------------------------------------


@requirement("WHK-17")
def test_tenant_is_renamed(courier_of: CourierOf, matters: Matters) -> None:
    """A tenant that was edited in the CMS takes the name and the domain from there, and keeps everything else."""
    payload, tenant = courier_of("payload-cms"), matters.tenant()
    told = {"name": f"New {tenant['name']}", "domain": f"{tenant['slug']}.example"}
    payload.tell(happenings.changed(tenant["slug"], secrets.token_hex(12), told))
    seen = matters.public(tenant["slug"])
    assert seen == {**tenant, **told, "updated_at": seen["updated_at"]}


@requirement("WHK-17")
def test_older_name_comes_again(courier_of: CourierOf, matters: Matters) -> None:
    """A name that was told again after the next one does not come back."""
    payload, tenant = courier_of("payload-cms"), matters.tenant()
    document = secrets.token_hex(12)
    one, two = (
        payload.signed(happenings.changed(tenant["slug"], document, {"name": f"{name} {tenant['slug']}"}, late_s))
        for late_s, name in ((-60, "First"), (0, "Second"))
    )
    for delivery in (one, two, one):
        payload.deliver(delivery).expect(200)
    assert matters.public(tenant["slug"])["name"] == f"Second {tenant['slug']}"


# --- SendGrid: mail ---------------------------------------------------------------------------------------------------


@requirement("WHK-18")
def test_mail_comes_back(courier_of: CourierOf, matters: Matters) -> None:
    """A customer's mail that was delivered or opened marks nobody; one that came back marks the customer."""
    sendgrid, who = courier_of("sendgrid"), matters.newcomer()
    order_id = matters.order(who)["id"]
    sendgrid.tell([happenings.mailed(who.email, order_id, kind) for kind in ("processed", "delivered", "open")])
    assert matters.bounced_at(who) is None
    sendgrid.tell(happenings.mailed(who.email, order_id))
    assert matters.bounced_at(who) is not None


@requirement("WHK-18")
def test_batches_overlap(courier_of: CourierOf, matters: Matters) -> None:
    """Of a batch with an event that is known and one that is new, the new one has its effect, and it alone."""
    sendgrid = courier_of("sendgrid")
    known, new = matters.of("sendgrid"), matters.of("sendgrid")
    one, two = (matter.event()[0] for matter in (known, new))
    sendgrid.tell([one])
    since = known.seen()
    assert (since is None, new.seen()) == (False, None)
    sendgrid.tell([one, two])
    assert known.seen() == since
    assert new.seen() is not None


@requirement("WHK-11")
def test_batch_is_counted(courier_of: CourierOf, matters: Matters) -> None:
    """Each event of a batch is counted by itself, and one that is in it twice is one."""
    sendgrid, event = courier_of("sendgrid"), matters.of("sendgrid").event()[0]
    opened, clicked = (happenings.of_no_interest("sendgrid")[0] for _ in range(2))
    assert counts(sendgrid.tell([event, opened, event])) == (1, 0, 1)
    assert counts(sendgrid.tell([opened, clicked, event])) == (0, 2, 1)
