"""How ERPNext says no: each error that the platform handles differently, by the name of Frappe's exception."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from pact import match

from contracts.consumers.conftest import NOW
from contracts.consumers.erpnext import (
    COMPANY,
    CUSTOMER,
    IS_ITEM,
    ITEM,
    NAME,
    NO_CUSTOMER,
    NO_INVOICE,
    OWED,
    WORKS,
    answered,
    asked,
    asking,
    at,
    compact,
    customer_looked_for,
    filled,
    invoice_body,
    invoice_looked_for,
    never,
    refused,
)
from contracts.consumers.test_erpnext_books import BUYER, SOLD, customer_body
from reference_impl.integrations.base import Conflict, CredentialsRejected, NotFound, Rejected, Unavailable
from reference_impl.integrations.erpnext import health
from reference_impl.integrations.erpnext.answers import NotPermitted
from reference_impl.integrations.erpnext.client import LOGGED_IN, ErpNext
from reference_impl.integrations.erpnext.documents import CUSTOMER_ID, UNIQUE

if TYPE_CHECKING:
    from pact import Pact

    from contracts.consumers.erpnext import Contract
    from reference_impl.core.clock import FrozenClock

pytestmark = pytest.mark.anyio

NOBODYS = "nobody:nothing"
OUTSPOKEN = "the site tells the exception of an error"
READER = "the key is of somebody who may only read"


# The key


async def test_a_wrong_key(contract: Contract, clock: FrozenClock) -> None:
    """A key that ERPNext does not know is refused with 401, as ours to put right."""
    pact = contract(NAME)
    request = asked(pact, "the question whose key it is, with nobody's", WORKS, "GET", LOGGED_IN, key=False)
    request.with_header("authorization", f"token {NOBODYS}")
    refused(request, 401, "AuthenticationError")
    key, secret = NOBODYS.split(":")
    with pact.serve() as server:
        erpnext = ErpNext(str(server.url).rstrip("/"), clock, key=key, secret=secret, company=COMPANY, sleep=never)
        with pytest.raises(CredentialsRejected, match="AuthenticationError"):
            await erpnext.logged_in()
        await erpnext.close()


async def test_a_key_that_got_lost(contract: Contract, clock: FrozenClock) -> None:
    """Who comes without a key, since a proxy dropped its header, is told that the method is not for them."""
    pact = contract(NAME)
    request = asked(pact, "the question whose key it is, without one", WORKS, "GET", LOGGED_IN, key=False)
    refused(request, 403, "PermissionError", "You are not permitted to access this resource.")
    all_known(pact)
    async with asking(pact, clock) as erpnext:
        found = await health.check(erpnext)
    assert (found.state, found.words) == (
        "credentials_rejected",
        "PermissionError: You are not permitted to access this resource.",
    )


async def test_a_role_that_lacks(contract: Contract, clock: FrozenClock) -> None:
    """A user who may not write is refused with 403: the key is right."""
    pact = contract(NAME)
    customer_looked_for(pact, found=False)
    body = {**customer_body(), CUSTOMER_ID: "cus_01JD8Y2V0P"}
    body["customer_name"] = CUSTOMER
    request = asked(pact, "a new customer from somebody who may only read", READER, "POST", at("Customer"), body=body)
    refused(request, 403, "PermissionError", "User <strong>reader@example.com</strong> does not have doctype access")
    async with asking(pact, clock) as erpnext:
        with pytest.raises(NotPermitted, match=r"PermissionError: User reader@example\.com does not have"):
            await erpnext.customer(BUYER)


# What is refused, and stays so


async def test_a_document_that_is_not_there(contract: Contract, clock: FrozenClock) -> None:
    """What is not there is 404, and words say what."""
    pact = contract(NAME)
    request = asked(pact, "a request for a document that is not there", WORKS, "GET", f"{at('Country')}/Nowhere")
    refused(request, 404, "DoesNotExistError", "Country Nowhere not found")
    async with asking(pact, clock) as erpnext:
        with pytest.raises(NotFound, match="DoesNotExistError: Country Nowhere not found"):
            await erpnext.get("Country", "Nowhere")


async def test_an_invoice_of_an_unknown_item(contract: Contract, clock: FrozenClock) -> None:
    """An item that is not there is 404 from within a POST."""
    pact = contract(NAME)
    invoice_looked_for(pact, NO_INVOICE)
    body = invoice_body(item="nothing-of-ours")
    request = asked(pact, "an invoice of an unknown item", NO_INVOICE, "POST", at("Sales Invoice"), body=body)
    refused(request, 404, "DoesNotExistError", "Item nothing-of-ours not found")
    sold = replace(SOLD, lines=[replace(SOLD.lines[0], item_code="nothing-of-ours")])
    async with asking(pact, clock) as erpnext:
        with pytest.raises(NotFound, match="Item nothing-of-ours not found"):
            await erpnext.invoice(sold)


async def test_an_invoice_of_an_unknown_customer(contract: Contract, clock: FrozenClock) -> None:
    """A customer who is not there is a mistake that Frappe does not catch: 500, and made again with each try."""
    pact = contract(NAME)
    invoice_looked_for(pact, NO_INVOICE)
    body = invoice_body(customer="nobody-of-ours")
    request = asked(pact, "an invoice of an unknown customer", NO_INVOICE, "POST", at("Sales Invoice"), body=body)
    refused(request, 500, "AttributeError")
    async with asking(pact, clock) as erpnext:
        with pytest.raises(Rejected, match="AttributeError") as told:
            await erpnext.invoice(replace(SOLD, customer="nobody-of-ours"))
    assert (told.value.status, type(told.value)) == (500, Rejected)


async def test_a_doctype_that_nobody_made(contract: Contract, clock: FrozenClock) -> None:
    """A document of a DocType that is not there is a 500 that stays."""
    pact = contract(NAME)
    path = f"{at('CMS Nothing')}/x"
    refused(asked(pact, "a request for a document of no DocType", WORKS, "GET", path), 500, "ImportError")
    async with asking(pact, clock) as erpnext:
        with pytest.raises(Rejected, match="ImportError"):
            await erpnext.get("CMS Nothing", "x")


async def test_a_value_that_is_missing(contract: Contract, clock: FrozenClock) -> None:
    """Which field lacks a value is named by the exception, which a site tells unless it was told not to."""
    pact = contract(NAME)
    body = {"customer_type": "Company"}
    request = asked(pact, "a customer without a name", OUTSPOKEN, "POST", at("Customer"), body=body)
    exception = match.regex(
        "frappe.exceptions.MandatoryError: [Customer, CUST-2026-00001]: customer_name",
        regex=r"^.*MandatoryError: \[[^\]]*\]: customer_name$",
    )
    words = "Error: Value missing for Customer: Customer Name"
    refused(request, 417, "MandatoryError", words, exception=exception)
    async with asking(pact, clock) as erpnext:
        with pytest.raises(Rejected, match=f"MandatoryError: {words}") as told:
            await erpnext.call("POST", at("Customer"), body=body)
    assert set(told.value.fields) == {"customer_name"}


async def test_a_link_that_leads_nowhere(contract: Contract, clock: FrozenClock) -> None:
    """A field that names what is not there is 417, and the words say which."""
    pact = contract(NAME)
    customer_looked_for(pact, found=False)
    body = {**customer_body(), CUSTOMER_ID: filled("customer_id", BUYER.customer_id), "territory": "Mars"}
    request = asked(pact, "a new customer of an unknown territory", NO_CUSTOMER, "POST", at("Customer"), body=body)
    refused(request, 417, "LinkValidationError", "Could not find Territory: Mars")
    async with asking(pact, clock) as erpnext:
        with pytest.raises(Rejected, match="LinkValidationError: Could not find Territory: Mars"):
            await erpnext.customer(replace(BUYER, territory="Mars"))


async def test_a_custom_field_that_nobody_made(contract: Contract, clock: FrozenClock) -> None:
    """A filter by a field that is not there is refused: so a missing Custom Field is noticed before a POST."""
    pact = contract(NAME)
    query = {"filters": compact([["custom_of_nobody", "=", "x"]]), "fields": '["name"]', "order_by": "name asc"}
    query["limit_page_length"] = "200"
    request = asked(pact, "a list by a field that is not there", WORKS, "GET", at("Customer"), query=query)
    refused(request, 417, "DataError", "Field not permitted in query: custom_of_nobody")
    async with asking(pact, clock) as erpnext:
        with pytest.raises(Rejected, match="DataError: Field not permitted in query: custom_of_nobody"):
            [row async for row in erpnext.rows("Customer", filters=[["custom_of_nobody", "=", "x"]])]


async def test_a_change_of_an_old_state(contract: Contract, clock: FrozenClock) -> None:
    """Who names the state that they saw, and it was changed since, is refused with 417: a conflict."""
    pact = contract(NAME)
    body = {"item_name": "Abaya, blue", "modified": "2020-01-01 00:00:00.000000"}
    request = asked(
        pact, "a change of what was changed since", IS_ITEM, "PUT", at("Item", "item_code", ITEM), body=body
    )
    refused(request, 417, "TimestampMismatchError")
    async with asking(pact, clock) as erpnext:
        with pytest.raises(Conflict, match="TimestampMismatchError"):
            await erpnext.change("Item", ITEM, body)


async def test_what_others_refer_to_is_not_deleted(contract: Contract, clock: FrozenClock) -> None:
    """What stands in other documents can't be deleted."""
    pact = contract(NAME)
    path = at("Customer", "customer", CUSTOMER)
    request = asked(pact, "the deletion of a customer who has an invoice", OWED, "DELETE", path)
    refused(request, 417, "LinkExistsError", f"Cannot delete or cancel because Customer {CUSTOMER} is linked with …")
    async with asking(pact, clock) as erpnext:
        with pytest.raises(Rejected, match="LinkExistsError: Cannot delete or cancel"):
            await erpnext.delete("Customer", CUSTOMER)


# What passes


async def test_asked_too_often(contract: Contract, clock: FrozenClock) -> None:
    """Whoever asks too often is told when to come again, and does not come before."""
    pact = contract(NAME)
    request = asked(pact, "the question whose key it is, too often", "ERPNext is asked too often", "GET", LOGGED_IN)
    refused(request, 429, "TooManyRequestsError")
    request.with_header("retry-after", match.regex("30", regex=r"^\d+$"))
    async with asking(pact, clock) as erpnext:
        with pytest.raises(Unavailable) as told:
            await erpnext.logged_in()
    assert (told.value.status, told.value.retry_at) == (429, NOW + timedelta(seconds=30))


async def test_maintenance(contract: Contract, clock: FrozenClock) -> None:
    """A site in maintenance is away, whoever asks."""
    pact = contract(NAME)
    request = asked(pact, "the question whose key it is, in maintenance", "ERPNext is in maintenance", "GET", LOGGED_IN)
    refused(request, 503, "SessionStopped")
    all_known(pact)
    async with asking(pact, clock) as erpnext:
        found = await health.check(erpnext)
    assert (found.state, found.words) == ("unhealthy", "SessionStopped")


async def test_a_database_that_complains(contract: Contract, clock: FrozenClock) -> None:
    """An error of the database is 500 and not held against the request: it may pass."""
    pact = contract(NAME)
    query = {"order_by": "nothing asc"}
    request = asked(pact, "a list in an order by no field", WORKS, "GET", at("Country"), query=query)
    refused(request, 500, "OperationalError")
    async with asking(pact, clock) as erpnext:
        with pytest.raises(Unavailable, match="OperationalError"):
            await erpnext.call("GET", at("Country"), query={"order_by": "nothing asc"}, repeatable=False)


async def test_a_server_that_has_no_such_site(contract: Contract, clock: FrozenClock) -> None:
    """A server that does not know the site answers with a page: 404, and yet nothing is known of the document."""
    pact = contract(NAME)
    state, site = "the server has no such site", {"X-Frappe-Site-Name": "nowhere.example"}
    request = asked(pact, "the question whose key it is, at another site", state, "GET", LOGGED_IN).with_headers(site)
    request.will_respond_with(404).with_body("<!doctype html>\n<h1>Not Found</h1>\n", "text/html")
    request.with_matching_rules({"body": {"$": {"matchers": [{"match": "regex", "regex": "^\\s*<[\\s\\S]+$"}]}}})
    async with asking(pact, clock) as erpnext:
        with pytest.raises(Unavailable, match="Not Found") as told:
            await erpnext.call("GET", LOGGED_IN, headers=site, repeatable=False)
    assert told.value.status == 404


# Health


def all_known(pact: Pact) -> None:
    """The questions whether documents can be asked for by our ids."""
    for doctype, field in UNIQUE.items():
        query = {"filters": compact([[field, "=", "health"]]), "limit_page_length": "1"}
        description = f"the question whether {doctype} can be asked for by our id"
        answered(asked(pact, description, WORKS, "GET", at(doctype), query=query), [])


async def test_health(contract: Contract, clock: FrozenClock) -> None:
    """ERPNext is well when it knows the key, and the Custom Fields that documents are known by are there."""
    pact = contract(NAME)
    request = asked(pact, "the question whose key it is", WORKS, "GET", LOGGED_IN)
    request.will_respond_with(200).with_body({"message": match.str("cityos@example.com")}, "application/json")
    all_known(pact)
    async with asking(pact, clock) as erpnext:
        assert (await health.check(erpnext)).state == "healthy"
