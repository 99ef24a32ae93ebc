"""Mixed orders by the dice, what their buyer was told of them, and what is there afterwards (see fixtures.effects)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fixtures import effects
from fixtures.client import NoAnswer
from fixtures.effects import Found, Line, Sale
from fixtures.insuring import Insured, Insurer
from fixtures.shopping import SYSTEM, WALLET, Buying, Good, Shop, minor
from fixtures.vending import Market

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from fixtures.actors import Wallet
    from fixtures.plugin import Run
    from fixtures.servers import Own
    from fixtures.shopping import Checkout

CURRENCIES = ("usd", "jpy", "kwd")
PRICE_UNITS, PREMIUM_UNITS = 1999, 1000
STOCK = 10_000
PAGE = 100
_ORDER = "id,status,total,customer_id,metadata,*items,*payment_collections,*payment_collections.payments"


class Trade:
    """A shop with two vendors and insurance in three currencies, and a customer with a wallet in each of them.

    Safe to use from many threads, as long as no two of them are busy with the same sale.
    """

    def __init__(self, own: Own, run: Run) -> None:
        self.operator = own.operator()
        self.shopper = own.shopper()
        self.sales: list[Sale] = []
        self.unexpected: list[str] = []  # answers that nobody should get
        self._carts: dict[str, Checkout] = {}
        self._shop = Shop(self.operator)
        self._buying = Buying(self.shopper.api, self._shop)
        market = Market(self._shop, self._buying, own.anonymous(), run.names)
        self._sellers = [market.seller() for _ in range(2)]
        # Orders of the same counted goods wait for each other; those of the others are all under way at once.
        self._counted, self._uncounted = self._goods(STOCK), self._goods(None)
        self._insurance = self._shop.good()
        insurer = Insurer(self._shop)
        for currency in CURRENCIES:
            coverage, premium = (str(minor(units, currency)) for units in (100_000, PREMIUM_UNITS))
            insurer.make_plan(self._insurance.product_id, "basic", currency, coverage, premium)
        self._code = self._shop.percent_off(10)
        self.wallets = {wallet.currency: wallet for wallet in self._open_wallets()}

    def _goods(self, stock: int | None) -> dict[Good, str | None]:
        """Something of the platform and something of each vendor, by whose it is."""
        goods: dict[Good, str | None] = {self._shop.good(stock=stock): None}
        for seller in self._sellers:
            whose = {"vendor_id": seller.vendor_id}
            goods[self._shop.good(stock=stock, additional_data=whose)] = seller.vendor_id
        return goods

    def _open_wallets(self) -> Iterator[Wallet]:
        first = self.shopper.wallet()
        yield first
        yield from (
            self.operator.open_wallet(self.shopper.id, currency)
            for currency in CURRENCIES
            if currency != first.currency
        )

    def fill_wallets(self) -> None:
        """Enough in each wallet for whatever may come."""
        for wallet in self.wallets.values():
            self.operator.credit(wallet, "1000000")

    def prepare(self, tag: str, rng: random.Random) -> Sale:
        """A cart by the dice that lacks only the last word; the tag tells its order from others."""
        currency, provider = rng.choice(CURRENCIES), rng.choice((SYSTEM, WALLET, WALLET))
        whose = self._counted | self._uncounted
        goods = rng.sample([*whose, self._insurance], k=rng.randint(1, 3))
        quantity, discounted = rng.randint(1, 2), rng.random() < 0.3
        region = self._shop.region_in(currency)
        cart = self._buying(*goods, region=region, quantity=quantity, metadata={"tag": tag})
        if discounted:
            cart.use(self._code)
        total = Decimal(cart.ship()["total"])
        cart.pay(provider)
        price = minor(PRICE_UNITS, currency)
        lines = [
            Line(
                variant=good.variant_id,
                quantity=quantity,
                unit_price=price,
                vendor=whose.get(good),
                insurance=good is self._insurance,
            )
            for good in goods
        ]
        sale = Sale(tag=tag, lines=lines, total=total, wallet=self.wallets[currency].id if provider == WALLET else None)
        self._carts[tag] = cart
        self.sales.append(sale)
        return sale

    def complete(self, sale: Sale) -> None:
        """Say the last word, and note what was answered."""
        try:
            answer = self._carts[sale.tag].complete()
        except NoAnswer:
            return
        if answer.status == 200 and answer["type"] == "order":
            sale.orders.append(str(answer["order"]["id"]))
        else:
            self.unexpected.append(f"{answer}: {answer.text[:200]}")

    def cancel(self, sale: Sale) -> None:
        """Cancel an order that was acknowledged, and note what was answered."""
        try:
            answer = self._shop.cancel(sale.orders[0])
        except NoAnswer:
            return
        if answer.status == 200:
            sale.cancelled = True
        else:
            self.unexpected.append(f"{answer}: {answer.text[:200]}")

    def violations(self) -> list[str]:
        """What is wrong now, sentence by sentence."""
        return [str(violation) for violation in effects.judge(self.sales, self.found())]

    def found(self) -> Found:
        """What is there now of everything that an order touches."""
        insured = Insured(self.shopper)
        moves = [
            effects.Move(wallet=wallet.id, amount=row.amount, reference=row.reference_id)
            for wallet in self.wallets.values()
            for row in self.operator.ledger(wallet)
        ]
        return Found(
            orders=[_order(row) for row in self._orders() if row["customer_id"] == self.shopper.id],
            shares=[
                effects.Share(order=one.order_id, vendor=seller.vendor_id, subtotal=one.subtotal, status=one.status)
                for seller in self._sellers
                for one in seller.orders()
            ],
            policies=[
                effects.Policy(order=one.order_id or "", line=one.order_line_id or "", status=one.status)
                for one in insured.policies()
            ],
            moves=moves,
            balances={wallet.id: self.operator.balance(wallet) for wallet in self.wallets.values()},
            sold={good.variant_id: STOCK - self._shop.available(good) for good in self._counted},
        )

    def _orders(self) -> Iterator[Any]:
        offset, count = 0, 1
        while offset < count:
            query: dict[str, str | int] = {"fields": _ORDER, "limit": PAGE, "offset": offset}
            answer = self.operator.api.get("/admin/orders", query).expect(200)
            yield from answer["orders"]
            offset, count = offset + PAGE, answer["count"]


def _order(row: Any) -> effects.Order:
    quantities: dict[str, int] = {}
    for item in row["items"]:
        quantities[item["variant_id"]] = quantities.get(item["variant_id"], 0) + item["quantity"]
    collections = row["payment_collections"]
    return effects.Order(
        id=row["id"],
        tag=(row["metadata"] or {}).get("tag"),
        status=row["status"],
        total=Decimal(row["total"]),
        quantities=quantities,
        collected=[Decimal(one["amount"]) for one in collections],
        payments=[
            (Decimal(payment["amount"]), payment["canceled_at"] is not None)
            for one in collections
            for payment in one["payments"]
        ],
    )
