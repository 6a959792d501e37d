"""Runs of the variants on one project, one after the other, round by round."""

from __future__ import annotations

import os
import re
import shutil
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .environments import programs
from .process import Run, run
from .variants import CACHE, LIMITED, NAME, SLOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from .variants import Variant

_DEFINITION = re.compile(rb"^(?:@|def |class |async def )", re.MULTILINE)
_DROPPED = ("PYTHON", "VIRTUAL_ENV", "FLAKE8", "XDG_", "PYLINT", "RUFF", "SEMGREP")


@dataclass
class Session:
    """A project in its folder `project`, with what was measured in `runs`: per variant lists of wall, cpu and peak."""

    project: Path
    scratch: Path
    installed: Path
    runs: dict[str, dict[str, Any]]
    limit: float
    name: str = ""
    """Of the file that an editor shows, and that is changed."""
    plain: str = ""
    """A file without a word of Celery, or else the same one."""
    shown: bytes = b""
    edits: int = 0
    filled: set[str] = field(default_factory=set)
    """The caches that a run of this session has filled."""

    def round(self, chosen: Sequence[Variant], *, backwards: bool) -> Iterator[str]:
        """Run each variant once; what to tell about each. `backwards` counts once the cold runs have filled caches."""
        for variant in reversed(chosen) if backwards and self.filled else chosen:
            yield f"{variant.name}: {self._measure(variant)}"

    def rounds(self, chosen: Sequence[Variant], most: int, seconds: float) -> dict[str, int]:
        """How often to run each variant: as often as its group fits into these seconds, by what a run has taken."""
        taken: dict[str, float] = defaultdict(float)
        for variant in chosen:
            known = self.runs.get(variant.name, {})
            taken[variant.group] += known.get("over", 0) or (known["wall"][0] if known.get("wall") else 0)
        fitting = {group: int(seconds / max(sum_, 0.01)) for group, sum_ in taken.items()}
        return {v.name: 1 if v.group == SLOW else min(most, max(1, fitting[v.group])) for v in chosen}

    def done(self, variant: Variant) -> int:
        """How often the variant was run; many times where another run would tell no more."""
        known = self.runs.get(variant.name, {})
        return 1000 if "over" in known or "failed" in known else len(known.get("wall", ()))

    def _measure(self, variant: Variant) -> str:
        cache = self.scratch / "caches" / re.sub(r"\W+", "-", variant.cache or variant.name)
        if variant.cold:
            shutil.rmtree(cache, ignore_errors=True)
        elif variant.cache and variant.cache not in self.filled:
            # One of an earlier session would not do for what was installed since.
            shutil.rmtree(cache, ignore_errors=True)
            self._run(variant, cache, variant.fill or variant.command)
        if variant.cache:
            self.filled.add(variant.cache)
        restore = self._edit(variant) if variant.folder == "changed" else None
        known = self.runs.setdefault(variant.name, {"wall": [], "cpu": [], "peak": []})
        watch = variant.several and "tree" not in known
        limit = self.limit if variant.group in LIMITED else 3600
        done = self._run(variant, cache, variant.command, limit, watch=watch)
        if restore is not None:
            restore()
        if done.code is None:
            self.runs[variant.name] = {"over": self.limit}
            return f"more than {self.limit:.0f} s"
        if done.code not in variant.codes:
            reason = (done.err or done.out).decode("utf-8", "replace").strip().splitlines()[-1:]
            self.runs[variant.name] = {"failed": f"exit code {done.code}: {' '.join(reason)[:200]}"}
            return str(self.runs[variant.name]["failed"])
        for key, value in (("wall", done.wall), ("cpu", done.cpu), ("peak", done.peak)):
            known[key].append(round(value, 4 if key != "peak" else 1))
        if watch and done.tree is not None:
            known["tree"] = round(done.tree, 1)
        known["out"] = done.out.count(b"\n")
        if variant.environment.endswith("-ours"):
            known["found"] = len(re.findall(rb": (?:\d+: )?CEL\d{3} ", done.out))
        return f"{done.wall:.2f} s, processor {done.cpu:.2f} s, {done.peak:.0f} MB, {known['out']} lines"

    def _run(
        self, variant: Variant, cache: Path, command: tuple[str, ...], limit: float = 3600, *, watch: bool = False
    ) -> Run:
        cache.mkdir(parents=True, exist_ok=True)
        folder = self._folder(variant)
        home = self.scratch / "home"
        home.mkdir(parents=True, exist_ok=True)
        bin_folder = programs(self.installed, variant.environment)
        environment = {n: v for n, v in os.environ.items() if not n.startswith(_DROPPED)}
        environment |= {
            "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "FLAKE8_CELERY_CACHE_DIR": str(cache),
        }
        told = [part.replace(CACHE, str(cache)).replace(NAME, self.name) for part in command]
        return run(
            [bin_folder / told[0], *told[1:]],
            folder,
            environment,
            self.scratch,
            given=self._edited(self.shown, variant.edit) if variant.stdin else b"",
            limit=limit,
            watch=watch,
        )

    def _folder(self, variant: Variant) -> Path:
        if variant.folder == "project":
            return self.project
        folder = self.scratch / variant.folder
        if variant.folder == "changed":
            return folder / self.project.name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "setup.cfg").touch()
        if variant.folder == "alone":
            target = folder / self.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self.shown)
        return folder

    def _edit(self, variant: Variant) -> Callable[[], None]:
        """Change the variant's file; what makes it as it was."""
        path = self.scratch / "changed" / self.project.name / (self.plain if variant.edit == "elsewhere" else self.name)
        before, status = path.read_bytes(), path.stat()

        def restore() -> None:
            path.write_bytes(before)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

        path.write_bytes(self._edited(before, variant.edit))
        return restore

    def _edited(self, text: bytes, edit: str) -> bytes:
        """A file with something new above its first function or class, so that what follows has moved: something else
        each time."""
        self.edits += 1
        name = f"benchmark_{os.getpid()}_{self.edits}"
        constant, function = f"{name.upper()} = {self.edits}", f"def {name}(order):\n    order.pay()"
        added = f"{constant if edit == 'constant' else function}\n\n\n".encode()
        first = _DEFINITION.search(text)
        place = first.start() if first is not None else len(text)
        return text[:place] + added + text[place:]
