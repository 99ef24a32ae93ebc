"""`cityos load limit`: how near debits over HTTP come to what a bare server, the driver and the database can do.

All arms run in one go on one durable PostgreSQL, in turns: A B C, then B C A, … The ratios are taken within a round,
where all had the same machine, and their median is the finding.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from typing_extensions import override

from fixtures.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fixtures.postgres import PostgresServer
    from load.arms import Arm, Window
    from load.findings import Findings, Round
    from load.stage import Statement

POOL = 4
"""Database connections of each server's worker, of the driver's loop and of pgbench."""
WARM_UP_S = 1.0
_TENANT = "dakkah"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to measure."""

    seconds: float = 3.0
    rounds: int = 3
    connections: int = 32
    wallets: int = 10_000
    workers: int = 1
    database_url: str | None = None


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and say by the exit code whether the targets were reached (0), not (1), or nobody knows (11)."""
    chosen = _parser().parse_args(arguments)
    as_json = chosen.json
    del chosen.json
    import msgspec
    from rich.console import Console

    from fixtures.postgres import PostgresError
    from fixtures.reference import ReferenceFailed
    from load import report
    from load.stage import HarnessFailed

    progress = Console(stderr=True, highlight=False, markup=False)
    try:
        findings = run(Options(**vars(chosen)), progress.print)
    except PostgresError as error:
        return _fail(f"cityos load limit: {error}", Exit.USAGE)
    except (HarnessFailed, ReferenceFailed) as error:
        return _fail(f"cityos load limit: {error}", Exit.HARNESS_ERROR)
    if as_json:
        said = {**msgspec.to_builtins(findings), "targets": findings.targets(), "exit_code": findings.exit_code()}
        sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
    else:
        out = Console(highlight=False, markup=False)
        if not out.is_terminal:
            out.width = 120
        report.show(findings, out)
    return findings.exit_code()


def run(options: Options, tell: Callable[[str], object]) -> Findings:
    """Measure. `tell` hears how far it is. Raises PostgresError, ReferenceFailed or HarnessFailed."""
    from fixtures.postgres import open_server
    from load import stage
    from load.findings import Findings

    url = options.database_url
    opening = open_server(url) if url else open_server(durable=True, settings=stage.SETTINGS)
    with opening as server, contextlib.ExitStack() as stack:
        stage.check_durable(server)
        urls = {"reference": stack.enter_context(server.fresh("load_reference"))}
        tell("making the wallets, counting statements")
        statement = _learn(server, stage.name_of(urls["reference"]), options)
        for arm in ("bare", "driver"):
            urls[arm] = stack.enter_context(server.fresh(f"load_{arm}", stage.name_of(urls["reference"])))
        with _arms(server, urls, statement, options) as arms:
            tell("warming up: " + ", ".join(arm.name for arm in arms))
            windows = [_turn(arm, arms, min(WARM_UP_S, options.seconds)) for arm in arms]
            _same_answers(arms)
            rounds = _rounds(arms, options, windows, tell)
        places = {arm.name: arm.database for arm in arms}
        audits = []
        for database, address in urls.items():
            done = [window for window in windows if places[window.arm] == database]
            accepted = statement.debits + sum(window.accepted for window in done)
            unanswered = sum(window.unanswered for window in done)
            audits.append(stage.audit(address, accepted=accepted, unanswered=unanswered))
    return Findings(rounds, statement.spread, statement.hot, audits)


def _learn(server: PostgresServer, database: str, options: Options) -> Statement:
    """Make the wallets, and learn what a debit is from a reference implementation of its own, without its relay."""
    from fixtures.reference import start_reference
    from load import stage

    stage.log_statements(server, database, on=True)
    with start_reference(server, database=database, env={"CITYOS_RELAY": "false"}) as reference:
        tenant = stage.fill(reference.database_url, _TENANT, options.wallets)
        statement = stage.learn(server, reference, tenant, wallets=options.wallets, connections=options.connections)
    stage.log_statements(server, database, on=False)
    return statement


@contextlib.contextmanager
def _arms(server: PostgresServer, urls: dict[str, str], statement: Statement, options: Options) -> Iterator[list[Arm]]:
    """Start the two servers and yield everything that is compared."""
    from urllib.parse import urlsplit

    from fixtures.reference import Reference, start_reference
    from load.arms import Driver, Http, Pgbench, find_pgbench
    from load.debits import log_in
    from load.stage import name_of
    from load.statement import wallet_id

    given = {
        "CITYOS_LOAD_STATEMENT": statement.sql,
        "CITYOS_LOAD_TENANT": statement.tenant,
        "CITYOS_STATEMENT_CONNECTIONS": str(POOL),
        "CITYOS_DATABASE_URL": urls["driver"],
    }

    def start(app: str, arm: str) -> Reference:
        starting = start_reference(server, app=app, database=name_of(urls[arm]), workers=options.workers, env=given)
        return stack.enter_context(starting)

    def http(name: str, arm: str, of: Reference, wallets: int) -> Http:
        ids = [wallet_id(number) for number in range(wallets)]
        port = urlsplit(of.base_url).port or 0
        return Http(name, arm, port, of.pid, token, ids, options.connections)

    with contextlib.ExitStack() as stack:
        reference, bare = start("reference_impl", "reference"), start("load.bare", "bare")
        token = log_in(reference)
        arms: list[Arm] = [
            http("reference", "reference", reference, options.wallets),
            http("bare", "bare", bare, options.wallets),
            http("hot", "reference", reference, 1),
            Driver("driver", given, POOL, options.wallets),
        ]
        pgbench = find_pgbench()
        if pgbench is not None:
            arms.append(
                Pgbench("driver", urls["driver"], pgbench, statement.sql, statement.tenant, POOL, options.wallets)
            )
        yield arms


def _rounds(arms: list[Arm], options: Options, windows: list[Window], tell: Callable[[str], object]) -> list[Round]:
    """Run the rounds; every window goes into `windows`, those of rounds that are thrown away as well."""
    from load.findings import Round

    rounds: list[Round] = []
    for number in range(options.rounds):
        for attempt in range(2):
            first = number % len(arms)
            here = []
            for arm in (*arms[first:], *arms[:first]):
                here.append(_turn(arm, arms, options.seconds))
                tell(f"round {number + 1} of {options.rounds}: {arm.name} {here[-1].rate:,.0f} req/s")
            windows += here
            if attempt or Round(here).is_clean:
                rounds.append(Round(here, repeated=attempt > 0))
                break
    return rounds


def _turn(arm: Arm, arms: Sequence[Arm], seconds: float) -> Window:
    """One window of an arm, while the other servers stand still."""
    import msgspec

    from load import machine

    others = {other.pid for other in arms if other.pid is not None and other.pid != arm.pid}
    with contextlib.ExitStack() as stack:
        for pid in others:
            stack.enter_context(machine.paused(pid))
        disturbance = machine.disturbance_meter()
        window = arm.window(seconds)
        return msgspec.structs.replace(window, **disturbance()._asdict())


def _same_answers(arms: Sequence[Arm]) -> None:
    """Raises HarnessFailed unless both servers answered with the same JSON, but for ids, times and balances."""
    import msgspec

    from load.arms import Http
    from load.stage import HarnessFailed

    answers = {arm.name: msgspec.json.decode(arm.sample) for arm in arms if isinstance(arm, Http) and arm.sample}
    shapes = {
        name: (sorted(answer), sorted(answer["transaction"]), answer["transaction"]["amount"])
        for name, answer in answers.items()
    }
    if len(shapes) < 3 or len({str(shape) for shape in shapes.values()}) != 1:
        raise HarnessFailed(f"The servers do not answer with the same JSON: {shapes}")


class Parser(argparse.ArgumentParser):
    """Usage errors end with the project's exit code, 4."""

    @override
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(Exit.USAGE, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    defaults = Options()
    parser = Parser(
        prog="cityos load limit",
        description="Debits over HTTP beside a bare server, the driver and the database, in one run.",
        epilog="Exit codes: 0 all targets reached, 1 not, 3 harness error, 4 usage, 11 too noisy to say.",
    )
    parser.add_argument(
        "--seconds", type=positive(float), default=defaults.seconds, help="per arm and round (%(default)s)"
    )
    parser.add_argument("--rounds", type=positive(int), default=defaults.rounds, help="how often (%(default)s)")
    parser.add_argument(
        "--connections", type=positive(int), default=defaults.connections, help="that ask at once (%(default)s)"
    )
    parser.add_argument("--wallets", type=positive(int), default=defaults.wallets, help="to spread over (%(default)s)")
    parser.add_argument("--workers", type=positive(int), default=defaults.workers, help="of each server (%(default)s)")
    parser.add_argument("--database-url", help="a durable PostgreSQL that may create databases; embedded if left out")
    parser.add_argument("--json", action="store_true", help="all findings as JSON on standard output")
    return parser


def positive(kind: Callable[[str], float]) -> Callable[[str], float]:
    """A number above zero, as an argument."""

    def parse(text: str) -> float:
        number = kind(text)
        if not 0 < number < 1_000_000:
            raise ValueError(text)
        return number

    parse.__name__ = "positive number"
    return parse


def _fail(message: str, code: Exit) -> Exit:
    print(message, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
