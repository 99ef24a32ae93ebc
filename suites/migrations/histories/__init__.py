"""Histories as the replayer sees them: Alembic, and folders of SQL."""
