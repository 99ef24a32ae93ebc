"""Our facts of SendGrid and Payload CMS: true to what is published and recorded, and strict where the vendors are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from jsonschema_rs import Draft202012Validator

import contracts
import fixtures
from contracts.drift_documents import read
from contracts.drift_published import against
from contracts.facts import HERE, load
from fixtures.payload import COLLECTIONS

HOUSE = Path(contracts.__file__).parents[1]
KEPT = Path(fixtures.__file__).parent / "data"
PUBLISHED = {
    "tsg_mail_v3.json": {"POST /v3/mail/send", "POST /v3/mail/batch", "GET /v3/mail/batch/{batch_id}"},
    "tsg_scopes_v3.json": {"GET /v3/scopes"},
}
LEFT_OUT = re.compile(r"(PATCH|DELETE) /api/\w+\?where|GET /api/users\?")
"""Changes to many documents at once, and the list of users: nothing of ours asks for them."""
EXCHANGES: list[dict[str, Any]] = json.loads((KEPT / "payload_cms/exchanges.json").read_text("utf-8"))["exchanges"]


@pytest.mark.parametrize("folder", [KEPT / "sendgrid", HOUSE.parent / "shared/data/sendgrid"], ids=["kept", "shared"])
@pytest.mark.parametrize("name", PUBLISHED)
def test_sendgrid_publishes_what_we_state(name: str, folder: Path) -> None:
    """Nothing differs but what the facts name with a reason, and each of those does."""
    if not (folder / name).is_file():
        pytest.skip(f"{name} is not in ../shared/data/sendgrid; the kept copy is compared")
    found = against(read(HERE / "sendgrid.yaml"), read(folder / name))
    assert [each.says for each in found.differences] == []
    assert set(found.compared) == PUBLISHED[name]


def test_every_operation_of_sendgrid_is_published_somewhere() -> None:
    """The two documents together hold all that we ask of SendGrid."""
    assert {str(each) for each in load("sendgrid").operations} == set().union(*PUBLISHED.values())


@pytest.mark.parametrize("vendor", ["sendgrid", "payload-cms"])
def test_every_statement_has_a_source(vendor: str) -> None:
    """Of each operation, answer and way to authenticate one can be told where it comes from."""
    facts = load(vendor)
    pointers = [each.pointer for each in (*facts.operations, *facts.webhooks.values())]
    pointers += [answer.pointer for each in facts.operations for answer in each.responses.values()]
    pointers += [key.pointer for each in facts.operations for key in each.keys]
    assert all(facts.source_of(pointer) for pointer in pointers)


def mail(**changed: Any) -> dict[str, Any]:
    return {
        "from": {"email": "shop@example.com"},
        "template_id": f"d-{'0123456789abcdef' * 2}",
        "personalizations": [{"to": [{"email": "a@example.com"}], "dynamic_template_data": {"name": "Amal"}}],
        **changed,
    }


def _sendgrid_takes(body: object) -> bool:
    operation = next(each for each in load("sendgrid").operations if each.path == "/v3/mail/send")
    assert operation.request is not None
    return Draft202012Validator(operation.request.schemas["application/json"]).is_valid(body)


def test_a_mail_of_a_template_is_taken() -> None:
    """As the client sends it; and one with subject and content of its own."""
    assert _sendgrid_takes(mail())
    own = mail(subject="Hello", content=[{"type": "text/plain", "value": "Hello"}])
    assert _sendgrid_takes({name: value for name, value in own.items() if name != "template_id"})


@pytest.mark.parametrize(
    "body",
    [
        mail(template_id="welcome"),
        mail(template_id="13b8f94f-bcae-4ec6-b752-70d6cb59f932"),
        mail(template_id="d-0123456789ABCDEF0123456789ABCDEF"),
        mail(idempotency_key="order-1"),
        mail(dynamic_template_data={"name": "Amal"}),
        mail(personalizations=[{"dynamic_template_data": {}}]),
        mail(**{"from": "shop@example.com"}),
        mail(mail_settings={"sandbox_mode": True}),
        {name: value for name, value in mail().items() if name != "template_id"},
    ],
)
def test_a_mail_that_sendgrid_would_refuse_is_none(body: object) -> None:
    """Template ids of another form, fields that it drops, and a mail without anything to say."""
    assert not _sendgrid_takes(body)


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("users API-Key 0d2b3c4e-5f60-7182-93a4-b5c6d7e8f901", True),
        ("JWT aaaa.bbbb.cccc", True),
        ("Bearer 0d2b3c4e-5f60-7182-93a4-b5c6d7e8f901", False),
        ("Users API-Key 0d2b3c4e", False),
        ("users api-key 0d2b3c4e", False),
        ("users  API-Key 0d2b3c4e", False),
        ("API-Key 0d2b3c4e", False),
    ],
)
def test_payload_knows_an_api_key_by_one_spelling(said: str, known: bool) -> None:
    """`users API-Key …` to the letter; with Bearer before it the key is nobody's."""
    keys = load("payload-cms").operations[0].keys
    assert any(re.search(key.pattern, said) for key in keys) == known


@pytest.mark.parametrize("slug", COLLECTIONS)
def test_payload_has_the_fields_of_the_project(slug: str) -> None:
    """A document has each field of its collection and three of Payload's; one that is made needs the required ones."""
    operations = {str(each): each for each in load("payload-cms").operations}
    answer, made = operations[f"GET /api/{slug}/{{id}}"].response(200), operations[f"POST /api/{slug}"].request
    assert answer is not None
    assert answer.content is not None
    assert made is not None
    one, new = (each.schemas["application/json"] for each in (answer.content, made))
    fields = {each["name"]: each for each in COLLECTIONS[slug]}
    assert set(one["required"]) == {*fields, "id", "updatedAt", "createdAt"}
    assert set(one["properties"]) - {"_status"} == set(one["required"])  # which only collections with drafts have
    assert set(new["properties"]) == set(fields)
    assert set(new["required"]) == {
        name for name, field in fields.items() if field.get("required") and "defaultValue" not in field
    }
    for name, field in fields.items():
        assert new["properties"][name].get("maxLength") == field.get("maxLength")
        assert set(new["properties"][name].get("enum", ())) - {None} == set(field.get("options", ()))


def _operation_of(exchange: dict[str, Any]) -> Any:
    """The operation of a recorded exchange; None where the facts have none, and so it must have failed."""
    path = unquote(exchange["target"].partition("?")[0])
    for each in sorted(load("payload-cms").operations, key=lambda one: "{" in one.path):
        pattern = re.sub(r"\{\w+\}", "[^/]+", each.path)
        if each.method == exchange["method"] and re.fullmatch(pattern, path):
            return each
    return None


def test_recorded_answers_are_what_the_facts_state() -> None:
    """Each answer on record has a status and a body that the facts allow, and no other operation succeeded."""
    judged, wrong = 0, []
    for exchange in EXCHANGES:
        operation, status = _operation_of(exchange), exchange["status"]
        where = f"{exchange['server']}: {exchange['method']} {exchange['target']} {status}"
        if operation is None:
            wrong += [where] if status < 400 and not LEFT_OUT.search(where) else []
            continue
        answer = operation.response(status)
        if answer is None:
            wrong.append(where)
        elif not exchange.get("cut"):
            judged += 1
            schema = answer.content.schemas["application/json"]
            body = json.loads(json.dumps(exchange["answer"]).replace('"<uuid>"', '"0d2b3c4e"'))
            wrong += [f"{where}: {error.message}" for error in Draft202012Validator(schema).iter_errors(body)]
    assert wrong == []
    assert judged >= 60
