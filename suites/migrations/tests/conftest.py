"""A PostgreSQL server for all tests of migrations."""

from __future__ import annotations

pytest_plugins = ["fixtures.testing"]
