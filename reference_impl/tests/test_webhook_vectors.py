"""Deliveries of all vendors: what their own code signed is believed byte for byte, and nothing that differs from it."""

from __future__ import annotations

import base64
import importlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fixtures import signers
from reference_impl.integrations.webhooks import TOLERANCE, Delivery, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_impl.integrations.webhooks import Verify

VECTORS = Path(signers.__file__).parent / "data" / "webhooks" / "vectors.json"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
JUST = timedelta(seconds=1)
SIGNATURES = {
    "stripe": "Stripe-Signature",
    "erpnext": "X-Frappe-Webhook-Signature",
    "fleetbase": "Signature",
    "payload_cms": "x-payload-signature",
    "sendgrid": "X-Twilio-Email-Event-Webhook-Signature",
}
TIMED = ("stripe", "sendgrid")


@dataclass(frozen=True)
class Case:
    """A delivery and what it was signed with."""

    vendor: str
    raw: bytes
    headers: dict[str, str]
    secret: str
    at: datetime

    def verify(self, *, now: datetime | None = None, secrets: list[str] | None = None) -> Delivery:
        verifier: Verify = importlib.import_module(f"reference_impl.integrations.{self.vendor}.webhook").verify
        return verifier(self.raw, self.headers, [self.secret] if secrets is None else secrets, now or self.at)

    @property
    def signature(self) -> str:
        return self.headers[SIGNATURES[self.vendor]]

    def signed(self, signature: str) -> Case:
        return replace(self, headers={**self.headers, SIGNATURES[self.vendor]: signature})


@cache
def recorded() -> tuple[Case, ...]:
    """What the vendors' own code signed, and a delivery of a Payload hook, which is nobody's code."""
    cases = [
        Case(
            each["vendor"],
            each["body"].encode(),
            each["headers"],
            each["secret"],
            NOW if each["at"] is None else datetime.fromtimestamp(each["at"], UTC),
        )
        for each in json.loads(VECTORS.read_text("utf-8"))["deliveries"]
    ]
    told = {
        "event": "afterChange",
        "collection": "tenants",
        "operation": "update",
        "data": {"id": 7, "name": "شركة a/b", "updatedAt": "2026-11-22T11:00:00.000Z"},
    }
    body = signers.javascript_json(told)
    return *cases, Case("payload_cms", body, signers.payload_cms(body, "payload_secret"), "payload_secret", NOW)


def names() -> list[str]:
    return [f"{case.vendor}-{number}" for number, case in enumerate(recorded())]


every = pytest.mark.parametrize("case", recorded(), ids=names())
hashed = pytest.mark.parametrize(
    "case",
    [case for case in recorded() if case.vendor != "sendgrid"],
    ids=[name for name in names() if not name.startswith("sendgrid")],
)
timed = pytest.mark.parametrize("case", [case for case in recorded() if case.vendor in TIMED], ids=TIMED)


def refused(case: Case, *, now: datetime | None = None, secrets: list[str] | None = None) -> int | None:
    """The status with which it is refused; None: it is believed."""
    try:
        case.verify(now=now, secrets=secrets)
    except Refused as refusal:
        return refusal.status
    return None


def test_the_vectors_are_of_four_vendors_and_the_fifth_signs_nothing_itself() -> None:
    assert {case.vendor for case in recorded()} == set(SIGNATURES)


@every
def test_what_a_vendor_signed_is_believed(case: Case) -> None:
    """Twice too, under the same id: whether it was had before is the caller's to know."""
    first, again = case.verify(), case.verify()
    assert first.id
    assert first.kind
    assert again.id == first.id


@every
def test_header_names_are_spelled_in_any_way(case: Case) -> None:
    for spelled in (str.lower, str.upper):
        headers = {spelled(name): value for name, value in case.headers.items()}
        assert refused(replace(case, headers=headers)) is None


@every
def test_one_changed_byte_is_refused_wherever_it_stands(case: Case) -> None:
    changed = [
        replace(case, raw=case.raw[:at] + bytes([case.raw[at] ^ 1]) + case.raw[at + 1 :]) for at in range(len(case.raw))
    ]
    assert {refused(each) for each in changed} == {401}


@every
@pytest.mark.parametrize("by", ["shorter", "longer", "empty", "in UTF-16", "with a byte-order mark"])
def test_other_bytes_are_refused(case: Case, by: str) -> None:
    raw = {
        "shorter": case.raw[:-1],
        "longer": case.raw + b" ",
        "empty": b"",
        "in UTF-16": case.raw.decode().encode("utf-16"),
        "with a byte-order mark": b"\xef\xbb\xbf" + case.raw,
    }[by]
    assert refused(replace(case, raw=raw)) == 401


@every
def test_what_was_read_and_written_anew_is_refused(case: Case) -> None:
    value = json.loads(case.raw)
    writers = (signers.php_json, signers.frappe_json, signers.stripe_json, signers.javascript_json)
    anew = [body for write in writers if (body := write(value)) != case.raw]
    assert len(anew) >= 2  # at most two of these write the vendor's own bytes
    assert {refused(replace(case, raw=body)) for body in anew} == {401}


@every
def test_the_signature_in_the_other_encoding_is_refused(case: Case) -> None:
    """Hex where the vendor writes base64, base64 where it writes hex, and hex in capitals."""
    assert refused(case.signed(_other_encoding(case))) == 401
    if case.vendor != "erpnext" and case.vendor != "sendgrid":
        head, digest = _split(case)
        assert refused(case.signed(head + digest.upper())) == 401


def _split(case: Case) -> tuple[str, str]:
    """What stands before the digest in the header, and the digest."""
    head, found, digest = case.signature.rpartition("v1=")
    return head + found, digest


def _other_encoding(case: Case) -> str:
    head, digest = _split(case)
    if case.vendor in ("erpnext", "sendgrid"):
        return base64.b64decode(digest).hex()
    return head + base64.b64encode(bytes.fromhex(digest)).decode()


@hashed
def test_one_changed_letter_of_the_signature_is_refused(case: Case) -> None:
    head, digest = _split(case)
    changed = (digest[:at] + ("0" if digest[at] != "0" else "1") + digest[at + 1 :] for at in range(len(digest)))
    assert {refused(case.signed(head + each)) for each in changed} == {401}


@every
@pytest.mark.parametrize("signature", ["", "x", "é", "\udc80", "0" * 64, "v1=", "t=,v1=", "====", ",,,,"])
def test_what_is_no_signature_is_refused(case: Case, signature: str) -> None:
    assert refused(case.signed(signature)) == 401


@every
def test_a_delivery_without_its_signature_is_refused(case: Case) -> None:
    assert refused(replace(case, headers={})) == 401
    assert refused(replace(case, headers={SIGNATURES[case.vendor]: ""})) == 401


@every
def test_a_signature_that_is_there_twice_is_refused(case: Case) -> None:
    """Which of the two was looked at would otherwise depend on who looks."""
    name = SIGNATURES[case.vendor]
    twice = {**case.headers, name.swapcase(): case.signature}
    assert refused(replace(case, headers=twice)) == 401


@every
def test_another_vendors_signature_is_refused(case: Case) -> None:
    others = [other for other in recorded() if other.vendor != case.vendor]
    assert {refused(replace(case, headers=other.headers)) for other in others} == {401}


@every
@pytest.mark.parametrize("secrets", [[], [""], ["  ", "\t"]], ids=["none", "empty", "blank"])
def test_without_a_secret_nothing_is_believed(case: Case, secrets: list[str]) -> None:
    assert refused(case, secrets=secrets) == 401


@hashed
@pytest.mark.parametrize("secret", ["", " "])
def test_what_is_signed_with_no_secret_is_refused_where_none_is_configured(case: Case, secret: str) -> None:
    """Anybody can sign with an empty key."""
    if case.vendor == "stripe":
        headers = signers.stripe(case.raw, secret, case.at)
    else:
        by = {"erpnext": signers.erpnext, "fleetbase": signers.fleetbase, "payload_cms": signers.payload_cms}
        headers = by[case.vendor](case.raw, secret)
    assert refused(replace(case, headers=headers), secrets=[secret]) == 401


@every
def test_the_old_secret_and_the_new_one_are_both_good_while_one_is_rotated(case: Case) -> None:
    other = _other_secret(case.vendor)
    assert refused(case, secrets=[other, case.secret]) is None
    assert refused(case, secrets=[case.secret, other]) is None
    assert refused(case, secrets=["", other, case.secret]) is None
    assert refused(case, secrets=[other]) == 401


def _other_secret(vendor: str) -> str:
    return signers.sendgrid_public(signers.sendgrid_key()) if vendor == "sendgrid" else "another_secret"


@timed
def test_a_delivery_is_good_for_a_while_before_and_after_the_time_it_names(case: Case) -> None:
    assert [refused(case, now=case.at + TOLERANCE), refused(case, now=case.at - TOLERANCE)] == [None, None]


@timed
@pytest.mark.parametrize("off", [TOLERANCE + JUST, timedelta(days=1), timedelta(days=3650)], ids=str)
def test_a_delivery_that_is_too_old_or_from_the_future_is_refused(case: Case, off: timedelta) -> None:
    assert [refused(case, now=case.at + off), refused(case, now=case.at - off)] == [401, 401]


@timed
def test_another_time_than_the_signed_one_is_refused(case: Case) -> None:
    """Whoever moves the time to now has broken the signature."""
    later = {**case.headers}
    if case.vendor == "stripe":
        later["Stripe-Signature"] = case.signature.replace("t=1700000000", "t=1700009000")
    else:
        later["X-Twilio-Email-Event-Webhook-Timestamp"] = "1700009000"
    assert refused(replace(case, headers=later), now=case.at + timedelta(seconds=9000)) == 401


def signed_garbage() -> Iterator[Case]:
    """What a vendor's key has signed, and is nothing that a vendor sends."""
    key = signers.sendgrid_key()
    for body in (b"", b"{", b"null", b"7", b'"text"', b'{"a":NaN}', b"[" * 100_000, "{}".encode("utf-16")):
        yield Case("stripe", body, signers.stripe(body, "s", NOW), "s", NOW)
        yield Case("erpnext", body, signers.erpnext(body, "s"), "s", NOW)
        yield Case("fleetbase", body, signers.fleetbase(body, "s"), "s", NOW)
        yield Case("payload_cms", body, signers.payload_cms(body, "s"), "s", NOW)
        yield Case("sendgrid", body, signers.sendgrid(body, key, NOW), signers.sendgrid_public(key), NOW)


def test_what_is_signed_and_makes_no_sense_is_refused_and_breaks_nothing() -> None:
    """Bodies that are not JSON, another kind of JSON, in another encoding, or too deep."""
    answers = {(case.vendor, case.raw[:12]): refused(case) for case in signed_garbage()}
    assert {what for what, status in answers.items() if status not in (400, 401)} == set()


def test_ten_megabytes_are_judged_as_one() -> None:
    body = b'{"id":"event_1","event":"order.updated","data":{"notes":"' + b"x" * 10_000_000 + b'"}}'
    assert refused(Case("fleetbase", body, signers.fleetbase(body, "s"), "s", NOW)) is None
    assert refused(Case("fleetbase", body + b" ", signers.fleetbase(body, "s"), "s", NOW)) == 401
