"""What a scenario wants of the worker's processes: a file that they read before each task."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Point:
    """A moment of a task's run: before `line` is executed, or with `after` when the task's function has returned."""

    file: str
    line: int
    after: bool = False


@dataclass(frozen=True)
class Plan:
    """`record` writes down the lines and connections of the run. A run stops at the point `stop_at` until it is
    released, as often as `stops` says; `connection` is the number of the connection that is refused, from 1."""

    number: int
    task: str
    record: bool = False
    stop_at: Point | None = None
    stops: int = 1
    connection: int = 0

    def write(self, path: Path) -> None:
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(self)), "utf-8")
        draft.replace(path)

    @classmethod
    def read(cls, path: str | Path) -> Plan | None:
        try:
            data = json.loads(Path(path).read_text("utf-8"))
        except FileNotFoundError:
            return None
        if data["stop_at"]:
            data["stop_at"] = Point(**data["stop_at"])
        return cls(**data)


def claim(path: str | Path, plan: Plan) -> bool:
    """Whether the fault of the plan is this caller's to have: true as often as `stops` says, over all processes."""
    for number in range(plan.stops):
        try:
            os.close(os.open(f"{path}.{plan.number}.{number}", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            continue
        return True
    return False


def gate(path: str | Path, plan: Plan) -> str:
    """The file whose existence releases the runs that were stopped."""
    return f"{path}.{plan.number}.go"
