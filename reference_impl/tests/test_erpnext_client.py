"""The ERPNext client against a simulated ERPNext over HTTP: books that are kept once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.simulators.base import running
from reference_impl.core.clock import FrozenClock
from reference_impl.integrations.base import Conflict, NotFound, Rejected, Unavailable
from reference_impl.integrations.breaker import Breaker
from reference_impl.integrations.erpnext.client import ErpNext
from reference_impl.integrations.erpnext.documents import Line, NewCustomer, Tax
from reference_impl.tests.books import BANK, BUYER, COMPANY, INVOICE, NOW, TODAY, WIDGET, Forgetful, opened, payment

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from fixtures.simulators.base import Running

pytestmark = pytest.mark.anyio


@pytest.fixture
def vendor() -> Forgetful:
    return Forgetful(now=lambda: NOW)


@pytest.fixture
def served(vendor: Forgetful) -> Iterator[Running]:
    with running(vendor) as started:
        yield started


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOW)


@pytest.fixture
async def books(served: Running, vendor: Forgetful, clock: FrozenClock) -> AsyncIterator[ErpNext]:
    erpnext = opened(served.base_url, vendor.api_key, clock)
    yield erpnext
    await erpnext.close()


@pytest.fixture
async def shop(books: ErpNext) -> ErpNext:
    """With a customer and an item."""
    await books.customer(BUYER)
    await books.item(WIDGET)
    return books


# Customers and items


async def test_a_customer_is_made_once_and_then_changed(books: ErpNext, vendor: Forgetful) -> None:
    assert await books.customer(BUYER) == "Acme Riyadh"
    assert await books.customer(replace(BUYER, name="Acme Jeddah", phone="+966509999999")) == "Acme Riyadh"
    assert await books.customer(replace(BUYER, customer_id="cus_2")) == "Acme Riyadh - 1"
    first, second = vendor.documents("Customer")
    assert (first["customer_name"], first["custom_medusa_customer_id"]) == ("Acme Jeddah", "cus_1")
    assert first["mobile_no"] == "+966501234567"  # the contact keeps it
    assert second["custom_medusa_customer_id"] == "cus_2"


async def test_an_item_is_made_once_and_then_changed(books: ErpNext, vendor: Forgetful) -> None:
    assert await books.item(WIDGET) == "SKU-1"
    assert await books.item(replace(WIDGET, code="sku-1", name="Widget 2")) == "SKU-1"
    (item,) = vendor.documents("Item")
    assert (item["item_name"], item["standard_rate"]) == ("Widget 2", 120.5)


# Invoices


async def test_an_invoice_is_submitted_dated_and_not_rounded(shop: ErpNext, vendor: Forgetful) -> None:
    """Company, currency and date are ours, not what the site would assume; 1.15 stays 1.15."""
    tax = Tax("Duties and Taxes - DT", "VAT 15%", Decimal("0.15"))
    lines = [Line("SKU-1", Decimal(1), Decimal("1.00"))]
    made = await shop.invoice(replace(INVOICE, posted_on=date(2026, 3, 1), lines=lines, taxes=[tax]))
    assert (made.docstatus, made.status, made.grand_total) == (1, "Overdue", Decimal("1.15"))
    assert made.outstanding_amount == Decimal("1.15")
    (kept,) = vendor.documents("Sales Invoice")
    assert (kept["posting_date"], kept["company"], kept["currency"]) == ("2026-03-01", COMPANY, "SAR")
    debit = sum(entry["debit"] for entry in vendor.documents("GL Entry"))
    assert debit == sum(entry["credit"] for entry in vendor.documents("GL Entry")) == 1.15


async def test_an_invoice_is_made_once(shop: ErpNext, vendor: Forgetful) -> None:
    made = await shop.invoice(INVOICE)
    assert (made.name, made.status, made.order_id) == ("ACC-SINV-2026-00001", "Unpaid", "order_1")
    assert await shop.invoice(INVOICE) == made == await shop.invoice_of("order_1")
    assert len(vendor.documents("Sales Invoice")) == 1
    assert await shop.invoice_of("order_2") is None


@pytest.mark.parametrize("answer", ["DuplicateEntryError", "UniqueValidationError"])
async def test_twenty_at_once_make_one(shop: ErpNext, vendor: Forgetful, answer: Any) -> None:
    """Whichever of its two errors the server has for a field that is unique."""
    vendor.site.unique_answer = answer
    vendor.switches.slow_s = 0.02  # so that all have looked before one has made it
    made = await asyncio.gather(*(shop.invoice(INVOICE) for _ in range(20)))
    paid = await asyncio.gather(*(shop.payment(payment(made[0].name)) for _ in range(20)), return_exceptions=True)
    assert {invoice.name for invoice in made} == {"ACC-SINV-2026-00001"}
    assert len(vendor.documents("Sales Invoice")) == len(vendor.documents("Payment Entry")) == 1
    assert {getattr(one, "name", one) for one in paid} == {"ACC-PAY-2026-00001"}


async def test_a_lost_answer_is_looked_up(shop: ErpNext, vendor: Forgetful) -> None:
    vendor.losing = 1
    made = await shop.invoice(INVOICE)
    vendor.losing = 1
    paid = await shop.payment(payment(made.name))
    assert [each["name"] for each in vendor.documents("Sales Invoice")] == [made.name]
    assert [each["name"] for each in vendor.documents("Payment Entry")] == [paid.name]
    assert [asked.method for asked in vendor.received].count("POST") == 4  # customer, item, invoice, payment


async def test_an_answer_lost_with_the_look_up_is_found_by_the_next(
    shop: ErpNext, vendor: Forgetful, served: Running, clock: FrozenClock
) -> None:
    class Cut(Breaker):
        """Takes the vendor away as soon as a call has failed: the look-up after the POST meets nobody."""

        def failed(self) -> None:
            super().failed()
            served.stop()

    hurried = opened(served.base_url, vendor.api_key, clock, breaker=Cut(clock))
    vendor.losing = 1
    with pytest.raises(Unavailable):
        await hurried.invoice(INVOICE)
    await hurried.close()
    assert len(vendor.documents("Sales Invoice")) == 1
    served.start()
    assert (await shop.invoice(INVOICE)).name == "ACC-SINV-2026-00001"
    assert len(vendor.documents("Sales Invoice")) == 1


async def test_a_draft_of_an_order_is_submitted(shop: ErpNext, vendor: Forgetful) -> None:
    body = {**INVOICE.body(COMPANY), "custom_medusa_order_id": "order_1", "docstatus": 0}
    vendor.site.insert("Sales Invoice", body, "somebody@example.com")
    assert (await shop.invoice(INVOICE)).docstatus == 1
    assert len(vendor.documents("Sales Invoice")) == 1


async def test_an_order_has_one_currency_and_one_customer(shop: ErpNext) -> None:
    await shop.invoice(INVOICE)
    with pytest.raises(Conflict, match=r"ACC-SINV-2026-00001 of order order_1 is for Acme Riyadh in SAR"):
        await shop.invoice(replace(INVOICE, currency="usd", conversion_rate=Decimal("3.75")))


async def test_an_unknown_customer_is_our_mistake_although_it_is_a_500(shop: ErpNext, vendor: Forgetful) -> None:
    """It is not asked again, and says nothing about how the vendor is."""
    with pytest.raises(Rejected, match="'NoneType' object has no attribute 'payment_terms'") as refused:
        await shop.invoice(replace(INVOICE, customer="Nobody Ltd"))
    assert refused.value.status == 500
    assert shop.outage is None
    posts = [asked for asked in vendor.received if asked.method == "POST" and "Invoice" in asked.path]
    assert len(posts) == 1


async def test_what_an_invoice_can_lack(shop: ErpNext) -> None:
    with pytest.raises(NotFound, match="Item SKU-9 not found"):
        await shop.invoice(replace(INVOICE, lines=[Line("SKU-9", Decimal(1), Decimal(1))]))
    with pytest.raises(Rejected, match=r"Unable to find exchange rate for USD to SAR .*; Exchange Rate is mandatory"):
        await shop.invoice(replace(INVOICE, currency="usd"))
    with pytest.raises(Rejected, match=r"disable 'Must be Whole Number' in UOM Nos\."):
        await shop.invoice(replace(INVOICE, lines=[Line("SKU-1", Decimal("1.5"), Decimal(1))]))


async def test_an_invoice_is_cancelled_once(shop: ErpNext, vendor: Forgetful) -> None:
    made = await shop.invoice(INVOICE)
    vendor.losing = 1
    assert (await shop.cancel_invoice(made.name)).status == "Cancelled"
    assert (await shop.cancel_invoice(made.name)).docstatus == 2
    assert (await shop.invoice(INVOICE)).docstatus == 2  # it is not made anew
    with pytest.raises(Rejected, match="is linked with GL Entry"):
        await shop.delete("Sales Invoice", made.name)
    with pytest.raises(NotFound):
        await shop.cancel_invoice("ACC-SINV-2026-00099")


# Payments and what is owed


async def test_a_payment_settles_its_invoice_once(shop: ErpNext, vendor: Forgetful) -> None:
    made = await shop.invoice(INVOICE)
    part = await shop.payment(payment(made.name, "50.00", "pay_0"))
    assert (part.docstatus, part.unallocated_amount) == (1, Decimal(0))
    owing = await shop.invoice_of("order_1")
    assert owing is not None
    assert (owing.status, owing.outstanding_amount) == ("Partly Paid", Decimal(150))
    rest = await shop.payment(payment(made.name, "150.00", paid_to=BANK))
    assert await shop.payment(payment(made.name, "150.00", paid_to=BANK)) == rest
    settled = await shop.invoice_of("order_1")
    assert settled is not None
    assert (settled.status, settled.outstanding_amount) == ("Paid", Decimal(0))
    assert len(vendor.documents("Payment Entry")) == 2
    with pytest.raises(Rejected, match="has already been fully paid"):
        await shop.payment(payment(made.name, payment_id="pay_2"))
    with pytest.raises(Conflict, match="ACC-PAY-2026-00002 of payment pay_1 is 150"):
        await shop.payment(payment(made.name, "200.00"))


async def test_receivables_are_those_of_the_customer(shop: ErpNext, vendor: Forgetful) -> None:
    """What is asked for goes into `filters`: beside it ERPNext would ignore it and tell of everybody."""
    other = await shop.customer(NewCustomer("cus_2", "Zed"))
    first = await shop.invoice(INVOICE)
    await shop.invoice(replace(INVOICE, order_id="order_2", customer=other, posted_on=date(2026, 10, 1)))
    await shop.payment(payment(first.name, "50.00"))
    (owed,) = await shop.receivables(TODAY, "Acme Riyadh")
    assert owed.voucher_no == first.name
    assert [owed.invoiced, owed.paid, owed.outstanding] == [Decimal(200), Decimal(50), Decimal(150)]
    everybody = await shop.receivables(TODAY)
    assert [(row.party, row.age) for row in everybody] == [("Acme Riyadh", 0), ("Zed", 52)]
    assert "filters=" in vendor.received[-1].query
