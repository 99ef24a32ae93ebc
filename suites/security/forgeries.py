"""Deliveries that only look like a vendor's: each function makes one of an event, with what an attacker may know.

That is: the address, the scheme, a delivery of the same vendor that was seen on its way, and everything public.
"""

from __future__ import annotations

import base64
import json
import secrets
from typing import TYPE_CHECKING, Any

from fixtures import signers
from fixtures.senders import SENDERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.delivering import Courier, Delivery

    Forgery = Callable[[Courier, Any], Delivery]

TOO_LATE_S = 400  # 300 are allowed, and two clocks may differ a little
STRIPE, SENDGRID = "stripe", "sendgrid"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"


def unsigned(courier: Courier, event: Any) -> Delivery:
    """Nobody signed it."""
    return courier.bare(event)


def empty_signature(courier: Courier, event: Any) -> Delivery:
    """The header is there, and there is nothing in it."""
    return courier.signed(event).having(courier.sender.signature, "")


def garbage(courier: Courier, event: Any) -> Delivery:
    """Whoever sent it knows the header's name and not what goes into it."""
    return courier.bare(event).having(courier.sender.signature, "undefined")


def made_up_secret(courier: Courier, event: Any) -> Delivery:
    """Signed as the vendor signs, with a secret that is not the vendor's."""
    return courier.signed(event, secret=courier.sender.fresh())


def empty_secret(courier: Courier, event: Any) -> Delivery:
    """Signed with an empty key, which is right wherever the secret was forgotten; SendGrid's scheme knows none."""
    if courier.sender.name == SENDGRID:
        return made_up_secret(courier, event)
    return courier.signed(event, secret="")


def others_secret(courier: Courier, event: Any) -> Delivery:
    """Signed with the secret of another vendor, who is trusted for something else."""
    other = "stripe" if courier.sender.name == "fleetbase" else "fleetbase"
    secret = courier.other(other).secret
    return courier.signed(event, secret=courier.sender.fresh() if courier.sender.name == SENDGRID else secret)


def others_scheme(courier: Courier, event: Any) -> Delivery:
    """Signed by another vendor, for its own address, and sent to this one."""
    other = courier.other("fleetbase" if courier.sender.name in (STRIPE, "erpnext") else "stripe")
    delivery = other.sealed(courier.written(event))
    signature = delivery.value(other.sender.signature)
    return courier.bare(event).plus(other.sender.signature, signature).having(courier.sender.signature, signature)


def altered(courier: Courier, event: Any) -> Delivery:
    """A signed delivery, one byte of which is another one on arrival."""
    delivery = courier.signed(event)
    middle = delivery.body.rindex(b'"')
    body = delivery.body[: middle - 1] + bytes([delivery.body[middle - 1] ^ 1]) + delivery.body[middle:]
    return delivery.saying(body)


def written_anew(courier: Courier, event: Any) -> Delivery:
    """A signed delivery that something on the way has read and written again: the same data in other bytes."""
    delivery = courier.signed(event)
    body = json.dumps(json.loads(delivery.body), indent=1, ensure_ascii=False).encode()
    assert body != delivery.body
    return delivery.saying(body)


def shown_otherwise(courier: Courier, event: Any) -> Delivery:
    """The right digest, in base64 where hexadecimal is due, and the other way round."""
    delivery = courier.signed(event)
    return delivery.having(courier.sender.signature, _signature(courier, delivery, _in_the_other_encoding))


def beginning(courier: Courier, event: Any) -> Delivery:
    """The first characters of the right signature, and no more."""
    delivery = courier.signed(event)
    return delivery.having(courier.sender.signature, _signature(courier, delivery, lambda digest: digest[:8]))


def wrong_end(courier: Courier, event: Any) -> Delivery:
    """A signature whose first half is right."""
    delivery = courier.signed(event)
    return delivery.having(courier.sender.signature, _signature(courier, delivery, _with_another_end))


def public_as_secret(courier: Courier, event: Any) -> Delivery:
    """SendGrid's public key, which is no secret, used for one: HMAC instead of ECDSA, or with the key's own bytes."""
    delivery = courier.signed(event)
    public = courier.sender.held(courier.secret)
    seconds = delivery.value(TIMESTAMP).encode()
    digest = signers.erpnext(seconds + delivery.body, public)["X-Frappe-Webhook-Signature"]
    return delivery.having(courier.sender.signature, digest)


def stale(courier: Courier, event: Any) -> Delivery:
    """Signed, and kept for longer than five minutes."""
    return courier.signed(event, late_s=-TOO_LATE_S)


def from_the_future(courier: Courier, event: Any) -> Delivery:
    """Signed for a time that is more than five minutes from now: it could be repeated until then, and after."""
    return courier.signed(event, late_s=TOO_LATE_S)


def made_young(courier: Courier, event: Any) -> Delivery:
    """Kept for longer than five minutes, and given a new time under the old signature."""
    old, new = courier.signed(event, late_s=-TOO_LATE_S), courier.signed(event)
    if courier.sender.name == SENDGRID:
        return old.having(TIMESTAMP, new.value(TIMESTAMP))
    name = courier.sender.signature
    return old.having(name, new.value(name).partition(",")[0] + "," + old.value(name).partition(",")[2])


def timeless(courier: Courier, event: Any) -> Delivery:
    """The time that was signed is not there any more."""
    delivery = courier.signed(event)
    if courier.sender.name == SENDGRID:
        return delivery.having(TIMESTAMP, None)
    return delivery.having(courier.sender.signature, delivery.value(courier.sender.signature).partition(",")[2])


def two_times(courier: Courier, event: Any) -> Delivery:
    """An old delivery that names two times: the one that was signed, and one of now."""
    old, new = courier.signed(event, late_s=-TOO_LATE_S), courier.signed(event)
    if courier.sender.name == SENDGRID:
        return old.plus(TIMESTAMP, new.value(TIMESTAMP))
    name = courier.sender.signature
    return old.having(name, old.value(name) + "," + new.value(name).partition(",")[0])


ALL: tuple[Forgery, ...] = (
    *(unsigned, empty_signature, garbage, made_up_secret, empty_secret, others_secret, others_scheme),
    *(altered, written_anew, shown_otherwise, beginning, wrong_end),
)
TIMED: tuple[Forgery, ...] = (stale, from_the_future, made_young, timeless, two_times)


def cases() -> list[tuple[str, Forgery]]:
    """Every sender with every forgery that makes sense of it, always in the same order."""
    pairs = [(name, forge) for name in SENDERS for forge in ALL]
    pairs += [(name, forge) for name, sender in SENDERS.items() if sender.timed for forge in TIMED]
    return [*pairs, (SENDGRID, public_as_secret)]


def loud(courier: Courier, event: Any) -> Delivery:
    """The right signature in capital letters; base64 without its padding."""
    delivery = courier.signed(event)
    return delivery.having(courier.sender.signature, _signature(courier, delivery, _spelled_otherwise))


def _signature(courier: Courier, delivery: Delivery, change: Callable[[str], str]) -> str:
    """The delivery's signature with another digest in it."""
    before, mark, digest = delivery.value(courier.sender.signature).rpartition("v1=")
    return before + mark + change(digest)


def _in_the_other_encoding(digest: str) -> str:
    try:
        return base64.b64encode(bytes.fromhex(digest)).decode()
    except ValueError:
        return base64.b64decode(digest).hex()


def _with_another_end(digest: str) -> str:
    half = len(digest) // 2
    return digest[:half] + secrets.token_hex(len(digest))[: len(digest) - half]


def _spelled_otherwise(digest: str) -> str:
    return digest.rstrip("=") if digest.endswith("=") else digest.upper()
