"""Vendors that a check runs itself: how a server learns where its simulators are, and what it says of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fixtures.shopping import Buying, Shop
from fixtures.simulators.environment import environment, no_vendors

if TYPE_CHECKING:
    from fixtures.processes import Child
    from fixtures.servers import Own
    from fixtures.simulators.sendgrid import SendGridSimulator

__all__ = ["breakers", "buying", "environment", "no_vendors", "said", "told_of"]

REFERENCE = "cityos_reference"  # an argument of a mail: the order that it is about


def buying(own: Own) -> Buying:
    """A customer of its main tenant who buys there."""
    return Buying(own.shopper().api, Shop(own.operator()))


def breakers(own: Own) -> dict[str, str]:
    """The state of each vendor's circuit breaker, as its health shows them; it serves all the same."""
    return dict(own.anonymous().get("/health").expect(200)["circuit_breakers"])


def told_of(mails: SendGridSimulator) -> list[str]:
    """The orders that mails went out about, each as often as it did."""
    return sorted(str(mail.custom_args.get(REFERENCE)) for mail in list(mails.sent))


def said(process: Child) -> list[dict[str, Any]]:
    """The lines of a server's log, oldest first; AssertionError when it holds a stack trace."""
    text = process.log.read_text()
    assert "Traceback" not in text, text[text.index("Traceback") :][:2000]
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]
