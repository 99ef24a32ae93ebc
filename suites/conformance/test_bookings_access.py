"""Whose bookings they are: customers see their own, operators those of their tenant, and nobody another tenant's."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fixtures.booking import Booker, Desk, as_booking, on
from fixtures.checks import requirement
from suites.conformance.shapes import ID, REFUSED, error_faults, list_faults, money_faults

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper
    from fixtures.booking import Booking, Service
    from fixtures.client import Api
    from fixtures.targets import Tenant

NOWHERE = "book_01HZZZZZZZZZZZZZZZZZZZZZZZ"
OWN_CHANGES = ("cancel", "confirm", "check-in", "reschedule")


def _body(desk: Desk, change: str) -> dict[str, object]:
    return {"new_start_time": f"{desk.day}T11:00:00Z"} if change == "reschedule" else {}


@requirement("BKG-17")
def test_own_bookings_only(booker: Booker, booking: Booking, roomy: Service, shopper: Shopper) -> None:
    """Somebody else's booking is neither read nor listed nor counted, whatever customer the query names."""
    newcomer = Booker(shopper)
    assert error_faults(newcomer.api.get(f"/store/bookings/{booking.id}").expect(403, 404)) == []
    for query in ({}, {"customer_id": booker.id}):
        page = newcomer.api.get("/store/bookings", query).expect(200)
        assert (page["bookings"], page["count"]) == ([], 0)
    mine = newcomer.book(roomy, booking.start_time)
    assert newcomer.bookings() == [mine]
    assert mine not in booker.bookings(roomy)


@requirement("BKG-17")
@pytest.mark.parametrize("change", OWN_CHANGES)
def test_own_changes_only(
    desk: Desk, booker: Booker, other_booker: Booker, booking: Booking, anonymous: Api, change: str
) -> None:
    """Nobody but its customer changes a booking: another one is told that there is none, a stranger to log in."""
    if change == "check-in":
        booker.turn(booking, "confirm").expect(200)
    before = booker.booking(booking)
    assert error_faults(other_booker.turn(booking, change, **_body(desk, change)).expect(403, 404)) == []
    anonymous.post(f"/store/bookings/{booking.id}/{change}", _body(desk, change)).expect(401)
    assert booker.booking(before) == before


@requirement("BKG-17")
def test_log_in_to_book(desk: Desk, anonymous: Api, untouched: Service) -> None:
    """Whoever is not logged in looks around, and neither books nor lists."""
    body = {"service_id": untouched.id, "start_time": f"{desk.day}T09:00:00Z", "customer_email": "a@example.com"}
    anonymous.post("/store/bookings", body).expect(401)
    anonymous.get("/store/bookings").expect(401)
    assert len(desk.slots(untouched)) == 24


@requirement("BKG-17")
def test_booking_is_for_whoever_asks(desk: Desk, booker: Booker, other_booker: Booker) -> None:
    """A body that names another customer is refused, or books for the one who is logged in."""
    service = desk.open()
    answer = booker.ask(service, on(desk.day, 9), customer_id=other_booker.id, status="confirmed", total=0)
    if answer.expect(200, 201, 400).is_success:
        assert as_booking(answer).status == "pending"
    assert other_booker.bookings(service) == []


@requirement("BKG-17")
@pytest.mark.parametrize("change", OWN_CHANGES)
def test_unknown_booking(desk: Desk, booker: Booker, change: str) -> None:
    """A booking that does not exist cannot be changed or read: 404, for the customer and for the operator."""
    path = f"/store/bookings/{NOWHERE}"
    assert error_faults(booker.api.post(f"{path}/{change}", _body(desk, change)).expect(404)) == []
    assert error_faults(booker.api.get(path).expect(404)) == []
    assert error_faults(desk.operator.api.get(f"/admin/bookings/{NOWHERE}").expect(404)) == []
    assert error_faults(desk.operator.api.put(f"/admin/bookings/{NOWHERE}", {"status": "confirmed"}).expect(404)) == []


@requirement("BKG-18")
def test_operator_finds_bookings(desk: Desk, booker: Booker, other_booker: Booker) -> None:
    """Filters for service, provider, customer and status find what they say, and the count is the total."""
    service = desk.open(providers=2)
    first, second = service.provider_ids
    mine = booker.book(service, on(desk.day, 9), provider_id=first)
    other = other_booker.book(service, on(desk.day, 9), provider_id=second)
    desk.bring(other, "cancelled")
    for query, found in (
        ({}, [other, mine]),
        ({"provider_id": first}, [mine]),
        ({"customer_id": other_booker.id}, [other]),
        ({"status": "cancelled"}, [other]),
        ({"status": "completed"}, []),
        ({"limit": 1}, [other]),
        ({"limit": 1, "offset": 1}, [mine]),
        ({"limit": 0}, []),
    ):
        page = desk.operator.api.get("/admin/bookings", {"service_id": service.id, **query}).expect(200)
        assert list_faults(page, "bookings") == []
        assert [row["id"] for row in page["bookings"]] == [one.id for one in found]
        assert page["count"] == (2 if query.keys() <= {"limit", "offset"} else len(found))


@requirement("BKG-18")
def test_operator_books_for_a_customer(desk: Desk, booker: Booker, other_booker: Booker) -> None:
    """An operator books for a customer, who finds it as the own; the place is taken like any other."""
    service = desk.open()
    body = {"service_id": service.id, "start_time": f"{desk.day}T09:00:00Z", "customer_email": booker.email}
    answer = desk.operator.api.post("/admin/bookings", {**body, "customer_id": booker.id}).expect(200, 201)
    assert booker.bookings(service) == [as_booking(answer)]
    again = desk.operator.api.post("/admin/bookings", {**body, "customer_id": other_booker.id})
    assert error_faults(again.expect(*REFUSED)) == []
    assert other_booker.bookings(service) == []


@requirement("BKG-18")
def test_operator_books_for_nobody(desk: Desk, untouched: Service) -> None:
    """A booking needs a customer who exists."""
    body = {"service_id": untouched.id, "start_time": f"{desk.day}T09:00:00Z", "customer_email": "a@example.com"}
    assert error_faults(desk.operator.api.post("/admin/bookings", body).expect(400)) == []
    unknown = {**body, "customer_id": "cus_01HZZZZZZZZZZZZZZZZZZZZZZZ"}
    assert error_faults(desk.operator.api.post("/admin/bookings", unknown).expect(400, 404)) == []


@requirement("BKG-18")
def test_note_of_the_operator(desk: Desk, booker: Booker, booking: Booking) -> None:
    """A note changes the note: status, times and money stay, and they are nothing that an operator can just write."""
    noted = desk.change(booking, provider_notes="Bring an apron ✓").expect(200)["booking"]
    assert noted["provider_notes"] == "Bring an apron ✓"
    assert booker.booking(booking) == booking
    for change in ({"total": 0}, {"start_time": f"{desk.day}T11:00:00Z"}, {"customer_id": "cus_1"}, {"id": "book_1"}):
        desk.change(booking, **change).expect(200, 400)
        assert booker.booking(booking) == booking


@requirement("BKG-18")
@pytest.mark.parametrize("path", ["services", "providers", "availability", "exceptions", ""])
def test_desk_is_for_operators(booker: Booker, anonymous: Api, untouched: Service, path: str) -> None:
    """Neither a customer nor anybody without a log-in prepares, makes or lists bookings at the desk."""
    body = {"name": "Mine", "duration_minutes": 60, "price": 1, "provider_id": untouched.provider_ids[0]}
    for api in (booker.api, anonymous):
        api.post(f"/admin/bookings/{path}".rstrip("/"), body).expect(401)
        api.get("/admin/bookings").expect(401)


@requirement("BKG-24")
def test_services_are_listed(desk: Desk) -> None:
    """The storefront lists what can be booked, the newest first, each with its length and price; count is the total."""
    first, second = desk.open(duration_minutes=30, price=Decimal("12.5")), desk.open()
    page = desk.shop.get("/store/bookings/services", {"limit": 100}).expect(200)
    assert list_faults(page, "services") == []
    rows = {row["id"]: row for row in page["services"]}
    assert {first.id, second.id} <= set(rows)
    assert [row["id"] for row in page["services"] if row["id"] in (first.id, second.id)] == [second.id, first.id]
    assert (rows[first.id]["duration_minutes"], rows[first.id]["price"]) == (30, Decimal("12.5"))
    assert [fault for row in rows.values() for fault in money_faults(row, "price")] == []
    assert all(ID.fullmatch(one) for one in rows)
    assert page["count"] >= len(rows)
    assert desk.shop.get("/store/bookings/services", {"limit": 1}).expect(200)["count"] >= 2


@requirement("BKG-24")
@pytest.mark.parametrize("path", ["/store/bookings", "/admin/bookings", "/store/bookings/services"])
@pytest.mark.parametrize("query", ["limit=-1", "limit=abc", "offset=-1", "limit=101"])
def test_bounded_pages(desk: Desk, booker: Booker, path: str, query: str) -> None:
    """A page has a limit from 0 to 100 and an offset from 0 on; anything else is refused, or lowered in the answer."""
    api = desk.operator.api if path.startswith("/admin") else booker.api
    answer = api.get(f"{path}?{query}").expect(*((200, 400) if query == "limit=101" else (400,)))
    if answer.status == 200:
        assert answer["limit"] <= 100
    else:
        assert error_faults(answer) == []


@requirement("BKG-20")
def test_another_tenant_s_desk(desk: Desk, booking: Booking, stranger_operator: Operator) -> None:
    """Another tenant's operator neither reads nor changes nor lists nor counts the booking."""
    path = f"/admin/bookings/{booking.id}"
    assert error_faults(stranger_operator.api.get(path).expect(404)) == []
    assert error_faults(stranger_operator.api.put(path, {"status": "cancelled"}).expect(404)) == []
    for query in ({"service_id": booking.service_id}, {"customer_id": booking.customer_id}):
        page = stranger_operator.api.get("/admin/bookings", {name: it or "" for name, it in query.items()}).expect(200)
        assert (page["bookings"], page["count"]) == ([], 0)
    rows = stranger_operator.api.get("/admin/bookings", {"limit": 100}).expect(200)["bookings"]
    assert booking.id not in [row["id"] for row in rows]
    assert desk.booking(booking) == booking


@requirement("BKG-20")
def test_another_tenant_s_service(desk: Desk, second_tenant: Tenant, stranger: Shopper) -> None:
    """Another tenant's storefront does not list, show or book the service or its providers."""
    service = desk.open()
    shop = desk.shop.at(second_tenant)
    listed = shop.get("/store/bookings/services", {"limit": 100}).expect(200)["services"]
    assert service.id not in [row["id"] for row in listed]
    for path in (
        f"/store/bookings/services/{service.id}/providers",
        f"/store/bookings/availability?service_id={service.id}&date={desk.day}",
    ):
        assert error_faults(shop.get(path).expect(404)) == []
    visitor = Booker(stranger)
    before = visitor.bookings()
    assert error_faults(visitor.ask(service, on(desk.day, 9)).expect(404)) == []
    assert visitor.bookings() == before
    assert len(desk.slots(service)) == 24


@requirement("BKG-20")
def test_nothing_of_another_tenant_is_made_ours(
    desk: Desk, booker: Booker, stranger: Shopper, stranger_operator: Operator
) -> None:
    """An operator gives another tenant's provider no hours and no day off, and books for none of its customers."""
    service = desk.open()
    (provider_id,) = service.provider_ids
    stranger_api = stranger_operator.api
    for path, body in (
        ("providers", {"name": "Intruder", "service_ids": [service.id]}),
        ("availability", {"provider_id": provider_id, "weekly_schedule": {}}),
        ("exceptions", {"provider_id": provider_id, "date": desk.day.isoformat()}),
    ):
        assert error_faults(stranger_api.post(f"/admin/bookings/{path}", body).expect(400, 404)) == []
    theirs = {"service_id": service.id, "start_time": f"{desk.day}T09:00:00Z", "customer_email": "a@example.com"}
    for customer_id in (stranger.id, booker.id):
        stranger_api.post("/admin/bookings", {**theirs, "customer_id": customer_id}).expect(400, 404)
    desk.operator.api.post("/admin/bookings", {**theirs, "customer_id": stranger.id}).expect(400, 404)
    assert len(desk.slots(service)) == 24
    assert len(desk.shop.get(f"/store/bookings/services/{service.id}/providers").expect(200)["providers"]) == 1
