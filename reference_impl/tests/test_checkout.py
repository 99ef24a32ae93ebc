"""Orders, where they meet at one row, where events are repeated, and where half of one must not remain."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from reference_impl.tests.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from fastapi import FastAPI

    from reference_impl.core.clock import FrozenClock
    from reference_impl.core.database import Database

pytestmark = pytest.mark.anyio
LEFT = """
SELECT (SELECT count(*) FROM "order") AS orders, (SELECT count(*) FROM outbox WHERE type = 'order.placed') AS told
"""


@pytest.fixture
async def desk(client: httpx.AsyncClient, store: Database, clock: FrozenClock, seeded: str) -> Desk:
    return await Desk(client, store, clock, seeded).enter()


async def variant(desk: Desk, price: int = 30, stock: int | None = None) -> str:
    product = await desk.get(f"/admin/products/{await desk.product(price, stock=stock)}")
    return str(product["variants"][0]["id"])


async def cart(
    desk: Desk, *variants: str, provider: str = "pp_system_default", data: dict[str, Any] | None = None
) -> str:
    """The path of a cart with one of each, ready to be completed."""
    items = [{"variant_id": one, "quantity": 1} for one in variants]
    made = await desk.post("/store/carts", currency_code="usd", items=items)
    collection = await desk.post("/store/payment-collections", cart_id=made["id"])
    path = f"/store/payment-collections/{collection['id']}/payment-sessions"
    await desk.post(path, provider_id=provider, data=data or {})
    return f"/store/carts/{made['id']}"


async def order(desk: Desk, path: str) -> dict[str, Any]:
    answer = await desk.send("POST", f"{path}/complete")
    assert answer.json()["type"] == "order", answer.text
    return dict(answer.json()["order"])


async def payment(desk: Desk, order_id: str) -> dict[str, Any]:
    shown = await desk.get(f"/admin/orders/{order_id}", fields="*payment_collections.payments")
    return dict(shown["payment_collections"][0]["payments"][0])


async def rich(desk: Desk, amount: int = 1000) -> None:
    wallet = await desk.get("/store/wallet/me")
    await desk.post(f"/admin/wallets/{wallet['id']}", type="credit", amount=amount)


async def test_two_orders_of_the_same_goods_do_not_wait_for_each_other_for_ever(desk: Desk) -> None:
    """Orders of the same goods, whichever comes first in them, all go through: none deadlocks with another."""
    one, two = await variant(desk, stock=20), await variant(desk, stock=20)
    carts = [await cart(desk, *((one, two) if n % 2 else (two, one))) for n in range(8)]
    answers = await asyncio.gather(*(desk.send("POST", f"{path}/complete") for path in carts))
    assert Counter(answer.status_code for answer in answers) == {200: 8}


async def test_an_order_that_is_refused_leaves_nothing(desk: Desk) -> None:
    """A payment that is not authorised, or goods that ran out, leave no order, no event and no reservation."""
    scarce = await variant(desk, stock=1)
    late = await cart(desk, scarce)
    await order(desk, await cart(desk, scarce))
    before = await desk.row(LEFT)
    assert (await desk.send("POST", f"{late}/complete")).status_code == 400
    goods = await variant(desk, stock=5)
    refused = await desk.send("POST", f"{await cart(desk, goods, data={'authorize': False})}/complete")
    assert refused.json()["error"]["type"] == "payment_authorization_error"
    poor = await desk.send("POST", f"{await cart(desk, goods, provider='pp_wallet')}/complete")
    assert "Insufficient balance" in poor.json()["error"]["message"]
    assert await desk.row(LEFT) == before
    sold = await desk.row("SELECT reserved_quantity AS n FROM product_variant WHERE id = $1", goods)
    assert sold["n"] == 0


async def test_events_that_an_operator_replays_move_no_money(desk: Desk) -> None:
    """order.placed, payment.refunded and order.canceled again, under new ids, leave the wallet as it is."""
    await rich(desk)
    placed = await order(desk, await cart(desk, await variant(desk), provider="pp_wallet"))
    paid = await payment(desk, placed["id"])
    await desk.tell("order.placed", {"id": placed["id"]}, times=3)
    assert (await desk.wallet())[0] == 970
    await desk.post(f"/admin/payments/{paid['id']}/capture", amount=10)
    refund = (await desk.post(f"/admin/payments/{paid['id']}/refund", amount=4))["refunds"][0]
    await desk.tell("payment.refunded", {"id": paid["id"], "refund_id": refund["id"]}, times=3)
    assert (await desk.wallet())[0] == 974
    await desk.post(f"/admin/orders/{placed['id']}/cancel")
    await desk.tell("order.canceled", {"id": placed["id"]}, times=3)
    await desk.tell("order.placed", {"id": placed["id"]})
    balance, references = await desk.wallet()
    assert balance == 1000
    assert sorted(Counter(references).values()) == [1, 1, 1, 2]  # the gift, two refunds; the order took and gave back


async def test_order_placed_is_told_once(desk: Desk) -> None:
    """A cart that is completed three times has one event, with what handlers need to know."""
    path = await cart(desk, await variant(desk))
    placed, *_ = [await order(desk, path) for _ in range(3)]
    told = await desk.row("SELECT count(*) OVER () AS times, payload FROM outbox WHERE type = 'order.placed'")
    assert told["times"] == 1
    assert f'"id": "{placed["id"]}"' in told["payload"]


async def test_a_cancelled_order_that_was_never_captured_is_given_up(desk: Desk) -> None:
    """Its payment is cancelled, not refunded, and cannot be captured any more."""
    placed = await order(desk, await cart(desk, await variant(desk)))
    cancelled = await desk.post(f"/admin/orders/{placed['id']}/cancel")
    assert (cancelled["status"], cancelled["payment_status"]) == ("canceled", "canceled")
    paid = await payment(desk, placed["id"])
    assert paid["canceled_at"] is not None
    refused = await desk.send("POST", f"/admin/payments/{paid['id']}/capture")
    assert (refused.status_code, "canceled" in refused.text) == (400, True)


async def test_stock_cannot_be_set_below_what_is_sold(desk: Desk) -> None:
    """Two are sold and not yet sent: counting one would sell what is not there."""
    goods = await variant(desk, stock=3)
    for _ in range(2):
        await order(desk, await cart(desk, goods))
    item = await desk.row("SELECT inventory_item_id AS id FROM product_variant WHERE id = $1", goods)
    location = (await desk.send("GET", "/admin/stock-locations")).json()["stock_locations"][0]["id"]
    path = f"/admin/inventory-items/{item['id']}/location-levels"
    assert (await desk.send("POST", path, location_id=location, stocked_quantity=1)).status_code == 400
    assert (await desk.post(f"{path}/{location}", stocked_quantity=2))["reserved_quantity"] == 2


async def test_a_product_is_not_given_to_another_tenants_vendor(desk: Desk) -> None:
    """The foreign key alone would take any vendor's id."""
    stranger = await desk.row("SELECT id FROM vendor WHERE tenant_id <> $1 LIMIT 1", desk.tenant_id)
    body = {"title": "Rug", "additional_data": {"vendor_id": stranger["id"]}}
    assert (await desk.send("POST", "/admin/products", **body)).status_code == 400
    own = await desk.row("SELECT id FROM vendor WHERE tenant_id = $1 LIMIT 1", desk.tenant_id)
    body["additional_data"] = {"vendor_id": own["id"]}
    assert (await desk.post("/admin/products", **body))["vendor_id"] == own["id"]


async def test_a_cart_is_frozen_while_it_is_completed(desk: Desk) -> None:
    """Lines that are added at the moment of completion are in the order or refused, never lost or unpaid."""
    goods = await variant(desk)
    path = await cart(desk, goods)
    adding = [desk.send("POST", f"{path}/line-items", variant_id=goods, quantity=1) for _ in range(5)]
    answers = await asyncio.gather(desk.send("POST", f"{path}/complete"), *adding)
    completed = answers[0].json()
    shown = await desk.get(path)
    if completed.get("type") == "order":
        assert completed["order"]["total"] == shown["total"]
        paid = await payment(desk, completed["order"]["id"])
        assert paid["amount"] == shown["total"]
    else:  # a line was in time, so that the session was for another amount
        assert (answers[0].status_code, shown["completed_at"]) == (400, None)


@pytest.fixture
def statements(app: FastAPI, desk: Desk) -> Iterator[list[str]]:
    """The statements that the application sends while this is in use."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    engine = app.state.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


async def test_a_longer_list_of_orders_takes_no_more_statements(desk: Desk, statements: list[str]) -> None:
    """One order or three on a page: the same number of statements."""
    goods = await variant(desk)
    counts = []
    for number in (1, 2):
        for _ in range(number):
            await order(desk, await cart(desk, goods))
        statements.clear()
        assert (await desk.send("GET", "/store/orders")).json()["count"] == 2 * number - 1
        counts.append(len(statements))
    assert counts[0] == counts[1]
