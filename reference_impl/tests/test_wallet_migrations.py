"""Revisions that change wallets and their ledgers, with rows in them that nobody would have written on purpose."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import psycopg
import pytest

from fixtures.postgres import template
from reference_impl.migrations.steps import NotAsItMustBe
from reference_impl.tests.history import History, begin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.postgres import PostgresServer

LEDGER = "SELECT id, amount, balance_after FROM wallet_transaction ORDER BY id"
EQUAL = (
    "SELECT count(*) FROM wallet WHERE balance <> "
    "coalesce((SELECT sum(amount) FROM wallet_transaction WHERE wallet_id = wallet.id), 0)"
)


@pytest.fixture
def history(postgres: PostgresServer) -> Iterator[History]:
    """A history with three wallets: one with a ledger of doubles, an empty one, and one in dinars of three digits."""
    with postgres.fresh("history", template(postgres, "history_before", begin)) as url:
        history = History(url)
        for number, currency, balance in ((1, "sar", 0.1 + 0.2), (2, "sar", 0.0), (3, "kwd", 1.125)):
            history.run(
                "INSERT INTO wallet (id, tenant_id, customer_id, currency, balance, created_at, updated_at)"
                " VALUES (%s, 'tnt', %s, %s, %s, now(), now())",
                f"wal_{number}",
                f"cus_{number}",
                currency,
                balance,
            )
        move(history, "wtxn_c", 1, 0.1, 0.1, reference="order-1", day=1)
        move(history, "wtxn_b", 1, 0.2, 0.1 + 0.2, reference="طلب-٢", day=2)
        move(history, "wtxn_d", 3, 1.125, 1.125, day=3)
        yield history


def move(
    history: History,
    movement: str,
    wallet: int,
    amount: float,
    after: float,
    reference: str | None = None,
    description: str | None = None,
    day: int = 9,
) -> None:
    """Write a row of the ledger as the release before did: without a number."""
    history.run(
        "INSERT INTO wallet_transaction"
        " (id, wallet_id, type, amount, balance_after, reference_id, description, created_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, make_timestamptz(2026, 1, %s, 0, 0, 0))",
        movement,
        f"wal_{wallet}",
        "credit" if amount > 0 else "debit",
        amount,
        after,
        reference,
        description,
        day,
    )


def test_doubles_become_the_amounts_they_stood_for(history: History) -> None:
    """0.30000000000000004 becomes 0.30 and ledgers give balances; a true fraction of a halala is kept."""
    history.run("UPDATE wallet SET balance = 0.125 WHERE id = 'wal_2'")
    move(history, "wtxn_e", 2, 0.125, 0.125)
    history.up("0018_money_exact_only")
    assert history.rows(LEDGER) == [
        ("wtxn_b", Decimal("0.20"), Decimal("0.30")),
        ("wtxn_c", Decimal("0.10"), Decimal("0.10")),
        ("wtxn_d", Decimal("1.125"), Decimal("1.125")),
        ("wtxn_e", Decimal("0.125"), Decimal("0.125")),
    ]
    assert history.one(EQUAL) == 0
    assert str(history.one("SELECT balance FROM wallet WHERE id = 'wal_1'")) == "0.30"
    history.down("0016_event_feed")
    assert history.rows("SELECT balance FROM wallet ORDER BY id") == [(0.3,), (0.125,), (1.125,)]


def test_what_is_written_in_doubles_meanwhile_is_exact_too(history: History) -> None:
    """Between the two steps a server of the release before writes doubles, and the exact amounts follow."""
    history.up("0017_money_exact")
    history.run("UPDATE wallet SET balance = 0.7 + CAST(0.1 AS float8) WHERE id = 'wal_2'")
    move(history, "wtxn_e", 2, 0.7 + 0.1, 0.7 + 0.1)
    history.up("0018_money_exact_only")
    assert history.one("SELECT balance FROM wallet WHERE id = 'wal_2'") == Decimal("0.80")
    assert history.one(EQUAL) == 0


def test_a_movement_never_becomes_nothing_and_dust_in_a_balance_does(history: History) -> None:
    """What a double left behind in a balance goes; a movement of as little stays, since none is of nothing."""
    history.run("UPDATE wallet SET balance = 5.551115123125783e-17 WHERE id = 'wal_2'")
    move(history, "wtxn_e", 2, 1e-12, 0.0)
    history.up("0018_money_exact_only")
    assert history.one("SELECT balance FROM wallet WHERE id = 'wal_2'") == 0
    assert history.one("SELECT amount FROM wallet_transaction WHERE id = 'wtxn_e'") == Decimal("0.000000000001")


def test_amounts_that_are_no_number_stop_it(history: History) -> None:
    """A balance that is NaN is nobody's to guess: the revision says how many there are, and changes nothing."""
    history.run("UPDATE wallet SET balance = 'NaN' WHERE id = 'wal_2'")
    with pytest.raises(NotAsItMustBe, match=r"^1 amounts of wallets are NaN or infinite"):
        history.up("0017_money_exact")
    assert history.one("SELECT version_num FROM alembic_version") == "0016_event_feed"


def test_movements_are_numbered_in_their_order(history: History) -> None:
    """Each ledger is numbered by time and each wallet gets the count; whoever writes no number gets the next one."""
    history.up("0020_wallet_numbers")
    move(history, "wtxn_a", 1, 5, 5.3)
    history.up("0021_wallet_version_required")
    numbers = "SELECT wallet_id, version, id FROM wallet_transaction ORDER BY wallet_id, version"
    assert history.rows(numbers) == [
        ("wal_1", 1, "wtxn_c"),
        ("wal_1", 2, "wtxn_b"),
        ("wal_1", 3, "wtxn_a"),
        ("wal_3", 1, "wtxn_d"),
    ]
    assert history.rows("SELECT version FROM wallet ORDER BY id") == [(3,), (0,), (1,)]
    with pytest.raises(psycopg.errors.NotNullViolation):
        move(history, "wtxn_f", 1, 5, 10.3)
    history.down("0019_wallet_version")
    assert history.one("SELECT count(*) FROM wallet WHERE version IS NOT NULL") == 0
    history.down("0018_money_exact_only")
    history.up("0021_wallet_version_required")
    assert history.one("SELECT version FROM wallet_transaction WHERE id = 'wtxn_a'") == 3


def test_numbering_goes_on_where_it_was_stopped(history: History) -> None:
    """Wallets that have their number are left alone by the next run, also those that moved on since."""
    history.up("0019_wallet_version")
    history.run("UPDATE wallet SET version = 0 WHERE id = 'wal_2'")  # as the first batch left it, before it was stopped
    move(history, "wtxn_e", 2, 1, 1)
    history.up("0020_wallet_numbers")
    assert history.rows("SELECT version FROM wallet ORDER BY id") == [(2,), (1,), (1,)]


def test_a_repeat_keeps_its_money_and_gives_up_its_reference(history: History) -> None:
    """Of movements with one reference the first keeps it, the others say whose repeat they are; the ledger is whole."""
    move(history, "wtxn_e", 1, 0.1, 0.4, reference="order-1", description="دفعة", day=4)
    move(history, "wtxn_f", 1, 0.1, 0.5, reference="order-1", day=5)
    move(history, "wtxn_g", 1, -0.1, 0.4, reference="order-1", day=6)  # another type: no repeat
    move(history, "wtxn_h", 1, 0.1, 0.5, day=7)
    history.run("UPDATE wallet SET balance = 0.5 WHERE id = 'wal_1'")
    history.up("0021_wallet_version_required")
    query = "SELECT id, reference_id, description FROM wallet_transaction WHERE wallet_id = 'wal_1' ORDER BY version"
    before = history.rows(query)
    history.up("0022_reference_once")
    assert history.rows(query) == [
        ("wtxn_c", "order-1", None),
        ("wtxn_b", "طلب-٢", None),
        ("wtxn_e", None, "دفعة [repeat of wtxn_c, reference order-1]"),
        ("wtxn_f", None, "[repeat of wtxn_c, reference order-1]"),
        ("wtxn_g", "order-1", None),
        ("wtxn_h", None, None),
    ]
    assert history.one(EQUAL) == 0
    history.down("0021_wallet_version_required")
    assert history.rows(query) == before


def test_an_index_that_failed_is_made_again(history: History) -> None:
    """What a failed try left of a unique index is invalid; the next run drops it, marks again and makes it whole."""
    history.up("0021_wallet_version_required")
    history.run("UPDATE wallet_transaction SET reference_id = 'order-1' WHERE wallet_id = 'wal_1'")
    with (
        psycopg.connect(history.url, autocommit=True) as connection,
        pytest.raises(psycopg.errors.UniqueViolation),
    ):
        connection.execute(
            "CREATE UNIQUE INDEX CONCURRENTLY uq_wallet_transaction_reference"
            " ON wallet_transaction (wallet_id, type, reference_id) WHERE reference_id IS NOT NULL"
        )
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('uq_wallet_transaction_reference')"
    assert history.one(valid) is False
    history.up("0022_reference_once")
    assert history.one(valid) is True
