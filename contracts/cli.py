"""The ``cityos contracts`` commands. Nothing heavy is imported here: each command imports what it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Contracts: written by consumers' tests, verified, checked, watched and answered for.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Providers = Annotated[
    list[str] | None, typer.Argument(metavar="[PROVIDER]...", help="Only these. [default: all]", show_default=False)
]
Provider = Annotated[str, typer.Argument(metavar="PROVIDER", help="As erpnext, payload-cms, cityos.")]
Store = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="The records. [default: PACT_BROKER_BASE_URL, else .cityos/contracts]"),
]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, and nothing else there.")]
Commit = Annotated[str | None, typer.Option(metavar="SHA", help="Of the consumer.")]


def _examples(*lines: str) -> str:
    return "\b\nExamples:\n" + "\n".join(f"  cityos contracts {line}" for line in lines)


@app.command(short_help="Write the contracts.", epilog=_examples("generate", "generate --check"))
def generate(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; say whether they are as committed.")] = False,
) -> int:
    """Run the consumers' tests and write the contracts that they make."""
    from contracts.commands.generate import run

    return run(check=check)


@app.command(
    short_help="Hold providers to their contracts.",
    epilog=_examples(
        "verify",
        "verify erpnext --base-url https://erp.example.com --header 'Authorization: token KEY:SECRET' "
        "--set company='Acme' --provider-version 15.90.0 --environment staging",
        "verify payload-cms --sandbox",
        "verify cityos --target staging",
    ),
)
def verify(
    providers: Providers = None,
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="A server of yours. [default: simulators]")
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option(metavar="'NAME: VALUE'", help="Of every request to it, as its key.")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="What its states need to know of it.")
    ] = None,
    target: Annotated[str, typer.Option(metavar="NAME|FILE", help="Where our own platform runs.")] = "reference",
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Start the vendor's own server, where one can be had.")
    ] = False,
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A contract of yours. [default: the committed]")
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, max=600, metavar="S", help="How long an answer may take.")] = 10.0,
    environment: Annotated[str | None, typer.Option(metavar="NAME", help="What that place is called.")] = None,
    provider_version: Annotated[str | None, typer.Option(metavar="V", help="Which version answers there.")] = None,
    store: Store = None,
    report_dir: Annotated[Path, typer.Option(metavar="DIR", help="Where the evidence goes.")] = Path("reports"),
    json: Json = False,
) -> int:
    """Ask providers everything that their contracts say; every interaction is counted, none is left out unnamed.

    Without --base-url vendors are simulated, and our own platform is started here.
    """
    from contracts.commands.asked import Wanted
    from contracts.commands.verify import run

    return run(
        Wanted(
            providers=providers or (), file=file, base_url=base_url, headers=header or (), settings=setting or (),
            target=target, sandbox=sandbox, answer_s=timeout, environment=environment, version=provider_version,
            store=store, report_dir=report_dir, as_json=json,
        )
    )  # fmt: skip


@app.command(short_help="Prove that verification catches changes.", epilog=_examples("prove", "prove fleetbase --all"))
def prove(
    providers: Providers = None,
    everything: Annotated[bool, typer.Option("--all", help="Show every alteration, not one of each kind.")] = False,
    seed: Annotated[int, typer.Option(metavar="N", help="Which members are altered.")] = 0,
    json: Json = False,
) -> int:
    """Put a proxy in front of each provider that alters its answers in eight ways: each alteration has to be caught."""
    from contracts.commands.prove import run

    return run(providers or (), seed=seed, everything=everything, as_json=json)


@app.command(
    short_help="Contracts against facts, without a server.",
    epilog=_examples("check", "check contracts/pacts/cityos-erpnext.json", "check mine.json --facts openapi.yaml"),
)
def check(
    files: Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", help="[default: the committed]")] = None,
    facts: Annotated[Path | None, typer.Option(metavar="PATH", help="Facts of yours: OpenAPI 3.1.")] = None,
) -> int:
    """Say what would hold against a mock and fail in life, with the source of the fact."""
    from contracts.commands.check import run

    return run(files or [], facts)


@app.command(short_help="Serve a contract.", epilog=_examples("stub erpnext", "stub cityos --port 9001"))
def stub(
    provider: Provider,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
    state: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only interactions in this state.")] = None,
    file: Annotated[Path | None, typer.Option(metavar="FILE", help="A contract of yours.")] = None,
) -> int:
    """Answer as a contract says, and tell of each request that no interaction allows, until Ctrl-C."""
    from contracts.commands.stub import run

    return run(provider, port=port, states=state or (), file=file)


@app.command(
    short_help="Facts against what a vendor publishes.",
    epilog=_examples(
        "drift sendgrid --against tsg_mail_v3.json", "drift sendgrid --against https://example.com/openapi.json"
    ),
)
def drift(
    provider: Provider,
    against: Annotated[str, typer.Option(metavar="FILE|URL", help="An OpenAPI document, JSON or YAML.")],
) -> int:
    """Name every difference between our facts and a published document, breaking ones first."""
    from contracts.commands.drift import run

    return run(provider, against)


@app.command(short_help="Our API against the last release.", epilog=_examples("breaking http://127.0.0.1:9000"))
def breaking(
    present: Annotated[
        str | None, typer.Argument(metavar="[URL|FILE]", help="A server or a document. [default: started here]")
    ] = None,
    release: Annotated[bool, typer.Option("--release", help="What is there now is released: keep it.")] = False,
) -> int:
    """Name every change of our OpenAPI since the last release; a breaking one fails."""
    from contracts.commands.breaking import run

    if present is not None:
        return run(present, release=release)
    from contracts.providers.cityos import opened

    with opened("reference") as (provider, _):
        return run(provider.base_url, release=release)


@app.command(short_help="Keep a commit's contracts.", epilog=_examples("publish", "publish --branch main"))
def publish(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="[default: all of the commit]")
    ] = None,
    commit: Commit = None,
    branch: Annotated[str | None, typer.Option(metavar="NAME", help="[default: the one that is checked out]")] = None,
    store: Store = None,
) -> int:
    """Keep the contracts of a commit, as that commit has them, in the store or the Pact Broker."""
    from contracts.commands.publish import run

    return run(commit=commit, files=files or (), store=store, branch=branch)


@app.command(
    "can-i-release",
    short_help="Does every contract of a commit hold?",
    epilog=_examples("can-i-release --commit HEAD", "can-i-release --commit HEAD --environment staging --max-age 7"),
)
def can_i_release(
    commit: Annotated[str, typer.Option(metavar="SHA", help="Of the consumer.")],
    provider: Annotated[
        list[str] | None, typer.Option(metavar="NAME[@VERSION]", help="Only with these. [default: all]")
    ] = None,
    environment: Annotated[str | None, typer.Option(metavar="NAME", help="Verified there.")] = None,
    contract: Annotated[list[Path] | None, typer.Option(metavar="FILE", help="Only these. [default: all]")] = None,
    max_age: Annotated[float | None, typer.Option(metavar="DAYS", help="What is older says nothing any more.")] = None,
    accept_skip: Annotated[
        list[str] | None, typer.Option(metavar="INTERACTION", help="It may have been left out, by its description.")
    ] = None,
    store: Store = None,
) -> int:
    """Say yes (0), no (1) or unknown (12) for one exact commit, and which record decided."""
    from contracts.commands.can_i_release import run

    return run(
        commit=commit, providers=provider or (), environment=environment, files=contract or (), store=store,
        max_age_days=max_age, accepted_skips=accept_skip or (),
    )  # fmt: skip


@app.command(short_help="Commits by provider versions.", epilog=_examples("matrix", "matrix --commit HEAD --json"))
def matrix(commit: Commit = None, store: Store = None, json: Json = False) -> int:
    """Show which commit's contract holds with which provider version where, with date and evidence."""
    from contracts.commands.matrix import run

    return run(commit=commit, as_json=json, store=store)


@app.command(short_help="A vendor's own server.", epilog=_examples("sandbox payload-cms --port 3001"))
def sandbox(
    provider: Provider,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
    database_url: Annotated[
        str | None, typer.Option(metavar="URL", help="A PostgreSQL server. [default: SQLite]")
    ] = None,
    ready_file: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Once it answers, write all this there.")
    ] = None,
) -> int:
    """Run a vendor's real server, where one can be had, until Ctrl-C."""
    from contracts.commands.sandbox import run

    return run(provider, port=port, database_url=database_url, ready_file=ready_file)


@app.command(short_help="What verifying costs.", epilog=_examples("benchmark", "benchmark fleetbase --rounds 3"))
def benchmark(
    provider: Annotated[str, typer.Argument(metavar="[PROVIDER]", help="A vendor that has a simulator.")] = "erpnext",
    rounds: Annotated[int, typer.Option(min=1, metavar="N", help="How often each is measured.")] = 5,
) -> int:
    """Measure our verification beside the `pact verifier` command, on the same contract and server."""
    from contracts.benchmark import run

    return run(provider, rounds)
