"""Defects of commission: which rule is taken, and what is made of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from reference_impl.modules.vendors.commission import Share, Terms
    from reference_impl.modules.vendors.repository import VendorOrderRepository, VendorRepository
    from reference_impl.modules.vendors.rule_schemas import NewRule
    from reference_impl.modules.vendors.schemas import Commission, Rule, Summary, Vendor
    from reference_impl.modules.vendors.service import VendorService
    from suites.defects.registry import Patch

_SUMS = (
    "ALTER TABLE vendor_order DROP CONSTRAINT IF EXISTS ck_vendor_order_net_amount",
    "ALTER TABLE vendor_order DROP CONSTRAINT IF EXISTS ck_vendor_order_commission_amount",
    "ALTER TABLE vendor_order_line DROP CONSTRAINT IF EXISTS ck_vendor_order_line_net_amount",
    "ALTER TABLE vendor_order_line DROP CONSTRAINT IF EXISTS ck_vendor_order_line_commission_amount",
    "ALTER TABLE commission DROP CONSTRAINT IF EXISTS ck_commission_net_amount",
)


@defect("commission.rate_in_whole_units", breaks=("COM-01", "COM-03", "COM-11"))
def rate_in_whole_units(patch: Patch) -> None:
    """A rate is a whole number of per cent: 12.5 becomes 12."""
    _change_terms(patch, lambda terms: replace(terms, rate=terms.rate and Decimal(int(terms.rate))))


@defect("commission.of_the_sum_only", breaks="COM-10")
def of_the_sum_only(patch: Patch) -> None:
    """The commission is taken of the sum, and the lines get what is in proportion."""
    from reference_impl.core.money import rounded
    from reference_impl.modules.vendors import commission, service

    sound = commission.divide

    def divide(terms: Terms, subtotals: Sequence[Decimal], currency: str) -> list[Share]:
        total = sum(subtotals, Decimal(0))
        rate = commission.rate_of(terms, total)
        if rate is None:
            return sound(terms, subtotals, currency)
        return sound(commission.Terms("flat", flat_amount=rounded(total * rate / 100, currency)), subtotals, currency)

    patch.setattr(service, "divide", divide)


@defect("commission.rounded_down", breaks=("COM-01", "COM-02", "COM-03", "COM-10", "COM-11"))
def rounded_down(patch: Patch) -> None:
    """What is too small to be paid is cut off: 15 % of 2.99 are 0.44."""
    from reference_impl.core.money import CURRENCIES
    from reference_impl.modules.vendors import commission

    def rounded(amount: Decimal, currency: str) -> Decimal:
        return amount.quantize(Decimal(1).scaleb(-CURRENCIES[currency]), rounding=ROUND_DOWN)

    patch.setattr(commission, "rounded", rounded)


@defect("commission.two_digits_for_all", breaks=("COM-01", "COM-11", "VND-03"))
def two_digits_for_all(patch: Patch) -> None:
    """Every currency has cents."""
    from reference_impl.core.money import rounded
    from reference_impl.modules.vendors import commission

    patch.setattr(commission, "rounded", lambda amount, currency: rounded(amount, "usd"))


@defect("commission.net_rounded_by_itself", breaks="COM-01")
def net_rounded_by_itself(patch: Patch) -> None:
    """The vendor's part is the rest of the rate, rounded as well: now and then a cent is made or lost."""
    from reference_impl.modules.vendors import commission, service

    sound = commission.divide

    def divide(terms: Terms, subtotals: Sequence[Decimal], currency: str) -> list[Share]:
        rate = commission.rate_of(terms, sum(subtotals, Decimal(0)))
        if rate is None:
            return sound(terms, subtotals, currency)
        rest = sound(commission.Terms("percentage", rate=100 - rate), subtotals, currency)
        return [
            replace(share, net=other.commission)
            for share, other in zip(sound(terms, subtotals, currency), rest, strict=True)
        ]

    patch.setattr(service, "divide", divide)
    for statement in _SUMS:
        patch.sql(statement)


@defect("commission.default_is_ten", breaks="COM-02")
def default_is_ten(patch: Patch) -> None:
    """Where nothing is agreed the platform takes 10 %, as it did in the beginning."""
    from reference_impl.modules.vendors import commission, service

    patch.setattr(service, "DEFAULT", commission.Terms("percentage", rate=Decimal(10)))


@defect("commission.agreed_rate_ignored", breaks=("COM-03", "COM-01"))
def agreed_rate_ignored(patch: Patch) -> None:
    """The rate in a vendor's contract is kept and shown, and the default taken."""
    from reference_impl.modules.vendors import service

    sound = service.VendorService.get

    async def get(self: VendorService, tenant_id: str, vendor_id: str) -> Vendor:
        return replace(await sound(self, tenant_id, vendor_id), commission_rate=None)

    patch.setattr(service.VendorService, "get", get)


@defect("commission.flat_above_subtotal", breaks="COM-06")
def flat_above_subtotal(patch: Patch) -> None:
    """A flat amount is taken whatever the share is worth, of its first line."""
    from reference_impl.modules.vendors import commission, service

    sound = commission.divide

    def divide(terms: Terms, subtotals: Sequence[Decimal], currency: str) -> list[Share]:
        shares = sound(terms, subtotals, currency)
        if terms.flat_amount is None:
            return shares
        taken = [terms.flat_amount] + [Decimal(0)] * (len(shares) - 1)
        return [
            replace(share, commission=amount, net=share.subtotal - amount)
            for share, amount in zip(shares, taken, strict=True)
        ]

    patch.setattr(service, "divide", divide)
    for statement in _SUMS:
        patch.sql(statement)


@defect("commission.flat_of_each_line", breaks="COM-06")
def flat_of_each_line(patch: Patch) -> None:
    """A flat amount is taken of each line."""
    from reference_impl.modules.vendors import commission, service

    sound = commission.divide

    def divide(terms: Terms, subtotals: Sequence[Decimal], currency: str) -> list[Share]:
        return [share for subtotal in subtotals for share in sound(terms, [subtotal], currency)]

    patch.setattr(service, "divide", divide)


@defect("commission.tier_includes_its_end", breaks="COM-07")
def tier_includes_its_end(patch: Patch) -> None:
    """A tier holds its last amount as well: 100.00 is still 'up to 100'."""
    from reference_impl.modules.vendors import commission, service

    def rate_of(terms: Terms, subtotal: Decimal) -> Decimal | None:
        if terms.type != "tiered":
            return terms.rate
        return next(tier.rate for tier in terms.tiers if tier.ends_before is None or subtotal <= tier.ends_before)

    patch.setattr(commission, "rate_of", rate_of)
    patch.setattr(service, "rate_of", rate_of)


@defect("commission.gap_accepted", breaks="COM-07")
def gap_accepted(patch: Patch) -> None:
    """Tiers are taken as they come; that they fit together is left to whoever types them."""
    from reference_impl.modules.vendors import commission

    patch.setattr(commission, "gap", lambda tiers: None)


@defect("commission.priority_ignored", breaks="COM-04")
def priority_ignored(patch: Patch) -> None:
    """Of several rules the newest holds."""
    _change_rules(patch, lambda rule: replace(rule, priority=0))


@defect("commission.global_beats_own", breaks="COM-04")
def global_beats_own(patch: Patch) -> None:
    """Priority decides alone: a rule for all vendors with a high one beats a vendor's own."""
    from reference_impl.modules.vendors import repository

    async def best_rule(
        self: VendorRepository, tenant_id: str, vendor_id: str, currency: str, at: datetime
    ) -> Rule | None:
        rules, _ = await self.rules(tenant_id, vendor_id=None, limit=1000, offset=0)
        holding = [rule for rule in rules if _holds(rule, vendor_id, at)]
        return max(holding, key=lambda rule: rule.priority, default=None)

    patch.setattr(repository.VendorRepository, "best_rule", best_rule)


@defect("commission.rule_of_any_vendor", breaks="COM-04")
def rule_of_any_vendor(patch: Patch) -> None:
    """The rules of the tenant are asked for, and not whose they are."""
    _change_rules(patch, lambda rule: rule, vendor=False)


@defect("commission.inactive_rule_holds", breaks="COM-05")
def inactive_rule_holds(patch: Patch) -> None:
    """A rule that was switched off goes on taking."""
    _change_rules(patch, lambda rule: replace(rule, status="active"))


@defect("commission.dates_ignored", breaks="COM-05")
def dates_ignored(patch: Patch) -> None:
    """valid_from and valid_to are kept and shown, and not asked for."""
    _change_rules(patch, lambda rule: replace(rule, valid_from=None, valid_to=None))


@defect("commission.rule_of_nobody_500", breaks="COM-08")
def rule_of_nobody_500(patch: Patch) -> None:
    """Whether the vendor of a rule is there is left to the database, which answers with a violation."""
    from reference_impl.core.ids import new_id
    from reference_impl.modules.vendors import service

    async def create_rule(self: VendorService, tenant_id: str, body: NewRule) -> Rule:
        tiers = None if body.tiers is None else [tier.tier() for tier in body.tiers]
        values = {**body.model_dump(), "tiers": tiers, "id": new_id("crule"), "tenant_id": tenant_id}
        return await self._vendors.add_rule(values)

    patch.setattr(service.VendorService, "create_rule", create_rule)


@defect("commission.summary_adds_currencies", breaks="COM-09")
def summary_adds_currencies(patch: Patch) -> None:
    """The summary adds all rows, in whatever currency they are."""
    from reference_impl.modules.vendors import repository, schemas

    async def summary(self: VendorOrderRepository, tenant_id: str, vendor_id: str, currency: str) -> Summary:
        rows, _ = await self.commissions(tenant_id, vendor_id, currency=None, limit=1000, offset=0)
        counted = [row for row in rows if row.status != "reversed"]
        return schemas.Summary(
            currency_code=currency,
            total_gross=sum((row.gross_amount for row in counted), Decimal(0)),
            total_commission=sum((row.commission_amount for row in counted), Decimal(0)),
            total_net=sum((row.net_amount for row in counted), Decimal(0)),
            commission_rate=None,
        )

    patch.setattr(repository.VendorOrderRepository, "summary", summary)


@defect("commission.summary_of_the_gross", breaks="COM-09")
def summary_of_the_gross(patch: Patch) -> None:
    """What is left for the vendor is summed up before commission."""
    from reference_impl.modules.vendors import repository

    sound = repository.VendorOrderRepository.summary

    async def summary(self: VendorOrderRepository, tenant_id: str, vendor_id: str, currency: str) -> Summary:
        found = await sound(self, tenant_id, vendor_id, currency)
        return replace(found, total_net=found.total_gross)

    patch.setattr(repository.VendorOrderRepository, "summary", summary)


@defect("commission.of_everybody", breaks="COM-09")
def of_everybody(patch: Patch) -> None:
    """The list of commissions asks for the tenant and not for the vendor."""
    from reference_impl.modules.vendors import repository

    sound = repository.VendorOrderRepository.commissions

    async def commissions(
        self: VendorOrderRepository, tenant_id: str, vendor_id: str, **wanted: Any
    ) -> tuple[list[Commission], int]:
        return await sound(self, tenant_id, None, **wanted)  # type: ignore[arg-type]

    patch.setattr(repository.VendorOrderRepository, "commissions", commissions)


def _holds(rule: Rule, vendor_id: str, at: datetime, *, vendor: bool = True) -> bool:
    """Whether a rule is good for a vendor at a moment."""
    begun = rule.valid_from is None or rule.valid_from <= at
    going_on = rule.valid_to is None or at < rule.valid_to
    return rule.status == "active" and begun and going_on and (not vendor or rule.vendor_id in (vendor_id, None))


def _change_rules(patch: Patch, change: Any, *, vendor: bool = True) -> None:
    """Choose among the tenant's rules as if they were others."""
    from reference_impl.modules.vendors import repository

    async def best_rule(
        self: VendorRepository, tenant_id: str, vendor_id: str, currency: str, at: datetime
    ) -> Rule | None:
        rules, _ = await self.rules(tenant_id, vendor_id=None, limit=1000, offset=0)  # the newest first
        changed = [change(rule) for rule in rules]
        holding = [rule for rule in changed if _holds(rule, vendor_id, at, vendor=vendor)]
        return max(holding, key=lambda rule: (rule.vendor_id is not None, rule.priority), default=None)

    patch.setattr(repository.VendorRepository, "best_rule", best_rule)


def _change_terms(patch: Patch, change: Any) -> None:
    """Divide as if other terms had been found."""
    from reference_impl.modules.vendors import service

    sound = service.VendorService.terms

    async def terms(self: VendorService, tenant_id: str, vendor_id: str, currency: str, at: datetime) -> Terms:
        changed: Terms = change(await sound(self, tenant_id, vendor_id, currency, at))
        return changed

    patch.setattr(service.VendorService, "terms", terms)
