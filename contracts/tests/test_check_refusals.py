"""Contracts that would hold against a mock and fail in life: each is one that holds, with one thing changed."""

from __future__ import annotations

import base64
from typing import NamedTuple

import pytest

from contracts.check import check
from contracts.facts import load
from contracts.tests.contract_samples import GONE, ORDER, SAMPLES, changed, contract, sample

BODY, ANSWER = "request/body/content", "response/body/content"


class Wrong(NamedTuple):
    """A mistake: in which sample, what is changed to what, what is said of it, and by which source."""

    vendor: str
    sample: str
    where: str
    to: object
    says: str
    source: str


ERPNEXT = [
    Wrong("erpnext", "customer made", "response/status", 201, "never answers 201", "create_doc"),
    Wrong("erpnext", "customer made", f"{BODY}/loyalty_tier", "gold", "dropped without a word", "get_valid_dict"),
    Wrong("erpnext", "customer made", f"{BODY}/customer_type", "Robot", "is none of Company", "seen live"),
    Wrong("erpnext", "customer made", f"{ANSWER}/id", "Noura", "id is no field of it", "seen live"),
    Wrong("erpnext", "customer made", f"{ANSWER}/data/id", "Noura", "there is no `id`", "seen live"),
    Wrong("erpnext", "customer made", f"{ANSWER}/data/email_id", "n@example.com", "left out while", "no_nulls=True"),
    Wrong(
        "erpnext", "customer made", "request/headers/Authorization", ["Bearer 0a1b:7f6e"], "token key:sec", "auth.py"
    ),
    Wrong("erpnext", "customer made", "request/headers/Authorization", GONE, "without it is refused", "auth.py"),
    Wrong("erpnext", "customer made", "request/headers/Idempotency-Key", ["pay_1"], "no idempotency key", "create_doc"),
    Wrong("erpnext", "customer made", "request/headers/Content-Type", ["text/plain"], "is not read", "create_doc"),
    Wrong("erpnext", "customer made", "request/body", GONE, "needs one", "create_doc"),
    Wrong("erpnext", "customer changed", "request/method", "PATCH", "changed by PUT", "api/__init__.py:20"),
    Wrong("erpnext", "customer changed", f"{ANSWER}/data/modified", "2026-11-22T15:02:36Z", "without a T", "seen live"),
    Wrong("erpnext", "customer deleted", "response/status", 204, "it answers 202", "delete_doc"),
    Wrong("erpnext", "customer missing", f"{ANSWER}/message", "Not found", "never a `message`", "response.py:32"),
    Wrong(
        "erpnext", "customer missing", f"{ANSWER}/exception", "DoesNotExistError", "never has a trace", "response.py"
    ),
    Wrong("erpnext", "customer wrong", "response/status", 422, "never answers 422", "create_doc"),
    Wrong("erpnext", "customer wrong", f"{ANSWER}/_server_messages", [], "not of the type string", "exceptions.py"),
    Wrong(
        "erpnext", "customer wrong", f"{ANSWER}/exc_type", "DuplicateEntryError", "of other statuses", "exceptions.py"
    ),
    Wrong("erpnext", "customers listed", f"{ANSWER}/total", 1, "no total", "document_list"),
    Wrong(
        "erpnext", "customers listed", "request/query/limit_page_length", ["-1"], "less than 0 is a 500", "api/v1.py"
    ),
    Wrong("erpnext", "customers listed", "request/query/page", ["2"], "knows no page", "document_list"),
    Wrong("erpnext", "customers listed", "request/query/fields", ["name,customer_name"], "is no JSON", "api/v1.py:12"),
    Wrong("erpnext", "customers listed", "request/query/fields", GONE, "unless fields asks for it", "client.py:28"),
    Wrong("erpnext", "customers listed", f"{ANSWER}/data/0/customer_name", 1, "not of the type string", "client.py"),
    Wrong("erpnext", "invoice made", f"{BODY}/items/0/amount", 299.0, "ERPNext multiplies itself", "stored 200"),
    Wrong("erpnext", "invoice made", f"{BODY}/grand_total", 343.85, "computed there", "sales_invoice.json"),
    Wrong("erpnext", "invoice made", f"{BODY}/set_posting_time", GONE, "overwritten with today", "transaction_base"),
    Wrong("erpnext", "invoice made", f"{BODY}/items", [], "500", "sales_invoice.json"),
    Wrong("erpnext", "invoice made", f"{BODY}/taxes/0/description", GONE, "description is missing", "sales_invoice"),
    Wrong("erpnext", "invoice made", f"{ANSWER}/data/grand_total", "343.85", "not of the type number", "seen live"),
    Wrong("erpnext", "invoice made", f"{ANSWER}/data/status", "Open", "is none of Draft", "sales_invoice.json"),
    Wrong("erpnext", "payment made", f"{BODY}/paid_to", GONE, "not derived from `mode_of_payment`", "payment_entry"),
    Wrong("erpnext", "logged in", "request/path", "/api/method/frappe.auth.get_logged_in_user", "get_logged_user", ""),
    Wrong("erpnext", "logged in", f"{ANSWER}/data", "svc@example.com", "in `message`", "auth.py:414"),
    Wrong("erpnext", "rate limited", "response/headers/RateLimit-Reset", ["30"], "none comes with 429", "rate_limiter"),
    Wrong(
        "erpnext", "invoice paid", "metadata/Content-Type", "application/json", "without a Content-Type", "webhook.py"
    ),
    Wrong(
        "erpnext", "invoice paid", "metadata/X-Frappe-Webhook-Signature", "0a" * 32, "not in hexadecimal", "webhook.py"
    ),
    Wrong("erpnext", "invoice paid", "metadata/X-Frappe-Event-Id", "1", "no such header comes", "webhook.py"),
    Wrong(
        "erpnext", "invoice paid", "metadata/topic", "Sales Invoice.on_update_after_submit", "never sent", "seen live"
    ),
    Wrong("erpnext", "invoice paid", "contents/content/event_id", "evt_1", "no field of it", "webhook"),
]

FLEETBASE = [
    Wrong("fleetbase", "order canceled", "request/method", "POST", "it is DELETE", "routes.php"),
    Wrong("fleetbase", "order canceled", f"{ANSWER}/status", "cancelled", "with one l", "Order.php"),
    Wrong("fleetbase", "order made", "response/status", 200, "never answers 200", "CreateOrderRequest"),
    Wrong("fleetbase", "order made", "request/headers/Authorization", ["Bearer $0123"], "own SDK only", "Authenticate"),
    Wrong("fleetbase", "order made", f"{BODY}/payload/waypoint", [], "no field of it", "CreateOrderRequest"),
    Wrong("fleetbase", "order made", f"{BODY}/order_id", "order_01JD8", "is dropped", "CreateOrderRequest"),
    Wrong("fleetbase", "order made", f"{BODY}/payload/pickup/location", [24.71, 46.67], "GeoJSON", "getPointFrom"),
    Wrong("fleetbase", "order made", f"{BODY}/payload/dropoff", GONE, "dropoff is missing", "CreateOrderRequest"),
    Wrong("fleetbase", "order made", f"{ANSWER}/uuid", "0d3e", "no uuid", "Order.php"),
    Wrong("fleetbase", "order made", f"{ANSWER}/public_id", ORDER, "no `public_id`", "Order.php"),
    Wrong(
        "fleetbase", "order made", f"{ANSWER}/tracking_url", "https://example.com", "`tracking_number.url`", "Order.php"
    ),
    Wrong("fleetbase", "order made", f"{ANSWER}/tracking_number", "FLB0123456789SA", "An object here", "Order.php"),
    Wrong(
        "fleetbase", "order read", "request/path", "/v1/orders/order_01JD8Y3M6QK4ZB7X9V2N5T0RWE", "public id", "routes"
    ),
    Wrong("fleetbase", "order read", f"{ANSWER}/distance", "12 km", "not of the type integer", "Order.php"),
    Wrong("fleetbase", "order read", ANSWER, {"data": {"id": ORDER}}, "data is no field of it", "Order.php"),
    Wrong("fleetbase", "orders listed", ANSWER, {"data": []}, "a bare array", "HasApiModelBehavior"),
    Wrong("fleetbase", "orders listed", "request/query/limit", ["500"], "At most 100", "HasApiModelBehavior"),
    Wrong("fleetbase", "orders listed", "request/query/page_size", ["50"], "knows no page_size", "HasApiModel"),
    Wrong("fleetbase", "driver named", f"{BODY}/payload", {"notes": "x"}, "expect 500", "OrderController.php:411"),
    Wrong("fleetbase", "driver named", "request/method", "PATCH", "it is PUT", "routes.php"),
    Wrong("fleetbase", "nobody to dispatch", "response/status", 409, "never answers 409", "routes.php"),
    Wrong("fleetbase", "nobody to dispatch", f"{ANSWER}/message", "No driver", "there is no `message`", "apiError"),
    Wrong("fleetbase", "key refused", ANSWER, {"error": "Oops!"}, "there is no `error`", "exception handler"),
    Wrong("fleetbase", "too many", "response/headers/Retry-After", ["30"], "without Retry-After", "exception handler"),
    Wrong("fleetbase", "quotes", "request/method", "POST", "it is GET", "routes.php"),
    Wrong(
        "fleetbase", "quotes", "request/query/pickup[location][coordinates][1]", ["124.7"], "maximum", "getPointFrom"
    ),
    Wrong("fleetbase", "quotes", "request/query/dropoff[street1]", GONE, "needs it", "routes.php"),
    Wrong(
        "fleetbase",
        "order told",
        "metadata/Signature",
        base64.b64encode(bytes(32)).decode(),
        "in hexadecimal",
        "core-api v1.6.59 src/Webhook",
    ),
    Wrong("fleetbase", "order told", "metadata/X-Fleetbase-Timestamp", "1", "no time", "src/Webhook"),
    Wrong("fleetbase", "order told", "metadata/topic", "order.started", "never sent", "fleetops"),
    Wrong(
        "fleetbase", "order told", "contents/content/data/driver_assigned", {"id": "driver_1"}, "no object", "Webhook"
    ),
    Wrong("fleetbase", "order told", "contents/content/data/adhoc", False, "0 or 1", "Webhook"),
]

STRIPE = [
    Wrong("stripe", "paid", "metadata/topic", "payment_intent.failed", "never sent", "stripe 16.1.0"),
    Wrong("stripe", "paid", "metadata/Stripe-Signature", "sha256=" + "0a" * 32, "t=…,v1=…", "WebhookSignature"),
    Wrong("stripe", "paid", "contents/content/data/object/amount", 343.85, "minor unit", "stripe 16.1.0"),
    Wrong("stripe", "paid", "contents/content/data/object/currency", "SAR", "lower case", "stripe 16.1.0"),
]

CMS = [
    Wrong(
        "payload-cms", "country read", "request/headers/Authorization", ["Bearer 2f6c1a9e"], "API-Key", "ten spellings"
    ),
    Wrong("payload-cms", "known", "request/headers/Authorization", ["Bearer 2f6c1a9e"], "API-Key", "ten spellings"),
    Wrong("payload-cms", "unknown", f"{ANSWER}/user", {"id": 1}, "API-Key", "ten spellings"),
    Wrong("payload-cms", "key refused", "response/status", 401, "never answers 401", "GET /api/countries"),
    Wrong("payload-cms", "country made", "response/status", 200, "never answers 200", "POST /api/countries"),
    Wrong(
        "payload-cms", "country made", ANSWER, {"id": 4, "name": "Qatar"}, "id, name is no field", "POST /api/countries"
    ),
    Wrong("payload-cms", "country made", f"{BODY}/capital", "Doha", "dropped without a word", ""),
    Wrong("payload-cms", "country made", f"{BODY}/status", "live", "is none of active", ""),
    Wrong("payload-cms", "country made twice", "response/status", 409, "never answers 409", "POST /api/countries"),
    Wrong("payload-cms", "country changed", "request/method", "PUT", "it is PATCH", "recorded on Payload"),
    Wrong(
        "payload-cms", "country read", "request/path", "/api/countries/01KGZ2JRYX607FWMMYQNQRKVWS", "ULID", "by a ULID"
    ),
    Wrong("payload-cms", "country read", ANSWER, {"doc": {"id": 4}}, "doc is no field of it", "GET /api/countries/1"),
    Wrong(
        "payload-cms", "country read", f"{ANSWER}/id", {"$oid": "4"}, "not of the type integer or string", "recorded"
    ),
    Wrong("payload-cms", "countries listed", f"{ANSWER}/data", [], "no `data`", "GET /api/countries"),
    Wrong("payload-cms", "countries listed", "request/query/limit", ["0"], "every document", "recorded"),
    Wrong("payload-cms", "countries listed", "request/query/where", ['{"code":{"equals":"QA"}}'], "JSON text", "15745"),
    Wrong("payload-cms", "countries listed", "request/query/where[nope][equals]", ["1"], "nope is no field", "15745"),
    Wrong("payload-cms", "countries listed", "request/query/offset", ["100"], "knows no offset", "GET /api/countries"),
    Wrong(
        "payload-cms", "versions listed", f"{ANSWER}/docs/0/name", "Qatar", "unless select asks", "GET /api/countries"
    ),
    Wrong("payload-cms", "counted", f"{ANSWER}/total", 3, "total is no field of it", "GET /api/countries/count"),
    Wrong("payload-cms", "counted", "request/path", "/api/health", "GET /api/health is not there", "recorded"),
]

SENDGRID = [
    Wrong(
        "sendgrid", "mail taken", f"{BODY}/template_id", "order-confirmed", "32 hexadecimal digits", "sendgrid 6.12.5"
    ),
    Wrong(
        "sendgrid", "mail taken", f"{BODY}/dynamic_template_data", {"order": "1"}, "is no field of it", "tsg_mail_v3"
    ),
    Wrong("sendgrid", "mail taken", f"{BODY}/from", "shop@example.com", "not of the type object", "tsg_mail_v3"),
    Wrong("sendgrid", "mail taken", f"{BODY}/template_id", GONE, "template_id is missing", "live rule"),
    Wrong("sendgrid", "mail taken", "response/status", 201, "never answers 201", "tsg_mail_v3"),
    Wrong("sendgrid", "mail taken", "response/body", {"content": {"id": "14c5"}}, "none comes with 202", "tsg_mail_v3"),
    Wrong("sendgrid", "mail taken", "request/headers/Idempotency-Key", ["1"], "No idempotency key", "tsg_mail_v3"),
    Wrong("sendgrid", "mail taken", "request/headers/Authorization", ["Basic c2c="], "no other way", "tsg_mail_v3"),
    Wrong("sendgrid", "mail wrong", f"{ANSWER}/message", "No", "message is no field of it", "SendGrid"),
    Wrong("sendgrid", "mail wrong", "response/status", 422, "never answers 422", "tsg_mail_v3"),
    Wrong("sendgrid", "too many", "response/headers/Retry-After", ["1"], "none comes with 429", "rate limits"),
    Wrong("sendgrid", "scopes", "request/path", "/v3/user/account", "is not there", ""),
    Wrong("sendgrid", "delivered", "contents/content", {"event": "delivered"}, "Always a list", "EventWebhook"),
    Wrong("sendgrid", "delivered", "contents/content/0/timestamp", "1700000000", "a number", "EventWebhook"),
    Wrong(
        "sendgrid",
        "delivered",
        "metadata/X-Twilio-Email-Event-Webhook-Signature",
        "0a" * 32,
        "not in hexadecimal",
        "EventWebhook",
    ),
]

WRONG = [*ERPNEXT, *FLEETBASE, *CMS, *SENDGRID, *STRIPE]


@pytest.mark.parametrize("vendor", SAMPLES)
def test_what_holds_in_life_is_accepted(vendor: str) -> None:
    """Each sample, before anything is changed in it, is what the vendor does."""
    refused = check(contract(vendor, *SAMPLES[vendor]().values()), load(vendor))
    assert [str(each) for each in refused] == []


@pytest.mark.parametrize(
    "wrong",
    WRONG,
    ids=lambda wrong: f"{wrong.vendor} {wrong.sample} {wrong.where} {'gone' if wrong.to is GONE else wrong.to}"[:90],
)
def test_one_thing_that_is_not_so_is_refused(wrong: Wrong) -> None:
    """What a mock would accept is refused, in words that say what is so, and with the source of the fact."""
    interaction = changed(sample(wrong.vendor, wrong.sample), wrong.where, wrong.to)
    refused = check(contract(wrong.vendor, interaction), load(wrong.vendor))
    assert any(wrong.says in each.says and wrong.source in each.source for each in refused), [*map(str, refused)]


def test_at_least_twenty() -> None:
    """The list is long enough to mean something, and every mistake in it is another one."""
    assert len({(each.vendor, each.sample, each.where, str(each.to)) for each in WRONG}) == len(WRONG) >= 20
