"""Reading the feed of events, as an integrator does: on from where one was, with `next` as `after`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from fixtures.checks import eventually
from suites.conformance.shapes import TIME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixtures.actors import Operator, Wallet
    from fixtures.client import Answer, Api

PATH: Final = "/admin/events"
PAGE: Final = 100
Event = dict[str, Any]


class Feed:
    """The feed as an operator's log-in shows it."""

    def __init__(self, operator: Operator) -> None:
        self.api: Api = operator.api
        self._operator = operator

    def page(self, limit: int = PAGE, **query: str | None) -> Answer:
        """One page; `after`, `type` and `subject` as they are given, None: left out."""
        asked = {name: value for name, value in query.items() if value is not None}
        return self.api.get(PATH, {**asked, "limit": limit})

    def read(self, after: str | None = None, limit: int = PAGE, **query: str) -> list[Event]:
        """Every event behind `after` that there is by now, page by page; AssertionError when one comes again."""
        events: list[Event] = []
        seen = {after}
        while True:
            page = self.page(limit, after=after, **query).expect(200)
            if not page["events"]:
                return events
            again = [event["id"] for event in page["events"] if event["id"] in seen]
            assert again == [], f"behind {after} the feed shows once more: {', '.join(again)}"
            events += page["events"]
            seen |= {event["id"] for event in page["events"]}
            after = page["next"]

    def about(self, subject: str, *kinds: str) -> list[Event]:
        """The events about a thing, once one of each of these types is there."""
        return eventually(
            lambda: self.read(subject=subject), lambda found: set(kinds) <= {event["type"] for event in found}
        )

    def beginning(self, wallet: Wallet) -> str:
        """The id of an event that was made just now, to begin reading behind it: of a credit to this wallet."""
        made = self._operator.credit(wallet, "1").id
        events = eventually(lambda: self.read(subject=wallet.id), lambda found: made in moves(found))
        return str(events[-1]["id"])


def moves(events: list[Event]) -> list[str]:
    """The transactions that events of wallets tell of."""
    return [event["data"]["id"] for event in events]


def event_faults(event: Mapping[str, Any]) -> list[str]:
    """What is wrong with an event as CloudEvents 1.0 writes it in JSON."""
    wanted = {"specversion": "1.0", "datacontenttype": "application/json"}
    faults = [
        f"{name} is {event.get(name)!r}, not {text!r}" for name, text in wanted.items() if event.get(name) != text
    ]
    faults += [
        f"{name} is {event.get(name)!r}, and no text"
        for name in ("id", "source", "type", "subject", "time")
        if not isinstance(event.get(name), str) or not event[name]
    ]
    if not TIME.fullmatch(str(event.get("time"))):
        faults.append(f"time is {event.get('time')!r}, and no RFC 3339 time in UTC")
    if not isinstance(event.get("data"), dict):
        faults.append("data is no object")
    return [f"{event.get('id')}: {fault}" for fault in faults]


def data_faults(event: Event, **wanted: object) -> list[str]:
    """Where an event's data is not this: amounts as JSON numbers, everything else as it is."""
    faults = event_faults(event)
    for name, value in wanted.items():
        found = event["data"].get(name)
        same = found == value and isinstance(found, (int, Decimal)) == isinstance(value, (int, Decimal))
        if not same:
            faults.append(f"{event['type']} {event['id']}: {name} is {found!r}, not {value!r}")
    return faults
