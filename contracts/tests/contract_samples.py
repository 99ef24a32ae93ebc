"""Interactions that hold in life, one of each kind, for tests to change one thing in."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from contracts.pacts import HTTP, MESSAGE, Contract

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

JSON = "application/json"
GONE = object()
"""What a changed member is set to in order to be taken away."""

ERPNEXT_KEY = {"Authorization": ["token 0a1b2c3d4e5f607:7f6e5d4c3b2a190"]}
FLEETBASE_KEY = {"Authorization": ["Bearer flb_live_0123456789"]}
ORDER = "order_7ja92kd01x"


def body(content: Any, kind: str = JSON) -> dict[str, Any]:
    return {"content": content, "contentType": kind, "encoded": False}


def http(
    asked: str,
    status: int,
    answer: Any = None,
    *,
    sent: Any = None,
    headers: Mapping[str, list[str]] | None = None,
    query: Mapping[str, list[str]] | None = None,
    states: tuple[dict[str, Any], ...] = (),
) -> dict[str, Any]:
    """An interaction: `asked` is a method and a path."""
    method, path = asked.split(" ", 1)
    request: dict[str, Any] = {
        "method": method,
        "path": path,
        "headers": dict(headers or {}),
        "query": dict(query or {}),
    }
    response: dict[str, Any] = {"status": status, "headers": {}}
    if sent is not None:
        request["body"] = body(sent)
        request["headers"]["Content-Type"] = [JSON]
    if answer is not None:
        response["body"] = body(answer)
        response["headers"]["Content-Type"] = [JSON]
    return {
        "type": HTTP,
        "description": asked,
        "pending": False,
        "providerStates": list(states),
        "request": request,
        "response": response,
    }


def message(topic: str, content: Any, **metadata: str) -> dict[str, Any]:
    return {
        "type": MESSAGE,
        "description": topic,
        "pending": False,
        "contents": body(content),
        "metadata": {"topic": topic, **{name.replace("_", "-"): value for name, value in metadata.items()}},
    }


def contract(provider: str, *interactions: dict[str, Any]) -> Contract:
    return Contract(
        {
            "consumer": {"name": "cityos"},
            "provider": {"name": provider},
            "interactions": list(interactions),
            "metadata": {"pactSpecification": {"version": "4.0"}},
        }
    )


def changed(sample: dict[str, Any], where: str, to: object) -> dict[str, Any]:
    """A copy with one member changed, added or taken away: `request/body/content/items/0/rate`."""
    copied = copy.deepcopy(sample)
    *outer, last = where.split("/")
    here: Any = copied
    for part in outer:
        here = here[int(part)] if isinstance(here, list) else here.setdefault(part, {})
    if to is GONE:
        del here[last]
    elif isinstance(here, list):
        here[int(last)] = to
    else:
        here[last] = to
    return copied


def erpnext() -> dict[str, dict[str, Any]]:
    def asked(name: str, *args: Any, **more: Any) -> dict[str, Any]:
        return http(name, *args, headers=ERPNEXT_KEY, **more)

    return {
        "customer made": asked(
            "POST /api/resource/Customer",
            200,
            {"data": {"name": "Noura Alharbi", "custom_medusa_customer_id": "cus_1"}},
            sent={
                "customer_name": "Noura Alharbi",
                "customer_type": "Individual",
                "custom_medusa_customer_id": "cus_1",
            },
        ),
        "customers listed": asked(
            "GET /api/resource/Customer",
            200,
            {"data": [{"name": "Noura Alharbi", "customer_name": "Noura Alharbi"}]},
            query={"fields": ['["name", "customer_name"]'], "order_by": ["name asc"], "limit_page_length": ["20"]},
        ),
        "customer changed": asked(
            "PUT /api/resource/Customer/Noura%20Alharbi",
            200,
            {"data": {"name": "Noura Alharbi", "modified": "2026-11-22 15:02:36.513127"}},
            sent={"customer_name": "Noura Alharbi"},
        ),
        "customer deleted": asked("DELETE /api/resource/Customer/Noura", 202, {"data": "ok"}),
        "customer missing": asked(
            "GET /api/resource/Customer/Nobody", 404, {"exc_type": "DoesNotExistError", "_server_messages": "[]"}
        ),
        "customer wrong": asked(
            "POST /api/resource/Customer",
            417,
            {"exc_type": "MandatoryError", "_server_messages": "[]"},
            sent={"customer_type": "Individual"},
        ),
        "item twice": asked(
            "POST /api/resource/Item",
            409,
            {"exc_type": "DuplicateEntryError"},
            sent={"item_code": "SKU-1", "item_group": "Products", "stock_uom": "Nos"},
        ),
        "invoice made": asked(
            "POST /api/resource/Sales%20Invoice",
            200,
            {"data": {"name": "ACC-SINV-2026-00042", "status": "Unpaid", "grand_total": 343.85, "docstatus": 1}},
            sent={
                "customer": "Noura Alharbi",
                "set_posting_time": 1,
                "posting_date": "2026-11-22",
                "items": [{"item_code": "SKU-1", "qty": 2, "rate": 149.5}],
                "taxes": [
                    {"charge_type": "Actual", "account_head": "VAT - DT", "description": "VAT", "tax_amount": 44.85}
                ],
                "docstatus": 1,
            },
        ),
        "payment made": asked(
            "POST /api/resource/Payment%20Entry",
            200,
            {"data": {"name": "ACC-PAY-2026-00001", "unallocated_amount": 0.0}},
            sent={
                "payment_type": "Receive",
                "party_type": "Customer",
                "party": "Noura Alharbi",
                "paid_amount": 343.85,
                "received_amount": 343.85,
                "mode_of_payment": "Cash",
                "paid_to": "Cash - DT",
            },
        ),
        "key refused": asked("GET /api/method/frappe.auth.get_logged_user", 401, {"exc_type": "AuthenticationError"}),
        "logged in": asked("GET /api/method/frappe.auth.get_logged_user", 200, {"message": "svc@example.com"}),
        "rate limited": asked("GET /api/resource/Customer", 429, {"exc_type": "TooManyRequestsError"})
        | {"response": {"status": 429, "headers": {"Retry-After": ["30"]}}},
        "invoice paid": message(
            "Sales Invoice.on_change",
            {
                "doctype": "Sales Invoice",
                "event": "on_change",
                "data": {"name": "ACC-SINV-2026-00042", "status": "Paid"},
            },
            X_Frappe_Webhook_Signature="Sfa7p26VOWtOBxR70/9mhClgz7M5qYEjWpMSFLxkFqU=",
        ),
    }


def fleetbase() -> dict[str, dict[str, Any]]:
    def asked(name: str, *args: Any, **more: Any) -> dict[str, Any]:
        return http(name, *args, headers=FLEETBASE_KEY, **more)

    place = {"street1": "King Fahd Road", "city": "Riyadh", "country": "SA"}
    point = {"type": "Point", "coordinates": [46.67, 24.71]}
    return {
        "order made": asked(
            "POST /v1/orders",
            201,
            {"id": ORDER, "status": "created", "tracking_number": {"tracking_number": "FLB0123456789SA"}},
            sent={
                "type": "transport",
                "payload": {"pickup": {**place, "location": point}, "dropoff": place, "entities": []},
                "scheduled_at": "2026-11-23 09:00:00",
                "meta": {"order_id": "order_01JD8Y3M6Q"},
                "dispatch": False,
            },
        ),
        "orders listed": asked("GET /v1/orders", 200, [{"id": ORDER, "status": "created"}], query={"limit": ["100"]}),
        "order read": asked(f"GET /v1/orders/{ORDER}", 200, {"id": ORDER, "status": "created", "distance": 12000}),
        "order canceled": asked(f"DELETE /v1/orders/{ORDER}/cancel", 200, {"id": ORDER, "status": "canceled"}),
        "driver named": asked(f"PUT /v1/orders/{ORDER}", 200, {"id": ORDER}, sent={"driver": "driver_a8d7f6s5g4"}),
        "nobody to dispatch": asked(
            f"POST /v1/orders/{ORDER}/dispatch", 400, {"error": "No driver assigned to dispatch!"}
        ),
        "key refused": asked(
            "GET /v1/organizations/current", 401, {"errors": ["Oops! The api credentials provided were not valid"]}
        ),
        "too many": asked("GET /v1/orders", 429, {"errors": ["Too many requests."]}),
        "quotes": asked(
            "GET /v1/service-quotes",
            200,
            [{"id": "quote_a1b2c3d4e5", "amount": 1500, "currency": "SAR"}],
            query={
                "pickup[street1]": ["King Fahd Road"],
                "pickup[location][type]": ["Point"],
                "pickup[location][coordinates][0]": ["46.67"],
                "pickup[location][coordinates][1]": ["24.71"],
                "dropoff[street1]": ["Olaya Street"],
            },
        ),
        "order told": message(
            "order.completed",
            {
                "id": "event_674012ab3c9f1",
                "event": "order.completed",
                "data": {"id": ORDER, "driver_assigned": "driver_a8d7f6s5g4", "adhoc": 0},
            },
            Content_Type=JSON,
            Signature="0acb5128d21168bdef70e9542b21019d126487a8688249aac3d9ff0e76283163",
        ),
    }


def stripe() -> dict[str, dict[str, Any]]:
    paid = {"id": "pi_1", "object": "payment_intent", "amount": 34385, "currency": "sar"}
    return {
        "paid": message(
            "payment_intent.succeeded",
            {"id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "data": {"object": paid}},
            Content_Type="application/json; charset=utf-8",
            Stripe_Signature="t=1700000000,v1=bd3ec510197e99cfe7566aed5ee93c5dd370d075fe2e3e32793b762bb703d04d",
        )
    }


def payload_cms() -> dict[str, dict[str, Any]]:
    key = {"Authorization": ["users API-Key 2f6c1a9e-7d34-4b0f-9a51-c8e0d7b64f12"]}

    def asked(name: str, *args: Any, **more: Any) -> dict[str, Any]:
        return http(name, *args, headers=key, **more)

    country = {"id": 4, "name": "Qatar", "code": "QA", "updatedAt": "2026-11-22T11:44:17.454Z"}
    refused = {"errors": [{"message": "You are not allowed to perform this action."}]}
    unique = {"collection": "countries", "errors": [{"message": "Value must be unique", "path": "code"}]}
    return {
        "country made": asked(
            "POST /api/countries", 201, {"doc": country, "message": "Created."}, sent={"name": "Qatar", "code": "QA"}
        ),
        "country made twice": asked(
            "POST /api/countries",
            400,
            {"errors": [{"message": "The following field is invalid: Code", "data": unique}]},
            sent={"name": "Qatar", "code": "QA"},
        ),
        "country changed": asked("PATCH /api/countries/4", 200, {"doc": country}, sent={"name": "Qatar"}),
        "country read": asked("GET /api/countries/4", 200, country),
        "countries listed": asked(
            "GET /api/countries",
            200,
            {"docs": [country], "hasNextPage": False, "totalDocs": 1},
            query={"limit": ["100"], "depth": ["0"], "sort": ["id"], "where[code][equals]": ["QA"]},
        ),
        "versions listed": asked(
            "GET /api/countries",
            200,
            {"docs": [{"id": 4, "updatedAt": "2026-11-22T11:44:17.454Z"}]},
            query={"select[updatedAt]": ["true"]},
        ),
        "key refused": http("GET /api/countries", 403, refused, headers={"Authorization": ["users API-Key wrong"]}),
        "known": asked("GET /api/users/me", 200, {"user": {"id": 1}, "message": "Account"}),
        "unknown": http(
            "GET /api/users/me", 200, {"user": None, "message": "Account"}, headers={"Authorization": ["Bearer 2f6c"]}
        ),
        "counted": asked("GET /api/countries/count", 200, {"totalDocs": 3}),
    }


def sendgrid() -> dict[str, dict[str, Any]]:
    key = {"Authorization": ["Bearer SG.abcdefghijklmnopqrstuv.wxyz"]}
    mail = {
        "personalizations": [{"to": [{"email": "noura@example.com"}], "dynamic_template_data": {"order": "1042"}}],
        "from": {"email": "shop@example.com"},
        "template_id": "d-" + "0a" * 16,
    }
    taken = http("POST /v3/mail/send", 202, headers=key, sent=mail)
    taken["response"]["headers"] = {"X-Message-Id": ["14c5d75ce93.dfd.64b469"]}
    event = {"email": "noura@example.com", "timestamp": 1700000000, "event": "delivered", "sg_event_id": "ev1"}
    wrong = {"errors": [{"message": "Does not contain a valid address.", "field": "from.email", "help": None}]}
    return {
        "mail taken": taken,
        "mail wrong": http("POST /v3/mail/send", 400, wrong, headers=key, sent=mail),
        "too many": http("POST /v3/mail/send", 429, {"errors": [{"message": "too many requests"}]}, headers=key),
        "scopes": http("GET /v3/scopes", 200, {"scopes": ["mail.send"]}, headers=key),
        "delivered": message(
            "events",
            [event],
            Content_Type=JSON,
            X_Twilio_Email_Event_Webhook_Signature="MEYCIQCftomtMNSjx4CrvR3ABezkEtDGOPeS5fNKWherSuB6qAIhAPsjymU2Q09pQA6LT2KP"
            "n8323nZnf2J1RCoCJiq79sR1",
            X_Twilio_Email_Event_Webhook_Timestamp="1700000000",
        ),
    }


SAMPLES: dict[str, Callable[[], dict[str, dict[str, Any]]]] = {
    "erpnext": erpnext,
    "fleetbase": fleetbase,
    "payload-cms": payload_cms,
    "sendgrid": sendgrid,
    "stripe": stripe,
}


def sample(vendor: str, name: str) -> dict[str, Any]:
    return SAMPLES[vendor]()[name]
