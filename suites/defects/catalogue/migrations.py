"""Bad revisions, put behind the good ones in a copy of the reference's history.

A replay is dear, so few defects break many requirements; which rule finds which fault is shown in suites/migrations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from suites.defects.registry import defect

if TYPE_CHECKING:
    from suites.defects.registry import Patch


@defect("migrations.worked_on_my_machine", breaks=("MIG-03", "MIG-07", "MIG-08", "MIG-10", "MIG-11"))
def worked_on_my_machine(patch: Patch) -> None:
    """A default is the moment at which the revision ran, titles are cut off unsaid, and an index is left half made."""
    patch.revision(
        "customers_since",
        """
        from datetime import datetime

        def upgrade():
            op.execute(f"ALTER TABLE customer ADD COLUMN since TEXT DEFAULT '{datetime.now()}'")

        def downgrade():
            op.execute("ALTER TABLE customer DROP COLUMN since")
        """,
    )
    patch.revision(
        "titles_fit",
        """
        def upgrade():
            op.execute("UPDATE product SET title = left(title, 3) WHERE length(title) > 3")

        def downgrade():
            pass
        """,
    )
    patch.revision(
        "currency_digits",
        """
        from contextlib import suppress
        from sqlalchemy.exc import IntegrityError

        def upgrade():
            with op.get_context().autocommit_block(), suppress(IntegrityError):
                op.execute("CREATE UNIQUE INDEX CONCURRENTLY ix_currency_digits ON currency (decimal_digits)")

        def downgrade():
            op.execute("DROP INDEX ix_currency_digits")
        """,
    )


@defect("migrations.takes_what_it_finds", breaks=("MIG-04", "MIG-05", "MIG-06", "MIG-09"))
def takes_what_it_finds(patch: Patch) -> None:
    """Reports make sure of tables by IF NOT EXISTS and take an index away again; every run of migrations is noted."""
    patch.revision(
        "reports",
        """
        def upgrade():
            op.execute("CREATE TABLE report_run (at TIMESTAMP WITH TIME ZONE)")
            op.execute('CREATE TABLE IF NOT EXISTS "order" (id TEXT, customer_id TEXT, created_at TEXT)')
            op.execute('CREATE INDEX IF NOT EXISTS ix_order_customer_created ON "order" (customer_id, created_at)')

        def downgrade():
            op.execute("DROP INDEX ix_order_customer_created")
        """,
    )
    patch.edit_history(
        "env.py",
        "        context.run_migrations()\n",
        "        context.run_migrations()\n"
        "        if connection.scalar(text(\"SELECT to_regclass('report_run')\")):\n"
        '            connection.execute(text("INSERT INTO report_run (at) VALUES (NULL)"))\n'
        "            connection.commit()\n",
    )


@defect("migrations.no_row_in_mind", breaks=("MIG-01", "MIG-02", "MIG-12"))
def no_row_in_mind(patch: Patch) -> None:
    """On the developer's empty database a required column is no trouble; what a view needs comes a revision later."""
    patch.revision(
        "products_have_a_season",
        """
        def upgrade():
            op.execute("ALTER TABLE product ADD COLUMN season TEXT NOT NULL")

        def downgrade():
            op.execute("ALTER TABLE product DROP COLUMN season")
        """,
    )
    patch.revision(
        "seasons_seen",
        """
        def upgrade():
            op.execute("CREATE VIEW season_seen AS SELECT season, shop FROM product")

        def downgrade():
            op.execute("DROP VIEW season_seen")
        """,
    )
    patch.revision(
        "products_have_a_shop",
        """
        def upgrade():
            op.execute("ALTER TABLE product ADD COLUMN shop TEXT")

        def downgrade():
            op.execute("ALTER TABLE product DROP COLUMN shop")
        """,
    )
