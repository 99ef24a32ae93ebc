"""What may happen to the money that is on its way to vendors."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from reference_impl.core.errors import Conflict, InvalidData, NotAllowed, NotFound
from reference_impl.core.ids import new_id
from reference_impl.core.numbers import next_number
from reference_impl.core.routing import work_of
from reference_impl.modules.tenants.service import TenantService
from reference_impl.modules.vendors.commission import payout_net
from reference_impl.modules.vendors.models import PAYOUTS, RETRIES_AT_MOST
from reference_impl.modules.vendors.repository import PayoutRepository, VendorRepository
from reference_impl.modules.vendors.schemas import check_digits
from reference_impl.modules.vendors.service import VendorService

if TYPE_CHECKING:
    from reference_impl.core.database import Work
    from reference_impl.modules.vendors.schemas import Payout, PayoutAdjustment, Transfer


class PayoutService:
    """Money on its way to vendors."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._payouts = PayoutRepository(work)

    async def request(self, tenant_id: str, vendor_id: str, currency: str | None) -> Payout:
        """A payout of all that is payable, less what was paid and then reversed.

        Raises NotAllowed when the vendor is not active, or when nothing is left to pay.
        """
        vendor = await VendorService(self._work).get(tenant_id, vendor_id)
        if vendor.status != "active":
            raise NotAllowed(f"Vendor is {vendor.status}")
        wanted = currency or (await TenantService(self._work).get(tenant_id)).currency_code
        earned, owed_back = await self._payouts.claim(tenant_id, vendor_id, wanted)
        amounts = {
            "gross_amount": sum((each.gross_amount for each in earned), Decimal(0)),
            "commission_amount": sum((each.commission_amount for each in earned), Decimal(0)),
            "adjustment_amount": -sum((each.net_amount for each in owed_back), Decimal(0)),
        }
        net = payout_net(
            gross=amounts["gross_amount"],
            commission=amounts["commission_amount"],
            fee=Decimal(0),
            adjustment=amounts["adjustment_amount"],
        )
        if net <= 0:
            raise NotAllowed(f"There is nothing to pay out in {wanted}")
        values = {
            **amounts,
            "id": new_id("pout"),
            "tenant_id": tenant_id,
            "vendor_id": vendor_id,
            "payout_number": await next_number(self._work, "PAY", "payout_number"),
            "status": "pending",
            "currency_code": wanted,
            "net_amount": net,
        }
        return await self._payouts.add(values, [each.id for each in earned], [each.id for each in owed_back])

    async def get(self, tenant_id: str, payout_id: str) -> Payout:
        found = await self._payouts.get(tenant_id, payout_id)
        if found is None:
            raise NotFound(f"Payout with id: {payout_id} was not found")
        return found

    async def page(
        self, tenant_id: str, *, vendor_id: str | None, status: str | None, limit: int, offset: int
    ) -> tuple[list[Payout], int]:
        return await self._payouts.page(tenant_id, vendor_id=vendor_id, status=status, limit=limit, offset=offset)

    async def transfers(self, payout_id: str) -> list[Transfer]:
        """The attempts to pay a payout that the caller has been shown."""
        return await self._payouts.transfers(payout_id)

    async def hold(self, tenant_id: str, payout_id: str, reason: str | None) -> Payout:
        """pending → on_hold: it cannot be processed until it is released."""
        allowed = PAYOUTS.allowed_from("on_hold")
        held = await self._payouts.turn(tenant_id, payout_id, allowed, status="on_hold", hold_reason=reason)
        return held or await self._refuse(tenant_id, payout_id, "be held")

    async def release(self, tenant_id: str, payout_id: str) -> Payout:
        """on_hold → pending."""
        released = await self._payouts.turn(tenant_id, payout_id, ("on_hold",), status="pending", hold_reason=None)
        return released or await self._refuse(tenant_id, payout_id, "be released")

    async def retry(self, tenant_id: str, payout_id: str) -> Payout:
        """failed → pending, three times at most."""
        again = await self._payouts.retry(tenant_id, payout_id)
        return again or await self._refuse(tenant_id, payout_id, f"be tried again more than {RETRIES_AT_MOST} times")

    async def adjust(self, tenant_id: str, payout_id: str, body: PayoutAdjustment) -> Payout:
        """Add to or take from what is paid, as long as it is not under way."""
        signed = body.amount if body.type == "credit" else -body.amount
        adjusted = await self._payouts.adjust(tenant_id, payout_id, signed)
        return _digits(adjusted or await self._refuse(tenant_id, payout_id, "be adjusted by that"), body.amount)

    async def process(self, tenant_id: str, payout_id: str, fee: Decimal) -> Payout:
        """Pay it: pending → processing → completed, or failed when the vendor is not active by now.

        Two calls at once meet at the payout's row: the second finds it no longer pending and pays nothing.
        """
        begun = await self._payouts.begin(tenant_id, payout_id, fee)
        paying = _digits(begun or await self._refuse(tenant_id, payout_id, "be processed at that fee"), fee)
        status = await VendorRepository(self._work).keep_status(tenant_id, paying.vendor_id)
        failure = None if status == "active" else f"Vendor is {status}"
        ended = await self._payouts.end(paying, new_id("ptrf"), failure)
        assert ended is not None, "its row has been ours alone since it became processing"
        return ended

    async def _refuse(self, tenant_id: str, payout_id: str, deed: str) -> Payout:
        """Raises Conflict, or NotFound when there is none."""
        now = await self.get(tenant_id, payout_id)
        raise Conflict(f"Payout is {now.status} with {now.net_amount:f} {now.currency_code}; it cannot {deed}")


def _digits(payout: Payout, amount: Decimal) -> Payout:
    """The payout itself; raises InvalidData for an amount with more digits than its currency has."""
    try:
        check_digits(payout.currency_code, amount)
    except ValueError as problem:
        raise InvalidData(str(problem)) from None
    return payout


async def _payouts(request: Request) -> PayoutService:
    return PayoutService(work_of(request))


Payouts = Annotated[PayoutService, Depends(_payouts)]
