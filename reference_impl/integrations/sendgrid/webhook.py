"""What SendGrid tells of our mail: batches of events, signed by ECDSA over timestamp and raw body.

The secrets here are public keys, as SendGrid shows them: base64 of SPKI in DER, without armour. A delivery is a batch;
`events` takes it apart. The same event may come again in another batch, so each is de-duplicated by its own id.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from reference_impl.integrations.webhooks import (
    Delivery,
    Refused,
    configured,
    fingerprint,
    header,
    moment,
    parsed,
    timely,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
BATCH = "batch"


def verify(raw: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> Delivery:
    """A batch of events, proved to come from SendGrid now. Raises Refused and nothing else."""
    keys = configured(secrets)
    timestamp = header(headers, TIMESTAMP)
    signature = _decoded(header(headers, SIGNATURE))
    at = moment(timestamp)
    signed = timestamp.encode() + raw
    if not any(_signed_by(key, signature, signed) for key in keys):
        raise Refused(401, "the signature does not fit")
    timely(at, now)
    batch = parsed(raw)
    if not isinstance(batch, list) or not all(isinstance(event, dict) for event in batch):
        raise Refused(400, "the body is not a list of events")
    for event in batch:
        words(event, "sg_event_id")
        words(event, "event")
    return Delivery(fingerprint(raw), BATCH, batch)


def events(delivery: Delivery) -> list[Delivery]:
    """The events of a verified batch in their order, each a delivery with SendGrid's own id; one sent twice is one."""
    once: dict[str, Delivery] = {}
    for event in delivery.data:
        once.setdefault(event["sg_event_id"], Delivery(event["sg_event_id"], event["event"], event))
    return list(once.values())


def _decoded(signature: str) -> bytes:
    try:
        return base64.b64decode(signature.encode(errors="surrogateescape"), validate=True)
    except (binascii.Error, ValueError):
        raise Refused(401, "the signature is not base64") from None


def _signed_by(key: str, signature: bytes, signed: bytes) -> bool:
    """Whether a public key proves the signature; one that can't be read proves nothing."""
    try:
        public = load_der_public_key(base64.b64decode(key.strip(), validate=True))
        if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
            return False
        public.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, binascii.Error):
        return False
    return True
