"""The pytest fixture `celery_harness`. Nothing dear is imported until a test uses it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .outcome import Report
    from .survival import Harness

_REPORTS = pytest.StashKey[list["Report"]]()


class CeleryHarness:
    """`survives(…)` runs a task of the app that the ini option `celery_harness_app` names; `for_app("shop:app")` is a
    harness for another app. Harnesses stay for the whole session: the next test finds a warm worker."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._harnesses: dict[tuple[object, ...], Harness] = {}
        self.reports: list[Report] = []

    def for_app(
        self, app: str, cwd: str | Path | None = None, env: Mapping[str, str] | None = None, **options: Any
    ) -> Harness:
        """The harness of an app: `app` is what `celery -A` takes, `cwd` the project's folder (default: pytest's root),
        `env` is added to the environment of the workers."""
        try:
            from .survival import Harness
        except ImportError as error:
            raise pytest.UsageError(f"celery_harness needs flake8-celery[harness]: {error}") from error
        folder = Path(cwd) if cwd is not None else self._config.rootpath
        key = (app, folder.resolve(), tuple(sorted((env or {}).items())), tuple(sorted(options.items())))
        if key not in self._harnesses:
            harness = self._harnesses[key] = Harness(app, folder, env, **options)
            harness.on_report = self.reports.append
        return self._harnesses[key]

    def survives(
        self,
        task: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        reset: Callable[[], object],
        observe: Callable[[], Any],
        recover: str | None = None,
        faults: Sequence[str] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Report:
        """What the task survives, as `Harness.survives` does it, for the app of the ini option."""
        from .outcome import ALL

        app = self._config.getini("celery_harness_app")
        if not app:
            raise pytest.UsageError("celery_harness.survives needs the ini option celery_harness_app, or for_app(…)")
        harness = self.for_app(app, env=env)
        return harness.survives(task, args, kwargs, reset=reset, observe=observe, recover=recover, faults=faults or ALL)

    def close(self) -> None:
        """End all workers and servers."""
        for harness in self._harnesses.values():
            harness.close()
        self._harnesses.clear()


@pytest.fixture(scope="session")
def _celery_harnesses(pytestconfig: pytest.Config) -> Iterator[CeleryHarness]:
    harnesses = CeleryHarness(pytestconfig)
    yield harnesses
    harnesses.close()


@pytest.fixture
def celery_harness(_celery_harnesses: CeleryHarness, request: pytest.FixtureRequest) -> CeleryHarness:
    """Real workers that your own tasks are run on, under one fault after the other."""
    _celery_harnesses.reports.clear()
    request.node.stash[_REPORTS] = _celery_harnesses.reports
    return _celery_harnesses


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("celery_harness_app", "the app for the fixture celery_harness, as `celery -A` takes it", default="")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the tables of a failed test: pytest itself cuts what it shows of an object to one short line."""
    report = yield
    for survival in item.stash.get(_REPORTS, []):
        if report.failed and report.when == "call" and not survival.survived:
            report.sections.append((f"survival of {survival.task}", repr(survival)))
    return report
