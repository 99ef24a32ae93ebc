"""The OpenAPI document: what it declares is what guards and bodies may answer, and what it shows is accepted."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from reference_impl.app import table_of_routes
from reference_impl.core import json
from reference_impl.core.clock import FrozenClock
from reference_impl.tests.test_vendors import Shop

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI

_OF_GUARD = {
    "public": set(),
    "signature": {"400", "401", "413"},
    "shop": {"400"},
    "registration": {"400", "401"},
    "visitor": {"400", "401"},
    "customer": {"400", "401"},
    "operator": {"401", "403"},
    "vendor": {"401"},
    "token": {"401"},
    "session": {"401"},
}
_NOBODYS = re.compile(r"([a-z_]+)_01JD0{22}")
BEFORE_THE_EXAMPLES = datetime(2029, 12, 31, 12, 0, tzinfo=UTC)  # whose bookings are of the week after


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Each operation of the document, by its method and path."""
    return {(method.upper(), path): it for path, those in document["paths"].items() for method, it in those.items()}


def schema_of(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any] | None:
    """The schema of an operation's JSON body; None when it takes none."""
    if "requestBody" not in operation:
        return None
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    named = [one["$ref"] for one in (schema, *schema.get("anyOf", ())) if "$ref" in one]
    found: dict[str, Any] = document["components"]["schemas"][named[0].rpartition("/")[2]]
    return found


def test_the_document_is_openapi_3_1(app: FastAPI) -> None:
    """The version that the suites and the generators are told to expect."""
    assert app.openapi()["openapi"].startswith("3.1.")


def test_each_route_declares_what_it_may_answer(app: FastAPI) -> None:
    """The refusals of its guard, 404 where an id is in its path, and 413 where it reads a body."""
    found = operations(app.openapi())
    undeclared = []
    for route in table_of_routes():
        operation = found[route["method"], route["path"]]
        wanted = set(_OF_GUARD[route["who"]])
        wanted |= {"404"} if re.search(r"\{\w+_id\}", route["path"]) else set()
        wanted |= {"400", "413"} if "requestBody" in operation else set()
        wanted |= {"400"} if operation.get("parameters") else set()
        missing = wanted - operation["responses"].keys()
        if missing or not any(status.startswith("2") for status in operation["responses"]):
            undeclared.append((route["method"], route["path"], sorted(missing)))
    assert undeclared == []


def test_each_route_says_what_it_does(app: FastAPI) -> None:
    """A summary for the list, and a sentence for who reads on."""
    assert [where for where, it in operations(app.openapi()).items() if not (it["summary"] and it["description"])] == []


def test_each_body_has_an_example(app: FastAPI) -> None:
    """Whoever builds a client sees a body that may be sent."""
    document = app.openapi()
    bodies = {where: schema_of(document, it) for where, it in operations(document).items()}
    assert [where for where, schema in bodies.items() if schema is not None and "examples" not in schema] == []


class Reader:
    """Somebody who sends the document's examples, one after the other, with the own ids in them."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.document = shop.app.openapi()
        self.operations = operations(self.document)
        self.ids: dict[str, str] = {}
        self.sent: set[tuple[str, str]] = set()

    def example(self, method: str, path: str) -> Any:
        schema = schema_of(self.document, self.operations[method, path])
        assert schema is not None
        return json.decode(_NOBODYS.sub(lambda found: self.ids[found[1]], json.dumps(schema["examples"][0])).encode())

    async def send(self, who: str, path: str, *ids: str, method: str = "POST") -> Any:
        """The answer to the example of a route, whose path gets these ids."""
        self.sent.add((method, path))
        filled = path
        for one in ids:
            filled = re.sub(r"\{\w+\}", one, filled, count=1)
        answer = await self.shop.send(who, method, filled, self.example(method, path))
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return json.decode(answer.content)

    async def get(self, who: str, path: str) -> Any:
        return await self.shop.get(who, path)


@pytest.fixture
async def reader(app: FastAPI, client: httpx.AsyncClient) -> Reader:
    app.state.clock = FrozenClock(BEFORE_THE_EXAMPLES)
    shop = Shop(app, client)
    await shop.open()
    return Reader(shop)


@pytest.mark.anyio
async def test_each_example_is_accepted(reader: Reader) -> None:
    """Every body of the document, sent with ids of things that there are, does what it says."""
    for chapter in (people, goods, checkout, vendors, wallets, bookings, trade_ins, insurance):
        await chapter(reader)
    assert {where for where, it in reader.operations.items() if "requestBody" in it} == reader.sent


async def people(reader: Reader) -> None:
    headers = reader.shop.headers
    made = await reader.send("customer", "/auth/{actor}/emailpass/register", "customer")
    headers["newcomer"] = {**headers["customer"], "authorization": f"Bearer {made['token']}"}
    reader.ids["cus"] = (await reader.send("newcomer", "/store/customers"))["customer"]["id"]
    again = await reader.send("customer", "/auth/{actor}/emailpass", "customer")
    headers["customer"] = {**headers["customer"], "authorization": f"Bearer {again['token']}"}
    await reader.send("customer", "/store/customers/me")
    own = (await reader.get("user", "/admin/tenants"))["tenants"][0]["id"]
    await reader.send("user", "/admin/tenants")
    await reader.send("user", "/admin/tenants/{tenant_id}", own, method="PUT")


async def goods(reader: Reader) -> None:
    for prefix, name in (("sc", "sales_channels"), ("sloc", "stock_locations")):
        reader.ids[prefix] = (await reader.get("user", f"/admin/{name.replace('_', '-')}"))[name][0]["id"]
    product = (await reader.send("user", "/admin/products"))["product"]
    reader.ids |= {"prod": product["id"], "variant": product["variants"][0]["id"]}
    await reader.send("user", "/admin/products/{product_id}", product["id"])
    row = await reader.shop.row(
        "SELECT inventory_item_id AS id FROM product_variant WHERE id = $1", reader.ids["variant"]
    )
    levels = "/admin/inventory-items/{item_id}/location-levels"
    await reader.send("user", levels, row["id"])
    await reader.send("user", levels + "/{location_id}", row["id"], reader.ids["sloc"])
    await reader.send("user", "/admin/promotions")


async def checkout(reader: Reader) -> None:
    placed = await order(reader)
    shown = await reader.get("user", f"/admin/orders/{placed}?fields=*payment_collections.payments")
    payment = shown["order"]["payment_collections"][0]["payments"][0]["id"]
    await reader.send("user", "/admin/payments/{payment_id}/capture", payment)
    await reader.send("user", "/admin/payments/{payment_id}/refund", payment)
    await reader.send("user", "/admin/orders/{order_id}/cancel", await order(reader))


async def order(reader: Reader) -> str:
    """The id of an order that the document's examples make."""
    made = (await reader.send("customer", "/store/carts"))["cart"]
    cart = reader.ids["cart"] = made["id"]
    await reader.send("customer", "/store/carts/{cart_id}", cart)
    lines = "/store/carts/{cart_id}/line-items"
    await reader.send("customer", lines, cart)
    await reader.send("customer", lines + "/{line_id}", cart, made["items"][0]["id"])
    found = await reader.get("customer", f"/store/shipping-options?cart_id={cart}")
    reader.ids["so"] = found["shipping_options"][0]["id"]
    await reader.send("customer", "/store/carts/{cart_id}/shipping-methods", cart)
    await reader.send("customer", "/store/carts/{cart_id}/promotions", cart)
    await reader.send("customer", "/store/carts/{cart_id}/promotions", cart, method="DELETE")
    paying = (await reader.send("customer", "/store/payment-collections"))["payment_collection"]["id"]
    await reader.send("customer", "/store/payment-collections/{collection_id}/payment-sessions", paying)
    return str((await reader.send("customer", "/store/carts/{cart_id}/complete", cart))["order"]["id"])


async def vendors(reader: Reader) -> None:
    vendor = (await reader.send("user", "/admin/vendors"))["vendor"]["id"]
    email = reader.example("POST", "/admin/vendors/{vendor_id}/accounts")["email"]
    await reader.shop.post("user", "/auth/vendor/emailpass/register", {"email": email, "password": "Correct-horse-1"})
    await reader.send("user", "/admin/vendors/{vendor_id}/accounts", vendor)
    for step in ("approve", "suspend", "reinstate"):
        await reader.send("user", f"/admin/vendors/{{vendor_id}}/{step}", vendor)
    other = {**reader.example("POST", "/admin/vendors"), "handle": "another", "email": "another@example.com"}
    rejected = (await reader.shop.post("user", "/admin/vendors", other))["vendor"]["id"]
    await reader.send("user", "/admin/vendors/{vendor_id}/reject", rejected)
    rule = (await reader.send("user", "/admin/commission-rules"))["commission_rule"]["id"]
    await reader.send("user", "/admin/commission-rules/{rule_id}", rule)
    placed = await reader.shop.order("oud-perfume")
    await reader.shop.carry()
    share = (await reader.get("souq", f"/vendor/orders?order_id={placed['id']}"))["orders"][0]["id"]
    await reader.send("souq", "/vendor/orders/{vendor_order_id}/fulfill", share)
    payout = (await reader.send("souq", "/vendor/payouts/request"))["payout"]["id"]
    await reader.send("user", "/admin/payouts/{payout_id}/adjust", payout)
    await reader.send("user", "/admin/payouts/{payout_id}/hold", payout)
    await reader.shop.post("user", f"/admin/payouts/{payout}/release")
    await reader.send("user", "/admin/payouts/{payout_id}/process", payout)


async def wallets(reader: Reader) -> None:
    own = (await reader.get("customer", "/store/wallet/me"))["wallet"]["id"]
    await reader.send("user", "/admin/wallets/{wallet_id}", own)
    empty = (await reader.send("user", "/admin/wallets"))["wallet"]["id"]
    for step in ("freeze", "unfreeze", "close"):
        await reader.send("user", f"/admin/wallets/{{wallet_id}}/{step}", empty)


async def bookings(reader: Reader) -> None:
    reader.ids["bksv"] = (await reader.send("user", "/admin/bookings/services"))["service"]["id"]
    reader.ids["bkpr"] = (await reader.send("user", "/admin/bookings/providers"))["provider"]["id"]
    await reader.send("user", "/admin/bookings/availability")
    await reader.send("user", "/admin/bookings/exceptions")
    booking = (await reader.send("customer", "/store/bookings"))["booking"]["id"]
    await reader.send("customer", "/store/bookings/{booking_id}/reschedule", booking)
    counter = (await reader.send("user", "/admin/bookings"))["booking"]["id"]
    await reader.send("user", "/admin/bookings/{booking_id}", counter, method="PUT")
    await reader.send("customer", "/store/bookings/{booking_id}/cancel", counter)


async def trade_ins(reader: Reader) -> None:
    for last in ("approve", "reject", "offers"):
        one = (await reader.send("customer", "/store/trade-ins"))["trade_in"]["id"]
        await reader.send("user", "/admin/trade-ins/{trade_in_id}/evaluate", one)
        await reader.send("user", f"/admin/trade-ins/{{trade_in_id}}/{last}", one)
    await reader.send("user", "/admin/trade-ins")


async def insurance(reader: Reader) -> None:
    await reader.send("user", "/admin/insurance/plans")
    own = "/store/insurance/policies"
    first, second = [(await reader.send("customer", own))["policy"]["id"] for _ in range(2)]
    reader.ids["inspo"] = first
    claim = (await reader.send("customer", "/store/insurance/claims"))["claim"]["id"]
    await reader.shop.post("user", f"/admin/insurance/claims/{claim}/review")
    await reader.send("user", "/admin/insurance/claims/{claim_id}", claim, method="PATCH")
    await reader.send("customer", "/store/insurance/policies/{policy_id}/cancel", first)
    await reader.send("user", "/admin/insurance/policies/{policy_id}/cancel", second)
