"""Fleetbase's states, by its public API (/v1)."""

from __future__ import annotations

from typing import Any, ClassVar

from contracts.providers.states import Provider, Values, state, unique

PLACE = {"street1": "King Fahd Rd", "city": "Riyadh", "country": "SA"}


class Fleetbase(Provider):
    """Fleetbase with a key of its console (`--header 'Authorization: Bearer flb_test_…'`)."""

    name: ClassVar[str] = "fleetbase"
    example_key: ClassVar[str] = "Bearer flb_test_0123456789"

    @state("the key is right")
    def the_key_is_right(self) -> Values:
        return {}

    @state("an order of ours is there")
    def an_order_of_ours_is_there(self, order_id: str) -> Values:
        """order_id: a stem; two runs never ask for the same one."""
        made = self._order(unique(order_id))
        return {"order_id": made["id"], "our_order_id": made["internal_id"]}

    def _order(self, ours: str) -> dict[str, Any]:
        body = {
            "type": "transport",
            "internal_id": ours,
            "payload": {"pickup": PLACE, "dropoff": PLACE, "entities": [{"name": "Box"}]},
            "meta": {"order_id": ours},
            "dispatch": False,
        }
        made: dict[str, Any] = self.ask("POST", "/v1/orders", json=body)
        self.undo.callback(self.http.delete, f"/v1/orders/{made['id']}/cancel")
        return {"internal_id": ours, **made}
