"""Tables: webhook_delivery, hierarchy_sync, hierarchy_cursor, hierarchy_entry."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from reference_impl.core.database import metadata

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("vendor", Text, primary_key=True),
    Column("id", Text, primary_key=True),  # the vendor's own
    Column("kind", Text, nullable=False),
    Column("error", Text),  # why it had no effect, though it was believed
    Column("received_at", DateTime(timezone=True), nullable=False),
)

hierarchy_sync = Table(
    "hierarchy_sync",
    metadata,
    Column("name", Text, primary_key=True),
    Column("next_at", DateTime(timezone=True)),
    Column("failures", Integer, nullable=False),
    Column("told_at", DateTime(timezone=True)),
)

hierarchy_cursor = Table(
    "hierarchy_cursor",
    metadata,
    Column("collection", Text, primary_key=True),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)

hierarchy_entry = Table(
    "hierarchy_entry",
    metadata,
    Column("collection", Text, primary_key=True),
    Column("document", Text, primary_key=True),  # the CMS's id as JSON: 1 and "1" are two
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("refers_to", JSONB, nullable=False),
)
