"""The schema's history against the models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from reference_impl.core.database import metadata
from reference_impl.migrations import upgrade

if TYPE_CHECKING:
    import pytest
    from sqlalchemy import Engine


def connect(database: str) -> Engine:
    return create_engine(database.replace("postgresql://", "postgresql+psycopg://", 1))


def test_the_history_ends_at_the_models(database: str) -> None:
    """An empty database that has run every revision has exactly the tables that the models describe."""
    upgrade(database)
    engine = connect(database)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
    engine.dispose()
    assert differences == []


def test_upgrading_again_changes_nothing(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A database at the newest revision stays as it is."""
    upgrade(database)
    upgrade(database)
    assert capsys.readouterr().out == ""


def test_the_feed_has_what_was_told_before_it(database: str) -> None:
    """Events that were handed out already are numbered in the order of their positions, others when they are."""
    upgrade(database, "0015_vendors_answers")
    engine = connect(database)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO outbox (id, tenant_id, type, aggregate_id, payload, created_at, dispatched_at)"
                " SELECT 'evt_' || n, 'tnt', 'order.placed', 'order_1', '{}', now() - n * interval '1 day',"
                " CASE WHEN n < 30 THEN now() END FROM generate_series(1, 30) AS n"
            )
        )
    upgrade(database)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT feed_number FROM outbox ORDER BY position")).scalars().all()
    engine.dispose()
    assert found == [*range(1, 30), None]
