"""`fields`, as the recorded exchanges with a live core show them."""

from __future__ import annotations

from typing import Any

import pytest

from reference_impl.core.fields import pick

PRODUCT = {
    "id": "prod_1",
    "title": "Rug",
    "metadata": {"id": "m", "title": "M"},
    "variants": [{"id": "variant_1", "sku": "rug-m", "price": {"id": "price_1", "amount": 10, "currency": "usd"}}],
}
HIDDEN = frozenset({"variants.price"})
BARE = {"id": "variant_1", "sku": "rug-m"}
PRICE = {"id": "price_1", "amount": 10, "currency": "usd"}
AMOUNT = {"id": "price_1", "amount": 10}
TITLE = {"id": "prod_1", "title": "Rug"}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (None, PRODUCT | {"variants": [BARE]}),
        ("", PRODUCT | {"variants": [BARE]}),
        ("title", {"id": "prod_1", "title": "Rug"}),
        ("id,title,*variants.price", TITLE | {"variants": [{"id": "variant_1", "price": PRICE}]}),
        ("+variants.price", PRODUCT),
        (" variants.price", PRODUCT),  # how a + arrives that was not escaped
        ("*variants.price", PRODUCT),
        ("-metadata", {"id": "prod_1", "title": "Rug", "variants": [BARE]}),
        ("id,variants.*", {"id": "prod_1", "variants": [BARE]}),
        ("variants.price.amount", {"id": "prod_1", "variants": [{"id": "variant_1", "price": AMOUNT}]}),
        ("id,nonsense", {"id": "prod_1"}),
        ("+,-,*", PRODUCT | {"variants": [BARE]}),
    ],
)  # fmt: skip
def test_fields(names: str | None, expected: dict[str, Any]) -> None:
    """Names replace what is shown, + and * add to it, - takes away, and ids stay."""
    assert pick(PRODUCT, names, HIDDEN) == expected
