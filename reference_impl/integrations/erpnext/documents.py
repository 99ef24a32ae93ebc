"""What goes into the books and what comes out, in the platform's words, and how ERPNext spells it.

Each document that must exist once carries an id of ours in a Custom Field, which is unique in ERPNext (`unique: 1`):
without one, a second POST makes a second document. Fields that do not exist are dropped there without a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import msgspec

CUSTOMER_ID = "custom_medusa_customer_id"
PRODUCT_ID = "custom_medusa_product_id"
ORDER_ID = "custom_medusa_order_id"
PAYMENT_ID = "custom_medusa_payment_id"

UNIQUE = {"Customer": CUSTOMER_ID, "Sales Invoice": ORDER_ID, "Payment Entry": PAYMENT_ID}
"""The Custom Fields by which documents are known again, by DocType. ERPNext has to have them, with `unique: 1`."""

DRAFT, SUBMITTED, CANCELLED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """Who buys. The mail and the phone go into a contact when the customer is made, and are kept there after."""

    customer_id: str
    name: str
    kind: Literal["Company", "Individual", "Partnership"] = "Individual"
    email: str | None = None
    phone: str | None = None
    territory: str | None = None
    group: str | None = None

    def body(self) -> dict[str, Any]:
        optional = {
            "email_id": self.email,
            "mobile_no": self.phone,
            "territory": self.territory,
            "customer_group": self.group,
        }
        given = {name: value for name, value in optional.items() if value is not None}
        return {"customer_name": self.name, "customer_type": self.kind, **given}


@dataclass(frozen=True, slots=True)
class NewItem:
    """What is sold; its code is its name. `rate` only makes a price when the item is new."""

    code: str
    name: str
    group: str
    unit: str = "Nos"
    rate: Decimal | None = None
    description: str | None = None
    product_id: str | None = None
    stocked: bool = True

    def body(self) -> dict[str, Any]:
        optional = {"standard_rate": self.rate, "description": self.description, PRODUCT_ID: self.product_id}
        given = {name: value for name, value in optional.items() if value is not None}
        own = {"item_code": self.code, "item_name": self.name, "item_group": self.group, "stock_uom": self.unit}
        return {**own, "is_stock_item": int(self.stocked), **given}


@dataclass(frozen=True, slots=True)
class Line:
    """So many of an item at a price; ERPNext multiplies itself, whatever it is told."""

    item_code: str
    quantity: Decimal
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Tax:
    """An amount that the platform has computed. A description is demanded."""

    account: str
    description: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class NewInvoice:
    """One order. customer: as ERPNext calls it. conversion_rate: into the company's currency, if it is another."""

    order_id: str
    customer: str
    currency: str
    posted_on: date
    lines: Sequence[Line]
    due_on: date | None = None
    taxes: Sequence[Tax] = ()
    conversion_rate: Decimal | None = None

    def body(self, company: str) -> dict[str, Any]:
        """Made and submitted at once; the total is what the customer paid, not rounded to whole units."""
        rate = {} if self.conversion_rate is None else {"conversion_rate": self.conversion_rate}
        return {
            "customer": self.customer,
            "company": company,
            "currency": self.currency.upper(),
            **rate,
            "set_posting_time": 1,  # else it is dated today, whatever posting_date says
            "posting_date": self.posted_on.isoformat(),
            "due_date": (self.due_on or self.posted_on).isoformat(),
            "disable_rounded_total": 1,
            "ignore_pricing_rule": 1,
            "items": [{"item_code": line.item_code, "qty": line.quantity, "rate": line.rate} for line in self.lines],
            "taxes": [
                {
                    "charge_type": "Actual",
                    "account_head": tax.account,
                    "description": tax.description,
                    "tax_amount": tax.amount,
                }
                for tax in self.taxes
            ],
            "docstatus": SUBMITTED,
        }


@dataclass(frozen=True, slots=True)
class NewPayment:
    """Money that came for an invoice, in the company's currency. paid_to: the account; none is derived from a mode."""

    payment_id: str
    order_id: str
    invoice: str
    customer: str
    amount: Decimal
    paid_on: date
    paid_to: str
    mode: str | None = None

    def body(self, company: str) -> dict[str, Any]:
        """Made and submitted at once; the reference is what settles the invoice."""
        mode = {} if self.mode is None else {"mode_of_payment": self.mode}
        settled = {
            "reference_doctype": "Sales Invoice",
            "reference_name": self.invoice,
            "allocated_amount": self.amount,
        }
        return {
            "payment_type": "Receive",
            "party_type": "Customer",
            "party": self.customer,
            "company": company,
            "posting_date": self.paid_on.isoformat(),
            "paid_amount": self.amount,
            "received_amount": self.amount,
            "source_exchange_rate": 1,
            "target_exchange_rate": 1,
            "paid_to": self.paid_to,
            **mode,
            "reference_no": self.payment_id,  # demanded for accounts of a bank
            "reference_date": self.paid_on.isoformat(),
            "references": [settled],
            ORDER_ID: self.order_id,
            "docstatus": SUBMITTED,
        }


class Invoice(msgspec.Struct, frozen=True):
    """A sales invoice as it stands. status: ERPNext's word: Unpaid after a submit, then Paid, Cancelled and others."""

    name: str
    customer: str
    company: str
    currency: str
    docstatus: int
    status: str
    grand_total: Decimal
    outstanding_amount: Decimal
    order_id: str = msgspec.field(default="", name=ORDER_ID)


class Payment(msgspec.Struct, frozen=True):
    """A payment entry as it stands."""

    name: str
    party: str
    docstatus: int
    paid_amount: Decimal
    unallocated_amount: Decimal
    payment_id: str = msgspec.field(default="", name=PAYMENT_ID)


class Receivable(msgspec.Struct, frozen=True):
    """One row of the report Accounts Receivable: what somebody owes for a voucher, in the company's currency."""

    voucher_type: str
    voucher_no: str
    party: str
    posting_date: str
    invoiced: Decimal
    paid: Decimal
    outstanding: Decimal
    currency: str
    age: int = 0
    due_date: str | None = None


def columns(form: type[Invoice | Payment]) -> list[str]:
    """The fields to ask for in a list, which shows nothing but names otherwise."""
    return [one.encode_name for one in msgspec.structs.fields(form)]
