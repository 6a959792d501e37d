"""`flake8-celery prove APP TASK ARGS --checks MODULE`: what a task of the user's survives."""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..config import ConfigError
from ..frozen import dataclass
from ..harness import HarnessError
from .check import write

if TYPE_CHECKING:
    import argparse
    from types import ModuleType

    from ..harness.survival import Harness


def survive(options: argparse.Namespace) -> int:
    """Show what the task survives; 1 if it does not survive every fault. Raises ConfigError for wrong usage."""
    app, task, args, kwargs = _what(options.what)
    if options.rabbitmq_url:
        raise ConfigError("--rabbitmq-url: the survival of a task is tried on Redis")
    checks = Checks.load(options.checks)
    from ..harness.outcome import ALL
    from ..harness.survival import Harness

    with Harness(app, redis_url=options.redis_url) as harness, _bar() as progress:
        harness.env.update(checks.environment(harness))
        report = harness.survives(
            task,
            args,
            kwargs,
            reset=checks.reset,
            observe=checks.observe,
            recover=checks.recover,
            faults=options.faults or ALL,
            progress=progress,
        )
    if options.html:
        write(options.html, report.html())
    if options.output_format == "json":
        print(json.dumps(report.as_json(), indent=2))
    else:
        from rich.console import Console

        from ..harness.table import show

        show(report, Console(width=None if sys.stdout.isatty() else 160, highlight=False))
    return 0 if report.survived else 1


def _what(what: Sequence[str]) -> tuple[str, str, Sequence[Any], Mapping[str, Any]]:
    """App, task, positional and keyword arguments."""
    if len(what) not in (2, 3):
        raise ConfigError("with --checks it is `prove APP TASK [ARGS]`: an app, the name of a task, its arguments")
    app, task, *rest = what
    try:
        arguments = json.loads(rest[0]) if rest else []
    except ValueError as error:
        raise ConfigError(f"ARGS is not JSON: {error}: {rest[0]}") from error
    if isinstance(arguments, list):
        return app, task, arguments, {}
    if isinstance(arguments, dict):
        return app, task, (), arguments
    raise ConfigError(f"ARGS is neither a list nor an object: {rest[0]}")


@dataclass(frozen=True)
class Checks:
    """What the user's module says: how to bring everything to its state before, and how to see what was done."""

    reset: Callable[[], object]
    observe: Callable[[], Any]
    recover: str | None
    env: Callable[..., Mapping[str, str]] | None

    @classmethod
    def load(cls, name: str) -> Checks:
        if os.getcwd() not in sys.path:
            sys.path.insert(0, os.getcwd())
        try:
            module = importlib.import_module(name)
        except Exception as error:
            raise ConfigError(f"--checks: {name} cannot be imported: {type(error).__name__}: {error}") from error
        recover = getattr(module, "recover", None)
        if recover is not None and not isinstance(recover, str):
            raise ConfigError(f"--checks: {name}.recover is not the name of a task")
        return cls(_needed(module, "reset"), _needed(module, "observe"), recover, getattr(module, "env", None))

    def environment(self, harness: Harness) -> dict[str, str]:
        """What `env()` adds to the environment of the workers; it may take the harness, for `harness.proxy(port)`."""
        if self.env is None:
            return {}
        takes = inspect.signature(self.env).parameters
        added = _told("env", self.env)(*([harness] if takes else []))
        if not isinstance(added, Mapping) or not all(isinstance(v, str) for pair in added.items() for v in pair):
            raise ConfigError("--checks: env() does not return a dictionary of texts")
        return dict(added)


def _needed(module: ModuleType, name: str) -> Callable[[], Any]:
    function = getattr(module, name, None)
    if not callable(function):
        raise ConfigError(f"--checks: {module.__name__} has no function {name}()")
    return _told(name, function)


def _told(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function; what it raises is told with its name instead of a traceback."""

    @functools.wraps(function)
    def call(*args: Any) -> Any:
        try:
            return function(*args)
        except HarnessError:
            raise
        except Exception as error:
            raise HarnessError(f"{name}() fails with {type(error).__name__}: {error}") from error

    return call


@contextmanager
def _bar() -> Iterator[Callable[[int, int, str], None] | None]:
    """A progress bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = [BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}")]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("clean run", total=None)
        yield lambda number, total, fault: bar.update(task, completed=number, total=total, description=fault)
