"""SendGrid's states. On a server that is not a simulator nothing is ever sent: there only sandbox mode is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from contracts.providers.hooked import ALWAYS, Hooked
from contracts.providers.states import Values, state, unique

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contracts.providers.deliveries import Delivery

OURS = "a sender and a template of ours are known"
SIMULATED = {"sender": "orders@example.com", "template_id": f"d-{'0' * 32}"}
REFERENCE = "cityos_reference"
BATCHES = "events"
"""The facts' word for what its webhook brings."""
TINY = 100  # bytes; no mail is so small


class SendGrid(Hooked):
    """SendGrid with a key that may send mail (`--header 'Authorization: Bearer SG.…'`).

    sender: an address that is verified there. template_id: of a dynamic template.
    """

    name: ClassVar[str] = "sendgrid"
    example_key: ClassVar[str] = "Bearer test-key"
    defaults: ClassVar[Mapping[str, str]] = dict.fromkeys(SIMULATED, "")

    @override
    def why_not(self, name: str) -> str | None:
        missing = [each for each in SIMULATED if not self.settings[each]]
        if name == OURS and missing and not self.is_simulator:
            return f"nothing says which {missing[0]} is known there: --set {missing[0]}=…"
        return super().why_not(name)

    @state("the key is right")
    def the_key_is_right(self) -> Values:
        return {}

    @state(OURS)
    def a_sender_and_a_template_are_known(self) -> Values:
        """Who asks then asks for sandbox mode."""
        return {name: self.settings[name] or example for name, example in SIMULATED.items()}

    # What goes out, or what nobody can bring about elsewhere

    @state("mail goes out to people", simulated=True)
    def mail_goes_out(self) -> Values:
        return dict(SIMULATED)

    @state("the account has no credits left", simulated=True)
    def no_credits(self) -> Values:
        return self._switched(credits_exceeded=True)

    @state("the user of the key may not send mail", simulated=True)
    def the_user_may_not(self) -> Values:
        return self._switched(not_authorised=True)

    @state("the key has no scope for sending mail", simulated=True)
    def no_scope(self) -> Values:
        return self._switched(forbidden=True)

    @state("the sender is not verified", simulated=True)
    def the_sender_is_not_verified(self) -> Values:
        """Whether sandbox mode looks at senders is not known, so no real server is asked."""
        return self._switched(unknown_senders=True)

    @state("it takes tiny mails only", simulated=True)
    def tiny_mails_only(self) -> Values:
        """So that nobody has to send 30 MB."""
        return self._switched(bytes_max=TINY)

    @state("it was asked too often", simulated=True)
    def asked_too_often(self) -> Values:
        return self._switched(rate_limited=True)

    @state("it is broken", simulated=True)
    def broken(self) -> Values:
        return self._switched(flapping=ALWAYS)

    def _switched(self, **switches: Any) -> Values:
        self.switch(**switches)
        return dict(SIMULATED)

    # What it tells

    @state("mail of ours was delivered", simulated=True)
    def mail_was_delivered(self) -> Values:
        return self._told("delivered", "noura@example.com")

    @state("mail of ours came back", simulated=True)
    def mail_came_back(self) -> Values:
        return self._told("bounce", "bounce@example.com")

    @state("mail of ours was dropped", simulated=True)
    def mail_was_dropped(self) -> Values:
        return self._told("dropped", "dropped@example.com")

    @override
    def is_signed(self, came: Delivery) -> bool:
        """Left to the contract, which knows the form: a simulator's key is its own, and no request shows it."""
        return True

    def _told(self, kind: str, to: str) -> Values:
        """Mail to an address whose fate a simulator knows."""
        self.listen()
        reference = unique("order")
        each = {"to": [{"email": to}], "custom_args": {REFERENCE: reference}}
        mail = {"from": {"email": SIMULATED["sender"]}, "template_id": SIMULATED["template_id"]}
        self.ask("POST", "/v3/mail/send", json={**mail, "personalizations": [each]})

        def wanted(batch: Any) -> bool:
            return any(event["event"] == kind and event.get(REFERENCE) == reference for event in batch)

        self.expect(BATCHES, wanted)
        return {}
