"""SendGrid's webhook: what SendGrid signed is believed in its time; everything else is Refused, and nothing worse."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fixtures import signers
from fixtures.simulators.sendgrid import DATA, SendGridSimulator, SentMail
from reference_impl.integrations.sendgrid.webhook import BATCH, SIGNATURE, TIMESTAMP, events, verify
from reference_impl.integrations.webhooks import TOLERANCE, Refused

VECTORS = json.loads((DATA.parent / "webhooks" / "vectors.json").read_bytes())["deliveries"]
[VECTOR] = [vector for vector in VECTORS if vector["vendor"] == "sendgrid"]
RAW: bytes = VECTOR["body"].encode()
HEADERS: dict[str, str] = VECTOR["headers"]
KEY: str = VECTOR["secret"]
NOW = datetime.fromtimestamp(1_700_000_000, UTC)
OURS = signers.sendgrid_key()
PUBLIC = signers.sendgrid_public(OURS)


def signed(body: bytes, at: datetime = NOW) -> dict[str, str]:
    return signers.sendgrid(body, OURS, at)


def refusal(raw: bytes, headers: dict[str, str], secrets: list[str], now: datetime = NOW) -> int:
    with pytest.raises(Refused) as refused:
        verify(raw, headers, secrets, now)
    return refused.value.status


def test_recorded_delivery_is_believed() -> None:
    """Byte for byte as SendGrid signs it, line break at the end included."""
    delivery = verify(RAW, HEADERS, [KEY], NOW)
    [event] = events(delivery)
    assert (event.id, event.kind) == ("ev1", "delivered")
    assert event.data["email"] == "a@example.com"
    assert len(KEY) == 124


@pytest.mark.parametrize("change", ["byte", "stripped", "serialised", "time", "hex", "spaces"])
def test_changed_delivery_is_refused(change: str) -> None:
    """One bit, the line break, other spaces, another second, another encoding of the signature."""
    raw, headers = RAW, dict(HEADERS)
    if change == "byte":
        raw = RAW.replace(b"ev1", b"ev2")
    if change == "stripped":
        raw = RAW.rstrip()
    if change == "serialised":
        raw = json.dumps(json.loads(RAW)).encode()
    if change == "time":
        headers[TIMESTAMP] = "1700000001"
    if change == "hex":
        headers[SIGNATURE] = base64.b64decode(headers[SIGNATURE]).hex()
    if change == "spaces":
        headers[TIMESTAMP] = " 1700000000"
    assert refusal(raw, headers, [KEY]) == 401


def test_every_single_bit_counts() -> None:
    for at in range(len(RAW)):
        changed = RAW[:at] + bytes([RAW[at] ^ 1]) + RAW[at + 1 :]
        assert refusal(changed, HEADERS, [KEY]) == 401


@pytest.mark.parametrize("off", [TOLERANCE + timedelta(seconds=1), -TOLERANCE - timedelta(seconds=1)])
def test_old_and_future_deliveries_are_refused(off: timedelta) -> None:
    """SendGrid's own helper believes a delivery of 2020; this does not."""
    assert refusal(RAW, HEADERS, [KEY], NOW + off) == 401
    verify(RAW, HEADERS, [KEY], NOW + off * 0.99)


@pytest.mark.parametrize("missing", [SIGNATURE, TIMESTAMP])
@pytest.mark.parametrize("value", [None, "", "garbage", "é", "\udc80", "AAAA", "1e9", "-1", "9" * 40])
def test_headers_that_are_missing_or_nonsense_are_refused(missing: str, value: str | None) -> None:
    others = {name: text for name, text in HEADERS.items() if name != missing}
    assert refusal(RAW, others if value is None else {**others, missing: value}, [KEY]) == 401


@pytest.mark.parametrize("secrets", [[], [""], ["  "], ["garbage"], ["é"], [KEY[:-8]], [PUBLIC]])
def test_without_the_right_key_nothing_is_believed(secrets: list[str]) -> None:
    assert refusal(RAW, HEADERS, secrets) == 401


def test_key_of_another_kind_is_refused() -> None:
    """The same scheme on another curve is not SendGrid's."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key

    other = generate_private_key(SECP384R1())
    assert refusal(RAW, signers.sendgrid(RAW, other, NOW), [signers.sendgrid_public(other)]) == 401


def test_while_a_key_is_rotated_both_are_believed() -> None:
    """Beside one that can't be read, too."""
    for raw, headers in ((RAW, HEADERS), (RAW, signed(RAW))):
        assert events(verify(raw, headers, ["garbage", KEY, PUBLIC], NOW))


def test_headers_are_found_by_any_spelling() -> None:
    assert verify(RAW, {name.lower(): value for name, value in HEADERS.items()}, [KEY], NOW).kind == BATCH


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"null",
        b"[1]",
        b"[[]]",
        b'[{"event":"open"}]',
        b'[{"sg_event_id":"a"}]',
        b'[{"sg_event_id":"","event":"open"}]',
        b'[{"sg_event_id":["a"],"event":"open"}]',
        b'[{"sg_event_id":7,"event":"open"}]',
        b'[{"sg_event_id":"a","event":NaN}]',
        '[{"sg_event_id":"ä","event":"open"}]'.encode("latin-1"),
        "[]".encode("utf-16"),
        b"[" * 100_000,
    ],
)
def test_proved_and_not_understood_is_400(body: bytes) -> None:
    assert refusal(body, signed(body), [PUBLIC]) == 400


def test_batch_is_several_deliveries() -> None:
    """Each event is a delivery with SendGrid's id, in their order; one that is in the batch twice is one."""
    vendor = SendGridSimulator(now=lambda: NOW)
    mail = SentMail("m1", ("a@example.com",), "s@example.com", None, {}, {"cityos_reference": "order_1"})
    delivered, bounced = vendor.event(mail, "delivered"), vendor.event(mail, "bounce", reason="550 unknown")
    body, headers = vendor.delivery(delivered, bounced, delivered)
    found = events(verify(body, headers, [vendor.public_key], NOW))
    assert [(event.id, event.kind) for event in found] == [
        (delivered["sg_event_id"], "delivered"),
        (bounced["sg_event_id"], "bounce"),
    ]
    assert found[1].data["cityos_reference"] == "order_1"
    assert found[1].data["reason"] == "550 unknown"


def test_empty_batch_is_nothing() -> None:
    """SendGrid's test of an address may send one."""
    assert events(verify(b"[]", signed(b"[]"), [PUBLIC], NOW)) == []


JSON: some.SearchStrategy[Any] = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.sampled_from(["sg_event_id", "event", "x"]), inner),
    max_leaves=6,
)


@given(raw=some.binary(), headers=some.dictionaries(some.sampled_from([SIGNATURE, TIMESTAMP]), some.text()))
def test_nothing_but_refused_is_raised(raw: bytes, headers: dict[str, str]) -> None:
    """Whatever a stranger sends."""
    refusal(raw, headers, [KEY])


@given(body=JSON)
def test_nothing_but_refused_is_raised_for_what_is_proved(body: Any) -> None:
    """Whatever SendGrid might send."""
    raw = json.dumps(body).encode()
    try:
        events(verify(raw, signed(raw), [PUBLIC], NOW))
    except Refused as refused:
        assert refused.status == 400  # noqa: PT017 (both ways are right)
