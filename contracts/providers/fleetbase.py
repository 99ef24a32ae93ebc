"""Fleetbase's states, by its public API and a key of its console.

What is made here is cancelled again, since orders can be made by everybody's key and deleting one leaves its records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from contracts.providers.hooked import ALWAYS, Hooked
from contracts.providers.states import StateFailed, Values, state, unique
from fixtures import signers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contracts.providers.deliveries import Delivery

PLACE = {"street1": "King Fahd Rd", "city": "Riyadh", "country": "SA"}
KNOWN = tuple(
    {**PLACE, "location": {"type": "Point", "coordinates": list(point)}} for point in ((46.67, 24.71), (46.73, 24.77))
)
"""Two places that Fleetbase need not look up: longitude first."""
DISPATCHED, COMPLETED, CANCELLED = (f"an order of ours was {what}" for what in ("dispatched", "completed", "cancelled"))


class Fleetbase(Hooked):
    """Fleetbase with a key of its console (`--header 'Authorization: Bearer flb_test_…'`)."""

    name: ClassVar[str] = "fleetbase"
    example_key: ClassVar[str] = "Bearer flb_test_0123456789"
    defaults: ClassVar[Mapping[str, str]] = {"hook": "", "hook_secret": "fb_secret"}
    telling: ClassVar[frozenset[str]] = frozenset({DISPATCHED, COMPLETED, CANCELLED})

    @state("the key is right")
    def the_key_is_right(self) -> Values:
        return {}

    @state("nothing was made for an order of ours")
    def nothing_was_made(self, order_id: str) -> Values:
        """order_id: a stem; two runs never ask for the same one. What is made for it then is cancelled."""
        ours = unique(order_id)
        self.undo.callback(self._cancel_all, ours)
        return {"our_order_id": ours}

    @state("an order of ours is there")
    def an_order_is_there(self, order_id: str) -> Values:
        made = self._order(unique(order_id))
        return {"order_id": made["id"], "our_order_id": made["internal_id"]}

    @state("an order of ours is there twice")
    def an_order_is_there_twice(self, order_id: str) -> Values:
        """order_id, of the values: the younger one."""
        ours = unique(order_id)
        both = [self._order(ours) for _ in range(2)]
        younger = max(both, key=lambda made: (made["created_at"], made["id"]))
        return {"order_id": younger["id"], "our_order_id": ours}

    @state("an order of ours and a driver are there")
    def an_order_and_a_driver_are_there(self, order_id: str) -> Values:
        made = self._order(unique(order_id))
        return {"order_id": made["id"], "driver_id": self._driver()}

    @state("an order of ours has a driver")
    def an_order_has_a_driver(self, order_id: str) -> Values:
        """Its places are known, so that there is a route between them."""
        return {"order_id": self._assigned(order_id)}

    @state("an order of ours is on its way")
    def an_order_is_on_its_way(self, order_id: str) -> Values:
        return {"order_id": self._sent_off(order_id)}

    @state("there is no route between the places of an order of ours")
    def there_is_no_route(self, order_id: str) -> Values:
        """Fleetbase does not know where they are: a simulator looks up no address."""
        pickup, dropoff = ({**PLACE, "street1": unique("Nowhere")} for _ in range(2))
        return {"order_id": self._order(unique(order_id), pickup, dropoff)["id"]}

    @state("carrying within Riyadh has a price")
    def carrying_has_a_price(self) -> Values:
        """Who sets rates is the company, in its console: here it is only seen to that there is one."""
        asked = {f"{end}[{name}]": text for end in ("pickup", "dropoff") for name, text in PLACE.items()}
        if not self.ask("GET", "/v1/service-quotes", params=asked):
            raise StateFailed("no quote comes for Riyadh: make a service rate for it in Fleetbase's console")
        return {}

    # What nobody can bring about elsewhere

    @state("an older version, which does not know the route", simulated=True)
    def an_older_version(self, order_id: str) -> Values:
        made = self._order(unique(order_id))
        self.switch(no_routes=True)
        return {"order_id": made["id"]}

    @state("it was asked too often", simulated=True)
    def it_was_asked_too_often(self) -> Values:
        self.switch(rate_limited=True)
        return {}

    @state("it is not set up", simulated=True)
    def it_is_not_set_up(self) -> Values:
        self.switch(not_installed=True)
        return {}

    @state("it is broken", simulated=True)
    def it_is_broken(self, order_id: str) -> Values:
        self.switch(flapping=ALWAYS)
        return {"our_order_id": unique(order_id)}

    # What it tells

    @state(DISPATCHED)
    def an_order_was_dispatched(self, order_id: str) -> Values:
        self.listen()
        return self._told("order.dispatched", self._sent_off(order_id))

    @state(COMPLETED)
    def an_order_was_completed(self, order_id: str) -> Values:
        self.listen()
        made = self._sent_off(order_id)
        self.ask("POST", f"/v1/orders/{made}/start")
        self.ask("POST", f"/v1/orders/{made}/complete")
        return self._told("order.completed", made)

    @state(CANCELLED)
    def an_order_was_cancelled(self, order_id: str) -> Values:
        self.listen()
        made = self._order(unique(order_id))["id"]
        self.ask("DELETE", f"/v1/orders/{made}/cancel")
        return self._told("order.canceled", made)

    @override
    def is_signed(self, came: Delivery) -> bool:
        secret = self.settings["hook_secret"]
        return not secret or came.headers.get("signature") == signers.fleetbase(came.body, secret)["Signature"]

    def _told(self, event: str, order_id: str) -> Values:
        self.expect(event, lambda body: body["event"] == event and body["data"]["id"] == order_id)
        return {"order_id": order_id}

    # Its API

    def _order(self, ours: str, pickup: Any = PLACE, dropoff: Any = PLACE, **more: str) -> dict[str, Any]:
        body = {
            "type": "transport",
            "internal_id": ours,
            "payload": {"pickup": pickup, "dropoff": dropoff, "entities": [{"name": "Box"}]},
            "meta": {"order_id": ours},
            "dispatch": False,
            **more,
        }
        made: dict[str, Any] = self.ask("POST", "/v1/orders", json=body)
        self.undo.callback(self.http.delete, f"/v1/orders/{made['id']}/cancel")
        return {"internal_id": ours, **made}

    def _driver(self) -> str:
        made = self.ask("POST", "/v1/drivers", json={"name": unique("Salem"), "phone": "+966500000001"})
        self.undo.callback(self.http.delete, f"/v1/drivers/{made['id']}")
        return str(made["id"])

    def _assigned(self, stem: str) -> str:
        return str(self._order(unique(stem), *KNOWN, driver=self._driver())["id"])

    def _sent_off(self, stem: str) -> str:
        made = self._assigned(stem)
        self.ask("POST", f"/v1/orders/{made}/dispatch")
        return made

    def _cancel_all(self, ours: str) -> None:
        for made in self.ask("GET", "/v1/orders", params={"internal_id": ours}):
            self.http.delete(f"/v1/orders/{made['id']}/cancel")
