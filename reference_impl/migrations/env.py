"""How Alembic reaches the database: one transaction per revision, one migrating process at a time."""

from __future__ import annotations

import importlib
import pkgutil
import time

from alembic import context
from alembic.util import CommandError
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

import reference_impl.adapters.models
import reference_impl.core.outbox
import reference_impl.modules
from reference_impl.core.database import metadata

WAIT_S = 600
LOCK_TIMEOUT = "5s"  # who waits for a lock stops all who come behind it: rather fail, and be run again

for _module in pkgutil.iter_modules(reference_impl.modules.__path__, "reference_impl.modules."):
    importlib.import_module(f"{_module.name}.models")

url: str = context.config.attributes["url"]
engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
with engine.connect() as connection:
    # Asked for again and again rather than waited for: an index that is made concurrently waits for every statement
    # that runs, also for one that waits for this lock, and that one would wait for the index.
    # The lock is the session's, so it is kept while a revision commits in its middle (autocommit_block).
    deadline = time.monotonic() + WAIT_S
    while not connection.scalar(text("SELECT pg_try_advisory_lock(7102024)")):
        connection.commit()
        if time.monotonic() > deadline:
            raise CommandError(
                f"Another process has been migrating this database for {WAIT_S} s; look at what it does."
            )
        time.sleep(0.1)
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.commit()
    context.configure(
        connection=connection, target_metadata=metadata, transaction_per_migration=True, compare_type=True
    )
    with context.begin_transaction():
        context.run_migrations()
