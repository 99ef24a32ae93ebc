"""Decisions: each claim once, all together never more than the coverage, and what is approved is paid once."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fixtures.checks import requirement, settled
from fixtures.client import concurrently
from fixtures.insuring import as_claim
from suites.conformance.shapes import REFUSED, error_faults

if TYPE_CHECKING:
    from fixtures.actors import Shopper, Wallet
    from fixtures.insuring import Insured, Insurer, Plan, Policy
    from fixtures.plugin import Run

NO_DECISIONS: list[dict[str, object]] = [
    {"decision": "maybe"},
    {"decision": None},
    {"decision": ["approved"]},
    {"decision": True},
    {"decision": "APPROVED "},
]


@requirement("INS-09")
@pytest.mark.parametrize("decision", ["approved", "rejected"])
def test_claim_is_decided(insurer: Insurer, insured: Insured, policy: Policy, decision: str) -> None:
    """A claim is approved or rejected, and its customer sees which."""
    claim = insured.file(policy)
    answer = insurer.decide(claim, decision, notes="seen").expect(200, 201)
    assert as_claim(answer["claim"]).status == decision
    assert insured.see(claim).status == decision


@requirement("INS-09")
@pytest.mark.parametrize("first", ["approved", "rejected"])
def test_claim_is_decided_once(insurer: Insurer, insured: Insured, policy: Policy, first: str) -> None:
    """What was decided is not decided again, neither the other way nor the same."""
    claim = insured.file(policy)
    insurer.decide(claim, first).expect(200, 201)
    before = insurer.api.get(f"/admin/insurance/claims/{claim.id}").json
    for second in ("approved", "rejected"):
        assert error_faults(insurer.decide(claim, second).expect(*REFUSED)) == [], second
    assert insurer.api.get(f"/admin/insurance/claims/{claim.id}").json == before
    assert insured.see(claim).status == first


@requirement("INS-09")
def test_no_decision(insurer: Insurer, insured: Insured, policy: Policy) -> None:
    """What is neither approved nor rejected decides nothing."""
    claim = insured.file(policy)
    for body in NO_DECISIONS:
        answer = insurer.api.patch(f"/admin/insurance/claims/{claim.id}", body)
        assert error_faults(answer.expect(400, 422)) == [], body
    assert insured.see(claim) == claim


@requirement("INS-09", "INS-11")
def test_parallel_decisions_of_one_claim(insurer: Insurer, insured: Insured, policy: Policy) -> None:
    """Of ten approvals and ten rejections of one claim at the same moment one decides."""
    claim = insured.file(policy, policy.coverage_amount)
    words = ("approved", "rejected")
    answers = concurrently(20, lambda number: insurer.decide(claim, words[number % 2]))
    for answer in answers:
        answer.expect(200, 201, *REFUSED)
    decided = [as_claim(answer["claim"]).status for answer in answers if answer.is_success]
    assert len(decided) == 1
    assert insured.see(claim).status == decided[0]


@requirement("INS-10")
def test_coverage_is_the_limit_of_all_claims(insurer: Insurer, insured: Insured, policy: Policy) -> None:
    """Claims that fit by themselves and not together: what no longer fits is refused, and stays undecided."""
    first, second = insured.file(policy, "600"), insured.file(policy, "600")
    insurer.decide(first).expect(200, 201)
    assert error_faults(insurer.decide(second).expect(*REFUSED)) == []
    assert insured.see(second).status in ("pending", "under_review")
    insurer.decide(second, "rejected").expect(200, 201)


@requirement("INS-10", "INS-13")
def test_last_unit_of_the_coverage(insurer: Insurer, insured: Insured, policy: Policy) -> None:
    """What is left can be claimed to the last unit; then the policy is claimed and takes no more."""
    first, second, third = (insured.file(policy, amount) for amount in ("999", "1", "1"))
    insurer.decide(first).expect(200, 201)
    insurer.decide(second).expect(200, 201)
    assert error_faults(insurer.decide(third).expect(*REFUSED)) == []
    assert insured.policy(policy).status == "claimed"
    assert error_faults(insured.claim(policy, 1).expect(*REFUSED)) == []


@requirement("INS-13")
def test_claimed_policy_is_not_cancelled(insurer: Insurer, insured: Insured, policy: Policy) -> None:
    """A policy whose coverage is used up has come to its end: it cannot be cancelled any more."""
    insurer.decide(insured.file(policy, policy.coverage_amount)).expect(200, 201)
    before = insured.policy(policy)
    assert error_faults(insurer.cancel(policy).expect(*REFUSED)) == []
    assert insured.policy(policy) == before


@requirement("INS-10")
def test_rejected_claims_use_nothing_up(insurer: Insurer, insured: Insured, policy: Policy) -> None:
    """A rejected claim leaves the whole coverage to the others."""
    for _ in range(2):
        insurer.decide(insured.file(policy, "1000"), "rejected").expect(200, 201)
    insurer.decide(insured.file(policy, "1000")).expect(200, 201)


@requirement("INS-10")
def test_policies_are_claimed_apart(insurer: Insurer, insured: Insured, plan: Plan, policy: Policy) -> None:
    """What one policy has paid is not taken from another of the same customer and plan."""
    insurer.decide(insured.file(policy, "1000")).expect(200, 201)
    insurer.decide(insured.file(insured.take_out(plan), "1000")).expect(200, 201)


@requirement("INS-11", "INS-10")
def test_fifty_claims_at_once(insurer: Insurer, insured: Insured, plan: Plan, run: Run) -> None:
    """Of fifty claims of 300 on 1000 that are approved at the same moment three are, round after round."""
    for number in range(1, run.rounds(merge=1, nightly=20) + 1):
        policy = insured.take_out(plan)
        claims = [insured.file(policy, 300) for _ in range(50)]
        answers = concurrently(50, lambda n, claims=claims: insurer.decide(claims[n]))  # type: ignore[misc]
        for answer in answers:
            answer.expect(200, 201, *REFUSED)
        statuses = Counter(answer.is_success for answer in answers)
        assert statuses[True] == 3, f"round {number}: {statuses[True]} claims of 300 on a coverage of 1000"


@requirement("INS-12")
def test_approved_claim_is_paid_once(
    shopper: Shopper, wallet: Wallet, insurer: Insurer, new_insured: Insured, plan: Plan
) -> None:
    """An approved claim arrives in the wallet, in one row of the ledger, and stays one; a repeat pays nothing."""
    assert wallet.currency == plan.currency_code
    claim = new_insured.file(new_insured.take_out(plan), "123.4")
    concurrently(10, lambda _: insurer.decide(claim))
    settled(lambda: shopper.wallet().balance, lambda balance: balance == Decimal("123.4"))
    assert [row.amount for row in shopper.transactions()] == [Decimal("123.4")]


@requirement("INS-12")
def test_two_claims_are_two_payments(
    shopper: Shopper, wallet: Wallet, insurer: Insurer, new_insured: Insured, plan: Plan
) -> None:
    """Each claim is paid by itself, also when two of one policy are for the same amount."""
    assert wallet.balance == 0
    policy = new_insured.take_out(plan)
    for claim in [new_insured.file(policy, 50) for _ in range(2)]:
        insurer.decide(claim).expect(200, 201)
    settled(lambda: shopper.wallet().balance, lambda balance: balance == 100)
    assert [row.amount for row in shopper.transactions()] == [50, 50]


@requirement("INS-12")
def test_what_is_not_approved_is_not_paid(
    shopper: Shopper, wallet: Wallet, insurer: Insurer, new_insured: Insured, plan: Plan
) -> None:
    """Neither a pending nor a rejected claim, nor one that exceeds the coverage, moves money."""
    policy = new_insured.take_out(plan)
    new_insured.file(policy, 10)
    insurer.decide(new_insured.file(policy, 20), "rejected").expect(200, 201)
    insurer.decide(new_insured.file(policy, 900)).expect(200, 201)
    insurer.decide(new_insured.file(policy, 101)).expect(*REFUSED)
    settled(lambda: shopper.wallet().balance, lambda balance: balance == wallet.balance + 900)
    assert [row.amount for row in shopper.transactions()] == [900]
