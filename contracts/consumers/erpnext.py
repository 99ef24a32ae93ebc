"""What the tests of ERPNext's contract share: the client, and how its questions and ERPNext's answers look."""

from __future__ import annotations

import contextlib
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pact import match

from contracts.consumers.matchers import given
from reference_impl.integrations.erpnext.client import ErpNext
from reference_impl.integrations.erpnext.documents import CUSTOMER_ID, ORDER_ID, PAYMENT_ID, Invoice, Payment, columns
from reference_impl.integrations.erpnext.hierarchy import REFERENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from pact import Pact
    from pact.interaction import HttpInteraction

    from reference_impl.core.clock import FrozenClock

    Contract = Callable[[str], Pact]

NAME = "erpnext"
KEY, SECRET = "0a1b2c3d4e5f607", "7f6e5d4c3b2a190"
COMPANY, CURRENCY, TODAY = "Dakkah Trading LLC", "SAR", "2026-11-22"
CUSTOMER, CUSTOMER_OF_OURS = "noura-alharbi", "cus_01JD8Y2V0P"
ITEM, ORDER, CAPTURE = "variant_01JD8XWQ4T", "order_01JD8Y3M6Q", "capt_01JD8Y4H9S"
INVOICE, PAYMENT = "ACC-SINV-2026-00042", "ACC-PAY-2026-00017"
TOTAL = 343.85

WORKS = "the key is right"
NO_CUSTOMER = "a customer of ours is not in the books"
IS_CUSTOMER = "a customer of ours is in the books"
NO_ITEM, IS_ITEM = "an item is not in the books", "an item is in the books"
NO_INVOICE = "a customer and an item are in the books, and no invoice of an order"
DRAFTED, OWED, PAID, TAKEN_BACK = (
    f"an order has {invoice}"
    for invoice in ("a draft of an invoice", "an invoice that is owed", "a paid invoice", "a cancelled invoice")
)
TITLE_TAKEN = "a category of the CMS has the name of another"
PARAMETERS = {
    **{state: {ORDER_ID: ORDER} for state in (DRAFTED, OWED, PAID, TAKEN_BACK)},
    TITLE_TAKEN: {REFERENCE: "7"},
}
"""What a state has to set, since ERPNext leaves out fields that are null: what follows is made unique there."""


@contextlib.asynccontextmanager
async def asking(pact: Pact, clock: FrozenClock) -> AsyncIterator[ErpNext]:
    """The platform's own client, with nothing but the contract on the other side; asks only once."""
    with pact.serve() as server:
        base_url = str(server.url).rstrip("/")
        client = ErpNext(base_url, clock, key=KEY, secret=SECRET, company=COMPANY, sleep=never)
        try:
            yield client
        finally:
            await client.close()


async def never(_seconds: float) -> None:
    """Nothing is waited for: the contract has each question once."""
    raise AssertionError("asked again")


def asked(
    pact: Pact,
    description: str,
    state: str,
    method: str,
    path: Any,
    /,
    *,
    body: Any = None,
    query: dict[str, Any] | None = None,
    key: bool = True,
) -> HttpInteraction:
    """A request as the client makes it, with a key that the provider's state gives."""
    parameters: dict[str, object] = {**PARAMETERS.get(state, {})}
    request = pact.upon_receiving(description).given(state, parameters).with_request(method, path)
    request.with_header("accept", "application/json")  # else errors come in HTML
    if key:
        form = r"^token [^\s:]+:[^\s:]+$"
        request.with_header("authorization", given("${authorization}", f"token {KEY}:{SECRET}", form=form))
    for name, value in (query or {}).items():
        request.with_query_parameter(name, value)
    return request if body is None else request.with_body(body, "application/json")


def answered(request: HttpInteraction, data: Any, status: int = 200) -> None:
    """With a success."""
    request.will_respond_with(status).with_body({"data": data}, "application/json")


def refused(request: HttpInteraction, status: int, kind: Any, words: str = "", **more: Any) -> None:
    """With an error: told apart by `exc_type`. words: what people are told, in JSON texts within a JSON text."""
    said = {"_server_messages": messages(words)} if words else {}
    body = {"exc_type": kind, **said, **more}
    request.will_respond_with(status).with_body(body, "application/json")


def messages(words: str) -> Any:
    """Frappe's `_server_messages`. words: an example of what is in it."""
    example = json.dumps([json.dumps({"message": words, "title": "Message", "indicator": "red"})])
    return match.regex(example, regex=r'^\["\{.*\\"message\\": ?\\".+\}"\]$')


def at(doctype: str, value: str | None = None, example: str = "") -> Any:
    """The path of a DocType, or of a document whose name the provider's state gives as this value."""
    path = f"/api/resource/{quote(doctype)}"
    return path if value is None else given(f"{path}/${{{value}}}", f"{path}/{example}", form=f"^{path}/[^/%]+$")


def filled(name: str, example: str) -> Any:
    """A text that the provider's state gives."""
    return given(f"${{{name}}}", example, form="^.+$")


def day(name: str = "today") -> Any:
    """A date that the provider's state gives."""
    return given(f"${{{name}}}", TODAY, form=r"^\d{4}-\d\d-\d\d$")


def compact(value: object) -> str:
    """JSON as the client writes it into a query."""
    return json.dumps(value, separators=(",", ":"))


def where(filters: str, **values: str) -> Any:
    """Filters in JSON: each `<value>` in them is given by the provider's state, here with an example of it."""
    expression, example, form = filters, filters, re.escape(filters)
    for name, shown in values.items():
        expression = expression.replace(f"<{name}>", f"${{{name}}}")
        example = example.replace(f"<{name}>", shown)
        form = form.replace(re.escape(f"<{name}>"), '[^"]+')
    return given(expression, example, form=f"^{form}$")


def listing(fields: Sequence[str], filters: Any, order: str, most: int) -> dict[str, Any]:
    """The query of a list, as the client writes it."""
    return {"fields": compact(fields), "filters": filters, "order_by": order, "limit_page_length": str(most)}


def by_our_id(field: str, value: str, example: str, fields: Sequence[str] = ("name",)) -> dict[str, Any]:
    """The query of a look-up by the Custom Field that carries an id of ours; the state gives it as this value."""
    filters = where(f'[["{field}","=","<{value}>"]]', **{value: example})
    return listing(fields, filters, "creation asc, name asc", 1)


def named(name: str) -> dict[str, Any]:
    """What is read of a document that we only need the name of."""
    return {"name": match.str(name)}


def invoice(docstatus: int) -> dict[str, Any]:
    """What is read of an invoice. docstatus: acted on."""
    return {
        "name": match.str(INVOICE),
        "customer": match.str(CUSTOMER),
        "company": match.str(COMPANY),
        "currency": match.regex(CURRENCY, regex="^[A-Z]{3}$"),
        "docstatus": docstatus,
        "status": match.str("Unpaid"),
        "grand_total": match.number(TOTAL),
        "outstanding_amount": match.number(TOTAL),
        ORDER_ID: match.str(ORDER),
    }


def payment() -> dict[str, Any]:
    """What is read of a payment."""
    return {
        "name": match.str(PAYMENT),
        "party": match.str(CUSTOMER),
        "docstatus": 1,
        "paid_amount": match.number(TOTAL),
        "unallocated_amount": match.number(0.0),
        PAYMENT_ID: match.str(CAPTURE),
    }


def customer_looked_for(pact: Pact, *, found: bool) -> None:
    """The question whether a customer of ours is in the books, and its answer."""
    state = IS_CUSTOMER if found else NO_CUSTOMER
    query = by_our_id(CUSTOMER_ID, "customer_id", CUSTOMER_OF_OURS)
    description = f"a look-up of a customer that is {'' if found else 'not '}there"
    answered(asked(pact, description, state, "GET", at("Customer"), query=query), [named(CUSTOMER)] if found else [])


def invoice_looked_for(pact: Pact, state: str, docstatus: int | None = None) -> None:
    """The question for the invoice of an order. docstatus: of the one that is there."""
    kind = {None: "that has none", 0: "with a draft", 1: "with an invoice", 2: "with a cancelled one"}[docstatus]
    query = by_our_id(ORDER_ID, "order_id", ORDER, columns(Invoice))
    request = asked(
        pact, f"a look-up of the invoice of an order {kind}", state, "GET", at("Sales Invoice"), query=query
    )
    answered(request, [] if docstatus is None else [invoice(docstatus)])


def payment_looked_for(pact: Pact, *, found: bool) -> None:
    """The question for a payment."""
    query = by_our_id(PAYMENT_ID, "payment_id", CAPTURE, columns(Payment))
    description = f"a look-up of a payment that is {'' if found else 'not '}there"
    state = PAID if found else OWED
    request = asked(pact, description, state, "GET", at("Payment Entry"), query=query)
    # Another amount than was taken is a conflict.
    answered(request, [{**payment(), "paid_amount": TOTAL}] if found else [])


def invoice_body(*, customer: Any = None, item: Any = None) -> dict[str, Any]:
    """What the client sends to make and submit the invoice of an order."""
    taxes = {"charge_type": "Actual", "account_head": filled("charges", "VAT 15% - DT"), "description": "Tax"}
    return {
        "customer": customer or filled("customer", CUSTOMER),
        "company": filled("company", COMPANY),
        "currency": filled("currency", CURRENCY),
        "set_posting_time": 1,
        "posting_date": day(),
        "due_date": day(),
        "disable_rounded_total": 1,
        "ignore_pricing_rule": 1,
        "items": [{"item_code": item or filled("item_code", ITEM), "qty": 2, "rate": 149.5}],
        "taxes": [{**taxes, "tax_amount": 44.85}],
        "docstatus": 1,
        ORDER_ID: filled("order_id", ORDER),
    }


def payment_body() -> dict[str, Any]:
    """What the client sends to make and submit the payment of an invoice."""
    reference = {
        "reference_doctype": "Sales Invoice",
        "reference_name": filled("invoice", INVOICE),
        "allocated_amount": TOTAL,
    }
    return {
        "payment_type": "Receive",
        "party_type": "Customer",
        "party": filled("customer", CUSTOMER),
        "company": filled("company", COMPANY),
        "posting_date": day(),
        "paid_amount": TOTAL,
        "received_amount": TOTAL,
        "source_exchange_rate": 1,
        "target_exchange_rate": 1,
        "paid_to": filled("paid_to", "Bank - DT"),
        "reference_no": filled("payment_id", CAPTURE),
        "reference_date": day(),
        "references": [reference],
        ORDER_ID: filled("order_id", ORDER),
        "docstatus": 1,
        PAYMENT_ID: filled("payment_id", CAPTURE),
    }
