"""The history of the schema, run by Alembic."""

from __future__ import annotations

from pathlib import Path


def upgrade(database_url: str, revision: str = "head") -> None:
    """Bring a database to a revision."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = database_url
    command.upgrade(config, revision)
