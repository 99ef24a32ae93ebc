"""Defects of claims: who files what and when, how they are decided, and what is paid."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reference_impl.modules.insurance.repository import InsuranceRepository
    from reference_impl.modules.insurance.schemas import Claim, Decision, NewClaim, Policy
    from reference_impl.modules.insurance.service import InsuranceService
    from reference_impl.modules.wallet.schemas import Transaction
    from reference_impl.modules.wallet.service import WalletService
    from suites.defects.registry import Patch

_NO_LIMIT = "ALTER TABLE insurance_policy DROP CONSTRAINT IF EXISTS ck_insurance_policy_paid_out"
_WITHIN = "policy.paid_out + claim.claim_amount <= policy.coverage_amount"


@defect("insurance.claims_in_whole_units", breaks="INS-06")
def claims_in_whole_units(patch: Patch) -> None:
    """A claim is rounded to whole units when it is filed."""
    from reference_impl.modules.insurance.repository import InsuranceRepository

    sound = InsuranceRepository.add_claim

    async def add_claim(self: InsuranceRepository, values: dict[str, Any]) -> None:
        await sound(self, {**values, "claim_amount": round(values["claim_amount"])})

    patch.setattr(InsuranceRepository, "add_claim", add_claim)


@defect("insurance.claimed_at_any_time", breaks=("INS-07", "INS-13"))
def claimed_at_any_time(patch: Patch) -> None:
    """Nobody looks whether the policy is still, or already, in force when a claim is filed."""
    from reference_impl.modules.insurance.service import InsuranceService

    sound = InsuranceService.file

    async def file(self: InsuranceService, tenant_id: str, customer_id: str, body: NewClaim) -> Claim:
        policy = self._insurance.policy

        async def in_force(*arguments: Any, **how: Any) -> Policy | None:
            found = await policy(*arguments, **how)
            return None if found is None else replace(found, status="active", start_date=found.created_at)

        self._insurance.policy = in_force  # type: ignore[method-assign]
        return await sound(self, tenant_id, customer_id, body)

    patch.setattr(InsuranceService, "file", file)


@defect("insurance.claim_without_words", breaks="INS-08")
def claim_without_words(patch: Patch) -> None:
    """The description may be left out: it is only for people."""
    from reference_impl.modules.insurance import schemas

    sound = schemas.NewClaim

    class NewClaim(sound):  # type: ignore[misc, valid-type]
        description: str = ""

    patch.setattr(schemas, "NewClaim", NewClaim)


@defect("insurance.coverage_unchecked", breaks=("INS-08", "INS-10", "INS-11"))
def coverage_unchecked(patch: Patch) -> None:
    """What is claimed is approved, however much it is, in the service and in the schema."""
    from reference_impl.modules.insurance import repository
    from reference_impl.modules.insurance.service import InsuranceService

    sound = InsuranceService.file

    async def file(self: InsuranceService, tenant_id: str, customer_id: str, body: NewClaim) -> Claim:
        policy = self._insurance.policy

        async def boundless(*arguments: Any, **how: Any) -> Policy | None:
            found = await policy(*arguments, **how)
            return None if found is None else replace(found, coverage_amount=body.claim_amount)

        self._insurance.policy = boundless  # type: ignore[method-assign]
        return await sound(self, tenant_id, customer_id, body)

    patch.replace(repository, "PAY_OUT", _WITHIN, "policy.coverage_amount > 0")
    patch.setattr(InsuranceService, "file", file)
    patch.sql(_NO_LIMIT)


@defect("insurance.claims_checked_one_by_one", breaks="INS-10")
def claims_checked_one_by_one(patch: Patch) -> None:
    """Each claim is compared with the coverage, and never their sum."""
    from reference_impl.modules.insurance import repository

    patch.replace(repository, "PAY_OUT", _WITHIN, "claim.claim_amount <= policy.coverage_amount")
    patch.sql(_NO_LIMIT)


@defect("insurance.sum_read_before_it_is_written", breaks="INS-11")
def sum_read_before_it_is_written(patch: Patch) -> None:
    """What was paid out is read, compared and written: two decisions at once both read the old sum."""
    import asyncio

    from reference_impl.modules.insurance.repository import InsuranceRepository

    async def pay_out(self: InsuranceRepository, tenant_id: str, claim_id: str) -> bool:
        seen = await self._work.look(
            "SELECT policy.id, paid_out + claim_amount AS paid_out, coverage_amount FROM insurance_claim AS claim"
            " JOIN insurance_policy AS policy ON policy.id = claim.policy_id WHERE claim.id = $1",
            claim_id,
        )
        assert seen is not None
        await asyncio.sleep(0.02)
        if seen["paid_out"] > seen["coverage_amount"]:
            return False
        update = "UPDATE insurance_policy SET paid_out = $1 WHERE id = $2 RETURNING id"
        return await self._work.look(update, seen["paid_out"], seen["id"]) is not None

    patch.setattr(InsuranceRepository, "pay_out", pay_out)


@defect("insurance.last_unit_refused", breaks=("INS-10", "INS-13"))
def last_unit_refused(patch: Patch) -> None:
    """Less than, where it should be less than or equal."""
    from reference_impl.modules.insurance import repository

    patch.replace(repository, "PAY_OUT", _WITHIN, _WITHIN.replace("<=", "<"))


@defect("insurance.used_up_and_active", breaks="INS-13")
def used_up_and_active(patch: Patch) -> None:
    """A policy that has paid all it covers stays active."""
    from reference_impl.modules.insurance import repository

    patch.replace(repository, "PAY_OUT", "THEN 'claimed'", "THEN 'active'")


@defect("insurance.rejected_claims_count", breaks="INS-10")
def rejected_claims_count(patch: Patch) -> None:
    """The sum is over all decided claims."""
    from reference_impl.modules.insurance.service import InsuranceService

    sound = InsuranceService.decide

    async def decide(self: InsuranceService, tenant_id: str, claim_id: str, body: Decision) -> Claim:
        decided = await sound(self, tenant_id, claim_id, body)
        if body.decision == "rejected":
            await self._insurance.pay_out(tenant_id, claim_id)
        return decided

    patch.setattr(InsuranceService, "decide", decide)


@defect("insurance.coverage_per_plan", breaks="INS-10")
def coverage_per_plan(patch: Patch) -> None:
    """What a customer was paid is added up over all policies of the plan."""
    from reference_impl.modules.insurance import repository

    paid = "(SELECT sum(paid_out) FROM insurance_policy AS other WHERE other.plan_id = policy.plan_id)"
    patch.replace(repository, "PAY_OUT", _WITHIN, _WITHIN.replace("policy.paid_out", paid))


@defect("insurance.decided_in_words_only", breaks="INS-09")
def decided_in_words_only(patch: Patch) -> None:
    """A decision writes the notes and the event; the status of the row stays as it was."""
    from reference_impl.modules.insurance.repository import InsuranceRepository

    sound = InsuranceRepository.turn_claim

    async def turn_claim(self: InsuranceRepository, *which: Any, status: str, **values: Any) -> Claim | None:
        values.pop("decided_at", None)
        turned = await sound(self, *which, status="under_review", **values)
        return None if turned is None else replace(turned, status=status)

    patch.setattr(InsuranceRepository, "turn_claim", turn_claim)


@defect("insurance.decided_again", breaks="INS-09")
def decided_again(patch: Patch) -> None:
    """A decision is written without a look at the one before."""
    from reference_impl.modules.insurance.repository import InsuranceRepository

    sound = InsuranceRepository.turn_claim

    async def turn_claim(
        self: InsuranceRepository, tenant_id: str, claim_id: str, _: Sequence[str], **values: Any
    ) -> Claim | None:
        return await sound(self, tenant_id, claim_id, ("pending", "under_review", "approved", "rejected"), **values)

    patch.setattr(InsuranceRepository, "turn_claim", turn_claim)


@defect("insurance.anything_else_is_a_rejection", breaks="INS-09")
def anything_else_is_a_rejection(patch: Patch) -> None:
    """A decision that is not "approved" is a rejection."""
    from typing import Annotated

    from pydantic import BeforeValidator

    from reference_impl.modules.insurance import schemas

    sound = schemas.Decision

    class Decision(sound):  # type: ignore[misc, valid-type]
        decision: Annotated[str, BeforeValidator(lambda said: "approved" if said == "approved" else "rejected")]

    patch.setattr(schemas, "Decision", Decision)


@defect("insurance.paid_twice", breaks="INS-12")
def paid_twice(patch: Patch) -> None:
    """The decision pays at once, because the event took so long, and the event still does as well."""
    from reference_impl.modules.insurance.service import InsuranceService
    from reference_impl.modules.wallet.service import WalletService

    sound = InsuranceService.decide

    async def decide(self: InsuranceService, tenant_id: str, claim_id: str, body: Decision) -> Claim:
        decided = await sound(self, tenant_id, claim_id, body)
        if decided.status == "approved":
            whose = decided.customer_id, decided.currency_code, decided.claim_amount
            await WalletService(self._work).credit(
                tenant_id, *whose, reference_id=decided.claim_number, description="Claim"
            )
        return decided

    patch.setattr(InsuranceService, "decide", decide)


@defect("insurance.one_payment_per_policy", breaks="INS-12")
def one_payment_per_policy(patch: Patch) -> None:
    """The reference of the payment is the policy: the second claim is taken for a repeat of the first."""
    from reference_impl.modules.insurance.service import InsuranceService
    from reference_impl.modules.wallet.service import WalletService

    sound_pay, sound_credit = InsuranceService.pay, WalletService.credit

    async def pay(self: InsuranceService, tenant_id: str, claim_id: str) -> None:
        policy_id = (await self.claim(tenant_id, claim_id)).policy_id

        async def credit(wallets: WalletService, *whose: Any, **said: Any) -> Transaction:
            return await sound_credit(wallets, *whose, **{**said, "reference_id": policy_id})

        WalletService.credit = credit  # type: ignore[assignment, method-assign]
        await sound_pay(self, tenant_id, claim_id)

    patch.setattr(InsuranceService, "pay", pay)


@defect("insurance.every_decision_pays", breaks="INS-12")
def every_decision_pays(patch: Patch) -> None:
    """The event tells of a decision, and the handler pays without asking which."""
    from reference_impl.modules.insurance.service import InsuranceService

    sound_decide, sound_claim = InsuranceService.decide, InsuranceService.claim

    async def decide(self: InsuranceService, tenant_id: str, claim_id: str, body: Decision) -> Claim:
        decided = await sound_decide(self, tenant_id, claim_id, body)
        if body.decision == "rejected":
            await self._tell_approved(tenant_id, decided)
        return decided

    async def claim(self: InsuranceService, tenant_id: str, claim_id: str, customer_id: str | None = None) -> Claim:
        found = await sound_claim(self, tenant_id, claim_id, customer_id)
        from_handler = customer_id is None and found.status == "rejected"
        return replace(found, status="approved") if from_handler else found

    patch.setattr(InsuranceService, "decide", decide)
    patch.setattr(InsuranceService, "claim", claim)
