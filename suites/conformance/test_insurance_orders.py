"""Insurance that is bought in the shop: a policy for each line, by the event that tells of the order."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fixtures.actors import Shopper, pages
from fixtures.checks import eventually, requirement, settled
from fixtures.insuring import Insured, as_policy
from fixtures.shopping import Buying
from suites.conformance.shapes import REFUSED, error_faults

if TYPE_CHECKING:
    from fixtures.insuring import Insurer, Plan, Policy
    from fixtures.shopping import Good, Shop


@pytest.fixture
def buyer(shopper: Shopper) -> Shopper:
    """A customer who was made for this check, and buys."""
    return shopper


@pytest.fixture
def buying(buyer: Shopper, shop: Shop) -> Buying:
    """Carts of that customer."""
    return Buying(buyer.api, shop)


@pytest.fixture
def covered(buyer: Shopper) -> Insured:
    """That customer as somebody who is insured."""
    return Insured(buyer)


class Covers:
    """Insurance for sale: a cheap plan and a dear one, each with a product of its own, in the shop's currency."""

    def __init__(self, insurer: Insurer) -> None:
        shop = insurer.shop
        currency = shop.region.currency
        self.basic, self.premium = (shop.good({currency: Decimal(price)}) for price in (10, 50))
        self.plans: list[Plan] = [
            insurer.make_plan(self.basic.product_id, "basic", currency, "1000", "10"),
            insurer.make_plan(self.basic.product_id, "premium", currency, "9000", "90"),
            insurer.make_plan(self.premium.product_id, "premium", currency, "5000", "45"),
        ]


@pytest.fixture(scope="module")
def covers(insurer: Insurer) -> Covers:
    """Insurance for sale, made once for these checks."""
    return Covers(insurer)


def of_order(insured: Insured, order_id: str) -> list[Policy]:
    """The customer's policies of an order, the greatest coverage first."""
    rows = [as_policy(row) for row in pages(insured.api, "/store/insurance/policies", "policies")]
    mine = [policy for policy in rows if policy.order_id == order_id]
    return sorted(mine, key=lambda policy: -policy.coverage_amount)


@requirement("INS-14")
def test_one_policy_per_insurance_line(covers: Covers, buying: Buying, covered: Insured, good: Good) -> None:
    """Two insurance lines beside another one: two policies, each with the terms that its line's price pays for."""
    order = buying(covers.basic, good, covers.premium).buy()
    found = settled(lambda: of_order(covered, order["id"]), lambda policies: len(policies) == 2)
    assert [(one.plan_type, one.coverage_amount, one.premium) for one in found] == [
        ("premium", Decimal(5000), Decimal(45)),
        ("basic", Decimal(1000), Decimal(10)),
    ]
    lines = {item["id"] for item in order["items"] if item["variant_id"] != good.variant_id}
    assert {one.order_line_id for one in found} == lines
    assert {(one.status, one.customer_id) for one in found} == {("active", covered.id)}


@requirement("INS-14")
def test_quantity_makes_no_second_policy(covers: Covers, buying: Buying, covered: Insured) -> None:
    """A line of three is one line."""
    order = buying(covers.basic, quantity=3).buy()
    settled(lambda: of_order(covered, order["id"]), lambda policies: len(policies) == 1)


@requirement("INS-14")
def test_completing_again_insures_nothing_again(covers: Covers, buying: Buying, covered: Insured) -> None:
    """A cart that is completed twice has one order and one policy."""
    cart = buying(covers.basic).prepare()
    order = cart.order()
    assert cart.order()["id"] == order["id"]
    settled(covered.policies, lambda policies: [one.order_id for one in policies] == [order["id"]])


@requirement("INS-14")
def test_other_things_are_not_insured(covers: Covers, buying: Buying, covered: Insured, good: Good) -> None:
    """An order without insurance makes no policy, and the one after it still does."""
    buying(good).buy()
    order = buying(covers.basic).buy()
    settled(covered.policies, lambda policies: [one.order_id for one in policies] == [order["id"]])


@requirement("INS-14")
def test_client_writes_no_terms(covers: Covers, buying: Buying, covered: Insured) -> None:
    """What a client writes next to a line does not change what is covered."""
    cart = buying(good := covers.basic)
    (item,) = cart.cart()["items"]
    wish = {"plan_type": "premium", "coverage_amount": 1_000_000, "premium": 1}
    body = {"variant_id": good.variant_id, "quantity": 1, "metadata": wish}
    cart.api.delete(f"{cart.path}/line-items/{item['id']}").expect(200)
    cart.api.post(f"{cart.path}/line-items", body).expect(200, 201)
    order = cart.buy()
    (policy,) = settled(lambda: of_order(covered, order["id"]), lambda policies: len(policies) == 1)
    assert policy.plan_type == "basic"
    assert (policy.coverage_amount, policy.premium) == (Decimal(1000), Decimal(10))


@requirement("INS-15")
def test_cancelled_order_ends_its_policies(shop: Shop, covers: Covers, buying: Buying, covered: Insured) -> None:
    """When an order is cancelled nobody is insured by it any more, and other policies go on."""
    kept = buying(covers.basic).buy()
    order = buying(covers.basic, covers.premium).buy()
    eventually(covered.policies, lambda policies: len(policies) == 3)
    shop.cancel(order["id"]).expect(200)
    settled(
        lambda: [one.status for one in of_order(covered, order["id"])],
        lambda statuses: statuses == ["cancelled", "cancelled"],
    )
    assert [one.status for one in of_order(covered, kept["id"])] == ["active"]


@requirement("INS-21")
def test_nobody_is_paid_for_free(
    shop: Shop, insurer: Insurer, covers: Covers, buying: Buying, covered: Insured
) -> None:
    """Insured, claimed, and then the order is cancelled: the claim cannot be approved, at once or later."""
    order = buying(covers.basic).buy()
    (policy,) = eventually(lambda: of_order(covered, order["id"]), bool)
    claim = covered.file(policy)
    shop.cancel(order["id"]).expect(200)
    assert error_faults(insurer.decide(claim).expect(*REFUSED)) == []
    settled(lambda: covered.policy(policy).status, lambda status: status == "cancelled")
    assert error_faults(insurer.decide(claim).expect(*REFUSED)) == []
    insurer.decide(claim, "rejected").expect(200, 201)
