"""What the tests of ERPNext share: a buyer, a widget, an order of it, and a site that can lose its answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fixtures.simulators.erpnext import ErpNext as Simulator
from reference_impl.core.clock import FrozenClock
from reference_impl.integrations.erpnext.client import ErpNext
from reference_impl.integrations.erpnext.documents import Line, NewCustomer, NewInvoice, NewItem, NewPayment

if TYPE_CHECKING:
    from starlette.responses import Response

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
COMPANY = "Dakkah Test LLC"
CASH, BANK = "Cash - DT", "Test Bank - DT"
BUYER = NewCustomer("cus_1", "Acme Riyadh", kind="Company", email="buyer@acme.example", phone="+966501234567")
WIDGET = NewItem("SKU-1", "Widget", "Products", rate=Decimal("120.50"), product_id="prod_1")
INVOICE = NewInvoice("order_1", "Acme Riyadh", "sar", TODAY, [Line("SKU-1", Decimal(2), Decimal("100.00"))])


@dataclass
class Forgetful(Simulator):
    """Loses the answers to so many POSTs and PUTs: it does what it is asked, and the connection breaks."""

    losing: int = 0

    def _create(self, doctype: str, user: str, asked: dict[str, Any]) -> Response:
        return self._lost(super()._create(doctype, user, asked))

    def _change(self, doctype: str, name: str, user: str, asked: dict[str, Any]) -> Response:
        return self._lost(super()._change(doctype, name, user, asked))

    def _lost(self, answer: Response) -> Response:
        if self.losing:
            self.losing -= 1
            answer.headers["content-length"] = str(len(bytes(answer.body)) + 1)
        return answer


def opened(base_url: str, key: str, clock: FrozenClock, **options: Any) -> ErpNext:
    """A client with a key as `key:secret`, that does not really wait."""
    user, _, secret = key.partition(":")
    options = {"answer_s": 5.0, "seed": 1, "sleep": lambda _: asyncio.sleep(0), **options}
    return ErpNext(base_url, clock, key=user, secret=secret, company=COMPANY, **options)


def payment(invoice: str, amount: str = "200.00", payment_id: str = "pay_1", paid_to: str = CASH) -> NewPayment:
    """Money for an invoice of the buyer."""
    return NewPayment(payment_id, "order_1", invoice, "Acme Riyadh", Decimal(amount), TODAY, paid_to)
