"""The ``cityos`` command: may this be released?

Nothing heavy is imported here: every command imports what it needs when it runs, so that the help is there at once.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup
from typing_extensions import override

from contracts.cli import app as contracts_app
from fixtures import stopping
from fixtures.exits import CommandError, Exit
from suites.gate.options import REFERENCE, Options, Profile
from suites.migrations.cli import app as migrations_app

if TYPE_CHECKING:
    from collections.abc import Sequence


class Commands(TyperGroup):
    """The group of commands with the project's exit codes: 4 for a usage error (Click's is 2), 2 for an interrupt."""

    @override
    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = False,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Run a command and exit with its code; ``standalone_mode`` is ours to decide."""
        try:
            code = super().main(args, prog_name or "cityos", complete_var, False, windows_expand_args, **extra)
        except typer.TyperException as error:  # an option that is unknown, missing or malformed
            show = getattr(error, "show", None)
            show() if show else typer.echo(f"cityos: {error}", err=True)
            sys.exit(Exit.USAGE)
        except CommandError as error:
            typer.echo(f"cityos: {error}", err=True)
            sys.exit(error.exit_code)
        except (KeyboardInterrupt, typer.Abort):
            sys.exit(Exit.INTERRUPTED)
        except SystemExit as error:  # 1: nobody read what was printed (a closed pipe), which blames nobody either
            sys.exit(Exit.HARNESS_ERROR if error.code == 1 else error.code)
        except Exception:  # noqa: BLE001 - a fault of ours: Python's own exit code for it, 1, would blame the product
            import traceback

            traceback.print_exc()
            sys.exit(Exit.HARNESS_ERROR)
        interrupted = 130  # Typer's own answer to Ctrl-C
        sys.exit(Exit.INTERRUPTED if code == interrupted else code or 0)


app = typer.Typer(
    cls=Commands,
    name="cityos",
    help="Verify a CityOS platform: may this commit be released on this target?",
    epilog="Exit codes: 0 release, 1 blocked by the product, 2 interrupted, 3 harness error, 4 usage or configuration, "
    "5 nothing ran, 10 target unreachable, 11 inconclusive, 12 a contract was not verified.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
targets_app = typer.Typer(help="Look at targets.", no_args_is_help=True, rich_markup_mode=None)
load_app = typer.Typer(help="Load and speed.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(targets_app, name="targets")
app.add_typer(load_app, name="load")
app.add_typer(contracts_app, name="contracts")
app.add_typer(migrations_app, name="migrations")

Target = Annotated[
    str,
    typer.Option(
        metavar="NAME|FILE",
        help="The system to judge: a target file, NAME for targets/NAME.toml, or medusa for a plain core started here.",
    ),
]
Seed = Annotated[int | None, typer.Option(metavar="N", help="Repeat the choices of an earlier run. [default: random]")]
Only = Annotated[
    str | None,
    typer.Option(metavar="EXPR", help="Only these: requirement ids (WAL-07), prefixes (WAL), parts of node ids; A,B."),
]
ReportDir = Annotated[Path, typer.Option(metavar="DIR", help="Where the reports go.")]
Json = Annotated[bool, typer.Option("--json", help="The JSON report on standard output, and nothing else there.")]
Timings = Annotated[bool, typer.Option("--timings", help="Print where the time went.")]
Defect = Annotated[str | None, typer.Option(metavar="NAME", help="Switch a defect on in the reference implementation.")]
DatabaseUrl = Annotated[
    str | None, typer.Option(metavar="URL", help="A PostgreSQL server to use. [default: an embedded one]")
]
Container = Annotated[bool, typer.Option("--container", help="Run its database in Docker.")]
Offered = Annotated[
    bool, typer.Option("--offered", help="Judge what the target offers: what it lacks is noted and decides nothing.")
]
Workers = Annotated[int | None, typer.Option(metavar="N", help="Processes. [default: one per core, at most 4]")]


def _examples(*lines: str) -> str:
    """The examples below a command's help, one on each line."""
    return "\b\nExamples:\n" + "\n".join(f"  cityos {line}" for line in lines)


@app.command(
    short_help="Judge a target: may it be released?",
    epilog=_examples(
        "gate",
        "gate --target staging --profile release",
        "gate --defect wallet.lost_update --only WAL",
    ),
)
def gate(
    target: Target = REFERENCE,
    profile: Annotated[Profile, typer.Option(help="How much to run.")] = Profile.MERGE,
    seed: Seed = None,
    report_dir: ReportDir = Path("reports"),
    only: Only = None,
    defect: Defect = None,
    database_url: DatabaseUrl = None,
    container: Container = False,
    offered: Offered = False,
    workers: Workers = None,
    json: Json = False,
    timings: Timings = False,
) -> int:
    """Judge a target: run the checks, say release or block, and show the evidence.

    Without --target it starts the reference implementation on a database of its own and judges that.
    """
    return _judge(
        target=target, profile=profile, seed=seed, report_dir=report_dir, only=only, defect=defect,
        database_url=database_url, container=container, offered=offered, workers=workers, json=json, timings=timings,
    )  # fmt: skip


@app.command(
    short_help="Run the smoke checks alone.",
    epilog=_examples("smoke", "smoke --target staging", "smoke --target .cityos/target.toml --timings"),
)
def smoke(
    target: Target = REFERENCE,
    seed: Seed = None,
    report_dir: ReportDir = Path("reports"),
    only: Only = None,
    defect: Defect = None,
    database_url: DatabaseUrl = None,
    container: Container = False,
    offered: Offered = False,
    workers: Workers = None,
    json: Json = False,
    timings: Timings = False,
) -> int:
    """Run the smoke checks alone, on any target, and say of each step what it did and saw."""
    return _judge(
        command="smoke", suites=("smoke",), steps=True, target=target, seed=seed, report_dir=report_dir, only=only,
        defect=defect, database_url=database_url, container=container, offered=offered, workers=workers, json=json,
        timings=timings,
    )  # fmt: skip


@app.command(
    short_help="Prove that the checks catch defects.",
    epilog=_examples("prove", "prove --only wallet.lost_update", "prove --only tenancy,auth --json"),
)
def prove(
    only: Annotated[
        str | None, typer.Option(metavar="NAMES", help="Only these defects: names or parts of names; A,B.")
    ] = None,
    checks: Annotated[
        str | None, typer.Option(metavar="EXPR", help="Only these checks: requirement ids, parts of node ids; A,B.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Every check against every defect.")] = False,
    seed: Seed = None,
    workers: Workers = None,
    database_url: DatabaseUrl = None,
    container: Container = False,
    json: Annotated[bool, typer.Option("--json", help="A list of {defect, requirement, caught_by}.")] = False,
) -> int:
    """Prove the checks: every defect is caught, and every check catches one."""
    from suites.defects import prove as prover

    stopping.as_interrupts()
    chosen = _given(seed=seed, workers=workers)
    return prover.run(
        prover.Options(
            defects=tuple(filter(None, (only or "").split(","))), checks=checks, every_pair=full,
            database_url=database_url, container=container, json=json, **chosen,
        )
    )  # fmt: skip


@app.command(
    short_help="Run the reference implementation.",
    epilog=_examples("serve", "serve --port 0 --workers 2", "serve --ready-file ready.json"),
)
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 9000,
    workers: Annotated[int, typer.Option(min=1, metavar="N", help="Server processes.")] = 1,
    database_url: Annotated[
        str | None, typer.Option(metavar="URL", help="A PostgreSQL server to use. [default: an embedded one]")
    ] = None,
    ready_file: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Once it answers, write all this there as JSON.")
    ] = None,
    defect: Defect = None,
) -> int:
    """Run the reference implementation, with a database that stays in .cityos/, until Ctrl-C."""
    from suites.commands.serve import run

    return run(port=port, workers=workers, database_url=database_url, ready_file=ready_file, defect=defect)


class Vendor(StrEnum):
    """The vendors that have a simulator."""

    ERPNEXT = "erpnext"
    PAYLOAD_CMS = "payload-cms"
    FLEETBASE = "fleetbase"
    SENDGRID = "sendgrid"
    STRIPE = "stripe"
    TEMPORAL = "temporal"


@app.command(
    short_help="Run a vendor's simulator.",
    epilog=_examples(
        "simulate erpnext",
        "simulate stripe --port 8090 --webhooks http://127.0.0.1:9000/webhooks/stripe --secret whsec_1",
        "simulate sendgrid --refuse-key",
    ),
)
def simulate(
    vendor: Annotated[Vendor, typer.Argument(help="Whom to simulate.", show_default=False)],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
    webhooks: Annotated[str | None, typer.Option(metavar="URL", help="Send its webhooks there.")] = None,
    secret: Annotated[str | None, typer.Option(metavar="S", help="What they are signed with.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No line per request.")] = False,
    slow: Annotated[float, typer.Option(min=0, max=600, metavar="S", help="Seconds until each answer.")] = 0.0,
    flapping: Annotated[int, typer.Option(min=0, metavar="N", help="Serve only each Nth request.")] = 0,
    refuse_key: Annotated[bool, typer.Option("--refuse-key", help="Refuse every key.")] = False,
    rate_limited: Annotated[bool, typer.Option("--rate-limited", help="Say that it was asked too often.")] = False,
    half_answers: Annotated[bool, typer.Option("--half-answers", help="Stop in the middle of each answer.")] = False,
) -> int:
    """Run the simulator of a vendor, to build against, until Ctrl-C; it forgets everything when it ends."""
    from suites.commands.simulate import Wanted, run

    wanted = Wanted(
        vendor=vendor.value, port=port, webhooks=webhooks, secret=secret, quiet=quiet, slow=slow, flapping=flapping,
        refuse_key=refuse_key, rate_limited=rate_limited, half_answers=half_answers,
    )  # fmt: skip
    return run(wanted)


@app.command(short_help="Who may call what.", epilog=_examples("routes", "routes --json"))
def routes(json: Annotated[bool, typer.Option("--json", help="The table as JSON.")] = False) -> int:
    """Print each route of the reference implementation with whom its guard lets in, and in which roles."""
    from suites.commands.routes import run

    return run(json=json)


@app.command(short_help="What this machine has and lacks.", epilog=_examples("doctor"))
def doctor() -> int:
    """Say what is found on this machine, what is missing, and how to get it."""
    from suites.commands.doctor import run

    return run()


@targets_app.command("check", epilog=_examples("targets check staging", "targets check .cityos/target.toml"))
def targets_check(
    target: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A target file, or NAME for targets/NAME.toml.")],
) -> int:
    """Read a target file, reach the target, log in each operator and see what it offers."""
    from suites.commands.targets import run

    return run(target)


@load_app.command(
    "limit",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    epilog=_examples("load limit", "load limit --help"),
    add_help_option=False,
)
def load_limit(context: typer.Context) -> int:
    """How near the wallet's writes come to what the machine and the database can do."""
    from load.limit import main as limit

    return limit(context.args)


@load_app.command(
    "vendors",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    epilog=_examples("load vendors", "load vendors --help"),
    add_help_option=False,
)
def load_vendors(context: typer.Context) -> int:
    """What a checkout costs while the vendors are away, slow, or refuse the key."""
    from load.vendors import main as vendors

    return vendors(context.args)


def _judge(*, seed: int | None, workers: int | None, **chosen: Any) -> int:
    """Run the gate with these options."""
    options = Options(**chosen, **_given(seed=seed, workers=workers))
    stopping.as_interrupts()
    from suites.gate.session import run

    return run(options)


def _given(**values: int | None) -> dict[str, Any]:
    """Those options that were given; the others keep their defaults."""
    return {name: value for name, value in values.items() if value is not None}


def main() -> NoReturn:
    """The entry point of the ``cityos`` script."""
    app()
    raise AssertionError("unreachable: the group of commands always exits")


if __name__ == "__main__":
    main()
