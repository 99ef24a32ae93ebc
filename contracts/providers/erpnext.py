"""ERPNext's states, by its REST API (/api/resource), and its deliveries, by a Webhook that is set up there.

Documents that count in the ledger can't be deleted: what was submitted is cancelled afterwards and stays. No two runs
use the same name or id. The site needs the Custom Fields that the platform knows its documents by, and, for the
hierarchy, the DocType CMS Category.
"""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlsplit

import httpx
from typing_extensions import override

from contracts.providers.deliveries import listening
from contracts.providers.states import Provider, StateFailed, Values, state, unique
from fixtures import signers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DRAFT, SUBMITTED, CANCELLED = 0, 1, 2
RATE, TAX = 149.5, 44.85
TOTAL = 343.85  # of two at this rate, with the tax
NEVER = 1_000_000
"""Each so many-th request is served: none while an interaction lasts."""

READER = "the key is of somebody who may only read"
HOOKED = "the site's webhooks reach us"
OWN = ("reader", "hook")
"""The settings that no request of a contract has in it."""
SIMULATED_READER = "token readkey000000001:readsecret000001"


class ErpNext(Provider):
    """ERPNext 15 with a key of an API user (`--header 'Authorization: token key:secret'`)."""

    name: ClassVar[str] = "erpnext"
    example_key: ClassVar[str] = "token svckey0000000001:svcsecret0000001"
    defaults: ClassVar[Mapping[str, str]] = {
        "company": "Dakkah Test LLC",
        "currency": "SAR",
        "paid_to": "Cash - DT",
        "charges": "Duties and Taxes - DT",
        "item_group": "Products",
        "unit": "Nos",
        "reader": "",  # the Authorization of a user who may read, and not write; a simulator's is known
        "hook": "",  # where the site reaches this machine: http://127.0.0.1:9000/hook at the end of a tunnel
    }

    @override
    def why_not(self, name: str) -> str | None:
        if name == READER and not self._reader:
            return f"“{name}” needs such a user's key: --set reader='token key:secret'"
        if name == HOOKED and not (self.settings["hook"] or self._is_near):
            return "a site elsewhere has no way to this machine: lay a tunnel, and name its end by --set hook=http://…"
        return super().why_not(name)

    @override
    def set_up(self, name: str, parameters: Mapping[str, Any]) -> Values:
        settings = {key: value for key, value in self.settings.items() if key not in OWN}
        today = datetime.now(UTC).date().isoformat()
        return {**settings, "today": today, **super().set_up(name, parameters)}

    @property
    def _reader(self) -> str:
        return self.settings["reader"] or (SIMULATED_READER if self.is_simulator else "")

    @property
    def _is_near(self) -> bool:
        return urlsplit(self.base_url).hostname in ("127.0.0.1", "localhost", "::1")

    # Keys and bad days

    @state("the key is right")
    def the_key_is_right(self) -> Values:
        return {}

    @state(READER)
    def the_key_is_of_a_reader(self) -> Values:
        return {"authorization": self._reader}

    @state("ERPNext is asked too often", simulated=True)
    def asked_too_often(self) -> None:
        self.switch(rate_limited=True)

    @state("ERPNext is in maintenance", simulated=True)
    def in_maintenance(self) -> None:
        self.switch(flapping=NEVER)

    @state("the server has no such site", simulated=True)
    def no_such_site(self) -> None:
        """A server answers for the site that a header names; a proxy before a real one names it itself."""

    # Customers and items

    @state("a customer of ours is not in the books")
    def no_customer(self) -> Values:
        return self._new("Customer", "customer_id", unique("cus")) | {"customer": unique("buyer")}

    @state("a customer of ours is in the books")
    def a_customer(self) -> Values:
        values = self.no_customer()
        body = {"customer_name": values["customer"], "customer_type": "Individual"}
        made = self._make("Customer", {**body, OUR_IDS["Customer"]: values["customer_id"]})
        return {**values, "customer": made["name"]}

    @state("an item is not in the books")
    def no_item(self) -> Values:
        return self._new("Item", "item_code", unique("item"), "name")

    @state("an item is in the books")
    def an_item(self) -> Values:
        values = self.no_item()
        self._make("Item", self._item(values["item_code"]))
        return values

    @state("the site tells the exception of an error")
    def an_outspoken_site(self) -> Values:
        query = {"filters": json.dumps([["custom_of_nobody", "=", "x"]])}
        told = self.ask("GET", address("Item"), params=query, expect=(417,))
        if "exception" not in told:
            raise StateFailed("errors come without their exception: set Allow Error Traceback in System Settings")
        return {}

    @state("three items have one name")
    def three_items(self) -> Values:
        shared = unique("goods")
        for number in range(3):
            code = self._new("Item", "code", f"{shared}-{number}", "name")["code"]
            self._make("Item", {**self._item(code), "item_name": shared})
        return {"item_name": shared, "after": f"{shared}-1"}

    def _item(self, code: str) -> dict[str, Any]:
        kind = {"item_group": self.settings["item_group"], "stock_uom": self.settings["unit"], "is_stock_item": 0}
        return {"item_code": code, "item_name": code, **kind}

    # Invoices and payments

    @state("a customer and an item are in the books, and no invoice of an order")
    def no_invoice(self, order: str = "order") -> Values:
        return {**self.a_customer(), **self.an_item(), **self._new("Sales Invoice", "order_id", unique(order))}

    @state("an order has a draft of an invoice")
    def a_draft(self, custom_medusa_order_id: str) -> Values:
        """custom_medusa_order_id: a stem; two runs never use the same one."""
        return self._invoiced(DRAFT, custom_medusa_order_id)

    @state("an order has an invoice that is owed")
    def an_invoice(self, custom_medusa_order_id: str) -> Values:
        return self._invoiced(SUBMITTED, custom_medusa_order_id)

    @state("an order has a cancelled invoice")
    def a_cancelled_invoice(self, custom_medusa_order_id: str) -> Values:
        values = self._invoiced(SUBMITTED, custom_medusa_order_id)
        self.ask("PUT", address("Sales Invoice", values["invoice"]), json={"docstatus": CANCELLED})
        return values

    @state("an order has a paid invoice")
    def a_paid_invoice(self, custom_medusa_order_id: str) -> Values:
        values = self._invoiced(SUBMITTED, custom_medusa_order_id)
        self._pay(values)
        return {**values, "other_id": unique("capt")}

    def _invoiced(self, docstatus: int, order: str = "order") -> Values:
        values = self.no_invoice(order)
        today = datetime.now(UTC).date().isoformat()
        tax = {"charge_type": "Actual", "account_head": self.settings["charges"], "description": "Tax"}
        body = {
            "customer": values["customer"],
            "company": self.settings["company"],
            "currency": self.settings["currency"],
            "set_posting_time": 1,
            "posting_date": today,
            "due_date": today,
            "disable_rounded_total": 1,
            "ignore_pricing_rule": 1,
            "items": [{"item_code": values["item_code"], "qty": 2, "rate": RATE}],
            "taxes": [{**tax, "tax_amount": TAX}],
            "docstatus": docstatus,
            OUR_IDS["Sales Invoice"]: values["order_id"],
        }
        made = self._make("Sales Invoice", body)
        return {**values, "invoice": made["name"], **self._new("Payment Entry", "payment_id", unique("capt"))}

    def _pay(self, values: Values) -> None:
        """The payment entry that settles an invoice."""
        today = datetime.now(UTC).date().isoformat()
        settled = {
            "reference_doctype": "Sales Invoice",
            "reference_name": values["invoice"],
            "allocated_amount": TOTAL,
        }
        body = {
            "payment_type": "Receive",
            "party_type": "Customer",
            "party": values["customer"],
            "company": self.settings["company"],
            "posting_date": today,
            "paid_amount": TOTAL,
            "received_amount": TOTAL,
            "source_exchange_rate": 1,
            "target_exchange_rate": 1,
            "paid_to": self.settings["paid_to"],
            "reference_no": values["payment_id"],
            "reference_date": today,
            "references": [settled],
            "docstatus": SUBMITTED,
            OUR_IDS["Payment Entry"]: values["payment_id"],
        }
        self._make("Payment Entry", body)

    # The CMS's hierarchy

    @state("a category of the CMS is not in ERPNext")
    def no_category(self, reference: str = "cms") -> Values:
        return {"title": unique("category"), **self._new(CATEGORY, "id", unique(reference), REFERENCE)}

    @state("a category of the CMS is in ERPNext")
    def a_category(self, reference: str = "cms") -> Values:
        values = self.no_category(reference)
        self._make(CATEGORY, {"title": values["title"], REFERENCE: values["id"]})
        return values

    @state("a category of the CMS has the name of another")
    def a_category_of_another(self, custom_cms_ref_id: str) -> Values:
        """custom_cms_ref_id: a stem of the other's."""
        other, new = self.a_category(custom_cms_ref_id), self.no_category()
        return {"title": other["title"], "id": new["id"], "longer": f"{other['title']} ({new['id']})"}

    @state("a country is there that ERPNext brought along")
    def a_country(self) -> Values:
        """One that is made here, since ERPNext's own are not ours to change."""
        made = self._new("Country", "country_name", unique("country"), "name")
        self._make("Country", {**made, "code": "zz"})
        return {**made, "id": unique("cms")}

    # Deliveries

    @state(HOOKED)
    def webhooks_reach_us(self) -> Values:
        """Each message sets up a Webhook of its own."""
        return {}

    @override
    def message(self, description: str) -> tuple[bytes, dict[str, str]]:
        """Set a Webhook up as the platform wants it, let the thing happen, and tell what came.

        A real site has to reach this machine, here or at the end of a tunnel, and takes a second or two.
        """
        if description not in DELIVERED:
            return super().message(description)
        event, secret = DELIVERED[description], unique("whsec")
        try:
            values = self._invoiced(DRAFT if event == "on_submit" else SUBMITTED)
            hook = self.settings["hook"]
            port = urlsplit(hook).port or 0
            with listening(port) as deliveries, self._hooked(hook or deliveries.url, event, secret):
                self._happen(event, values)
                delivery = deliveries.wait(lambda came: _is_about(came.json(), values["invoice"], event))
        except (httpx.HTTPError, KeyError, TypeError, ValueError) as problem:
            raise StateFailed(f"“{description}”: {type(problem).__name__}: {problem}") from None
        signature = signers.erpnext(delivery.body, secret)
        for name, value in signature.items():
            if delivery.headers.get(name.lower(), value) != value:
                raise StateFailed(f"“{description}”: {name} is no HMAC-SHA256 of the raw body in base64")
        told = delivery.json()
        return delivery.body, {**delivery.headers, "topic": f"{told['doctype']}.{told['event']}"}

    @contextlib.contextmanager
    def _hooked(self, url: str, event: str, secret: str) -> Iterator[None]:
        """With a Webhook for Sales Invoices, as reference_impl/integrations/erpnext/webhook.py says to set it up."""
        name = unique("hook")
        body = {
            "__newname": name,
            "webhook_doctype": "Sales Invoice",
            "webhook_docevent": event,
            "request_url": url,
            "request_method": "POST",
            "request_structure": "JSON",
            "enabled": 1,
            "enable_security": 1,
            "webhook_secret": secret,
            "webhook_json": TEMPLATE.replace("EVENT", event),
        }
        made = self._make("Webhook", body)
        try:
            yield
        finally:
            self.http.delete(address("Webhook", made["name"]))

    def _happen(self, event: str, values: Values) -> None:
        if event == "on_change":
            self._pay(values)
        else:
            docstatus = SUBMITTED if event == "on_submit" else CANCELLED
            self.ask("PUT", address("Sales Invoice", values["invoice"]), json={"docstatus": docstatus})

    # How

    def _make(self, doctype: str, body: Mapping[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = self.ask("POST", address(doctype), json=body)["data"]
        for name in body:
            if name.startswith("custom_") and name not in made:  # dropped, with a 200
                raise StateFailed(f"{doctype} has no field {name}: make it as a Custom Field, with `unique: 1`")
        return made

    def _new(self, doctype: str, value: str, reference: str, field: str | None = None) -> Values:
        """A value that no document has, and the promise to take back whatever has it when the interaction is over."""
        self.undo.callback(self._taken_back, doctype, field or OUR_IDS[doctype], reference)
        return {value: reference}

    def _taken_back(self, doctype: str, field: str, reference: str) -> None:
        """Cancel and delete what has this value in a field, as far as ERPNext lets us; never a failure of its own."""
        query = {"filters": json.dumps([[field, "=", reference]]), "fields": '["name","docstatus"]'}
        with contextlib.suppress(httpx.HTTPError, KeyError, TypeError, ValueError):
            for row in self.http.get(address(doctype), params=query).json()["data"]:
                path = address(doctype, row["name"])
                if row["docstatus"] == SUBMITTED:
                    self.http.put(path, json={"docstatus": CANCELLED})
                self.http.delete(path)


OUR_IDS: Mapping[str, str] = {
    "Customer": "custom_medusa_customer_id",
    "Sales Invoice": "custom_medusa_order_id",
    "Payment Entry": "custom_medusa_payment_id",
}
"""The Custom Fields that carry the platform's ids, by DocType."""

CATEGORY, REFERENCE = "CMS Category", "custom_cms_ref_id"
"""A DocType of the CMS's hierarchy, and the field that carries the CMS's id."""

DELIVERED: Mapping[str, str] = {
    "an invoice was submitted": "on_submit",
    "an invoice was paid": "on_change",
    "an invoice was cancelled": "on_cancel",
}
"""The events of Frappe, by the descriptions of the messages."""

TEMPLATE = (
    '{"doctype": "{{ doc.doctype }}", "event": "EVENT", "data": {"name": "{{ doc.name }}",'
    ' "modified": "{{ doc.modified }}", "status": "{{ doc.status }}",'
    ' "outstanding_amount": {{ doc.outstanding_amount }},'
    ' "custom_medusa_order_id": "{{ doc.custom_medusa_order_id }}"}}'
)


def _is_about(told: Any, invoice: str, event: str) -> bool:
    """Whether a delivery is the one that was waited for: an invoice changes more than once until it is paid."""
    data = told.get("data") if isinstance(told, dict) else None
    if not isinstance(data, dict) or data.get("name") != invoice:
        return False
    return event != "on_change" or data.get("status") == "Paid"


def address(doctype: str, name: str | None = None) -> str:
    """The path of a DocType, or of one document."""
    path = f"/api/resource/{quote(doctype)}"
    return path if name is None else f"{path}/{quote(name, safe='')}"
