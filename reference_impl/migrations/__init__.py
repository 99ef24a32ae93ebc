"""The history of the schema, run by Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config


def upgrade(database_url: str, revision: str = "head") -> None:
    """Bring a database to a revision."""
    from alembic import command

    command.upgrade(_config(database_url), revision)


def downgrade(database_url: str, revision: str) -> None:
    """Take a database back to a revision, or to nothing: "base"."""
    from alembic import command

    command.downgrade(_config(database_url), revision)


def _config(database_url: str) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = database_url
    return config
