"""Defects of what operators are told: of vendors that are not as they are told to be, and of events given up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from reference_impl.adapters.vendors import Checked, Vendors
    from reference_impl.integrations.base import VendorError
    from reference_impl.integrations.health import Health
    from reference_impl.integrations.sendgrid.client import SendGrid
    from reference_impl.integrations.temporal.health import Frontend
    from reference_impl.operations.dead_letters import DeadLetter, DeadLetterRepository
    from suites.defects.registry import Patch


@defect("integrations.remembered", breaks="INT-03")
def remembered(patch: Patch) -> None:
    """The vendors are asked once a minute, and whoever looks in between sees the answer of then."""
    from reference_impl.adapters.vendors import Vendors

    look = Vendors.look

    async def look_once(self: Vendors) -> list[Checked]:
        if "seen" not in vars(self):
            vars(self)["seen"] = await look(self)
        seen: list[Checked] = vars(self)["seen"]
        return seen

    patch.setattr(Vendors, "look", look_once)


@defect("integrations.dated_when_done", breaks="INT-03")
def dated_when_done(patch: Patch) -> None:
    """The time of a check is the one at which the last vendor had answered, so that all of them look fresh."""
    from reference_impl.adapters.vendors import Vendors

    ask = Vendors._ask

    async def ask_and_date(self: Vendors) -> list[Checked]:
        found = await ask(self)
        return [replace(one, at=self._clock.now()) for one in found]

    patch.setattr(Vendors, "_ask", ask_and_date)


@defect("integrations.refused_key_is_down", breaks="INT-01")
def refused_key_is_down(patch: Patch) -> None:
    """Whatever is no success is a vendor that is down: operators wait for it instead of renewing the key."""
    from reference_impl.adapters import vendors

    asked = vendors._asked

    async def asked_plainly(check: Any) -> Health:
        found = await asked(check)
        return replace(found, state="unhealthy") if found.state == "credentials_rejected" else found

    patch.setattr(vendors, "_asked", asked_plainly)


@defect("integrations.slow_is_well", breaks="INT-01")
def slow_is_well(patch: Patch) -> None:
    """An answer is an answer, however long it took."""
    from reference_impl.integrations import health

    patch.setattr(health, "SLOW_MS", 60_000)


@defect("integrations.temporal_kept", breaks="INT-01")
def temporal_kept(patch: Patch) -> None:
    """The client of Temporal is kept, and as long as it is there Temporal is connected."""
    from reference_impl.integrations.temporal import health

    ask = health._ask
    kept: set[Frontend] = set()

    async def ask_once(frontend: Frontend, within: Any) -> None:
        if frontend not in kept:
            await ask(frontend, within)
            kept.add(frontend)

    patch.setattr(health, "_ask", ask_once)


@defect("integrations.one_after_the_other", breaks="INT-02")
def one_after_the_other(patch: Patch) -> None:
    """The vendors are asked in a loop: as long as all are well nobody notices."""
    from reference_impl.adapters import vendors

    async def ask(self: Vendors) -> list[Checked]:
        at, breakers = self._clock.now(), self.breakers
        return [
            vendors.Checked(one.name, await one.check(), at, breakers.get(one.name))
            for one in self.connections
            if one.check is not None
        ]

    patch.setattr(vendors.Vendors, "_ask", ask)


@defect("integrations.any_401_is_the_key", breaks="INT-04")
def any_401_is_the_key(patch: Patch) -> None:
    """SendGrid's 401 is taken for a refused key, whatever its text says."""
    from reference_impl.integrations.base import CredentialsRejected
    from reference_impl.integrations.sendgrid.client import SendGrid

    def unauthorised(self: SendGrid, said: str) -> VendorError:
        return CredentialsRejected(self.name, said, status=401)

    patch.setattr(SendGrid, "_unauthorised", unauthorised)


@defect("integrations.words_of_our_own", breaks="INT-04")
def words_of_our_own(patch: Patch) -> None:
    """What a vendor said is replaced by a friendly sentence."""
    from reference_impl.adapters import vendors

    asked = vendors._asked

    async def asked_kindly(check: Any) -> Health:
        found = await asked(check)
        return replace(found, words="Please contact support") if found.words else found

    patch.setattr(vendors, "_asked", asked_kindly)


@defect("integrations.vendor_takes_us_down", breaks="INT-05")
def vendor_takes_us_down(patch: Patch) -> None:
    """Health is the health of everything: one vendor away, and the load balancer sends nobody here any more."""
    from reference_impl.operations import health

    serves = health._serves

    async def all_serve(state: Any) -> bool:
        return await serves(state) and not state.vendors.outages

    patch.setattr(health, "_serves", all_serve)


@defect("integrations.up_is_healthy", breaks="INT-05")
def up_is_healthy(patch: Patch) -> None:
    """The process answers, so it is healthy; the database is not asked, which costs a query."""
    from reference_impl.operations import health

    async def serves(state: Any) -> bool:
        return True

    patch.setattr(health, "_serves", serves)


@defect("integrations.unset_is_down", breaks="INT-06")
def unset_is_down(patch: Patch) -> None:
    """A vendor that is not configured can't be reached, and is told as one that is down."""
    from reference_impl.adapters import vendors

    asked = vendors._asked

    async def asked_anyway(check: Any) -> Health:
        found = await asked(check)
        return replace(found, state="unhealthy") if found.state == "not_configured" else found

    patch.setattr(vendors, "_asked", asked_anyway)


@defect("integrations.only_those_with_a_client", breaks="INT-07")
def only_those_with_a_client(patch: Patch) -> None:
    """The page lists the clients that there are; a vendor that somebody forgot to configure is not on it."""
    from reference_impl.adapters.vendors import Vendors

    ask = Vendors._ask

    async def ask_some(self: Vendors) -> list[Checked]:
        return [one for one in await ask(self) if one.breaker is not None]

    patch.setattr(Vendors, "_ask", ask_some)


@defect("integrations.letters_of_all", breaks="INT-08")
def letters_of_all(patch: Patch) -> None:
    """Dead letters are the platform's, so every operator sees all of them."""
    from sqlalchemy import text

    from reference_impl.operations.dead_letters import DeadLetterRepository

    page = DeadLetterRepository.page

    async def page_of_all(
        self: DeadLetterRepository, tenant_id: str, *, limit: int, offset: int
    ) -> tuple[list[DeadLetter], int]:
        rows: list[DeadLetter] = []
        for one in (await self._work.execute(text("SELECT id FROM tenant"))).scalars().all():
            rows += (await page(self, str(one), limit=100, offset=0))[0]
        return rows[offset : offset + limit], len(rows)

    patch.setattr(DeadLetterRepository, "page", page_of_all)


@defect("integrations.numbers_of_all", breaks="INT-08")
def numbers_of_all(patch: Patch) -> None:
    """The numbers of deliveries are counted over the whole platform."""
    from reference_impl.operations import dead_letters

    patch.replace(dead_letters, "QUEUES", "outbox.tenant_id = :tenant_id", ":tenant_id <> ''")


@defect("integrations.any_letter_by_id", breaks="INT-08")
def any_letter_by_id(patch: Patch) -> None:
    """Who knows the ids of a dead letter may send it again."""
    from reference_impl.operations import dead_letters

    patch.replace(dead_letters, "REPLAY", "outbox.tenant_id = :tenant_id", ":tenant_id <> ''")


@defect("integrations.replayed_whatever_it_is", breaks="INT-09")
def replayed_whatever_it_is(patch: Patch) -> None:
    """Sending again sets the event back, also one that has been delivered since."""
    from reference_impl.operations import dead_letters

    patch.replace(dead_letters, "REPLAY", " AND inbox.status = 'dead'", "")


@defect("integrations.inline_is_easier", breaks="INT-10")
def inline_is_easier(patch: Patch) -> None:
    """The policy of the page lets everything inline run, since its own script is inline."""
    from reference_impl.operations import page

    patch.setattr(page, "policy", lambda: "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'")


@defect("integrations.left_to_right", breaks="INT-10")
def left_to_right(patch: Patch) -> None:
    """The page was translated, and its direction forgotten."""
    from reference_impl.operations import page

    patch.setattr(page, "RIGHT_TO_LEFT", frozenset())


@defect("integrations.log_in_page_is_fine", breaks="INT-10")
def log_in_page_is_fine(patch: Patch) -> None:
    """The log-in form is a page like others, and is answered as one: 200."""
    from reference_impl.operations import page

    render = page.render

    def render_well(request: Any, template: str, *, status: int = 200, **values: Any) -> Any:
        return render(request, template, **values)

    patch.setattr(page, "render", render_well)
