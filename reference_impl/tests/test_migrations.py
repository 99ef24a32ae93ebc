"""The schema's history against the models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from reference_impl.core.database import metadata
from reference_impl.migrations import upgrade

if TYPE_CHECKING:
    import pytest


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
