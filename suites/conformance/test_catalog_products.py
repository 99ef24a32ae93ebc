"""What operators put up for sale, and what they are refused; what another tenant sees of it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fixtures.checks import requirement
from fixtures.shopping import minor, only
from suites.conformance.shapes import ID, REFUSED, TIME, error_faults, list_faults, money_faults

if TYPE_CHECKING:
    from fixtures.actors import Operator
    from fixtures.client import Api
    from fixtures.shopping import Good, Shop

WRONG = {
    "unknown key": {"nonsense": 1},
    "title is missing": {"title": None},
    "title is a number": {"title": 7},
    "unknown status": {"status": "sold"},
}
WRONG_AMOUNTS = {"text": '"10"', "true": "true", "null": "null", "list": "[5]", "object": "{}"}


@requirement("CAT-07")
def test_product_is_made(shop: Shop) -> None:
    """A new product answers with its id, its variant, and the exact price of each currency."""
    prices = {region.currency: minor(1005, region.currency) for region in shop.regions}
    body = shop.body(prices, subtitle="One of a kind")
    product = shop.api.post("/admin/products", body).expect(200, 201)["product"]
    assert ID.fullmatch(product["id"])
    assert product["id"].startswith("prod_")
    assert TIME.fullmatch(product["created_at"])
    assert (product["title"], product["subtitle"], product["status"]) == (body["title"], "One of a kind", "published")
    variant = only(product["variants"])
    assert (variant["title"], variant["manage_inventory"]) == ("M", False)
    assert [fault for price in variant["prices"] for fault in money_faults(price, "amount")] == []
    assert {price["currency_code"]: Decimal(price["amount"]) for price in variant["prices"]} == prices
    assert [channel["id"] for channel in product["sales_channels"]] == [shop.channel_id]


@requirement("CAT-07")
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_product_is_refused(shop: Shop, wrong: dict[str, object]) -> None:
    """A product with a member that is unknown, missing or of the wrong kind is refused, and none is made."""
    body = shop.body()
    title = body["title"]
    answer = shop.api.post("/admin/products", {**body, **wrong}).expect(400)
    assert error_faults(answer) == []
    assert shop.api.get("/admin/products", {"q": title, "fields": "id"}).expect(200)["count"] == 0


@requirement("CAT-07")
@pytest.mark.parametrize("amount", WRONG_AMOUNTS.values(), ids=WRONG_AMOUNTS.keys())
def test_price_is_a_number(shop: Shop, amount: str) -> None:
    """A price that is no JSON number is refused, and no product is made."""
    title = shop.body()["title"]
    text = f"""{{"title": "{title}", "options": [{{"title": "Size", "values": ["M"]}}], "variants": [{{"title": "M",
        "options": {{"Size": "M"}}, "prices": [{{"currency_code": "usd", "amount": {amount}}}]}}]}}"""
    assert error_faults(shop.api.post("/admin/products", content=text.encode()).expect(400)) == []
    assert shop.api.get("/admin/products", {"q": title, "fields": "id"}).expect(200)["count"] == 0


@requirement("CAT-07")
def test_handle_is_unique(shop: Shop) -> None:
    """Two products cannot have one address in the shop: the second is refused."""
    body = shop.body()
    handle = shop.api.post("/admin/products", body).expect(200, 201)["product"]["handle"]
    again = shop.api.post("/admin/products", {**shop.body(), "handle": handle}).expect(*REFUSED)
    assert error_faults(again) == []
    assert shop.api.get("/admin/products", {"handle": handle}).expect(200)["count"] == 1


@requirement("CAT-07")
def test_product_is_changed(shop: Shop, anonymous: Api) -> None:
    """An operator changes a title, and the shop shows it; what was not named stays."""
    good = shop.good()
    changed = shop.api.post(f"/admin/products/{good.product_id}", {"title": f"{good.title}, new"}).expect(200)
    assert changed["product"]["title"] == f"{good.title}, new"
    shown = anonymous.get(f"/store/products/{good.product_id}").expect(200)["product"]
    assert shown["title"] == f"{good.title}, new"
    assert [variant["id"] for variant in shown["variants"]] == [good.variant_id]


@requirement("CAT-08")
def test_product_is_deleted(shop: Shop) -> None:
    """Deleting answers what was deleted; then it is 404 for operators too, and not listed."""
    good = shop.good()
    answer = shop.api.delete(f"/admin/products/{good.product_id}").expect(200)
    assert (answer["id"], answer["object"], answer["deleted"]) == (good.product_id, "product", True)
    assert error_faults(shop.api.get(f"/admin/products/{good.product_id}").expect(404)) == []
    page = shop.api.get("/admin/products", {"q": good.title}).expect(200)
    assert list_faults(page, "products") == []
    assert (page["products"], page["count"]) == ([], 0)


@requirement("CAT-10")
def test_stranger_reads_no_product(stranger_operator: Operator, good: Good) -> None:
    """Another tenant's operator and another tenant's shop know nothing of our product."""
    ours = (f"/admin/products/{good.product_id}", f"/store/products/{good.product_id}")
    for path in ours:
        assert good.title not in stranger_operator.api.get(path).expect(404).text
    for path in ("/admin/products", "/store/products"):
        page = stranger_operator.api.get(path, {"q": good.title}).expect(200)
        assert (page["products"], page["count"]) == ([], 0)


@requirement("CAT-10")
def test_stranger_changes_no_product(stranger_operator: Operator, shop: Shop, good: Good) -> None:
    """Another tenant's operator can neither change nor delete our product."""
    path = f"/admin/products/{good.product_id}"
    assert error_faults(stranger_operator.api.post(path, {"title": "Stolen"}).expect(404)) == []
    stranger_operator.api.delete(path)  # Medusa answers 200 for what is not there
    assert shop.api.get(path).expect(200)["product"]["title"] == good.title


@requirement("CAT-10")
def test_strangers_regions(stranger_operator: Operator, anonymous: Api) -> None:
    """Another tenant's regions are neither listed nor read in our shop."""
    theirs = stranger_operator.api.get("/store/regions").expect(200)["regions"]
    ours = anonymous.get("/store/regions").expect(200)["regions"]
    assert {region["id"] for region in theirs}.isdisjoint(region["id"] for region in ours)
    anonymous.get(f"/store/regions/{theirs[0]['id']}").expect(404)
    anonymous.get("/store/products", {"region_id": theirs[0]["id"]}).expect(400, 404)
