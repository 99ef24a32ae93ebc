"""What vendors are told of an order, and what they tell of it: the application, and a simulator of each."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from fixtures import signers
from fixtures.simulators.base import running
from fixtures.simulators.erpnext import ErpNext
from fixtures.simulators.fleetbase import Fleetbase
from fixtures.simulators.sendgrid import SendGridSimulator
from fixtures.simulators.stripe import Stripe
from reference_impl.app import _SUBSCRIBERS, create_app
from reference_impl.core.clock import FrozenClock
from reference_impl.core.deliveries import VendorRelay
from reference_impl.core.outbox import Relay
from reference_impl.settings import Settings
from reference_impl.tests.conftest import serving
from reference_impl.tests.desk import Desk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fixtures.simulators.base import Running
    from reference_impl.core.database import Database

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOOKS = {"stripe": "whsec_new,whsec_old", "erpnext": "frappe", "fleetbase": "fleet", "payload_cms": "payload"}


class World:
    """The platform, whose vendors are simulators, and time that the test moves."""

    def __init__(self, stack: contextlib.AsyncExitStack, seeded: str) -> None:
        self.clock = FrozenClock(NOW)
        self.books = ErpNext(now=self.clock.now, currency="USD")
        self.parcels = Fleetbase(now=self.clock.now)
        self.mails = SendGridSimulator(now=self.clock.now)
        self.bank = Stripe(now=self.clock.now)
        self.served: dict[str, Running] = {
            one.name: stack.enter_context(running(one)) for one in (self.books, self.parcels, self.mails, self.bank)
        }
        url = {name: served.base_url for name, served in self.served.items()}
        key, _, secret = self.books.api_key.partition(":")
        self.settings = Settings.model_validate(
            {
                "database_url": seeded,
                "connections": 4,
                "relay": False,
                "erpnext": {
                    "url": url["erpnext"],
                    "key": key,
                    "secret": secret,
                    "company": "Dakkah Test LLC",
                    "paid_to": "Cash - DT",
                    "charges": "Duties and Taxes - DT",
                },
                "fleetbase": {
                    "url": url["fleetbase"],
                    "key": self.parcels.api_key,
                    "pickup_street": "King Road 1",
                    "pickup_city": "Riyadh",
                    "pickup_country": "SA",
                },
                "sendgrid": {
                    "url": url["sendgrid"],
                    "key": self.mails.api_key,
                    "sender": "shop@example.com",
                    "order_template": f"d-{'0' * 32}",
                },
                "stripe": {"url": url["stripe"], "key": self.bank.api_key},
                "webhook_secrets": {**HOOKS, "sendgrid": self.mails.public_key},
            }
        )
        self.app = create_app(self.settings)
        self.app.state.clock = self.clock
        self.vendors = self.app.state.vendors

    async def open(self, stack: contextlib.AsyncExitStack, store: Database, seeded: str) -> None:
        client = await stack.enter_async_context(serving(self.app))
        self.store = store
        self.http = client
        self.desk = await Desk(client, store, self.clock, seeded).enter()

    async def carry(self) -> None:
        """Carry all events, to the modules and to the vendors, until nothing is due."""
        relay = Relay(self.store, self.clock, _SUBSCRIBERS, others=self.vendors.routes, seed=1)
        tellers = [VendorRelay(self.store, self.clock, one.deliveries, seed=1) for one in self.vendors.connections]
        moved = True
        while moved:
            moved = bool(await relay.dispatch()) or await relay.handle_one()
            for teller in tellers:
                moved |= await teller.deliver_one()

    async def buy(self, **more: Any) -> dict[str, Any]:
        """An order of two of something that has to be carried, paid by who vouches for anything."""
        desk = self.desk
        made = await desk.get(f"/admin/products/{await desk.product(30)}")
        profile = (await desk.send("GET", "/admin/shipping-profiles")).json()["shipping_profiles"][0]["id"]
        await desk.row("UPDATE product SET shipping_profile_id = $2 WHERE id = $1", made["id"], profile)
        region = (await desk.send("GET", "/store/regions")).json()["regions"][0]
        address = {"first_name": "Amal", "address_1": "Olaya 1", "city": "Riyadh", "country_code": _country(region)}
        items = [{"variant_id": made["variants"][0]["id"], "quantity": 2}]
        cart = await desk.post("/store/carts", region_id=region["id"], items=items, shipping_address=address, **more)
        options = (await desk.send("GET", "/store/shipping-options", cart_id=cart["id"])).json()["shipping_options"]
        await desk.post(f"/store/carts/{cart['id']}/shipping-methods", option_id=options[0]["id"])
        collection = await desk.post("/store/payment-collections", cart_id=cart["id"])
        path = f"/store/payment-collections/{collection['id']}/payment-sessions"
        await desk.post(path, provider_id="pp_system_default")
        answer = await desk.send("POST", f"/store/carts/{cart['id']}/complete")
        return dict(answer.json()["order"])

    async def order(self, order_id: str) -> dict[str, Any]:
        return await self.desk.get(f"/admin/orders/{order_id}", fields="*payment_collections.payments")

    async def told(self, vendor: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        """What a vendor that is believed gets for an answer."""
        answer = await self.http.post(f"/webhooks/{vendor}", content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def stripe_says(self, kind: str, number: int, **about: Any) -> dict[str, Any]:
        event = {"id": f"evt_{number}", "object": "event", "type": kind, "data": {"object": about}}
        body = signers.stripe_json(event)
        return await self.told("stripe", body, signers.stripe(body, "whsec_old", self.clock.now()))


@pytest.fixture
async def world(store: Database, seeded: str) -> AsyncIterator[World]:
    async with contextlib.AsyncExitStack() as stack:
        made = World(stack, seeded)
        await made.open(stack, store, seeded)
        yield made


async def test_an_order_is_told_to_all(world: World) -> None:
    """An order becomes an invoice of the same total, a parcel and a mail, each once."""
    order = await world.buy()
    await world.carry()
    [invoice] = world.books.documents("Sales Invoice")
    assert invoice["custom_medusa_order_id"] == order["id"]
    assert Decimal(str(invoice["grand_total"])) == Decimal(str(order["total"]))
    [parcel] = world.parcels.orders.values()
    assert parcel["meta"] == {"order_id": order["id"]}
    assert [mail.to for mail in world.mails.sent] == [(world.desk.tenant["customers"][0]["email"],)]
    shown = await world.order(order["id"])
    assert shown["fulfillment_status"] == "fulfilled"
    assert [one["external_id"] for one in shown["fulfillments"]] == [parcel["id"]]


async def test_what_was_taken_settles_the_invoice(world: World) -> None:
    """A payment that is captured is entered in the books, and what is owed there is nothing any more."""
    order = await world.buy()
    await world.carry()
    payment = (await world.order(order["id"]))["payment_collections"][0]["payments"][0]
    await world.desk.post(f"/admin/payments/{payment['id']}/capture")
    await world.carry()
    [invoice] = world.books.documents("Sales Invoice")
    assert (invoice["status"], invoice["outstanding_amount"]) == ("Paid", 0)
    assert len(world.books.documents("Payment Entry")) == 1


async def test_a_payment_may_come_before_its_order(world: World) -> None:
    """The books make the invoice for a payment whose order they were not told of."""
    order = await world.buy()
    payment = (await world.order(order["id"]))["payment_collections"][0]["payments"][0]
    await world.desk.post(f"/admin/payments/{payment['id']}/capture")
    await world.desk.row("UPDATE outbox SET dispatched_at = now() WHERE type = 'order.placed'")
    await world.carry()
    [invoice] = world.books.documents("Sales Invoice")
    assert invoice["status"] == "Paid"


async def test_a_cancelled_order_is_taken_back(world: World) -> None:
    """Its invoice and its parcel are cancelled."""
    order = await world.buy()
    await world.carry()
    await world.desk.post(f"/admin/orders/{order['id']}/cancel")
    await world.carry()
    [invoice] = world.books.documents("Sales Invoice")
    [parcel] = world.parcels.orders.values()
    assert (invoice["status"], parcel["status"]) == ("Cancelled", "canceled")
    assert (await world.order(order["id"]))["fulfillments"][0]["canceled_at"]


async def test_an_order_cancelled_before_it_was_told_is_told_to_nobody(world: World) -> None:
    """Neither an invoice nor a parcel is made for it."""
    order = await world.buy()
    await world.desk.post(f"/admin/orders/{order['id']}/cancel")
    await world.carry()
    assert (world.books.documents("Sales Invoice"), list(world.parcels.orders)) == ([], [])


async def test_parcels_move_an_order_on(world: World) -> None:
    """Dispatched is shipped, completed is delivered, in whichever order they are told, and once."""
    order = await world.buy()
    await world.carry()
    [parcel] = world.parcels.orders.values()

    async def say(kind: str, number: int) -> dict[str, Any]:
        body = signers.php_json({"id": f"event_{number}", "event": kind, "data": parcel})
        return await world.told("fleetbase", body, signers.fleetbase(body, "fleet"))

    assert (await say("order.completed", 1))["applied"] == 1
    assert (await world.order(order["id"]))["fulfillment_status"] == "delivered"
    delivered = (await world.order(order["id"]))["fulfillments"][0]["delivered_at"]
    world.clock.advance(timedelta(minutes=1))
    assert (await say("order.dispatched", 2))["applied"] == 1
    assert (await say("order.completed", 1))["duplicates"] == 1
    assert (await say("order.completed", 3))["ignored"] == 1
    shown = await world.order(order["id"])
    assert (shown["fulfillment_status"], shown["fulfillments"][0]["delivered_at"]) == ("delivered", delivered)


async def test_stripe_takes_and_gives_back(world: World) -> None:
    """What Stripe took is captured once; what it gave back by itself is refunded here, and asked of it by nobody."""
    order = await world.buy()
    half = int(Decimal(str(order["total"])) * 100) // 2
    intent = {"id": "pi_1", "metadata": {"order_id": order["id"]}, "amount_received": half, "currency": "usd"}
    assert (await world.stripe_says("payment_intent.succeeded", 1, **intent))["applied"] == 1
    assert (await world.stripe_says("payment_intent.succeeded", 1, **intent))["duplicates"] == 1
    charge = {"id": "ch_1", "payment_intent": "pi_1", "amount_refunded": 100, "currency": "usd"}
    assert (await world.stripe_says("charge.refunded", 2, **charge))["applied"] == 1
    assert (await world.stripe_says("charge.refunded", 3, **charge))["ignored"] == 1
    more = {**intent, "id": "pi_2"}
    assert (await world.stripe_says("payment_intent.succeeded", 4, **more))["refused"] == 1
    await world.carry()
    payment = (await world.order(order["id"]))["payment_collections"][0]["payments"][0]
    assert Decimal(str(payment["captured_amount"])) == Decimal(half) / 100
    assert Decimal(str(payment["refunded_amount"])) == Decimal(1)
    assert world.bank.received == []


async def test_a_refund_goes_back_through_stripe_once(world: World) -> None:
    """Under the refund's own id as idempotency key."""
    order = await world.buy()
    path, key = "/v1/payment_intents", {"authorization": f"Bearer {world.bank.api_key}"}
    form = {"amount": "5000", "currency": "usd"}
    async with httpx.AsyncClient(base_url=world.served["stripe"].base_url, headers=key) as bank:
        made = (await bank.post(path, data=form)).json()
    world.bank.succeed(made["id"])
    intent = {"id": made["id"], "metadata": {"order_id": order["id"]}, "amount_received": 5000, "currency": "usd"}
    await world.stripe_says("payment_intent.succeeded", 1, **intent)
    payment = (await world.order(order["id"]))["payment_collections"][0]["payments"][0]
    await world.desk.post(f"/admin/payments/{payment['id']}/refund", amount=20)
    await world.carry()
    [asked] = [one for one in world.bank.received if one.path == "/v1/refunds"]
    assert asked.headers["idempotency-key"].startswith("ref")
    assert asked.body == f"payment_intent={made['id']}&amount=2000".encode()


async def test_the_books_say_that_an_invoice_was_paid(world: World) -> None:
    """The order's payment is captured, and the books are not told of what they told us."""
    order = await world.buy()
    await world.carry()
    [invoice] = world.books.documents("Sales Invoice")
    fields = {"name": invoice["name"], "modified": "2026-11-22 12:00:00", "status": "Paid"}
    told = {"doctype": "Sales Invoice", "event": "on_change", "data": {**fields, "custom_medusa_order_id": order["id"]}}
    body = signers.frappe_json(told)
    assert (await world.told("erpnext", body, signers.erpnext(body, "frappe")))["applied"] == 1
    world.books.site.find("Sales Invoice", invoice["name"])["outstanding_amount"] = 0.0  # type: ignore[index]
    await world.carry()
    assert (await world.order(order["id"]))["payment_status"] == "captured"
    assert world.books.documents("Payment Entry") == []
    dead = await world.desk.row("SELECT count(*) AS n FROM inbox WHERE status <> 'done'")
    assert dead == {"n": 0}


async def test_no_mail_goes_where_mail_came_back_from(world: World) -> None:
    """After a bounce the customer gets no mail, and the operator sees since when."""
    order = await world.buy()
    await world.carry()
    body, headers = world.mails.delivery(world.mails.event(world.mails.sent[0], "bounce"))
    assert (await world.told("sendgrid", body, headers))["applied"] == 1
    customer = await world.desk.get(f"/admin/customers/{order['customer_id']}")
    assert customer["email_bounced_at"]
    await world.buy()
    await world.carry()
    assert len(world.mails.sent) == 1


async def test_the_cms_renames_a_tenant(world: World) -> None:
    """By its id, or by its handle; a domain that another tenant has is refused."""
    tenant = world.desk.tenant
    data = {"id": 1, "handle": tenant["slug"], "name": "Dakkah Market", "domain": "market.example.com"}

    async def say(number: int, **more: Any) -> dict[str, Any]:
        changed = {**data, **more, "updatedAt": f"2026-11-22T12:00:0{number}.000Z"}
        hook = {"event": "afterChange", "collection": "tenants", "operation": "update", "data": changed}
        body = signers.javascript_json(hook)
        return await world.told("payload-cms", body, signers.payload_cms(body, "payload"))

    assert (await say(1))["applied"] == 1
    found = await world.desk.get("/store/cityos/tenant", slug=tenant["slug"])
    assert (found["name"], found["domain"]) == ("Dakkah Market", "market.example.com")
    assert (await say(2, handle="riyadh"))["refused"] == 1
    assert (await say(3, handle="nobody"))["ignored"] == 1


def _country(region: dict[str, Any]) -> str:
    return str(region["countries"][0]["iso_2"])
