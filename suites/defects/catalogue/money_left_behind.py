"""Defects of what is left behind: money that belongs to a thing which has come to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suites.defects.registry import defect

if TYPE_CHECKING:
    from reference_impl.modules.insurance.schemas import Claim
    from reference_impl.modules.insurance.service import InsuranceService
    from reference_impl.modules.vendors.repository import PayoutRepository
    from suites.defects.registry import Patch


@defect("payouts.buried_with_the_payout", breaks="PYO-12")
def buried_with_the_payout(patch: Patch) -> None:
    """A payout that has failed for good keeps what it was for: nobody can ask for that again."""
    from reference_impl.modules.vendors import repository

    async def let_go(self: PayoutRepository, payout_id: str) -> None:
        return None

    patch.setattr(repository.PayoutRepository, "_let_go", let_go)


@defect("payouts.owed_before_it_was_paid", breaks=("PYO-12", "PYO-09"))
def owed_before_it_was_paid(patch: Patch) -> None:
    """What is returned is taken back from the next payout, also while the one that was to pay for it has not."""
    from reference_impl.modules.vendors import repository
    from reference_impl.modules.vendors.models import commission

    reversed_, _paid, not_recovered = repository._OWED_BACK
    patch.setattr(repository, "_OWED_BACK", (reversed_, commission.c.payout_id.is_not(None), not_recovered))


@defect("insurance.claims_outlive_the_order", breaks="INS-21")
def claims_outlive_the_order(patch: Patch) -> None:
    """A claim that was filed in time is paid, whatever became of the order that bought the policy."""
    from reference_impl.modules.insurance import service

    async def refuse_unpaid(self: InsuranceService, tenant_id: str, claim: Claim) -> None:
        return None

    patch.setattr(service.InsuranceService, "_refuse_unpaid", refuse_unpaid)
