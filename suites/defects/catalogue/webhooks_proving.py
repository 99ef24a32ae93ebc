"""Defects of what proves a delivery: its signature, the time in it, and the secrets."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect
from suites.defects.senders import in_every_verifier, proving, set_sender

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from reference_impl.settings import WebhookSettings
    from suites.defects.registry import Patch

    Encode = Callable[[bytes], str]


def _refuse(reason: str) -> None:
    from reference_impl.integrations.webhooks import Refused

    raise Refused(401, reason)


def _expected(signed: bytes, secret: str, encode: Encode) -> str:
    return encode(hmac.digest(secret.encode(), signed, hashlib.sha256))


# --- Stripe -----------------------------------------------------------------------------------------------------------


@defect("webhooks.stripe_is_not_proved", breaks="WHK-01")
def stripe_is_not_proved(patch: Patch) -> None:
    """A signature has to be there and to name a time; whether it fits was to be looked at before the launch."""
    patch.setattr(proving("stripe"), "_prove", lambda raw, signature, secrets: None)


@defect("webhooks.stripe_future_passes", breaks="WHK-01")
def stripe_future_passes(patch: Patch) -> None:
    """The time is left to Stripe's library, which minds the past alone."""
    from reference_impl.integrations import webhooks

    sound = webhooks.timely

    def timely(at: datetime, now: datetime, tolerance: timedelta = webhooks.TOLERANCE) -> None:
        sound(min(at, now), now, tolerance)

    patch.setattr(proving("stripe"), "timely", timely)


@defect("webhooks.stripe_last_time_counts", breaks="WHK-01")
def stripe_last_time_counts(patch: Patch) -> None:
    """Of two times in the header the library proves the first, and the last one is compared with the clock."""
    from reference_impl.integrations.webhooks import moment

    module = proving("stripe")

    def signed_at(signature: str) -> datetime:
        times = [part[2:] for part in signature.split(",") if part.startswith("t=")]
        return moment(times[-1] if times else "")

    patch.setattr(module, "_signed_at", signed_at)


@defect("webhooks.stripe_first_signature", breaks="WHK-04")
def stripe_first_signature(patch: Patch) -> None:
    """Of the signatures in the header the first one is tried."""
    module = proving("stripe")
    sound = module._prove

    def prove(raw: bytes, signature: str, secrets: Sequence[str]) -> None:
        sound(raw, ",".join(signature.split(",")[:2]), secrets)

    patch.setattr(module, "_prove", prove)


# --- ERPNext, Fleetbase, Payload CMS ----------------------------------------------------------------------------------


@defect("webhooks.beginning_is_enough", breaks="WHK-01")
def beginning_is_enough(patch: Patch) -> None:
    """The column for signatures was too short once, so beginnings are compared."""

    def prove(signed: bytes, presented: str, secrets: Sequence[str], encode: Encode) -> None:
        if not any(_expected(signed, secret, encode).startswith(presented[:8]) for secret in secrets):
            _refuse("no beginning fits")

    patch.setattr(proving("fleetbase"), "prove", prove)


@defect("webhooks.either_encoding", breaks="WHK-01")
def either_encoding(patch: Patch) -> None:
    """One function proves them all: what fits in hexadecimal or in base64 fits."""
    from reference_impl.integrations import webhooks

    def prove(signed: bytes, presented: str, secrets: Sequence[str], encode: Encode) -> None:
        ways = (webhooks.hexadecimal, webhooks.base64_text)
        if presented not in [_expected(signed, secret, way) for secret in secrets for way in ways]:
            _refuse("it does not fit")

    patch.setattr(proving("erpnext"), "prove", prove)


@defect("webhooks.parsed_not_raw", breaks="WHK-01")
def parsed_not_raw(patch: Patch) -> None:
    """The framework has parsed the body already, so it is written again to be proved."""
    from reference_impl.integrations import webhooks

    sound = webhooks.prove

    def prove(signed: bytes, presented: str, secrets: Sequence[str], encode: Encode) -> None:
        again = json.dumps(json.loads(signed), separators=(",", ":")).replace("/", "\\/")
        sound(again.encode(), presented, secrets, encode)

    patch.setattr(proving("fleetbase"), "prove", prove)


@defect("webhooks.any_case", breaks="WHK-02")
def any_case(patch: Patch) -> None:
    """Signatures are put into small letters first, "to be on the safe side"."""
    from reference_impl.integrations import webhooks

    sound = webhooks.prove

    def prove(signed: bytes, presented: str, secrets: Sequence[str], encode: Encode) -> None:
        sound(signed, presented.lower(), secrets, encode)

    patch.setattr(proving("fleetbase"), "prove", prove)


@defect("webhooks.proved_if_signed", breaks="WHK-01")
def proved_if_signed(patch: Patch) -> None:
    """The signature is proved where there is one: the hook in the CMS was written later than the route."""
    module = proving("payload_cms")
    sound = module.verify

    def verify(raw: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> Any:
        if module.HEADER not in headers:
            digest = hmac.digest(secrets[0].encode(), raw, hashlib.sha256).hex()
            headers = {**headers, module.HEADER: digest}
        return sound(raw, headers, secrets, now)

    set_sender(patch, "payload-cms", verify=verify)


# --- SendGrid ---------------------------------------------------------------------------------------------------------


@defect("webhooks.sendgrid_ignores_the_time", breaks="WHK-01")
def sendgrid_ignores_the_time(patch: Patch) -> None:
    """The time is part of what is signed, and so it need not be looked at."""
    patch.setattr(proving("sendgrid"), "timely", lambda at, now: None)


@defect("webhooks.sendgrid_public_is_secret", breaks="WHK-01")
def sendgrid_public_is_secret(patch: Patch) -> None:
    """What is no signature by the key may be an HMAC by it, as all the others send it."""
    module = proving("sendgrid")
    sound = module._signed_by

    def signed_by(key: str, signature: bytes, signed: bytes) -> bool:
        return sound(key, signature, signed) or signature == hmac.digest(key.encode(), signed, hashlib.sha256)

    patch.setattr(module, "_signed_by", signed_by)


# --- All of them ------------------------------------------------------------------------------------------------------


@defect("webhooks.refusal_is_an_error", breaks="WHK-01")
def refusal_is_an_error(patch: Patch) -> None:
    """Nobody catches what the verifier raises: 500."""
    from reference_impl.operations import webhooks

    class Never(Exception):
        """Nobody raises it."""

    patch.setattr(webhooks, "Refused", Never)


@defect("webhooks.one_header_is_expected", breaks="WHK-01")
def one_header_is_expected(patch: Patch) -> None:
    """A header that is there twice unpacks into an error."""
    from reference_impl.integrations import webhooks

    sound = webhooks.header

    def header(headers: Mapping[str, str], name: str) -> str:
        values = [value for key, value in headers.items() if key.lower() == name.lower()]
        if values:
            [_] = values
        return sound(headers, name)

    in_every_verifier(patch, "header", header)


@defect("webhooks.anybodys_secret", breaks="WHK-01")
def anybodys_secret(patch: Patch) -> None:
    """All secrets stand in one list, and one of them has to fit."""
    from reference_impl import settings

    sound = settings.WebhookSettings.of

    def of(self: WebhookSettings, vendor: str) -> list[str]:
        others = [] if vendor == "sendgrid" else ["stripe", "erpnext", "fleetbase", "payload_cms"]
        return [secret for name in (vendor, *others) for secret in sound(self, name)]

    patch.setattr(settings.WebhookSettings, "of", of)


@defect("webhooks.old_secret_is_dead", breaks="WHK-04")
def old_secret_is_dead(patch: Patch) -> None:
    """A list of secrets has one that counts, the first."""
    from reference_impl import settings

    sound = settings.WebhookSettings.of
    patch.setattr(settings.WebhookSettings, "of", lambda self, vendor: sound(self, vendor)[:1])


@defect("webhooks.empty_secret_signs", breaks="WHK-08")
def empty_secret_signs(patch: Patch) -> None:
    """A secret that is not configured is an empty text, with which one can sign like with any other."""
    in_every_verifier(patch, "configured", lambda secrets: list(secrets) or [""])


@defect("webhooks.without_a_secret_all_pass", breaks="WHK-08")
def without_a_secret_all_pass(patch: Patch) -> None:
    """Where no secret is configured nothing can be proved, so that one can develop."""
    module = proving("fleetbase")
    sound = module.verify

    def verify(raw: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> Any:
        if secrets:
            return sound(raw, headers, secrets, now)
        digest = hmac.digest(b"-", raw, hashlib.sha256).hex()
        return sound(raw, {module.SIGNATURE: digest}, ["-"], now)

    set_sender(patch, "fleetbase", verify=verify)


@defect("webhooks.a_minute_is_enough", breaks="WHK-03")
def a_minute_is_enough(patch: Patch) -> None:
    """Who is more than a minute off is refused, a vendor's slow queue too."""
    from datetime import timedelta

    from reference_impl.integrations import webhooks

    sound = webhooks.timely
    in_every_verifier(patch, "timely", lambda at, now, tolerance=None: sound(at, now, timedelta(minutes=1)))
