"""Deliveries that only look like a vendor's, and vendors' deliveries that nobody can read: refused, and without effect.

docs: medusa-api.md §8, the vendors' pages; the effects of true ones stand in conformance/test_webhooks.py.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.checks import requirement
from fixtures.delivering import Courier
from fixtures.happenings import of_no_interest
from fixtures.senders import SENDERS, variables
from suites.conformance.shapes import error_faults, internals
from suites.security import forgeries

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.client import Answer
    from fixtures.delivering import Matter, Matters
    from fixtures.servers import Servers
    from suites.security.forgeries import Forgery

    CourierOf = Callable[[str], Courier]
    MatterOf = Callable[[str], Matter]

TEN_MEGABYTES = 10 * 1024 * 1024
IN_TIME_S = 240
FORGED = forgeries.cases()
every_sender = pytest.mark.parametrize("sender", SENDERS)

UNREADABLE = {
    "nothing": b"",
    "no JSON": b"order=1&status=paid",
    "cut off": b'{"id":"evt_1","data":{',
    "not UTF-8": b'{"id":"\xff"}',
    "UTF-16": json.dumps({"id": "evt_1"}).encode("utf-16"),
    "gzip": gzip.compress(b'{"id":"evt_1"}', mtime=0),
    "nested deeply": b"[" * 100_000,
    "a word": b'"paid"',
    "null": b"null",
    "not a number": b'{"id":NaN}',
    "half a character": b'{"id":"\\ud800"}',
}
LONG = "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(200))
STRANGE: tuple[object, ...] = ("evt_\0", LONG, {"order": ["of"]}, 10**400)
"""What may stand where an id, a status or an amount is due; each is JSON that its sender has signed."""


def refused(answer: Answer, *statuses: int) -> list[str]:
    """What is wrong with an answer as the refusal of a delivery."""
    faults = error_faults(answer)
    return faults if answer.status in statuses else [f"{answer!r}, expected {statuses}", *faults]


@requirement("WHK-01")
@pytest.mark.parametrize(("sender", "forge"), FORGED, ids=[f"{name}-{forge.__name__}" for name, forge in FORGED])
def test_forged(sender: str, forge: Forgery, courier_of: CourierOf, undisturbed: MatterOf) -> None:
    """A delivery that the sender did not sign as it stands is refused with 400 or 401, and changes nothing."""
    courier, matter = courier_of(sender), undisturbed(sender)
    before = matter.seen()
    answer = courier.deliver(forge(courier, matter.event()))
    assert refused(answer, 400, 401) == []
    assert matter.seen() == before


@requirement("WHK-02")
@every_sender
def test_other_spelling(sender: str, courier_of: CourierOf, undisturbed: MatterOf) -> None:
    """The right digest in capital letters, or in base64 without its padding, is not what the sender sends."""
    courier = courier_of(sender)
    answer = courier.deliver(forgeries.loud(courier, undisturbed(sender).event()))
    assert refused(answer, 400, 401) == []


@requirement("WHK-03")
@pytest.mark.parametrize("sender", [name for name, sender in SENDERS.items() if sender.timed])
@pytest.mark.parametrize("late_s", [-IN_TIME_S, IN_TIME_S])
def test_in_time(sender: str, late_s: int, courier_of: CourierOf) -> None:
    """A delivery is taken up to five minutes before and after the time that its sender signed."""
    courier = courier_of(sender)
    courier.deliver(courier.signed(of_no_interest(sender), late_s=late_s)).expect(200)


@requirement("WHK-04")
@every_sender
def test_old_and_new_secret(sender: str, courier_of: CourierOf) -> None:
    """While a secret is rotated, what is signed with the old one is taken as well as what is signed with the new."""
    courier = courier_of(sender)
    for secret in courier.secrets:
        courier.deliver(courier.signed(of_no_interest(sender), secret=secret)).expect(200)


@requirement("WHK-04")
def test_signed_with_both(courier_of: CourierOf) -> None:
    """Stripe signs with both secrets while one is rotated: one that fits is enough."""
    courier = courier_of("stripe")
    name = courier.sender.signature
    true, false = (courier.signed(of_no_interest("stripe"), secret) for secret in (None, courier.sender.fresh()))
    for one, two in ((true, false), (false, true)):
        both = f"{one.value(name)},{two.value(name).partition(',')[2]}"
        answer = courier.deliver(true.having(name, both))
        assert answer.status == 200, both


@requirement("WHK-05")
@every_sender
def test_any_content_type(sender: str, courier_of: CourierOf) -> None:
    """What is signed is taken by its bytes, without a Content-Type and under a wrong one."""
    courier = courier_of(sender)
    for kind in (None, "text/plain", "application/x-www-form-urlencoded"):
        courier.deliver(courier.signed(of_no_interest(sender)).having("Content-Type", kind)).expect(200)


@requirement("WHK-06")
@every_sender
@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable(sender: str, body: bytes, courier_of: CourierOf) -> None:
    """What the sender signed and nobody can read is refused with 400; 401 where it can't even be proved."""
    courier = courier_of(sender)
    assert refused(courier.deliver(courier.sealed(body)), 400, 401) == []


@requirement("WHK-06")
@every_sender
def test_unreadable_and_unsigned(sender: str, courier_of: CourierOf) -> None:
    """Garbage that nobody signed is refused before it is read: 400 or 401."""
    courier = courier_of(sender)
    for body in UNREADABLE.values():
        assert refused(courier.deliver(courier.bare({}).saying(body)), 400, 401) == []


@requirement("WHK-06")
@every_sender
def test_strange(sender: str, courier_of: CourierOf, matters: Matters) -> None:
    """Signed JSON with nonsense in any one of its fields is taken or refused, and never an error of ours."""
    courier, event = courier_of(sender), matters.of(sender).event()
    for spoiled in (one for what in STRANGE for one in _spoiled(event, what)):
        answer = courier.deliver(courier.signed(spoiled))
        assert answer.status in (200, 400, 409, 413, 422)
        assert internals(answer) == []


@requirement("WHK-07")
@every_sender
def test_ten_megabytes(sender: str, courier_of: CourierOf) -> None:
    """A signed delivery of ten megabytes is taken or too large; an unsigned one is refused."""
    courier = courier_of(sender)
    event: Any = of_no_interest(sender)
    (event[0] if isinstance(event, list) else event)["filling"] = "x" * TEN_MEGABYTES
    delivery = courier.signed(event)
    signed = courier.deliver(delivery)
    assert signed.status == 200 or refused(signed, 413) == []
    assert refused(courier.deliver(delivery.having(courier.sender.signature, None)), 400, 401, 413) == []


@requirement("WHK-01")
@every_sender
def test_several_signatures(sender: str, courier_of: CourierOf, undisturbed: MatterOf) -> None:
    """Of two wrong signature headers neither is believed; a right one beside a wrong one breaks nothing."""
    courier, matter = courier_of(sender), undisturbed(sender)
    before = matter.seen()
    name = courier.sender.signature
    wrong = courier.signed(matter.event(), secret=courier.sender.fresh())
    assert refused(courier.deliver(wrong.plus(name, wrong.value(name))), 400, 401) == []
    assert matter.seen() == before
    right = courier.signed(of_no_interest(sender))
    assert courier.deliver(right.plus(name, wrong.value(name))).status in (200, 400, 401)


@requirement("WHK-08")
def test_without_a_secret(servers: Servers) -> None:
    """Where no secret is configured nothing is believed, least of all what is signed with an empty one."""
    with servers.open(env=dict.fromkeys(variables(dict.fromkeys(SENDERS, ())), "")) as own, own.serve():
        for name, sender in SENDERS.items():
            courier = Courier(own.connection, sender)
            event = of_no_interest(name)
            signed = [courier.bare(event), courier.signed(event), forgeries.empty_secret(courier, event)]
            for delivery in signed:
                assert refused(courier.deliver(delivery), 401) == []


def _spoiled(event: Any, what: object) -> list[Any]:
    """The event once for each of its fields, at any depth, with something else in it."""
    if not isinstance(event, dict | list):
        return [what]
    items = event.items() if isinstance(event, dict) else enumerate(event)
    found = []
    for key, value in items:
        for other in _spoiled(value, what):
            changed = dict(event) if isinstance(event, dict) else list(event)
            changed[key] = other
            found.append(changed)
    return found
