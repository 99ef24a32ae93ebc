"""The facts against what was recorded: real exchanges and deliveries are as the facts say, or mislead as they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import fixtures
from contracts.check import check
from contracts.facts import load
from contracts.tests.contract_samples import body, contract, http, message

DATA = Path(fixtures.__file__).parent / "data"


def recorded(file: str) -> Any:
    return json.loads((DATA / file).read_text(encoding="utf-8"))


def interaction(method: str, target: str, status: int, headers: dict[str, list[str]]) -> dict[str, Any]:
    address = urlsplit(target)
    return http(f"{method} {address.path}", status, headers=headers, query=parse_qs(address.query))


def refusals(vendor: str, exchange: dict[str, Any]) -> list[str]:
    return [f"{each.where}: {each.says}" for each in check(contract(vendor, exchange), load(vendor))]


# ERPNext

ERPNEXT = recorded("erpnext/exchanges.json")["exchanges"]
OUTSIDE = ("Webhook", "Company", "Item%20Group", "Mode%20of%20Payment", "System%20Settings", "/Department")
"""DocTypes that the platform does not use: of those the facts say nothing, and a contract on them is refused."""
MISTAKES = {
    "limit_page_length=None": "request.query limit_page_length",
    "as_dict=false": "as_dict",
    "unknown method": "is not there",
    "unknown route": "is not there",
    "get_payment_entry": "is not there",
    "unknown custom field silently dropped": "custom_not_defined is no field of it",
    "SI posting_date in past": "set_posting_time is missing",
    "POST SI #": "set_posting_time is missing",
    "GET ?run_method=submit": "knows no run_method",
    "AR report (consumer params": "knows no from_date",
    "list parent with child field": "which is not there",
}
"""Recorded, and yet nothing for a contract: what was sent was dropped, or is not what it seems, or is not used."""


def asked_of_erpnext(exchange: dict[str, Any]) -> dict[str, Any]:
    who = exchange["authorization"]
    key = who if who is None or (len(str(who).split()) == 2 and ":" in str(who)) else "token key:secret"
    built = interaction(
        exchange["method"],
        exchange["path"],
        exchange["answer"]["status"],
        {} if key is None else {"Authorization": [key]},
    )
    if isinstance(exchange.get("body"), dict):
        built["request"]["body"] = body(exchange["body"])
    answer = exchange["answer"]
    if answer.get("body") is not None and not answer.get("cut"):
        built["response"]["body"] = body(answer["body"], answer["content_type"])
        built["providerStates"] = [{"name": json.dumps(answer["body"])}]  # what is there is said to be there
    return built


def of_facts(exchange: dict[str, Any]) -> bool:
    """Whether the facts cover it: the address, and an answer from Frappe itself."""
    path = urlsplit(exchange["path"]).path
    return path.startswith("/api/") and not any(each in path for each in OUTSIDE)


@pytest.mark.parametrize("exchange", [each for each in ERPNEXT if of_facts(each)], ids=lambda each: each["title"])
def test_what_erpnext_was_seen_to_answer_is_in_the_facts(exchange: dict[str, Any]) -> None:
    """An exchange with a live site is accepted, unless what was asked for was dropped, or is nowhere."""
    found = refusals("erpnext", asked_of_erpnext(exchange))
    expected = next((words for title, words in MISTAKES.items() if exchange["title"].startswith(title)), None)
    if expected is None:
        assert found == []
    else:
        assert any(expected in each for each in found), found


@pytest.mark.parametrize("title", MISTAKES)
def test_every_mistake_was_recorded(title: str) -> None:
    """The list holds nothing that is gone."""
    assert any(each["title"].startswith(title) for each in ERPNEXT)


# Deliveries

DELIVERIES = recorded("webhooks/vectors.json")["deliveries"]
TOPICS = {"sendgrid": "events", "erpnext": "Sales Invoice.on_submit"}


@pytest.mark.parametrize("delivery", DELIVERIES, ids=[f"{each['vendor']}{n}" for n, each in enumerate(DELIVERIES)])
def test_what_the_vendors_own_code_signed_is_in_the_facts(delivery: dict[str, Any]) -> None:
    """A delivery that a vendor's own code wrote and signed is accepted, its headers and its body."""
    vendor, told = delivery["vendor"], json.loads(delivery["body"])
    topic = TOPICS.get(vendor) or told.get("event") or told["type"]
    sent = message(topic, told)
    sent["metadata"].update(delivery["headers"])
    found = refusals(vendor, sent)
    assert [each for each in found if not each.startswith("contents $: t is no field")] == []  # a template of a test's


# Payload CMS

PAYLOAD = recorded("payload_cms/exchanges.json")["exchanges"]
KEYS = {
    "nobody": None,
    "key": "users API-Key 2f6c1a9e-7d34-4b0f",
    "reader key": "users API-Key 9a51c8e0-d7b6-4f12",
    "key as Bearer": "Bearer 2f6c1a9e-7d34-4b0f",
    "token as Bearer": "Bearer header.claims.signature",
    "token as JWT": "JWT header.claims.signature",
}
TRAPS = {
    "/01KGZ2": "has not the form",  # read as the number 1
    "where=%7B": "not of the type object",  # before 3.83 ignored without a word
    "/api/health": "is not there",
    "/api/unknown-collection": "is not there",
    "/api/users?": "is not there",  # not used
    "PUT ": "it is PATCH",
    "POST /api/countries/4": "it is PATCH",
    "PATCH /api/countries?": "is not there",  # of many at once: not used
    "PATCH /api/countries ": "is not there",
    "DELETE /api/countries?": "is not there",
    "DELETE /api/countries ": "is not there",
    "POST /api/stores?depth=0 201": "unknownField",  # dropped
}
"""What Payload answered, and no contract should ask for."""


def asked_of_payload(exchange: dict[str, Any]) -> dict[str, Any]:
    key = KEYS[exchange["as"]]
    headers = {} if key is None else {"Authorization": [key]}
    built = interaction(exchange["method"], exchange["target"], exchange["status"], headers)
    if exchange.get("body", "").startswith("{") and exchange["status"] < 300:
        built["request"]["body"] = body(json.loads(exchange["body"]), exchange["content_type"])
    if exchange.get("answer") is not None and not exchange.get("cut"):
        built["response"]["body"] = body(exchange["answer"])
    return built


@pytest.mark.parametrize(
    "exchange", PAYLOAD, ids=[f"{n} {e['method']} {e['target'][:50]}" for n, e in enumerate(PAYLOAD)]
)
def test_what_payload_was_seen_to_answer_is_in_the_facts(exchange: dict[str, Any]) -> None:
    """An exchange with a real Payload is accepted, unless it is one that misleads."""
    said = f"{exchange['method']} {exchange['target']} {exchange['status']}"
    found = refusals("payload-cms", asked_of_payload(exchange))
    expected = next((words for part, words in TRAPS.items() if part in said), None)
    if expected is None or (exchange["status"] >= 400 and not found):  # a refusal may be asked for
        assert found == []
    else:
        assert any(expected in each for each in found), found
