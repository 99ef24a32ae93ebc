"""The schema's history: it ends at the models, and each revision that changes rows does with them what it says."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError

import reference_impl.migrations
from fixtures.checks import eventually
from fixtures.postgres import template
from reference_impl.core.database import metadata
from reference_impl.migrations import downgrade, upgrade
from reference_impl.migrations.steps import NotAsItMustBe
from reference_impl.tests.history import BEFORE, History, begin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.postgres import PostgresServer


@pytest.fixture
def history(postgres: PostgresServer) -> Iterator[History]:
    """A database before the first revision that changes rows, with a tenant and what belongs to one."""
    with postgres.fresh("history", template(postgres, "history_before", begin)) as url:
        yield History(url)


def test_the_history_ends_at_the_models(database: str) -> None:
    """An empty database that has run every revision has exactly the tables that the models describe."""
    upgrade(database)
    engine = create_engine(database.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
    engine.dispose()
    assert differences == []


def test_upgrading_again_changes_nothing(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A database at the newest revision stays as it is."""
    upgrade(database)
    upgrade(database)
    assert capsys.readouterr().out == ""


def test_all_the_way_down_nothing_is_left(history: History) -> None:
    """From the newest revision down to none, no table, sequence, view or function of ours stays."""
    history.up("head")
    history.down("base")
    assert history.rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind <> 'i'"
    ) == [("alembic_version",)]
    assert history.one("SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace") == 0


def test_what_was_stopped_before_it_was_recorded_is_run_again(history: History) -> None:
    """Each revision may fail at its very end, on its way up and down: the next run finds what is done, and goes on."""
    scripts = sorted(path.stem for path in (Path(reference_impl.migrations.__file__).parent / "versions").glob("0*.py"))
    changing = scripts[scripts.index(BEFORE) :]
    for step, revisions in ((history.up, changing[1:]), (history.down, scripts[-2::-1]), (history.up, scripts[1:])):
        for revision in revisions:
            history.run(
                f"ALTER TABLE alembic_version ADD CONSTRAINT stop CHECK (version_num <> '{revision}') NOT VALID"
            )
            with pytest.raises(IntegrityError, match='"stop"'):
                step(revision)
            history.run("ALTER TABLE alembic_version DROP CONSTRAINT stop")
            step(revision)
    assert history.one("SELECT version_num FROM alembic_version") == scripts[-1]


def test_an_index_is_made_while_another_process_waits_to_migrate(database: str) -> None:
    """Who waits for its turn to migrate holds up nobody's concurrent index, which would wait for it in turn."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE other (id INTEGER)")
        connection.execute("SELECT pg_advisory_lock(7102024)")
        waiting = threading.Thread(target=upgrade, args=(database, "0001_tenants"))
        waiting.start()
        try:
            asked = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND (query LIKE 'SELECT pg%advisory_lock%' OR query = 'COMMIT')"
            )
            eventually(lambda: connection.execute(asked).fetchone(), until=lambda found: found == (1,))
            connection.execute("CREATE INDEX CONCURRENTLY ix_other ON other (id)")
        finally:
            connection.execute("SELECT pg_advisory_unlock(7102024)")
            waiting.join()
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001_tenants",)


def test_the_feed_has_what_was_told_before_it(database: str) -> None:
    """Events that were handed out already are numbered in the order of their positions, others when they are."""
    upgrade(database, "0015_vendors_answers")
    history = History(database)
    history.run(
        "INSERT INTO outbox (id, tenant_id, type, aggregate_id, payload, created_at, dispatched_at)"
        " SELECT 'evt_' || n, 'tnt', 'order.placed', 'order_1', '{}', now() - n * interval '1 day',"
        " CASE WHEN n < 30 THEN now() END FROM generate_series(1, 30) AS n"
    )
    upgrade(database, "0016_event_feed")
    found = [number for (number,) in history.rows("SELECT feed_number FROM outbox ORDER BY position")]
    assert found == [*range(1, 30), None]
    downgrade(database, "0015_vendors_answers")
    assert history.one("SELECT count(*) FROM outbox") == 30


def share(history: History, number: int, status: str = "pending") -> None:
    """Give the vendor a share of an order."""
    history.run(
        "INSERT INTO vendor_order (id, tenant_id, vendor_id, order_id, vendor_order_number, status, currency_code,"
        " subtotal, total, commission_amount, net_amount, created_at, updated_at)"
        " VALUES (%s, 'tnt', 'vend', %s, %s, %s, 'sar', 10, 10, 1, 9, now(), now())",
        f"vord_{number}",
        f"order_{number}",
        str(number),
        status,
    )


def test_orders_of_vendors_may_be_disputed_and_returned(history: History) -> None:
    """The two new states are taken, and no others; on the way down they become delivered, and nothing else changes."""
    history.up("0022_reference_once")
    share(history, 1, "shipped")
    with pytest.raises(psycopg.errors.CheckViolation):
        share(history, 2, "disputed")
    history.up("0023_disputes_and_returns")
    share(history, 2, "disputed")
    share(history, 3, "returned")
    with pytest.raises(psycopg.errors.CheckViolation, match='"ck_vendor_order_status"'):
        share(history, 4, "lost")
    history.down("0022_reference_once")
    states = history.rows("SELECT status FROM vendor_order ORDER BY id")
    assert states == [("shipped",), ("delivered",), ("delivered",)]


def test_a_vendor_has_one_name_under_two_names_until_the_old_one_goes(history: History) -> None:
    """Old and new servers write either column and both say the same; the last one written stays in the end."""
    insert = (
        "INSERT INTO vendor (id, tenant_id, handle, {}, legal_name, email, address, created_at, updated_at)"
        " VALUES (%s, 'tnt', %s, %s, 'Ltd', 'v@example.com', '-', now(), now())"
    )
    both = "SELECT name, business_name FROM vendor ORDER BY id DESC"
    history.up("0024_vendor_business_name")
    assert history.rows(both) == [("سوق السجاد", "سوق السجاد")]
    history.run(insert.format("name"), "v2", "old", "كتب")  # a server of the release before
    history.up("0025_vendor_name_optional")
    history.run(insert.format("business_name"), "v1", "new", "Books")  # and one of the next
    history.run("UPDATE vendor SET name = 'Rugs' WHERE id = 'vend'")
    history.run("UPDATE vendor SET business_name = 'دفاتر' WHERE id = 'v2'")
    assert history.rows(both) == [("Rugs", "Rugs"), ("دفاتر", "دفاتر"), ("Books", "Books")]
    history.up("0026_vendor_name_dropped")
    assert history.rows("SELECT business_name FROM vendor ORDER BY id DESC") == [("Rugs",), ("دفاتر",), ("Books",)]
    history.down("0025_vendor_name_optional")
    history.run("UPDATE vendor SET name = 'Carpets' WHERE id = 'vend'")
    assert history.rows(both)[0] == ("Carpets", "Carpets")
    history.down("0023_disputes_and_returns")
    assert history.rows("SELECT name FROM vendor ORDER BY id DESC") == [("Carpets",), ("دفاتر",), ("Books",)]


def test_names_that_were_written_past_the_trigger_stop_the_drop(history: History) -> None:
    """Where the two columns say different things, the revision asks instead of losing one."""
    history.up("0025_vendor_name_optional")
    history.run("ALTER TABLE vendor DISABLE TRIGGER named")
    history.run("UPDATE vendor SET name = 'Rugs'")
    with pytest.raises(NotAsItMustBe, match=r"^1 vendors have a name that is not their business name"):
        history.up("0026_vendor_name_dropped")


def test_the_index_of_a_customers_orders_replaces_a_broken_one(history: History) -> None:
    """An invalid leftover goes before the index is made; the way down takes the index and no order."""
    history.up("0026_vendor_name_dropped")
    history.run('CREATE INDEX ix_order_customer_created ON "order" (customer_id)')
    history.run("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_order_customer_created'::regclass")
    history.up("0027_orders_of_a_customer")
    definition = "SELECT pg_get_indexdef(to_regclass('ix_order_customer_created'))"
    assert history.one(definition).endswith("(customer_id, created_at)")
    history.down("0026_vendor_name_dropped")
    assert history.one(definition) is None
    assert history.one('SELECT count(*) FROM "order"') == 4


def test_commissions_forget_rules_that_are_no_more(history: History) -> None:
    """A rule that exists is kept, one that was deleted becomes none, and no amount changes."""
    history.run(
        "INSERT INTO commission_rule (id, tenant_id, name, type, rate, priority, status, created_at, updated_at)"
        " VALUES ('rule', 'tnt', 'عمولة', 'percentage', 10, 1, 'active', now(), now())"
    )
    for number, rule in enumerate(("rule", "deleted", None), start=1):
        share(history, number)
        history.run(
            "INSERT INTO commission (id, tenant_id, vendor_id, vendor_order_id, order_id, rule_id, currency_code,"
            " gross_amount, commission_amount, net_amount, status, created_at, updated_at)"
            " SELECT 'comm_' || id, 'tnt', 'vend', id, order_id, %s, 'sar', 10, 1, 9, 'paid', now(), now()"
            " FROM vendor_order WHERE id = %s",
            rule,
            f"vord_{number}",
        )
    history.up("0028_commission_rule_exists")
    found = history.rows("SELECT rule_id, commission_amount + net_amount FROM commission ORDER BY id")
    assert found == [("rule", 10), (None, 10), (None, 10)]
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        history.run("UPDATE commission SET rule_id = 'deleted'")
    history.down("0027_orders_of_a_customer")
    history.run("UPDATE commission SET rule_id = 'deleted' WHERE rule_id IS NULL")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("شارع الملك فهد ٢\nجدة", {"line1": "شارع الملك فهد ٢\nجدة"}),
        ('{"city": "جدة", "line1": "شارع"}', {"line1": "شارع", "city": "جدة"}),
        ('{"line1": "broken', {"line1": '{"line1": "broken'}),
        ('["a"]', {"line1": '["a"]'}),
        ("12", {"line1": "12"}),
        (r'{"line1": "\u0000"}', {"line1": r'{"line1": "\u0000"}'}),
        ("", {"line1": ""}),
    ],
)
def test_an_address_keeps_every_letter(history: History, text: str, parts: dict[str, str]) -> None:
    """JSON objects become objects, any other text is their first line, and the way down gives the text again."""
    history.up("0028_commission_rule_exists")
    history.run("UPDATE vendor SET address = %s", text)
    history.up("0029_vendor_address")
    assert history.one("SELECT address FROM vendor") == parts
    history.down("0028_commission_rule_exists")
    assert history.one("SELECT address FROM vendor") == text


def plan(history: History, name: str, currency: str, day: int, *, deleted: bool = False) -> None:
    history.run(
        "INSERT INTO insurance_plan (id, tenant_id, product_id, plan_type, coverage_amount, premium, currency,"
        " created_at, updated_at, deleted_at)"
        " VALUES (%s, 'tnt', 'prod', 'theft', 100, 5, %s, now(), make_timestamptz(2026, 1, %s, 0, 0, 0),"
        " CASE WHEN %s THEN now() END)",
        name,
        currency,
        day,
        deleted,
    )


def test_spellings_become_currencies_and_the_same_plan_stays_once(history: History) -> None:
    """SR, sar and ر.س are one currency; of plans that are then the same the last changed stays on offer."""
    for day, (name, currency) in enumerate(
        (("a", "SR"), ("b", "ر.س"), ("c", "sar"), ("d", "$"), ("e", "د.ك")), start=1
    ):
        plan(history, name, currency, day)
    plan(history, "f", "SR", 9, deleted=True)
    history.up("0030_insurance_plan_currency")
    found = history.rows("SELECT id, currency_code, deleted_at IS NULL FROM insurance_plan ORDER BY id")
    assert found == [
        ("a", "sar", False),
        ("b", "sar", False),
        ("c", "sar", True),
        ("d", "usd", True),
        ("e", "kwd", True),
        ("f", "sar", False),
    ]
    history.down("0029_vendor_address")
    found = history.rows("SELECT currency FROM insurance_plan ORDER BY id")
    assert found == [("SAR",), ("SAR",), ("SAR",), ("USD",), ("KWD",), ("SAR",)]


def test_a_plan_that_is_written_meanwhile_is_mapped_by_the_next_run(history: History) -> None:
    """As long as the revision is not through, a server of the release before may write the word of a plan."""
    plan(history, "a", "SR", 1)
    history.run("ALTER TABLE alembic_version ADD CONSTRAINT stop CHECK (version_num < '0030') NOT VALID")
    with pytest.raises(IntegrityError, match='"stop"'):
        history.up("0030_insurance_plan_currency")
    history.run("UPDATE insurance_plan SET currency = '$'")
    history.run("ALTER TABLE alembic_version DROP CONSTRAINT stop")
    history.up("0030_insurance_plan_currency")
    assert history.one("SELECT currency_code FROM insurance_plan") == "usd"


def test_a_currency_that_nobody_knows_stops_it(history: History) -> None:
    """A word that is not in the list is named, and no plan changes."""
    history.run("ALTER TABLE insurance_plan DROP CONSTRAINT ck_insurance_plan_currency")
    plan(history, "a", "بيتكوين", 1)
    with pytest.raises(NotAsItMustBe, match=r"which currency this is: بيتكوين\."):
        history.up("0030_insurance_plan_currency")
    assert history.one("SELECT currency FROM insurance_plan") == "بيتكوين"


def test_days_off_are_written_under_both_names(history: History) -> None:
    """After the rename the release before still reads and writes by the old name; then that name goes, and no row."""
    history.run(
        "INSERT INTO booking_provider (id, tenant_id, name, timezone, weekly_schedule, created_at, updated_at)"
        " VALUES ('huda', 'tnt', 'هدى', 'Asia/Riyadh', '{}', now(), now())"
    )
    off = (
        "INSERT INTO {} (id, tenant_id, provider_id, date, hours, reason, created_at, updated_at)"
        " VALUES (%s, 'tnt', 'huda', %s, '[]', 'عيد الفطر', now(), now())"
    )
    history.run(off.format("booking_day_off"), "1", "2026-03-20")
    history.up("0031_booking_exceptions")
    history.run(off.format("booking_day_off"), "2", "2026-03-21")
    history.run(off.format("booking_exception"), "3", "2026-03-22")
    assert history.one("SELECT count(*) FROM booking_day_off WHERE reason = 'عيد الفطر'") == 3
    with pytest.raises(psycopg.errors.UniqueViolation, match='"uq_booking_exception_provider_date"'):
        history.run(off.format("booking_day_off"), "4", "2026-03-22")
    history.up("0032_no_days_off")
    assert history.one("SELECT count(*) FROM booking_exception") == 3
    history.down("0030_insurance_plan_currency")
    assert history.one("SELECT count(*) FROM booking_day_off") == 3


def test_parcels_leave_the_order_and_come_back(history: History) -> None:
    """What an order says of its parcel is carried, also what is written meanwhile; the way down puts it back."""
    history.run(
        "UPDATE \"order\" SET parcel_provider = 'fleetbase', parcel_external_id = 'fb_1', tracking_number = 'رقم-٢',"
        " shipped_at = '2026-01-01 00:00:00.000001+00' WHERE id = 'order_1'"
    )
    history.run("UPDATE \"order\" SET delivered_at = '2026-01-02 00:00+00' WHERE id = 'order_2'")  # and nothing else
    kept = (
        "SELECT id, parcel_provider, parcel_external_id, tracking_number, shipped_at, delivered_at"
        ' FROM "order" ORDER BY id'
    )
    before = history.rows(kept)
    history.up("0033_fulfillment")
    parcels = "SELECT order_id, provider_id, external_id, tracking_number FROM fulfillment ORDER BY order_id"
    assert history.rows(parcels) == [
        ("order_1", "fleetbase", "fb_1", "رقم-٢"),
        ("order_2", "manual", "order_2", None),
    ]
    history.down("0032_no_days_off")
    assert history.rows(kept) == before
    history.up("0033_fulfillment")
    history.run("UPDATE \"order\" SET tracking_number = 'T-2' WHERE id IN ('order_2', 'order_3')")  # the release before
    history.up("0034_order_without_parcel")
    assert [row[3] for row in history.rows(parcels)] == ["رقم-٢", "T-2", "T-2"]
    history.down("0033_fulfillment")
    assert [row[3] for row in history.rows(kept)] == ["رقم-٢", "T-2", "T-2", None]
    assert history.rows(kept)[0] == before[0]
