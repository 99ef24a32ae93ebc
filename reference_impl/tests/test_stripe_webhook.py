"""Stripe's deliveries: what the library leaves to its user."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fixtures import signers
from reference_impl.integrations.stripe.webhook import verify
from reference_impl.integrations.webhooks import Refused

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRET = "whsec_new"
OLD = "whsec_old"
EVENT = {"id": "evt_1", "object": "event", "type": "invoice.paid", "data": {"object": {"id": "in_1", "total": 10.5}}}
BODY = signers.stripe_json(EVENT)


def signature(secret: str, body: bytes = BODY, at: datetime = AT) -> str:
    return signers.stripe(body, secret, at)["Stripe-Signature"]


def digest(secret: str) -> str:
    return signature(secret).partition("v1=")[2]


def is_believed(header: str, *, body: bytes = BODY, now: datetime = AT, secrets: tuple[str, ...] = (SECRET,)) -> bool:
    try:
        verify(body, {"Stripe-Signature": header}, secrets, now)
    except Refused:
        return False
    return True


def test_an_event_is_known_by_its_id_its_type_and_what_it_is_about() -> None:
    delivery = verify(BODY, {"stripe-signature": signature(SECRET)}, [SECRET], AT)
    assert (delivery.id, delivery.kind, delivery.data["id"]) == ("evt_1", "invoice.paid", "in_1")
    assert str(delivery.data["total"]) == "10.5"


def test_one_right_signature_of_several_is_enough() -> None:
    """Stripe signs with both secrets while one is rotated; schemes that we do not know are passed over."""
    wrong, right = "0" * 64, digest(SECRET)
    time = f"t={int(AT.timestamp())}"
    assert is_believed(f"{time},v1={wrong},v1={right}")
    assert is_believed(f"{time},v1={right},v1={wrong},v0={wrong}")
    assert is_believed(f"{time},v1={digest(OLD)},v1={right}", secrets=(OLD,))
    assert not is_believed(f"{time},v1={wrong},v1={wrong}")
    assert not is_believed(f"{time},v0={right}")


@pytest.mark.parametrize(
    "times",
    ["", "t=", "t=-1", "t=1e9", "t=1_795_348_800", "t= 1795348800", "t=١٧٩٥٣٤٨٨٠٠", "t=179534880000000000000"],
)
def test_what_is_no_time_is_refused(times: str) -> None:
    assert not is_believed(f"{times},v1={digest(SECRET)}")


def test_of_two_times_neither_is_believed() -> None:
    """The library would sign the first; whoever judged the last would let any old delivery pass."""
    old = AT - timedelta(days=1)
    header = signature(SECRET, at=old)
    assert not is_believed(f"{header},t={int(AT.timestamp())}")
    assert not is_believed(f"t={int(AT.timestamp())},{header}")
    assert not is_believed(f"{signature(SECRET)},t={int(old.timestamp())}")


def test_the_time_is_judged_by_our_clock_and_not_the_machines() -> None:
    for at in (datetime(2001, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)):
        header = signature(SECRET, at=at)
        assert is_believed(header, now=at)
        assert not is_believed(header, now=AT)


@pytest.mark.parametrize(
    "event",
    [
        {**EVENT, "object": "v2.core.event"},
        {**EVENT, "id": ""},
        {**EVENT, "id": 7},
        {**EVENT, "type": None},
        {**EVENT, "data": {}},
        {**EVENT, "data": {"object": []}},
        [EVENT],
    ],
)
def test_what_is_signed_and_no_event_is_400(event: object) -> None:
    body = signers.stripe_json(event)
    with pytest.raises(Refused) as refusal:
        verify(body, signers.stripe(body, SECRET, AT), [SECRET], AT)
    assert refusal.value.status == 400
