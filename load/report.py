"""What a run found, for people: a table of the arms, the rounds, and one line per target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from load.findings import middle

if TYPE_CHECKING:
    from rich.console import Console

    from load.findings import Findings

TITLES = {
    "reference": "reference implementation",
    "hot": "the same, one hot wallet",
    "bare": "bare server, same statement",
    "driver": "asyncpg without HTTP",
    "pgbench": "pgbench, database alone",
}
_MARKS = {True: ("reached", "green"), False: ("NOT REACHED", "red"), None: ("no saying", "yellow")}


def show(findings: Findings, out: Console) -> None:
    """Print it all."""
    out.print(_arms(findings))
    out.print(_ratios(findings))
    for number, each in enumerate(findings.rounds, 1):
        line = Text(f"round {number}: {' '.join(window.arm for window in each.windows)}")
        line.append(f"; of all CPU time the host stole {each.steal:.1%}, others used {each.others:.1%}")
        line.append("; repeated" if each.repeated else "")
        line.append("" if each.is_clean else "; left out", "yellow")
        out.print(line)
    for doubt in findings.doubts():
        out.print(Text(f"in doubt: {doubt}", "yellow"))
    out.print()
    for target in findings.targets():
        mark, style = _MARKS[target.reached]
        out.print(Text(f"{mark:<12}", style).append(f"{target.what}: {target.found}", ""))
    refusal = next((window.refusal for each in findings.rounds for window in each.windows if window.refusal), "")
    if refusal:
        out.print(Text(f"\nthe first answer that was not 2xx:\n{refusal}"))


def _arms(findings: Findings) -> Table:
    """One row per arm; medians over the rounds."""
    table = Table(box=None, pad_edge=False)
    table.add_column("debits by")
    for heading in ("req/s", "from", "to", "p50 ms", "p95 ms", "p99 ms", "CPU ms/req", "generator", "not 2xx"):
        table.add_column(heading, justify="right")
    for arm, title in TITLES.items():
        if all(window.arm != arm for window in findings.rounds[0].windows):
            continue
        windows = findings.windows(arm)
        rates = [window.rate for window in windows]
        refused = sum(sum(window.refused.values()) for each in findings.rounds for window in [each.of(arm)])
        table.add_row(
            title,
            f"{middle(rates):,.0f}",
            f"{min(rates):,.0f}",
            f"{max(rates):,.0f}",
            _number(middle([window.p50_ms for window in windows]), ".1f"),
            _number(middle([window.p95_ms for window in windows]), ".1f"),
            _number(middle([window.p99_ms for window in windows]), ".1f"),
            _number(middle([window.cpu_ms for window in windows]), ".2f"),
            _number(middle([window.generator_share for window in windows]), ".0%"),
            str(refused),
        )
    return table


def _ratios(findings: Findings) -> Text:
    """The ratios to what limits the rate, beside those that are targets."""
    line = Text("\n")
    for below in ("driver", "pgbench"):
        if any(window.arm == below for window in findings.rounds[0].windows):
            found = findings.ratios(lambda window: window.rate, "reference", below)
            line.append(f"reference/{below} {_number(middle(found), '.2f')}   ")
    return line


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
