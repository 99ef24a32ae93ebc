"""Defects of the circuit breakers: late, hasty, shared by those who should not, or by nobody, or only shown wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from reference_impl.adapters.vendors import Vendors
    from reference_impl.integrations.base import Vendor, VendorError
    from reference_impl.integrations.breaker import Breaker
    from suites.defects.registry import Patch


@defect("vendor_breakers.one_call_more", breaks="VEN-30")
def one_call_more(patch: Patch) -> None:
    """The breaker opens when there were more failures than its threshold."""
    _threshold(patch, 6)


@defect("vendor_breakers.opens_too_soon", breaks="VEN-30")
def opens_too_soon(patch: Patch) -> None:
    """A few failures are enough."""
    _threshold(patch, 3)


@defect("vendor_breakers.one_for_each_caller", breaks="VEN-30")
def one_for_each_caller(patch: Patch) -> None:
    """Each call has a breaker of its own: who is told of orders knows nothing of what the sync met."""
    from reference_impl.adapters import connect
    from reference_impl.integrations.breaker import Breaker
    from reference_impl.integrations.erpnext.hierarchy import Hierarchy

    def apart(erpnext: Any) -> Any:
        import copy

        own = copy.copy(erpnext)
        own.breaker = Breaker(erpnext.clock, rest_s=erpnext.breaker._rest.total_seconds())
        return Hierarchy(own)

    patch.setattr(connect, "Hierarchy", apart)


@defect("vendor_breakers.silence_is_no_failure", breaks="VEN-30")
def silence_is_no_failure(patch: Patch) -> None:
    """Only an answer can be a failure; who is slow will answer some day."""
    from reference_impl.integrations import base

    note = base.Vendor._note

    def answers_only(self: Vendor, problem: VendorError | None) -> None:
        if problem is None or problem.status is not None:
            note(self, problem)

    patch.setattr(base.Vendor, "_note", answers_only)


@defect("vendor_breakers.rested_is_well", breaks="VEN-31")
def rested_is_well(patch: Patch) -> None:
    """After its rest the vendor counts as well again, until it has failed five times more."""
    from reference_impl.integrations import breaker

    enter = breaker.Breaker.enter

    def begin_anew(self: Breaker) -> None:
        if self.state == "half_open":
            self.succeeded()
        enter(self)

    patch.setattr(breaker.Breaker, "enter", begin_anew)


@defect("vendor_breakers.never_closes", breaks="VEN-32")
def never_closes(patch: Patch) -> None:
    """A probe that succeeds lets the next call go, and nobody closes the breaker."""
    from reference_impl.integrations import breaker

    def succeeded(self: Breaker) -> None:
        self._failures, self._probing = 0, False

    patch.setattr(breaker.Breaker, "succeeded", succeeded)


@defect("vendor_breakers.given_up_meanwhile", breaks="VEN-32")
def given_up_meanwhile(patch: Patch) -> None:
    """What the breaker stops is done with: who looks after the vendor will see in the log what it missed."""
    from reference_impl.core import deliveries

    patch.replace(deliveries, "_LATER", "SET error", "SET status = 'dead', error")


@defect("vendor_breakers.one_for_all", breaks="VEN-33")
def one_for_all(patch: Patch) -> None:
    """There is one breaker, and all vendors are behind it."""
    from reference_impl.adapters import connect
    from reference_impl.integrations import breaker

    made: list[Breaker] = []

    def shared(clock: Any, **options: Any) -> Breaker:
        made.append(breaker.Breaker(clock, **options))
        return made[0]

    patch.setattr(connect, "Breaker", shared)


@defect("vendor_breakers.shown_as_they_were", breaks="VEN-34")
def shown_as_they_were(patch: Patch) -> None:
    """Their states are read when the process starts."""
    from reference_impl.adapters import vendors

    states: Any = vars(vendors.Vendors)["breakers"]
    first: dict[int, dict[str, str]] = {}

    def once(self: Vendors) -> dict[str, str]:
        return first.setdefault(id(self), states.fget(self))

    patch.setattr(vendors.Vendors, "breakers", property(once))


@defect("vendor_breakers.metrics_forgotten", breaks="VEN-34")
def metrics_forgotten(patch: Patch) -> None:
    """A state that is not known there is 0 in the metrics, and the two that matter are not known."""
    from reference_impl.operations import metrics

    class Closed:
        def index(self, state: str) -> int:
            return 0

    patch.setattr(metrics, "BREAKER_STATES", Closed())


def _threshold(patch: Patch, failures: int) -> None:
    """Let a breaker open after another number of failures."""
    from reference_impl.integrations import breaker

    init = breaker.Breaker.__init__

    def otherwise(self: Breaker, clock: Any, **options: Any) -> None:
        init(self, clock, **{**options, "threshold": failures})

    patch.setattr(breaker.Breaker, "__init__", otherwise)
