"""A customer and an operator of the seeded tenant, under a clock that the test moves; events are carried by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reference_impl.app import _SUBSCRIBERS
from reference_impl.core.database import Work
from reference_impl.core.ids import new_id
from reference_impl.core.outbox import Relay, publish
from reference_impl.seeds import seed
from reference_impl.tests.test_app import log_in

if TYPE_CHECKING:
    import httpx

    from reference_impl.core.clock import Clock
    from reference_impl.core.database import Database


class Desk:
    """What the two of them do, and what happens then."""

    def __init__(self, client: httpx.AsyncClient, store: Database, clock: Clock, seeded: str) -> None:
        self.client, self.store, self.clock = client, store, clock
        self.tenant = json.loads(seed(seeded))["tenants"][0]
        self.tenant_id: str = self.tenant["id"]
        self._tokens: dict[str, dict[str, str]] = {}

    async def enter(self) -> Desk:
        """Log both in; again after the clock was moved by more than a day."""
        shop = {"x-publishable-api-key": self.tenant["publishable_key"]}
        customer = await log_in(self.client, "customer", self.tenant["customers"][0])
        operator = await log_in(self.client, "user", self.tenant["operators"][0])
        self._tokens = {"/store/": {**shop, **customer}, "/admin/": operator}
        return self

    async def send(self, method: str, path: str, **body: Any) -> httpx.Response:
        """As the customer on /store, as the operator on /admin."""
        headers = next(token for prefix, token in self._tokens.items() if path.startswith(prefix))
        if method == "GET":
            return await self.client.get(path, params=body, headers=headers)
        return await self.client.request(method, path, json=body, headers=headers)

    async def post(self, path: str, **body: Any) -> dict[str, Any]:
        """What a POST that succeeds answers with, out of its envelope."""
        return _thing(await self.send("POST", path, **body))

    async def get(self, path: str, **query: Any) -> dict[str, Any]:
        """What a GET of one thing answers with, out of its envelope."""
        return _thing(await self.send("GET", path, **query))

    async def product(self, *amounts: int, stock: int | None = None) -> str:
        """The id of a published product with a variant for each of these prices in usd."""
        titles = [f"V{number}" for number in range(len(amounts))]
        made = await self.post(
            "/admin/products",
            title=new_id("thing"),
            status="published",
            options=[{"title": "Kind", "values": titles}],
            variants=[
                {
                    "title": title,
                    "options": {"Kind": title},
                    "manage_inventory": stock is not None,
                    "prices": [{"currency_code": "usd", "amount": amount}],
                }
                for title, amount in zip(titles, amounts, strict=True)
            ],
        )
        if stock:
            await self.row("UPDATE product_variant SET stocked_quantity = $2 WHERE product_id = $1", made["id"], stock)
        return str(made["id"])

    async def tell(self, kind: str, payload: dict[str, Any], times: int = 1) -> None:
        """Events of one meaning, each under an id of its own, as when an operator replays them; and carry them."""
        work = Work(self.store, self.clock)
        for _ in range(times):
            await publish(work, kind, tenant_id=self.tenant_id, aggregate_id=payload["id"], payload=payload)
        await work.commit()
        await self.carry()

    async def carry(self) -> None:
        """Carry what is in the outbox to its handlers, until nothing is left."""
        relay = Relay(self.store, self.clock, _SUBSCRIBERS, seed=1)
        while await relay.dispatch() or await relay.handle_one():
            pass

    async def wallet(self) -> tuple[Any, list[Any]]:
        """The customer's balance, and the references in the ledger."""
        found = await self.get("/store/wallet/me")
        ledger = (await self.send("GET", "/store/wallet/me/transactions")).json()["transactions"]
        return found["balance"], [row["reference_id"] for row in ledger]

    async def row(self, sql: str, *arguments: object) -> dict[str, Any]:
        """The first row of a statement; {} when there is none."""
        return dict(await self.store.row(sql, *arguments) or {})


def _thing(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}"
    (thing,) = answer.json().values()
    return dict(thing)
