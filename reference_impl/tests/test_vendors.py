"""Vendors' shares of orders and their money, where events are repeated and callers meet at one row."""

from __future__ import annotations

import asyncio
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from reference_impl.core import json
from reference_impl.core.database import Work
from reference_impl.core.outbox import Relay, publish
from reference_impl.modules.vendors import subscribers
from reference_impl.seeds.people import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx
    from fastapi import FastAPI

pytestmark = pytest.mark.anyio
SHARES = "SELECT count(*) AS found, count(DISTINCT vendor_id) AS vendors FROM vendor_order WHERE order_id = $1"


class Shop:
    """A tenant's people, one of each, at the application in this process."""

    def __init__(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        self.app = app
        self.client = client
        self.headers: dict[str, dict[str, str]] = {}

    async def open(self) -> None:
        key = await self.row(
            "SELECT token FROM api_key JOIN tenant ON tenant.id = tenant_id"
            " WHERE slug = 'dakkah' AND type = 'publishable'"
        )
        people = {"user": "super-admin", "customer": "amal", "souq": "souq", "bazaar": "bazaar"}
        for who, name in people.items():
            actor = who if who in ("user", "customer") else "vendor"
            body = {"email": f"{name}@dakkah.example", "password": PASSWORD}
            answer = await self.client.post(f"/auth/{actor}/emailpass", json=body)
            self.headers[who] = {
                "authorization": f"Bearer {answer.json()['token']}",
                "x-publishable-api-key": key["token"],
            }

    async def send(self, who: str, method: str, path: str, body: object = None) -> httpx.Response:
        content = None if body is None else json.encode(body)
        headers = {**self.headers[who], "content-type": "application/json"}
        return await self.client.request(method, path, content=content, headers=headers)

    async def get(self, who: str, path: str) -> Any:
        answer = await self.send(who, "GET", path)
        assert answer.status_code == 200, answer.text
        return json.decode(answer.content)

    async def post(self, who: str, path: str, body: object = None) -> Any:
        answer = await self.send(who, "POST", path, body)
        assert answer.status_code in (200, 201), answer.text
        return json.decode(answer.content)

    async def order(self, *handles: str, currency: str = "usd") -> dict[str, Any]:
        """An order of one of each of the seeded products."""
        regions = (await self.get("customer", "/store/regions"))["regions"]
        region = next(one for one in regions if one["currency_code"] == currency)
        products = (await self.get("customer", "/store/products?limit=100"))["products"]
        variants = {product["handle"]: product["variants"][0]["id"] for product in products}
        items = [{"variant_id": variants[handle], "quantity": 1} for handle in handles]
        cart = (await self.post("customer", "/store/carts", {"region_id": region["id"], "items": items}))["cart"]
        options = (await self.get("customer", f"/store/shipping-options?cart_id={cart['id']}"))["shipping_options"]
        await self.post("customer", f"/store/carts/{cart['id']}/shipping-methods", {"option_id": options[0]["id"]})
        paying = await self.post("customer", "/store/payment-collections", {"cart_id": cart["id"]})
        sessions = f"/store/payment-collections/{paying['payment_collection']['id']}/payment-sessions"
        await self.post("customer", sessions, {"provider_id": "pp_system_default"})
        placed: dict[str, Any] = (await self.post("customer", f"/store/carts/{cart['id']}/complete"))["order"]
        return placed

    async def carry(self, *, workers: int = 1) -> None:
        """Let the vendors' handlers see every event that is there."""

        async def drain() -> None:
            relay = Relay(self.app.state.database, self.app.state.clock, subscribers.SUBSCRIBERS, seed=1)
            await relay.dispatch()
            while await relay.handle_one():
                pass

        await asyncio.gather(*(drain() for _ in range(workers)))
        assert (await self.row("SELECT count(*) AS failed FROM inbox WHERE error IS NOT NULL"))["failed"] == 0

    async def row(self, sql: str, *values: object) -> Any:
        return await self.app.state.database.row(sql, *values)

    async def shipped(self, vendor: str = "souq", handle: str = "oud-perfume") -> dict[str, Any]:
        """A vendor order that is shipped, so that it can be paid for."""
        placed = await self.order(handle)
        await self.carry()
        found = (await self.get(vendor, f"/vendor/orders?order_id={placed['id']}"))["orders"]
        return await self.ship(vendor, found[0]["id"])

    async def ship(self, vendor: str, vendor_order_id: str) -> dict[str, Any]:
        body = {"tracking_number": "T-1", "carrier": "Aramex"}
        shipped: dict[str, Any] = (await self.post(vendor, f"/vendor/orders/{vendor_order_id}/fulfill", body))["order"]
        return shipped

    async def payout(self) -> dict[str, Any]:
        await self.shipped()
        made: dict[str, Any] = (await self.post("souq", "/vendor/payouts/request"))["payout"]
        return made

    async def at_once(self, who: str, paths: Sequence[str], body: object = None) -> Counter[int]:
        answers = await asyncio.gather(*(self.send(who, "POST", path, body) for path in paths))
        return Counter(answer.status_code for answer in answers)


@pytest.fixture
async def shop(app: FastAPI, client: httpx.AsyncClient) -> Shop:
    opened = Shop(app, client)
    await opened.open()
    return opened


async def test_one_split_for_five_deliveries(shop: Shop) -> None:
    """The event comes again from the inbox, and four times under new ids, to three workers: one share per vendor."""
    placed = await shop.order("oud-perfume", "dates-box", "prayer-rug")
    await shop.carry()
    await shop.row("UPDATE inbox SET status = 'pending' WHERE handler = 'vendors.split' RETURNING handler")
    tenant = await shop.row('SELECT tenant_id FROM "order" WHERE id = $1', placed["id"])
    for _ in range(4):
        work = Work(shop.app.state.database, shop.app.state.clock)
        payload = {"id": placed["id"]}
        await publish(work, "order.placed", tenant_id=tenant["tenant_id"], aggregate_id="elsewhere", payload=payload)
        await work.commit()
    await shop.carry(workers=3)
    assert dict(await shop.row(SHARES, placed["id"])) == {"found": 2, "vendors": 2}
    told = await shop.row("SELECT count(*) AS found FROM outbox WHERE type = 'vendor_order.created'")
    earned = await shop.row("SELECT count(*) AS found FROM commission WHERE order_id = $1", placed["id"])
    assert (told["found"], earned["found"]) == (2, 2)


@pytest.mark.parametrize("currency", ["usd", "jpy", "kwd"])
async def test_shares_and_platform_items_are_the_order(shop: Shop, currency: str) -> None:
    """Vendor subtotals and the platform's own item make the item subtotal; commission + net = subtotal throughout."""
    placed = await shop.order("oud-perfume", "dates-box", "prayer-rug", currency=currency)
    await shop.carry()
    shares = (await shop.get("user", f"/admin/vendor-orders?order_id={placed['id']}"))["orders"]
    own = sum(Decimal(item["unit_price"]) for item in placed["items"] if item["product_handle"] == "prayer-rug")
    assert sum(share["subtotal"] for share in shares) + own == placed["item_subtotal"]
    for share in shares:
        assert share["currency_code"] == currency
        for part in (share, *share["items"]):
            assert part["commission_amount"] + part["net_amount"] == part["subtotal"]
        for name in ("subtotal", "commission_amount", "net_amount"):
            assert sum(item[name] for item in share["items"]) == share[name]


async def test_an_order_that_was_cancelled_first_is_not_split(shop: Shop) -> None:
    """The split comes late: the order has been cancelled already, and nobody is asked to send anything."""
    placed = await shop.order("oud-perfume")
    await shop.post("user", f"/admin/orders/{placed['id']}/cancel")
    await shop.carry(workers=2)
    assert (await shop.row(SHARES, placed["id"]))["found"] == 0


async def test_cancelling_stops_at_what_is_shipped(shop: Shop) -> None:
    """Of two shares the shipped one stays and is earned; the other is cancelled and its commission reversed."""
    placed = await shop.order("oud-perfume", "dates-box")
    await shop.carry()
    mine = (await shop.get("souq", f"/vendor/orders?order_id={placed['id']}"))["orders"][0]
    await shop.ship("souq", mine["id"])
    await shop.post("user", f"/admin/orders/{placed['id']}/cancel")
    await shop.carry()
    shares = (await shop.get("user", f"/admin/vendor-orders?order_id={placed['id']}"))["orders"]
    assert {share["status"] for share in shares if share["id"] == mine["id"]} == {"shipped"}
    assert {share["status"] for share in shares if share["id"] != mine["id"]} == {"cancelled"}
    statuses = await shop.row(
        "SELECT array_agg(status ORDER BY status) AS all FROM commission WHERE order_id = $1", placed["id"]
    )
    assert statuses["all"] == ["payable", "reversed"]


async def test_shipping_and_cancelling_at_once(shop: Shop) -> None:
    """One of the two happens, and the commission says the same."""
    for _ in range(5):
        placed = await shop.order("oud-perfume")
        await shop.carry()
        mine = (await shop.get("souq", f"/vendor/orders?order_id={placed['id']}"))["orders"][0]["id"]
        body = {"tracking_number": "T-1", "carrier": "Aramex"}
        answers = await asyncio.gather(
            shop.send("souq", "POST", f"/vendor/orders/{mine}/fulfill", body),
            shop.send("user", "POST", f"/admin/vendor-orders/{mine}/cancel"),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        end = await shop.row(
            "SELECT vendor_order.status || ' ' || commission.status AS both FROM vendor_order"
            " JOIN commission ON vendor_order_id = vendor_order.id WHERE vendor_order.id = $1",
            mine,
        )
        assert end["both"] == ("shipped payable" if answers[0].status_code == 200 else "cancelled reversed")


async def test_a_payout_is_paid_once(shop: Shop) -> None:
    """Ten callers at once: one pays, nine are refused, one transfer succeeds."""
    made = await shop.payout()
    assert await shop.at_once("user", [f"/admin/payouts/{made['id']}/process"] * 10) == {200: 1, 409: 9}
    detail = await shop.get("user", f"/admin/payouts/{made['id']}")
    assert detail["payout"]["status"] == "completed"
    assert [(transfer["status"], transfer["amount"]) for transfer in detail["transfers"]] == [
        ("succeeded", made["net_amount"])
    ]


async def test_what_is_earned_is_requested_once(shop: Shop) -> None:
    """Five requests at once make one payout of all that is payable, and four of nothing are refused."""
    earned = [await shop.shipped(), await shop.shipped()]
    assert await shop.at_once("souq", ["/vendor/payouts/request"] * 5) == {201: 1, 400: 4}
    payouts = (await shop.get("souq", "/vendor/payouts"))["payouts"]
    assert [payout["net_amount"] for payout in payouts] == [sum(order["net_amount"] for order in earned)]


async def test_holding_and_processing_at_once(shop: Shop) -> None:
    """A payout is either held or paid."""
    for _ in range(5):
        made = await shop.payout()
        paths = [f"/admin/payouts/{made['id']}/{deed}" for deed in ("hold", "process")]
        assert await shop.at_once("user", paths) == {200: 1, 409: 1}
        detail = await shop.get("user", f"/admin/payouts/{made['id']}")
        assert (detail["payout"]["status"], len(detail["transfers"])) in {("on_hold", 0), ("completed", 1)}


async def test_what_was_paid_and_comes_back_is_taken_from_the_next_payout(shop: Shop) -> None:
    """A returned order that was paid for lowers the next payout by its net, once."""
    returned = await shop.shipped()
    first = (await shop.post("souq", "/vendor/payouts/request"))["payout"]
    await shop.post("user", f"/admin/payouts/{first['id']}/process")
    await shop.post("user", f"/admin/vendor-orders/{returned['id']}/return")
    again = await shop.shipped()
    assert (await shop.send("souq", "POST", "/vendor/payouts/request")).status_code == 400  # nothing would be left
    more = await shop.shipped()
    second = (await shop.post("souq", "/vendor/payouts/request"))["payout"]
    assert second["adjustment_amount"] == -returned["net_amount"]
    assert second["net_amount"] == again["net_amount"] + more["net_amount"] - returned["net_amount"]
    await shop.shipped()
    assert (await shop.post("souq", "/vendor/payouts/request"))["payout"]["adjustment_amount"] == 0


async def test_a_disputed_order_is_not_paid_for(shop: Shop) -> None:
    """While it is disputed there is nothing to pay; once that is over there is."""
    mine = await shop.shipped()
    await shop.post("user", f"/admin/vendor-orders/{mine['id']}/dispute")
    assert (await shop.send("souq", "POST", "/vendor/payouts/request")).status_code == 400
    assert (await shop.send("souq", "POST", f"/vendor/orders/{mine['id']}/complete")).status_code == 409
    await shop.post("user", f"/admin/vendor-orders/{mine['id']}/resolve")
    assert (await shop.post("souq", "/vendor/payouts/request"))["payout"]["net_amount"] == mine["net_amount"]


async def test_a_failed_payout_is_tried_three_times(shop: Shop) -> None:
    """A suspended vendor is not paid; three retries are allowed; what failed is written down each time."""
    made = await shop.payout()
    path = f"/admin/payouts/{made['id']}"
    await shop.post("user", f"/admin/vendors/{made['vendor_id']}/suspend")
    for number in range(4):
        assert (await shop.post("user", f"{path}/process"))["payout"]["status"] == "failed"
        answer = await shop.send("user", "POST", f"{path}/retry")
        assert answer.status_code == (200 if number < 3 else 409)
    detail = await shop.get("user", path)
    assert (detail["payout"]["status"], detail["payout"]["retry_count"]) == ("failed", 3)
    assert [transfer["status"] for transfer in detail["transfers"]] == ["failed"] * 4


async def test_fee_and_adjustments_make_the_net(shop: Shop) -> None:
    """net = gross - commission - fee + adjustment, and never below zero."""
    made = await shop.payout()  # 19.99, of which 3.00 are commission
    path = f"/admin/payouts/{made['id']}"
    assert (made["gross_amount"], made["commission_amount"], made["net_amount"]) == (
        Decimal("19.99"),
        3,
        Decimal("16.99"),
    )
    await shop.post("user", f"{path}/adjust", {"type": "debit", "amount": Decimal("6.99")})
    for body in ({"type": "debit", "amount": 11}, {"type": "credit", "amount": Decimal("0.001")}):
        assert (await shop.send("user", "POST", f"{path}/adjust", body)).status_code in (400, 409)
    assert (await shop.send("user", "POST", f"{path}/process", {"fee_amount": 11})).status_code == 409
    paid = (await shop.post("user", f"{path}/process", {"fee_amount": Decimal("0.25")}))["payout"]
    assert (paid["fee_amount"], paid["adjustment_amount"]) == (Decimal("0.25"), Decimal("-6.99"))
    assert paid["net_amount"] == Decimal("9.75")
    assert (await shop.get("user", path))["transfers"][0]["amount"] == Decimal("9.75")


async def test_who_speaks_for_a_vendor(shop: Shop) -> None:
    """Only who has registered, whom no other tenant knows, and who speaks for nobody yet; from the next log-in on."""
    body = {"handle": "new", "businessName": "New", "legalName": "New LLC", "email": "new@example.com"}
    address = {"line1": "1 Corniche Road", "city": "Dakkah", "postalCode": "11564", "countryCode": "SA"}
    made = (await shop.post("user", "/admin/vendors", {**body, "address": address}))["vendor"]
    path = f"/admin/vendors/{made['id']}/accounts"
    for email in ("new@example.com", "amal@riyadh.example", "souq@riyadh.example"):
        assert (await shop.send("user", "POST", path, {"email": email})).status_code == 404
    who = {"email": "new@example.com", "password": PASSWORD}
    await shop.client.post("/auth/vendor/emailpass/register", json=who)
    await shop.post("user", path, {"email": who["email"]})
    for email in ("new@example.com", "souq@dakkah.example"):
        assert (await shop.send("user", "POST", path, {"email": email})).status_code == 422
    token = (await shop.client.post("/auth/vendor/emailpass", json=who)).json()["token"]
    shop.headers["new"] = {"authorization": f"Bearer {token}"}
    assert (await shop.get("new", "/vendor/me"))["vendor"]["vendor_id"] == made["id"]
    assert (await shop.get("new", "/vendor/orders"))["orders"] == []
