"""What we ask of ERPNext 15: books kept once, however often an answer is lost.

Making a document is looked for, done, and looked for again. The look-up goes first, because without the Custom Field
that carries our id the POST would drop the id in silence, while the look-up is refused. The POST itself is not
repeated: after a lost answer the look-up tells whether it was done, and if it can't, whoever comes next will find out.
Two at once are kept apart by the field being unique: the second is a Conflict, and gets what the first has made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from reference_impl.core import json
from reference_impl.integrations.base import Conflict, NotFound, Rejected, Unavailable, Vendor, VendorError
from reference_impl.integrations.erpnext.answers import NAME, judged
from reference_impl.integrations.erpnext.documents import (
    CANCELLED,
    DRAFT,
    SUBMITTED,
    UNIQUE,
    Invoice,
    NewCustomer,
    NewInvoice,
    NewItem,
    NewPayment,
    Payment,
    Receivable,
    columns,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import date

    from reference_impl.core.clock import Clock
    from reference_impl.integrations.base import Answer

PAGE = 200
LOGGED_IN = "/api/method/frappe.auth.get_logged_user"
_ADDRESSLESS = frozenset({"", ".", ".."})

Settled = TypeVar("Settled", Invoice, Payment)


class ErpNext(Vendor):
    """ERPNext with the books of one company.

    key, secret: of its API user. company: as ERPNext calls it. options: those of `Vendor`.
    """

    name = NAME

    def __init__(self, base_url: str, clock: Clock, *, key: str, secret: str, company: str, **options: Any) -> None:
        super().__init__(base_url, clock, headers={"authorization": f"token {key}:{secret}"}, **options)
        self.company = company

    def judge(self, answer: Answer) -> VendorError | None:
        return judged(answer, self.retry_at(answer))

    async def logged_in(self) -> str:
        """Who the key belongs to."""
        return str((await self.call("GET", LOGGED_IN)).body["message"])

    # What is sold, and to whom

    async def customer(self, new: NewCustomer) -> str:
        """The customer's name in ERPNext; made on the first call, brought up to date on later ones."""
        body = new.body()
        made, fresh = await self._once_only("Customer", new.customer_id, body, ["name"])
        if not fresh:
            await self.change("Customer", made["name"], body)
        return str(made["name"])

    async def item(self, new: NewItem) -> str:
        """The item's name in ERPNext, which is its code; made or changed."""
        return await self.upsert("Item", new.code, new.body())

    # Invoices and payments

    async def invoice(self, new: NewInvoice) -> Invoice:
        """The submitted invoice of an order, made on the first call; a draft of it is submitted.

        One that was cancelled stays so and is answered. Raises Conflict when the order has an invoice of another
        customer or in another currency.
        """
        found, _ = await self._once_only("Sales Invoice", new.order_id, new.body(self.company), columns(Invoice))
        invoice = await self._submitted("Sales Invoice", self.read(found, Invoice))
        if (invoice.customer, invoice.currency) != (new.customer, new.currency.upper()):
            words = f"{invoice.name} of order {new.order_id} is for {invoice.customer} in {invoice.currency}"
            raise Conflict(NAME, words)
        return invoice

    async def invoice_of(self, order_id: str) -> Invoice | None:
        """The invoice of an order, if there is one."""
        found = await self._found("Sales Invoice", order_id, columns(Invoice))
        return None if found is None else self.read(found, Invoice)

    async def cancel_invoice(self, name: str) -> Invoice:
        """Take a submitted invoice back; one that is cancelled is left alone. Raises Rejected for a draft."""
        invoice = self.read(await self.get("Sales Invoice", name), Invoice)
        if invoice.docstatus == CANCELLED:
            return invoice
        try:
            return self.read(await self.change("Sales Invoice", name, {"docstatus": CANCELLED}), Invoice)
        except Rejected:
            invoice = self.read(await self.get("Sales Invoice", name), Invoice)
            if invoice.docstatus == CANCELLED:  # by somebody else, or by ourselves, whose answer was lost
                return invoice
            raise

    async def payment(self, new: NewPayment) -> Payment:
        """The submitted payment that settles an invoice, or a part of it; made on the first call.

        Raises Conflict when the same id was used for another customer or amount, Rejected when nothing is owed.
        """
        found, _ = await self._once_only("Payment Entry", new.payment_id, new.body(self.company), columns(Payment))
        payment = await self._submitted("Payment Entry", self.read(found, Payment))
        if (payment.party, payment.paid_amount) != (new.customer, new.amount):
            words = f"{payment.name} of payment {new.payment_id} is {payment.paid_amount} from {payment.party}"
            raise Conflict(NAME, words)
        return payment

    async def receivables(self, on: date, customer: str | None = None) -> list[Receivable]:
        """What is owed to the company on a day, by all or by one customer."""
        party = {} if customer is None else {"party_type": "Customer", "party": [customer]}
        filters = {
            "company": self.company,
            "report_date": on.isoformat(),
            "ageing_based_on": "Due Date",
            "range": "30, 60, 90, 120",
            **party,
        }
        query = {"report_name": "Accounts Receivable", "filters": json.dumps(filters)}
        answer = await self.call("GET", "/api/method/frappe.desk.query_report.run", query=query)
        report = answer.body["message"]
        rows = report.get("result") if isinstance(report, dict) else None
        if not isinstance(rows, list):
            raise Unavailable(NAME, "answered without the rows of the report")
        return [self.read(row, Receivable) for row in rows if isinstance(row, dict)]  # the totals are a list

    # Any document

    async def get(self, doctype: str, name: str) -> dict[str, Any]:
        """A document with its tables; what is null in it is left out. Raises NotFound."""
        return self._data(await self.call("GET", address(doctype, name)))

    async def change(self, doctype: str, name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Set these fields and leave the others; a table that is among them is replaced whole. Raises NotFound."""
        return self._data(await self.call("PUT", address(doctype, name), body=fields))

    async def upsert(self, doctype: str, name: str, fields: Mapping[str, Any]) -> str:
        """Make or change the document of a name, for DocTypes that are named by one of their fields; answers the name.

        fields: also the one that it is named by. A change does not rename.
        """
        try:
            return str((await self.change(doctype, name, fields))["name"])
        except NotFound:
            pass
        try:
            # Named by a field, it can't be made twice: if the answer is lost, another POST is a Conflict.
            made = await self.call("POST", address(doctype), body=fields, repeatable=True)
            return str(self._data(made)["name"])
        except Conflict as there:
            try:
                return str((await self.change(doctype, name, fields))["name"])
            except NotFound:  # it was over another field that is unique
                raise there from None

    async def delete(self, doctype: str, name: str) -> bool:
        """Delete it; False when it is not there. Raises Rejected while others refer to it, or it is submitted.

        The number of a draft that was deleted is given to the next one: never keep the name of a draft.
        """
        try:
            await self.call("DELETE", address(doctype, name))
        except NotFound:
            return False
        return True

    async def rows(
        self, doctype: str, fields: Sequence[str] = ("name",), filters: Sequence[Sequence[Any]] = (), page: int = PAGE
    ) -> AsyncIterator[dict[str, Any]]:
        """All rows, in the order of their names.

        There is no cursor and no total. Each page begins after the last name of the one before, so that nothing is
        skipped or told twice when rows come and go meanwhile, as it would be by numbers.
        """
        wanted = list(dict.fromkeys(("name", *fields)))
        after: list[list[Any]] = []
        while True:
            got = await self._list(doctype, wanted, [*filters, *after], "name asc", page)
            for row in got:
                yield row
            if len(got) < page:
                return
            after = [["name", ">", got[-1]["name"]]]

    # How

    async def _once_only(
        self, doctype: str, reference: str, body: Mapping[str, Any], fields: Sequence[str]
    ) -> tuple[dict[str, Any], bool]:
        """The document that carries our reference, and whether it was made just now; see above."""
        found = await self._found(doctype, reference, fields)
        if found is not None:
            return found, False
        try:
            made = await self.call("POST", address(doctype), body={**body, UNIQUE[doctype]: reference})
            return self._data(made), True
        except (Rejected, Unavailable) as problem:  # also "already fully paid": by the same payment, just before
            if isinstance(problem, Unavailable) and problem.retry_at is not None:
                raise  # it did not get there
            found = await self._again(doctype, reference, fields)
            if found is None:
                raise
            return found, False

    async def _again(self, doctype: str, reference: str, fields: Sequence[str]) -> dict[str, Any] | None:
        """Look for it after a POST of which nothing is known; None also when that can't be told now."""
        try:
            return await self._found(doctype, reference, fields)
        except Unavailable:
            return None

    async def _found(self, doctype: str, reference: str, fields: Sequence[str]) -> dict[str, Any] | None:
        rows = await self._list(doctype, fields, [[UNIQUE[doctype], "=", reference]], "creation asc, name asc", 1)
        return rows[0] if rows else None

    async def _submitted(self, doctype: str, document: Settled) -> Settled:
        """A draft that carries our reference was made by a person, or by an older version of us: submit it."""
        if document.docstatus != DRAFT:
            return document
        return self.read(await self.change(doctype, document.name, {"docstatus": SUBMITTED}), type(document))

    async def _list(
        self, doctype: str, fields: Sequence[str], filters: Sequence[Sequence[Any]], order: str, most: int
    ) -> list[dict[str, Any]]:
        query: dict[str, str | int] = {
            "fields": json.dumps(fields),
            "filters": json.dumps(filters),
            "order_by": order,
            "limit_page_length": most,
        }
        answer = await self.call("GET", address(doctype), query=query)
        return self.read(answer.body.get("data"), list[dict[str, Any]])

    def _data(self, answer: Answer) -> dict[str, Any]:
        return self.read(answer.body.get("data"), dict[str, Any])


def address(doctype: str, name: str | None = None) -> str:
    """The path of a DocType, or of one document of it: a name may hold `/`, `#`, `?`, `%` and anything else."""
    if name is None:
        return f"/api/resource/{quote(doctype, safe='')}"
    if name.strip() in _ADDRESSLESS:  # the path would be another's
        raise Rejected(NAME, f"{doctype} {name!r} can't be addressed")
    return f"/api/resource/{quote(doctype, safe='')}/{quote(name, safe='')}"
