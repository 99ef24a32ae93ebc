"""How Alembic reaches the database: one transaction per revision, one migrating process at a time."""

from __future__ import annotations

import importlib
import pkgutil

from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

import reference_impl.adapters.models
import reference_impl.core.outbox
import reference_impl.modules
from reference_impl.core.database import metadata

for _module in pkgutil.iter_modules(reference_impl.modules.__path__, "reference_impl.modules."):
    importlib.import_module(f"{_module.name}.models")

url: str = context.config.attributes["url"]
engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
with engine.connect() as connection:
    connection.execute(text("SELECT pg_advisory_lock(7102024)"))
    connection.commit()
    context.configure(
        connection=connection, target_metadata=metadata, transaction_per_migration=True, compare_type=True
    )
    with context.begin_transaction():
        context.run_migrations()
