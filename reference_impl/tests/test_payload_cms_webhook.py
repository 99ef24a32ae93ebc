"""Hooks of Payload CMS: believed only when signed, known again by what they tell, relations as ids or documents."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from fixtures import signers
from fixtures.payload import FOLDER
from fixtures.simulators.base import running
from fixtures.simulators.payload_cms import PayloadCms
from fixtures.tests.receiving import Receiver
from reference_impl.integrations.payload_cms.client import reference
from reference_impl.integrations.payload_cms.webhook import verify
from reference_impl.integrations.webhooks import Delivery, Refused
from reference_impl.tests.cms import HOOK_SECRET, serving

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECRET = HOOK_SECRET
RECORDED = FOLDER.parent / "data" / "payload_cms" / "exchanges.json"


def tenant(**changes: Any) -> dict[str, Any]:
    """The document that an update told of, as a real server showed it."""
    exchanges = json.loads(RECORDED.read_bytes())["exchanges"]
    (answer, *_) = [one["answer"] for one in exchanges if one["method"] == "PATCH" and "tenants" in one["target"]]
    return {**answer["doc"], **changes}


def told(operation: str = "update", **changes: Any) -> tuple[bytes, dict[str, str]]:
    return PayloadCms(hook_secret=SECRET).delivery("tenants", operation, tenant(**changes))


def checked(body: bytes, headers: dict[str, str], *secrets: str) -> Delivery:
    return verify(body, headers, secrets or (SECRET,), NOW)


def test_a_delivery() -> None:
    delivery = checked(*told())
    assert (delivery.kind, delivery.data["collection"], delivery.data["operation"]) == (
        "tenants.update",
        "tenants",
        "update",
    )
    assert delivery.data["data"]["medusaTenantId"] == "01KGZ2JRYX607FWMMYQNQRKVWS"


@pytest.mark.parametrize("kind", ["simulator", "payload"])
def test_what_a_hook_really_sends(kind: str) -> None:
    """Each change is believed byte for byte, as deep as its request was, and the same twice is one."""
    with running(Receiver()) as receiver, serving(kind, f"{receiver.base_url}/hook") as editor:
        begun = len(receiver.simulator.received)  # the real one told of its seed
        made = editor.create("stores", name="متجر", tenant=1)
        editor.update("stores", made, name="Shop")
        editor.delete("stores", made)
    sent = receiver.simulator.received[begun:]
    deliveries = [checked(one.body, one.headers) for one in sent]
    assert [one.kind for one in deliveries] == ["stores.create", "stores.update", "stores.delete"]
    assert [one.data["data"]["name"] for one in deliveries] == ["متجر", "Shop", "Shop"]
    assert {reference(one.data["data"]["tenant"]) for one in deliveries} == {1}
    assert len({one.id for one in deliveries}) == 3


def test_the_same_change_is_the_same_delivery() -> None:
    """However deep its relations are filled in; another document, operation or version is another."""
    flat, deep = checked(*told(country=1)), checked(*told(country={"id": 1, "name": "Saudi Arabia"}))
    assert flat.id == deep.id
    assert reference(flat.data["data"]["country"]) == reference(deep.data["data"]["country"]) == 1
    others = [told("create"), told("delete"), told(id=2), told(id="1"), told(updatedAt="2026-11-22T11:51:57.156Z")]
    assert len({flat.id, *(checked(*other).id for other in others)}) == 6


def test_without_a_version_the_bytes_decide() -> None:
    first, again, other = (checked(*told(updatedAt=None, name=name)).id for name in ("a", "a", "b"))
    assert first == again != other


def test_both_secrets_while_one_is_rotated() -> None:
    assert checked(*told(), "new", SECRET) == checked(*told(), SECRET, "old")
    with pytest.raises(Refused):
        checked(*told(), "new")


@pytest.mark.parametrize("secrets", [[], [""], ["  "]])
def test_without_a_secret_nothing_is_believed(secrets: list[str]) -> None:
    body = told()[0]
    signature = hmac.new(b"", body, hashlib.sha256).hexdigest()
    with pytest.raises(Refused) as refused:
        verify(body, {"x-payload-signature": signature}, secrets, NOW)
    assert refused.value.status == 401


def test_any_other_signature_is_refused() -> None:
    """A changed byte, the body written anew, base64, capitals, a prefix, another vendor's header, none, two."""
    body, headers = told()
    signature = headers["x-payload-signature"]
    right = bytes.fromhex(signature)
    attempts = [(bytes([*body[:at], body[at] ^ 1, *body[at + 1 :]]), signature) for at in range(0, len(body), 7)]
    attempts += [
        (json.dumps(json.loads(body), indent=1).encode(), signature),
        (body + b"\n", signature),
        (b"", signature),
    ]
    attempts += [
        (body, wrong) for wrong in (base64.b64encode(right).decode(), signature.upper(), f"sha256={signature}")
    ]
    attempts += [(body, wrong) for wrong in (f" {signature}", signature[:-1], "\u00e9", "0" * 64, "")]
    for raw, presented in attempts:
        with pytest.raises(Refused) as refused:
            verify(raw, {"x-payload-signature": presented}, [SECRET], NOW)
        assert refused.value.status == 401
    for other in ({}, {"Signature": signature}, {"x-payload-signature": signature, "X-Payload-Signature": signature}):
        with pytest.raises(Refused):
            verify(body, other, [SECRET], NOW)
    assert verify(body, {"X-PAYLOAD-SIGNATURE": signature}, [SECRET], NOW).kind == "tenants.update"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b'"text"',
        b"\xff\xfe{\x00}\x00",
        b"{}",
        b'{"collection":"tenants","operation":"update"}',
        b'{"collection":"tenants","operation":"update","data":null}',
        b'{"collection":"tenants","operation":"update","data":{}}',
        b'{"collection":"tenants","operation":"update","data":{"id":true}}',
        b'{"collection":"tenants","operation":"update","data":1}',
        b'{"collection":"tenants","operation":"publish","data":{"id":1}}',
        b'{"collection":1,"operation":"update","data":{"id":1}}',
        b"[" * 100_000,
    ],
)
def test_signed_but_not_understood(body: bytes) -> None:
    """400: it was the CMS, and nothing is done."""
    with pytest.raises(Refused) as refused:
        verify(body, signers.payload_cms(body, SECRET), [SECRET], NOW)
    assert refused.value.status == 400
