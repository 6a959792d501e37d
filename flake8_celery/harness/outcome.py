"""What survival found out: one outcome for each fault and line, and the report with all of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .plan import Point
from .verdict import Verdict

FAULTS: dict[str, str] = {
    "kill": "pool process killed",
    "kill_worker": "worker killed",
    "deploy": "SIGTERM to the worker",
    "deploy_group": "SIGTERM to its whole group",
    "twice": "delivered twice",
    "race": "delivered twice at once",
    "network": "connection refused",
    "hang": "hangs",
    "broker_restart": "broker restarted",
    "flush": "broker flushed",
    "backend": "result backend gone",
}
"""The faults, in the order in which they are tried."""
ALL = tuple(FAULTS)
DESTRUCTIVE = frozenset({"broker_restart", "flush"})
BY_LINE = frozenset({"kill", "kill_worker"})


@dataclass(frozen=True)
class Function:
    """A function of the project that the task ran: `lines` are the points of the clean run, in their order."""

    file: str
    name: str
    line: int
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Because:
    """A finding of the linter that explains an outcome."""

    code: str
    message: str
    path: str
    line: int


@dataclass(frozen=True)
class Outcome:
    """What one fault did. `point` is where it struck, None for faults that strike no line; `runs` how often the task
    was begun; `exception` the last one that Celery reported for it; `recovered` that the recovering task was needed."""

    fault: str
    verdict: Verdict
    point: Point | None = None
    runs: int = 0
    exception: str = ""
    observed: Any = None
    difference: tuple[str, ...] = ()
    note: str = ""
    recovered: bool = False
    seconds: float = 0.0
    because: tuple[Because, ...] = ()

    @property
    def survived(self) -> bool:
        return self.verdict == "survived"


@dataclass(frozen=True)
class Report:
    """What became of a task under each fault. True if it survived all of them."""

    task: str
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    clean: Any
    outcomes: tuple[Outcome, ...]
    functions: tuple[Function, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    root: Path = field(default_factory=Path.cwd)
    seconds: float = 0.0

    @property
    def survived(self) -> bool:
        return all(outcome.survived for outcome in self.outcomes)

    def __bool__(self) -> bool:
        return self.survived

    @property
    def failures(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if not outcome.survived)

    @property
    def counts(self) -> dict[str, int]:
        """How many outcomes there are of each verdict, the survived first."""
        counted = Counter(outcome.verdict for outcome in self.outcomes)
        order: tuple[Verdict, ...] = ("survived", "lost", "doubled", "different", "stuck")
        return {verdict: counted[verdict] for verdict in order if counted[verdict]}

    def source(self, point: Point) -> str:
        """The text of the point's line, "" where it cannot be read."""
        try:
            return Path(point.file).read_text("utf-8", "replace").splitlines()[point.line - 1].strip()
        except (OSError, IndexError):
            return ""

    def where(self, point: Point) -> str:
        """The point as it is shown: `shop.py:12`, or `shop.py:12, after it`."""
        try:
            path = Path(point.file).relative_to(self.root).as_posix()
        except ValueError:
            path = point.file
        return f"{path}:{point.line}{', at the return' if point.after else ''}"

    def html(self) -> str:
        """The report as one HTML page that needs nothing else."""
        from .page import page

        return page(self)

    def as_json(self) -> dict[str, Any]:
        """The report as plain data. Observations that JSON cannot hold are shown as text."""
        return {
            "task": self.task,
            "args": plain(list(self.args)),
            "kwargs": plain(self.kwargs),
            "survived": self.survived,
            "clean": plain(self.clean),
            "seconds": round(self.seconds, 2),
            "skipped": [{"fault": fault, "reason": reason} for fault, reason in self.skipped],
            "outcomes": [self._item(outcome) for outcome in self.outcomes],
        }

    def _item(self, outcome: Outcome) -> dict[str, Any]:
        point = outcome.point
        return {
            "fault": outcome.fault,
            "verdict": outcome.verdict,
            "filename": point.file if point else None,
            "row": point.line if point else None,
            "after": point.after if point else None,
            "source": self.source(point) if point else None,
            "runs": outcome.runs,
            "exception": outcome.exception or None,
            "observed": plain(outcome.observed),
            "difference": list(outcome.difference),
            "note": outcome.note or None,
            "recovered": outcome.recovered,
            "rules": [vars(reason) for reason in outcome.because],
            "seconds": round(outcome.seconds, 2),
        }

    def __repr__(self) -> str:
        from .table import render

        return render(self)


def plain(value: Any) -> Any:
    """The value as JSON can hold it; what it cannot hold is shown as text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, Mapping):
        return {key if isinstance(key, str) else repr(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=repr)
    return repr(value)
