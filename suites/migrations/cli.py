"""The ``cityos migrations`` commands. Nothing heavy is imported here: each command imports what it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fixtures import stopping
from suites.migrations.commands.sources import Source

app = typer.Typer(
    help="Migrations: replayed with data in them, linted, timed under traffic, held against the release before.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def _interruptible() -> None:
    stopping.as_interrupts()


WAIVERS = Path(__file__).with_name("waivers.toml")

Alembic = Annotated[
    Path | None, typer.Option(metavar="DIR", help="With env.py and versions/. [default: the reference's own]")
]
Sql = Annotated[
    Path | None, typer.Option(metavar="DIR", help="SQL files, up and down by name (golang-migrate, Flyway, dbmate …).")
]
MikroOrm = Annotated[
    Path | None, typer.Option("--mikro-orm", metavar="DIR", help="Modules with MikroORM migrations, read not executed.")
]
Order = Annotated[
    str | None,
    typer.Option(metavar="HOW", help="Of MikroORM modules: time, config, or A,B,C. [default: config, else time]"),
]
Seed = Annotated[int, typer.Option(min=0, metavar="N", help="Of the generated rows and of orders.")]
DatabaseUrl = Annotated[
    str | None, typer.Option(metavar="URL", help="A PostgreSQL server to use. [default: an embedded one]")
]
Postgres = Annotated[int | None, typer.Option(min=15, max=18, metavar="N", help="Run PostgreSQL N in Docker instead.")]
Waivers = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Known findings: owner, reason, last day. [default: the project's own]"),
]
ReportDir = Annotated[Path, typer.Option(metavar="DIR", help="Where the reports go.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, and nothing else there.")]


def _examples(*lines: str) -> str:
    return "\b\nExamples:\n" + "\n".join(f"  cityos migrations {line}" for line in lines)


@app.command(
    short_help="Replay a history with rows in every table.",
    epilog=_examples(
        "replay",
        "replay --sql db/migrations --rows 1000",
        "replay --mikro-orm backend/src/modules --all-orders 20",
        "replay --alembic migrations --database-url postgresql://postgres@127.0.0.1:5432/postgres",
    ),
)
def replay(
    alembic: Alembic = None,
    sql: Sql = None,
    mikro_orm: MikroOrm = None,
    order: Order = None,
    all_orders: Annotated[
        int, typer.Option(min=0, max=1000, metavar="N", help="Try N random orders of MikroORM modules as well.")
    ] = 0,
    rows: Annotated[int, typer.Option(min=1, max=1_000_000, metavar="N", help="In each table.")] = 10_000,
    seed: Seed = 0,
    database_url: DatabaseUrl = None,
    postgres: Postgres = None,
    waivers: Waivers = None,
    report_dir: ReportDir = Path("reports"),
    json: Json = False,
) -> int:
    """Run a history on an empty database and on full ones: up, up again, down to nothing, and up once more.

    Every revision has to carry the rows and may change only what its file says that it changes.
    """
    from suites.migrations.commands.replay import Wanted, run

    source = Source(alembic=alembic, sql=sql, mikro_orm=mikro_orm, order=order)
    return run(
        Wanted(
            source=source, all_orders=all_orders, rows=rows, seed=seed, database_url=database_url, major=postgres,
            waivers=waivers or WAIVERS, report_dir=report_dir, as_json=json,
        )
    )  # fmt: skip


@app.command(
    short_help="Judge each revision by what it executes.",
    epilog=_examples("lint", "lint --sql db/migrations", "lint --mikro-orm backend/src/modules --json"),
)
def lint(
    alembic: Alembic = None,
    sql: Sql = None,
    mikro_orm: MikroOrm = None,
    order: Order = None,
    database_url: DatabaseUrl = None,
    postgres: Postgres = None,
    waivers: Waivers = None,
    json: Json = False,
) -> int:
    """Run each revision once and hold what it executed against squawk and rules of our own, on the schema it met."""
    from suites.migrations.commands.lint import Wanted, run

    source = Source(alembic=alembic, sql=sql, mikro_orm=mikro_orm, order=order)
    return run(
        Wanted(source=source, database_url=database_url, major=postgres, waivers=waivers or WAIVERS, as_json=json)
    )


@app.command(
    short_help="Apply each revision under traffic.",
    epilog=_examples("locks", "locks --only 0018_wallet_version", "locks --sql db/migrations --rows 100000"),
)
def locks(
    alembic: Alembic = None,
    sql: Sql = None,
    mikro_orm: MikroOrm = None,
    order: Order = None,
    only: Annotated[str | None, typer.Option(metavar="REV", help="Only these revisions; A,B.")] = None,
    rows: Annotated[
        int, typer.Option(min=1, max=10_000_000, metavar="N", help="In each table that is touched.")
    ] = 1_000_000,
    longest_block_ms: Annotated[
        int, typer.Option("--longest-block-ms", min=1, metavar="MS", help="What a reader or writer may wait.")
    ] = 500,
    seed: Seed = 0,
    database_url: DatabaseUrl = None,
    postgres: Postgres = None,
    waivers: Waivers = None,
    json: Json = False,
) -> int:
    """Apply each revision while reads and writes go to the tables that it touches; say who waited, and why."""
    from suites.migrations.commands.locks import run

    source = Source(alembic=alembic, sql=sql, mikro_orm=mikro_orm, order=order)
    return run(
        source, only=only, rows=rows, longest_block_ms=longest_block_ms, seed=seed, database_url=database_url,
        major=postgres, waivers=waivers or WAIVERS, as_json=json,
    )  # fmt: skip


@app.command(
    short_help="The release before on the new schema, and the other way round.",
    epilog=_examples("compat", "compat --with v1.4.0"),
)
def compat(
    ref: Annotated[
        str | None,
        typer.Option(
            "--with",
            metavar="REF",
            help="The release before: a tag, branch or commit. [default: the newest tag before this commit; without "
            "tags the last commit whose newest revision was another one]",
        ),
    ] = None,
    database_url: DatabaseUrl = None,
    report_dir: ReportDir = Path("reports"),
    json: Json = False,
) -> int:
    """Run the smoke checks of the release before on today's schema, and today's on the schema before."""
    from suites.migrations.commands.compat import run

    return run(ref=ref, database_url=database_url, report_dir=report_dir, as_json=json)
