"""What one run of a command takes: wall clock, processor time and memory."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LAUNCHER = Path(__file__).with_name("launcher.py")
EVERY = 0.1


class Run(NamedTuple):
    wall: float
    """Seconds."""
    cpu: float
    """Seconds in user and system mode, of the process and all its children that have ended."""
    peak: float
    """MB that the largest of the processes had in memory at most."""
    tree: float | None
    """MB of all the processes at a time, at most, with what they share counted once; looked up ten times a second."""
    code: int | None
    """None where the command was stopped because it took too long."""
    out: bytes
    err: bytes


def run(
    command: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str],
    scratch: Path,
    *,
    given: bytes = b"",
    limit: float = 600.0,
    watch: bool = False,
) -> Run:
    """Run the command in `folder`. `watch` looks up the memory of all its processes, where the system tells."""
    scratch.mkdir(parents=True, exist_ok=True)
    streams = [scratch / name for name in ("in", "out", "err")]
    streams[0].write_bytes(given)
    with subprocess.Popen(
        [sys.executable, "-I", "-S", LAUNCHER, str(limit), *streams, *command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as launcher:
        try:
            tree = _watched(launcher) if watch else None
            assert launcher.stdout is not None
            answer = launcher.stdout.read()
        except BaseException:
            launcher.terminate()
            raise
    if launcher.returncode:
        raise OSError(f"{command[0]} could not be started")
    taken = json.loads(answer)
    return Run(**taken, tree=tree, out=streams[1].read_bytes(), err=streams[2].read_bytes())


def _watched(launcher: subprocess.Popen[str]) -> float | None:
    most = 0.0
    while launcher.poll() is None:
        most = max(most, sum(map(_memory, _below(launcher.pid))))
        time.sleep(EVERY)
    return most or None


def _below(process: int) -> Iterator[int]:
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield int(child)
                yield from _below(int(child))


def _memory(process: int) -> float:
    """MB, with a part of what is shared; 0 where the process has ended or the system does not tell."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("Pss:")), 0.0)
