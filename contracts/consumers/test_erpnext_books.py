"""What the platform needs of ERPNext's books: customers, items, invoices, payments and what is owed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pact import match

from contracts.consumers.erpnext import (
    CAPTURE,
    COMPANY,
    CURRENCY,
    CUSTOMER,
    CUSTOMER_OF_OURS,
    DRAFTED,
    INVOICE,
    IS_CUSTOMER,
    IS_ITEM,
    ITEM,
    NAME,
    NO_CUSTOMER,
    NO_INVOICE,
    NO_ITEM,
    ORDER,
    OWED,
    PAID,
    PAYMENT,
    TAKEN_BACK,
    TODAY,
    TOTAL,
    WORKS,
    answered,
    asked,
    asking,
    at,
    customer_looked_for,
    filled,
    invoice,
    invoice_body,
    invoice_looked_for,
    listing,
    named,
    payment,
    payment_body,
    payment_looked_for,
    refused,
    where,
)
from reference_impl.integrations.base import Conflict, Rejected
from reference_impl.integrations.erpnext.client import LOGGED_IN
from reference_impl.integrations.erpnext.documents import (
    CUSTOMER_ID,
    PRODUCT_ID,
    Line,
    NewCustomer,
    NewInvoice,
    NewItem,
    NewPayment,
    Tax,
)

if TYPE_CHECKING:
    from pact import Pact

    from contracts.consumers.erpnext import Contract
    from reference_impl.core.clock import FrozenClock

pytestmark = pytest.mark.anyio

TODAYS = date.fromisoformat(TODAY)
BUYER = NewCustomer(CUSTOMER_OF_OURS, CUSTOMER, email="noura@example.com", phone="+966501234567")
GOODS = NewItem(ITEM, "Abaya, black", "Products", product_id="prod_01JD8XWQ4T", stocked=False)
SOLD = NewInvoice(
    ORDER,
    CUSTOMER,
    CURRENCY.lower(),
    TODAYS,
    lines=[Line(ITEM, Decimal(2), Decimal("149.50"))],
    taxes=[Tax("VAT 15% - DT", "Tax", Decimal("44.85"))],
)
TAKEN = NewPayment(CAPTURE, ORDER, INVOICE, CUSTOMER, Decimal(str(TOTAL)), TODAYS, "Bank - DT")


async def test_logged_in(contract: Contract, clock: FrozenClock) -> None:
    """Health asks whose key we have: the cheapest question that needs one."""
    pact = contract(NAME)
    request = asked(pact, "the question whose key it is", WORKS, "GET", LOGGED_IN)
    request.will_respond_with(200).with_body({"message": match.str("cityos@example.com")}, "application/json")
    async with asking(pact, clock) as erpnext:
        assert await erpnext.logged_in() == "cityos@example.com"


def customer_body() -> dict[str, Any]:
    """What the client sends of a customer, but for the id of ours."""
    kind = {"customer_type": "Individual", "email_id": "noura@example.com", "mobile_no": "+966501234567"}
    return {"customer_name": filled("customer", CUSTOMER), **kind}


async def test_a_new_customer(contract: Contract, clock: FrozenClock) -> None:
    """A customer is looked for by our id, and made with it; ERPNext says how it calls them, with 200."""
    pact = contract(NAME)
    customer_looked_for(pact, found=False)
    body = {**customer_body(), CUSTOMER_ID: filled("customer_id", CUSTOMER_OF_OURS)}
    answered(asked(pact, "a new customer", NO_CUSTOMER, "POST", at("Customer"), body=body), named(CUSTOMER))
    async with asking(pact, clock) as erpnext:
        assert await erpnext.customer(BUYER) == CUSTOMER


async def test_a_customer_that_is_there(contract: Contract, clock: FrozenClock) -> None:
    """A customer that carries our id is brought up to date under their name."""
    pact = contract(NAME)
    customer_looked_for(pact, found=True)
    path = at("Customer", "customer", CUSTOMER)
    answered(asked(pact, "a change of a customer", IS_CUSTOMER, "PUT", path, body=customer_body()), named(CUSTOMER))
    async with asking(pact, clock) as erpnext:
        assert await erpnext.customer(BUYER) == CUSTOMER


def item_body() -> dict[str, Any]:
    """What the client sends of an item."""
    return {
        "item_code": filled("item_code", ITEM),
        "item_name": "Abaya, black",
        "item_group": filled("item_group", "Products"),
        "stock_uom": filled("unit", "Nos"),
        "is_stock_item": 0,
        PRODUCT_ID: "prod_01JD8XWQ4T",
    }


async def test_an_item_that_is_there(contract: Contract, clock: FrozenClock) -> None:
    """An item is changed under its code, which is its name."""
    pact = contract(NAME)
    path = at("Item", "item_code", ITEM)
    answered(asked(pact, "a change of an item", IS_ITEM, "PUT", path, body=item_body()), named(ITEM))
    async with asking(pact, clock) as erpnext:
        assert await erpnext.item(GOODS) == ITEM


def item_not_there(pact: Pact) -> None:
    """A change of an item that is not there."""
    path = at("Item", "item_code", ITEM)
    request = asked(pact, "a change of an item that is not there", NO_ITEM, "PUT", path, body=item_body())
    refused(request, 404, "DoesNotExistError", f"Item {ITEM} not found")


async def test_a_new_item(contract: Contract, clock: FrozenClock) -> None:
    """An item that is not there is made, under its code."""
    pact = contract(NAME)
    item_not_there(pact)
    answered(asked(pact, "a new item", NO_ITEM, "POST", at("Item"), body=item_body()), named(ITEM))
    async with asking(pact, clock) as erpnext:
        assert await erpnext.item(GOODS) == ITEM


async def test_an_item_that_was_made_meanwhile(contract: Contract, clock: FrozenClock) -> None:
    """A second item of a code is refused as a conflict."""
    pact = contract(NAME)
    item_not_there(pact)
    request = asked(pact, "a new item of a code that is there", IS_ITEM, "POST", at("Item"), body=item_body())
    refused(request, 409, "DuplicateEntryError", f"Item <strong>{ITEM}</strong> already exists")
    async with asking(pact, clock) as erpnext:
        with pytest.raises(Conflict, match=f"DuplicateEntryError: Item {ITEM} already exists"):
            await erpnext.item(GOODS)


async def test_a_new_invoice(contract: Contract, clock: FrozenClock) -> None:
    """The invoice of an order is made and submitted in one call, and adds up to what the customer paid."""
    pact = contract(NAME)
    invoice_looked_for(pact, NO_INVOICE)
    exact = {"grand_total": TOTAL, "outstanding_amount": TOTAL}  # another total is a conflict with the order's
    request = asked(pact, "a new invoice", NO_INVOICE, "POST", at("Sales Invoice"), body=invoice_body())
    answered(request, {**invoice(1), **exact})
    async with asking(pact, clock) as erpnext:
        made = await erpnext.invoice(SOLD)
    assert (made.name, made.docstatus, made.order_id) == (INVOICE, 1, ORDER)
    assert (made.grand_total, made.outstanding_amount) == (Decimal("343.85"), Decimal("343.85"))


async def test_an_invoice_that_is_there(contract: Contract, clock: FrozenClock) -> None:
    """An order has one invoice, however often it is asked for; another customer's is not handed out."""
    pact = contract(NAME)
    invoice_looked_for(pact, OWED, 1)
    async with asking(pact, clock) as erpnext:
        assert await erpnext.invoice(SOLD) == await erpnext.invoice_of(ORDER)
        with pytest.raises(Conflict, match=f"{INVOICE} of order {ORDER} is for {CUSTOMER} in SAR"):
            await erpnext.invoice(replace(SOLD, customer="somebody-else"))


async def test_a_draft_is_submitted(contract: Contract, clock: FrozenClock) -> None:
    """A draft that somebody made for an order is submitted, by a change of its docstatus."""
    pact = contract(NAME)
    invoice_looked_for(pact, DRAFTED, 0)
    path = at("Sales Invoice", "invoice", INVOICE)
    answered(asked(pact, "the submit of a draft", DRAFTED, "PUT", path, body={"docstatus": 1}), invoice(1))
    async with asking(pact, clock) as erpnext:
        assert (await erpnext.invoice(SOLD)).docstatus == 1


async def test_an_invoice_is_taken_back(contract: Contract, clock: FrozenClock) -> None:
    """A submitted invoice is read and cancelled, by a change of its docstatus."""
    pact = contract(NAME)
    path = at("Sales Invoice", "invoice", INVOICE)
    answered(asked(pact, "a request for an invoice", OWED, "GET", path), invoice(1))
    answered(asked(pact, "the cancellation of an invoice", OWED, "PUT", path, body={"docstatus": 2}), invoice(2))
    async with asking(pact, clock) as erpnext:
        assert (await erpnext.cancel_invoice(INVOICE)).docstatus == 2


async def test_a_cancelled_invoice_stays_so(contract: Contract, clock: FrozenClock) -> None:
    """An order whose invoice was taken back gets no second one, and it is not taken back again."""
    pact = contract(NAME)
    invoice_looked_for(pact, TAKEN_BACK, 2)
    path = at("Sales Invoice", "invoice", INVOICE)
    answered(asked(pact, "a request for a cancelled invoice", TAKEN_BACK, "GET", path), invoice(2))
    async with asking(pact, clock) as erpnext:
        assert (await erpnext.invoice(SOLD)).docstatus == 2
        assert (await erpnext.cancel_invoice(INVOICE)).docstatus == 2


async def test_a_draft_is_not_cancelled(contract: Contract, clock: FrozenClock) -> None:
    """A draft can't be cancelled: it was never submitted."""
    pact = contract(NAME)
    path = at("Sales Invoice", "invoice", INVOICE)
    answered(asked(pact, "a request for a draft", DRAFTED, "GET", path), invoice(0))
    request = asked(pact, "the cancellation of a draft", DRAFTED, "PUT", path, body={"docstatus": 2})
    refused(request, 417, match.str("DocstatusTransitionError"))
    async with asking(pact, clock) as erpnext:
        with pytest.raises(Rejected, match="DocstatusTransitionError"):
            await erpnext.cancel_invoice(INVOICE)


async def test_a_new_payment(contract: Contract, clock: FrozenClock) -> None:
    """What was taken for an order settles its invoice: made and submitted in one call."""
    pact = contract(NAME)
    payment_looked_for(pact, found=False)
    request = asked(pact, "a new payment", OWED, "POST", at("Payment Entry"), body=payment_body())
    answered(request, {**payment(), "paid_amount": TOTAL})  # another amount is a conflict with what was taken
    async with asking(pact, clock) as erpnext:
        made = await erpnext.payment(TAKEN)
    assert (made.name, made.paid_amount, made.unallocated_amount) == (PAYMENT, Decimal("343.85"), Decimal(0))


async def test_a_payment_that_is_there(contract: Contract, clock: FrozenClock) -> None:
    """A payment is entered once; its id with another amount is a conflict."""
    pact = contract(NAME)
    payment_looked_for(pact, found=True)
    async with asking(pact, clock) as erpnext:
        assert (await erpnext.payment(TAKEN)).payment_id == CAPTURE
        with pytest.raises(Conflict, match=f"{PAYMENT} of payment {CAPTURE} is 343.85 from {CUSTOMER}"):
            await erpnext.payment(replace(TAKEN, amount=Decimal(1)))


async def test_a_payment_of_what_is_paid(contract: Contract, clock: FrozenClock) -> None:
    """An invoice that is paid takes no further payment."""
    pact = contract(NAME)
    payment_looked_for(pact, found=False)
    body = {
        **payment_body(),
        "reference_no": filled("other_id", CAPTURE),
        "custom_medusa_payment_id": filled("other_id", CAPTURE),
    }
    request = asked(pact, "a payment of an invoice that is paid", PAID, "POST", at("Payment Entry"), body=body)
    refused(request, 417, "ValidationError", f"Sales Invoice {INVOICE} has already been fully paid.")
    async with asking(pact, clock) as erpnext:
        with pytest.raises(
            Rejected, match=f"ValidationError: Sales Invoice {INVOICE} has already been fully paid"
        ) as told:
            await erpnext.payment(TAKEN)
    assert told.value.status == 417


async def test_what_is_owed(contract: Contract, clock: FrozenClock) -> None:
    """The report of what is owed has a row for each voucher, and may have rows of another form for totals."""
    pact = contract(NAME)
    row = {
        "voucher_type": match.str("Sales Invoice"),
        "voucher_no": match.str(INVOICE),
        "party": match.str(CUSTOMER),
        "posting_date": match.regex(TODAY, regex=r"^\d{4}-\d\d-\d\d$"),
        "invoiced": match.number(TOTAL),
        "paid": match.number(0.0),
        "outstanding": match.number(TOTAL),
        "currency": match.regex(CURRENCY, regex="^[A-Z]{3}$"),
        "age": match.int(0),
    }
    filters = where(
        '{"company":"<company>","report_date":"<today>","ageing_based_on":"Due Date","range":"30, 60, 90, 120",'
        '"party_type":"Customer","party":["<customer>"]}',
        company=COMPANY,
        today=TODAY,
        customer=CUSTOMER,
    )
    query = {"report_name": "Accounts Receivable", "filters": filters}
    path = "/api/method/frappe.desk.query_report.run"
    request = asked(pact, "the report of what a customer owes", OWED, "GET", path, query=query)
    body = {"message": {"result": match.array_containing([row])}}
    request.will_respond_with(200).with_body(body, "application/json")
    async with asking(pact, clock) as erpnext:
        (owed,) = await erpnext.receivables(TODAYS, CUSTOMER)
    assert (owed.voucher_no, owed.outstanding) == (INVOICE, Decimal("343.85"))


async def test_rows_come_page_by_page(contract: Contract, clock: FrozenClock) -> None:
    """Each page begins after the last name of the one before; one that is not full is the last."""
    pact = contract(NAME)
    state, name, fields = "three items have one name", "Abaya, red", ["name", "stock_uom"]

    def page(description: str, filters: Any, names: list[str]) -> None:
        rows = [{**named(each), "stock_uom": match.str("Nos")} for each in names]
        query = listing(fields, filters, "name asc", 2)
        answered(asked(pact, description, state, "GET", at("Item"), query=query), rows)

    page("the first page of items", where('[["item_name","=","<item_name>"]]', item_name=name), ["red-36", "red-38"])
    after = where('[["item_name","=","<item_name>"],["name",">","<after>"]]', item_name=name, after="red-38")
    page("the last page of items", after, ["red-40"])
    async with asking(pact, clock) as erpnext:
        rows = [row async for row in erpnext.rows("Item", ["stock_uom"], [["item_name", "=", name]], page=2)]
    assert [row["name"] for row in rows] == ["red-36", "red-38", "red-40"]


async def test_an_item_is_deleted(contract: Contract, clock: FrozenClock) -> None:
    """A deletion is answered with 202."""
    pact = contract(NAME)
    request = asked(pact, "the deletion of an item", IS_ITEM, "DELETE", at("Item", "item_code", ITEM))
    answered(request, match.str("ok"), 202)
    async with asking(pact, clock) as erpnext:
        assert await erpnext.delete("Item", ITEM)


async def test_an_item_that_is_gone_is_not_deleted(contract: Contract, clock: FrozenClock) -> None:
    """Deleting what is not there is no error of ours."""
    pact = contract(NAME)
    path = at("Item", "item_code", ITEM)
    refused(asked(pact, "the deletion of an item that is not there", NO_ITEM, "DELETE", path), 404, "DoesNotExistError")
    async with asking(pact, clock) as erpnext:
        assert not await erpnext.delete("Item", ITEM)
