"""PostgreSQL for the tests here."""

from __future__ import annotations

pytest_plugins = ["fixtures.testing"]
