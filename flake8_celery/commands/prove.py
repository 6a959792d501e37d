"""`flake8-celery prove`: the proofs of the rules, or the survival of a task of the user's."""

from __future__ import annotations

import importlib
import json
import sys
from typing import TYPE_CHECKING

from ..config import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from ..harness.proofs import Proof, Prover, Result

_NEEDED = ("celery", "kombu", "psutil", "redis")


def prove(options: argparse.Namespace) -> int:
    """Run the proofs; 1 if one does not hold, 0 otherwise. Raises ConfigError where nothing can be run."""
    if not options.checks and (options.html or options.faults):
        raise ConfigError("--html and --faults go with --checks: they are about a task of yours")
    _demand_packages()
    from ..harness import HarnessError
    from ..harness.processes import stopped_by_signals

    try:
        with stopped_by_signals():
            if options.checks:
                from .survive import survive

                return survive(options)
            return _prove_rules(options)
    except HarnessError as error:
        raise ConfigError(str(error)) from error


def _demand_packages() -> None:
    missing = []
    for name in _NEEDED:
        try:
            importlib.import_module(name)
        except ImportError:  # noqa: PERF203
            missing.append(name)
    if missing:
        raise ConfigError(f"prove needs {', '.join(missing)}: pip install 'flake8-celery[prove]'")


def _prove_rules(options: argparse.Namespace) -> int:
    from ..harness.proofs import Prover, load

    codes = [code.upper() for code in options.what]
    proofs = load(codes)
    prover = Prover(options.redis_url, options.rabbitmq_url, options.jobs)
    try:
        prover.start()
        results = sorted(_watched(prover, proofs), key=lambda result: (result.code, result.broker))
    finally:
        prover.close()
    if options.output_format == "json":
        print(json.dumps([_item(result) for result in results], indent=2))
    else:
        _show(prover, results)
    return int(any(result.verdict == "fails" for result in results))


def _watched(prover: Prover, proofs: Sequence[Proof]) -> Iterator[Result]:
    """The results as they come, with a progress bar on a terminal."""
    if not sys.stderr.isatty():
        yield from prover.run(proofs)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = [
        TextColumn("proving"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    ]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=sum(len(proof.brokers) for proof in proofs))
        for result in prover.run(proofs):
            bar.update(task, advance=1, description=f"{result.code} {result.verdict}")
            yield result


def _item(result: Result) -> dict[str, object]:
    return {
        "code": result.code,
        "broker": result.broker,
        "bad": result.bad,
        "good": result.good,
        "seconds": round(result.seconds, 2),
        "verdict": result.verdict,
        "reason": result.skipped or "; ".join(result.problems),
    }


def _show(prover: Prover, results: list[Result]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from ..harness.proofs import BROKERS

    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    color = {"holds": "green", "fails": "bold red", "skipped": "yellow"}
    table = Table(show_edge=False, pad_edge=False)
    table.add_column("rule", no_wrap=True)
    table.add_column("the bad code", ratio=1)
    table.add_column("the good code", ratio=1)
    table.add_column("broker", no_wrap=True)
    table.add_column("seconds", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for result in results:
        if result.skipped:
            continue
        verdict = f"[{color[result.verdict]}]{result.verdict}[/]"
        cells = [result.code, escape(result.bad), escape(result.good), BROKERS[result.broker], f"{result.seconds:.1f}"]
        table.add_row(*cells, verdict)
    if table.row_count:
        console.print(table)
    for result in results:
        for problem in result.problems:
            console.print(f"[bold red]{result.code}[/] {BROKERS[result.broker]}, {escape(problem)}", soft_wrap=True)
    for result in results:
        if result.skipped:
            console.print(
                f"[yellow]{result.code}[/] {BROKERS[result.broker]}: skipped: {escape(result.skipped)}", soft_wrap=True
            )
    counts = [sum(result.verdict == verdict for result in results) for verdict in color]
    console.print(f"\n{counts[0]} hold, {counts[1]} fail, {counts[2]} skipped: {_servers(prover)}.", soft_wrap=True)


def _servers(prover: Prover) -> str:
    from ..harness.servers import version_of

    assert prover.redis is not None
    where = version_of(prover.redis.binary) if prover.redis.own else f"{prover.redis.host}:{prover.redis.port}"
    rabbitmq = "RabbitMQ" if prover.rabbitmq else "no RabbitMQ"
    return f"Celery {prover.celery}, Python {sys.version.split()[0]}, {where}, {rabbitmq}"
