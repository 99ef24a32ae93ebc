"""ERPNext's client by itself: what it asks again, what it never does, and how it finds out what became of a POST."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import httpx
import pytest

from contracts.consumers.erpnext import (
    COMPANY,
    CURRENCY,
    CUSTOMER,
    CUSTOMER_OF_OURS,
    DRAFTED,
    INVOICE,
    IS_ITEM,
    ITEM,
    KEY,
    NAME,
    NO_ITEM,
    ORDER,
    SECRET,
    TODAY,
)
from contracts.consumers.logic.answers import answering, bodies, changed, queries, routed
from reference_impl.integrations.base import Conflict, Unavailable
from reference_impl.integrations.erpnext.client import ErpNext
from reference_impl.integrations.erpnext.documents import CUSTOMER_ID, ORDER_ID, Line, NewCustomer, NewInvoice, NewItem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import respx

    from contracts.consumers.logic.answers import Waits
    from reference_impl.core.clock import FrozenClock

pytestmark = pytest.mark.anyio

NONE_YET, THERE = (f"a look-up of the invoice of an order {which}" for which in ("that has none", "with an invoice"))
WHOSE = "the question whose key it is"
BUYER = NewCustomer(CUSTOMER_OF_OURS, CUSTOMER)
SOLD = NewInvoice(
    ORDER, CUSTOMER, CURRENCY, date.fromisoformat(TODAY), lines=[Line(ITEM, Decimal(2), Decimal("149.50"))]
)
GOODS = NewItem(ITEM, "Abaya, black", "Products")


@pytest.fixture
async def erpnext(clock: FrozenClock, waits: Waits) -> AsyncIterator[ErpNext]:
    """The platform's own client."""
    client = ErpNext("http://books.example.com", clock, key=KEY, secret=SECRET, company=COMPANY, sleep=waits)
    yield client
    await client.close()


async def test_a_question_is_asked_three_times(vendor: respx.MockRouter, erpnext: ErpNext, waits: Waits) -> None:
    """A third answer counts; before each further attempt it waits, longer each time, of which half is by chance."""
    asked = routed(vendor, NAME, WHOSE)
    asked.side_effect = [httpx.ConnectError("refused"), httpx.Response(502, html="Bad Gateway"), answering(NAME, WHOSE)]
    assert await erpnext.logged_in() == "cityos@example.com"
    assert asked.call_count == 3
    first, second = waits.seconds
    assert 0.1 <= first <= 0.2 <= second <= 0.4


async def test_a_question_is_not_asked_a_fourth_time(vendor: respx.MockRouter, erpnext: ErpNext, waits: Waits) -> None:
    """After three attempts without an answer it is somebody else's to come again, at no named time."""
    asked = routed(vendor, NAME, WHOSE).mock(side_effect=httpx.ReadTimeout("slow"))
    with pytest.raises(Unavailable, match="erpnext: ReadTimeout: slow") as away:
        await erpnext.logged_in()
    assert (asked.call_count, len(waits.seconds), away.value.retry_at) == (3, 2, None)


async def test_who_is_told_when_to_come_comes_then(
    vendor: respx.MockRouter, erpnext: ErpNext, clock: FrozenClock, waits: Waits
) -> None:
    """`Retry-After` ends the attempts at the first."""
    asked = routed(vendor, NAME, f"{WHOSE}, too often")
    with pytest.raises(Unavailable, match="TooManyRequestsError") as often:
        await erpnext.logged_in()
    assert often.value.retry_at == clock.now() + timedelta(seconds=30)
    assert (asked.call_count, waits.seconds) == (1, [])


async def test_a_customer_whose_answer_was_lost(vendor: respx.MockRouter, erpnext: ErpNext, waits: Waits) -> None:
    """It is posted once, found by our id, and then brought up to date like any customer that was there before."""
    looked = routed(vendor, NAME, "a look-up of a customer that is not there")
    looked.side_effect = [
        answering(NAME, f"a look-up of a customer that is {which}") for which in ("not there", "there")
    ]
    posted = routed(vendor, NAME, "a new customer").mock(side_effect=httpx.ReadTimeout("slow"))
    put = routed(vendor, NAME, "a change of a customer")
    assert await erpnext.customer(BUYER) == CUSTOMER
    body = {"customer_name": CUSTOMER, "customer_type": "Individual"}
    assert bodies(posted) == [{**body, CUSTOMER_ID: CUSTOMER_OF_OURS}]
    assert bodies(put) == [body]
    assert [call.request.method for call in vendor.calls] == ["GET", "POST", "GET", "PUT"]
    assert waits.seconds == []


async def test_an_invoice_that_never_arrived(vendor: respx.MockRouter, erpnext: ErpNext) -> None:
    """What is not found after a lost answer was not made: the caller is told so, and makes it when they come again."""
    looked = routed(vendor, NAME, NONE_YET)
    posted = routed(vendor, NAME, "a new invoice")
    posted.side_effect = [httpx.ReadError("reset"), answering(NAME, "a new invoice")]
    with pytest.raises(Unavailable, match="ReadError: reset"):
        await erpnext.invoice(SOLD)
    assert (looked.call_count, posted.call_count) == (2, 1)
    assert (await erpnext.invoice(SOLD)).name == INVOICE
    assert (looked.call_count, posted.call_count) == (3, 2)
    first, second = bodies(posted)
    assert first == second
    assert first[ORDER_ID] == ORDER


async def test_an_invoice_of_which_nothing_is_known(vendor: respx.MockRouter, erpnext: ErpNext, waits: Waits) -> None:
    """Where the look-up after a lost answer is lost too, the POST's own error is told, and whoever comes next finds it.

    The look-up is a question, so it is asked three times; the POST stays one.
    """
    looked = routed(vendor, NAME, NONE_YET)
    looked.side_effect = [answering(NAME, NONE_YET), *[httpx.ConnectError("away")] * 3, answering(NAME, THERE)]
    posted = routed(vendor, NAME, "a new invoice").mock(side_effect=httpx.ReadTimeout("slow"))
    with pytest.raises(Unavailable, match="ReadTimeout: slow"):
        await erpnext.invoice(SOLD)
    assert (looked.call_count, len(waits.seconds)) == (4, 2)
    assert (await erpnext.invoice(SOLD)).order_id == ORDER
    assert (looked.call_count, posted.call_count) == (5, 1)


async def test_a_post_that_was_turned_away_is_not_looked_for(
    vendor: respx.MockRouter, erpnext: ErpNext, clock: FrozenClock
) -> None:
    """Who is told when to come again was not let in: there is nothing to find."""
    looked = routed(vendor, NAME, NONE_YET)
    posted = routed(vendor, NAME, "a new invoice").mock(return_value=answering(NAME, f"{WHOSE}, too often"))
    with pytest.raises(Unavailable) as often:
        await erpnext.invoice(SOLD)
    assert often.value.retry_at == clock.now() + timedelta(seconds=30)
    assert (looked.call_count, posted.call_count) == (1, 1)


async def test_a_second_at_once_gets_what_the_first_has_made(vendor: respx.MockRouter, erpnext: ErpNext) -> None:
    """A refusal because our id is taken is no failure: the invoice that has it is the answer."""
    looked = routed(vendor, NAME, NONE_YET)
    looked.side_effect = [answering(NAME, NONE_YET), answering(NAME, THERE)]
    posted = routed(vendor, NAME, "a new invoice")
    posted.return_value = answering(NAME, "a new item of a code that is there")
    made = await erpnext.invoice(SOLD)
    assert (made.name, made.docstatus) == (INVOICE, 1)
    assert (looked.call_count, posted.call_count) == (2, 1)


async def test_an_invoice_of_another_customer(vendor: respx.MockRouter, erpnext: ErpNext) -> None:
    """What is found under our id has to be what was to be made; another's is a conflict, and is left alone."""
    (row,) = answering(NAME, THERE).json()["data"]
    looked = routed(vendor, NAME, THERE)
    looked.return_value = changed(answering(NAME, THERE), data=[{**row, "customer": "somebody-else"}])
    with pytest.raises(Conflict, match=f"{INVOICE} of order {ORDER} is for somebody-else in {CURRENCY}"):
        await erpnext.invoice(SOLD)
    assert len(vendor.calls) == 1


async def test_the_submit_of_a_draft_is_repeated(vendor: respx.MockRouter, erpnext: ErpNext, waits: Waits) -> None:
    """Submitting is a PUT of the state that is wanted, so a lost answer is asked for again in the same words."""
    routed(vendor, NAME, "a look-up of the invoice of an order with a draft")
    put = routed(vendor, NAME, "the submit of a draft", DRAFTED)
    put.side_effect = [httpx.ReadTimeout("slow"), answering(NAME, "the submit of a draft")]
    assert (await erpnext.invoice(SOLD)).docstatus == 1
    assert bodies(put) == [{"docstatus": 1}] * 2
    assert len(waits.seconds) == 1


async def test_an_invoice_that_was_cancelled_unheard(vendor: respx.MockRouter, erpnext: ErpNext) -> None:
    """Where the second attempt is refused because the first was done, the invoice says so."""
    read = routed(vendor, NAME, "a request for an invoice")
    read.side_effect = [answering(NAME, f"a request for {which}") for which in ("an invoice", "a cancelled invoice")]
    put = routed(vendor, NAME, "the cancellation of an invoice")
    put.side_effect = [httpx.ReadTimeout("slow"), answering(NAME, "the cancellation of a draft")]
    assert (await erpnext.cancel_invoice(INVOICE)).docstatus == 2
    assert bodies(put) == [{"docstatus": 2}] * 2
    assert read.call_count == 2


async def test_an_item_whose_answer_was_lost(vendor: respx.MockRouter, erpnext: ErpNext, waits: Waits) -> None:
    """Named by a field it can't be made twice: its POST is repeated, and where it is there by then, it is changed."""
    put = routed(vendor, NAME, "a change of an item", IS_ITEM)
    put.side_effect = [
        answering(NAME, "a change of an item that is not there", NO_ITEM),
        answering(NAME, "a change of an item", IS_ITEM),
    ]
    posted = routed(vendor, NAME, "a new item", NO_ITEM)
    posted.side_effect = [httpx.ReadTimeout("slow"), answering(NAME, "a new item of a code that is there")]
    assert await erpnext.item(GOODS) == ITEM
    assert [call.request.method for call in vendor.calls] == ["PUT", "POST", "POST", "PUT"]
    assert bodies(put) + bodies(posted) == [GOODS.body()] * 4
    assert len(waits.seconds) == 1


async def test_rows_go_on_where_they_were(vendor: respx.MockRouter, erpnext: ErpNext, waits: Waits) -> None:
    """A page that fails is asked for again from the same name on; one that is full, even the last, is not the end."""
    first, last = answering(NAME, "the first page of items"), answering(NAME, "the last page of items")
    full = changed(last, data=[*last.json()["data"], {"name": "red-42", "stock_uom": "Nos"}])
    asked = routed(vendor, NAME, "the first page of items")
    asked.side_effect = [first, httpx.Response(503), full, changed(last, data=[])]
    rows = [row["name"] async for row in erpnext.rows("Item", filters=[["item_name", "=", "Abaya, red"]], page=2)]
    assert rows == ["red-36", "red-38", "red-40", "red-42"]
    named = ["item_name", "=", "Abaya, red"]
    after = [[], [["name", ">", "red-38"]], [["name", ">", "red-38"]], [["name", ">", "red-42"]]]
    assert [json.loads(query["filters"]) for query in queries(asked)] == [[named, *more] for more in after]
    assert len(waits.seconds) == 1


@pytest.mark.parametrize("kept", [0.5, 0])
async def test_half_an_answer(vendor: respx.MockRouter, erpnext: ErpNext, kept: float) -> None:
    """What is no whole JSON is no answer, whatever its status: a question is asked again, three times in all."""
    whole = answering(NAME, THERE).content
    asked = routed(vendor, NAME, THERE).mock(return_value=httpx.Response(200, content=whole[: int(len(whole) * kept)]))
    with pytest.raises(Unavailable, match="200 answered something else than Frappe does"):
        await erpnext.invoice_of(ORDER)
    assert asked.call_count == 3


async def test_an_answer_without_what_is_needed(vendor: respx.MockRouter, erpnext: ErpNext) -> None:
    """A row without one of its fields is told as another form, after one question: it would come again so."""
    (row,) = answering(NAME, THERE).json()["data"]
    row.pop("outstanding_amount")
    asked = routed(vendor, NAME, THERE).mock(return_value=changed(answering(NAME, THERE), data=[row]))
    with pytest.raises(Unavailable, match=r"answered in another form: .*outstanding_amount"):
        await erpnext.invoice_of(ORDER)
    assert asked.call_count == 1
