# /// script
# requires-python = ">=3.10"
# dependencies = []
# ///
"""What flake8-celery costs, beside other linters: the numbers of docs/performance.md.

    uv run benchmarks/speed.py                            on packages from the package index
    uv run benchmarks/speed.py saleor=../saleor ../kitsune    on your own checkouts
    uv run benchmarks/speed.py --write                    write the page and its plots from the last numbers

Each tool gets an environment of its own. All variants run one after the other, round by round, so that what else the
machine does meets all of them alike; projects are copied first and stay as they are. What takes long runs less often:
each group of variants as often as it fits into --seconds. Numbers are kept after each round; --resume goes on with the
rounds that are missing. Leave the machine alone meanwhile.
"""

from __future__ import annotations

import argparse
import datetime as dt
import fnmatch
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from measuring import environments, made, page
from measuring.session import Session
from measuring.variants import SLOW, Variant, lengths, sizes, variants

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULTS = Path(__file__).parent / "results" / "speed.json"
INDEX = ("pretalx", "weblate", "django-oscar")
"""Two projects with Celery and one without, for those who name none."""
MARKERS = ("pyproject.toml", "setup.cfg", "setup.py")


def main() -> None:
    options = _options()
    results = json.loads(options.results.read_text("utf-8")) if options.results.exists() else {}
    if not options.write:
        Bench(options, results if options.resume else {}).run()
        return
    page.write(results)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("projects", nargs="*", metavar="[NAME=]FOLDER[@VERSION]", help=f"(default: {', '.join(INDEX)})")
    add("--write", action="store_true", help="measure nothing; write docs/performance.md from what was measured")
    add("--resume", action="store_true", help="go on where the last run stopped, and add the projects that are new")
    add("--preliminary", action="store_true", help="let the page say that the numbers are")
    add("--rounds", type=int, default=9, metavar="N", help="how often at most each variant runs (default: %(default)s)")
    add("--seconds", type=float, default=60, metavar="S", help="for all rounds of a group (default: %(default)s)")
    add("--minutes", type=float, default=60, metavar="M", help="start no round after so many (default: %(default)s)")
    add("--limit", type=float, default=60, metavar="S", help="stop another tool after that (default: %(default)s)")
    add(
        "--slow-lines", type=int, default=150_000, metavar="N",
        help="run flake8-async, pylint and fixit in projects of at most so many lines (default: %(default)s)",
    )  # fmt: skip
    add("--only", action="append", default=[], metavar="PATTERN", help="run only variants of such a name or group")
    add("--skip", action="append", default=[], metavar="PROJECT:PATTERN", help="leave variants out of a project")
    add("--sizes", type=_numbers, default=[100, 300, 1_000, 3_000, 10_000], metavar="N,...", help="projects to make")
    add("--lengths", type=_numbers, default=[100, 1_000, 5_000, 20_000], metavar="N,...", help="files to make")
    add("--ours", type=Path, default=environments.ROOT, metavar="FOLDER", help="another checkout of flake8-celery")
    default = Path(tempfile.gettempdir(), "flake8-celery-speed")
    add(
        "--work",
        type=Path,
        default=default,
        metavar="FOLDER",
        help="for environments and copies (default: %(default)s)",
    )
    add(
        "--results",
        type=Path,
        default=RESULTS,
        metavar="FILE",
        help="where the numbers are kept (default: %(default)s)",
    )
    add("--prepare", action="store_true", help="install the tools and copy the projects, and measure nothing")
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]


class Bench:
    def __init__(self, options: argparse.Namespace, results: dict[str, Any]) -> None:
        self.options = options
        self.work: Path = options.work.resolve()
        self.installed = self.work / "venvs"
        self.results: dict[str, Any] = {"tools": {}, "missing": {}, "projects": {}, "files": {}, "lines": {}} | results
        self.started = time.monotonic()
        self.pool: list[made.File] = []
        self.sessions: dict[str, tuple[Session, list[Variant]]] = {}
        self.made: dict[tuple[str, int], tuple[Session, list[Variant]]] = {}

    def run(self) -> None:
        self._install()
        for given in self.options.projects or INDEX:
            self._add(given)
        for kind, counts in (("files", self.options.sizes), ("lines", self.options.lengths)):
            for count in counts:
                self._make(kind, count)
        if self.options.prepare:
            return
        for number in range(self.options.rounds):
            if not self._round(number):
                break
        self._say(f"{(time.monotonic() - self.started) / 60:.1f} minutes; now: benchmarks/speed.py --write")

    def _install(self) -> None:
        versions, missing = environments.prepare(self.installed, list(environments.ENVIRONMENTS), self.options.ours)
        for name, reason in missing.items():
            self._say(f"{name} is missing: {reason}")
        commit = _git(self.options.ours, "rev-parse", "--short", "HEAD")
        if environments.OURS in versions and commit:
            versions[environments.OURS] += f" at {commit}"
        before = {
            name: version for name, version in self.results["tools"].items() if versions.get(name, version) != version
        }
        if before:
            raise SystemExit(f"--resume goes with the same tools; these were others: {before}")
        self.missing = missing
        self.results["tools"] |= versions
        self.results["missing"] = missing
        self.results["preliminary"] = self.options.preliminary
        self.results["date"] = dt.datetime.now(tz=dt.timezone.utc).date().isoformat()
        self.results["machine"] = {
            "cores": os.cpu_count(),
            "system": f"{platform.system()} on {platform.machine()}",
            "python": f"{platform.python_implementation()} {platform.python_version()}",
        }

    def _can_be_told(self) -> bool:
        """Whether our command line knows how many processes to use."""
        program = environments.programs(self.installed, "flake8-ours") / "flake8-celery"
        shown = subprocess.run([program, "check", "--help"], capture_output=True, text=True, check=False)
        return "--jobs" in shown.stdout

    def _add(self, given: str) -> None:
        """Copy a project and get ready for its runs."""
        if self.options.projects:
            name, _, rest = given.rpartition("=")
            text, _, commit = rest.partition("@")
            source = Path(text).resolve()
            if not source.is_dir():
                raise SystemExit(f"{source}: no such folder")
            name = name or source.name
            commit = commit or _git(source, "rev-parse", "HEAD")
            known = f"commit {commit[:10]}" if re.fullmatch("[0-9a-f]{7,40}", commit) else f"version {commit}"
            told = known if commit else "of no known commit"
        else:
            name = given
            source = self.work / "index" / name
            try:
                told = environments.download(given, source)
            except OSError as error:
                raise SystemExit(f"{given} cannot be had from the package index: {error}") from error
        scratch = self.work / "copies" / name
        copies = [scratch / folder / name for folder in ("copy", "changed")]
        for copy in copies:
            made.copy(source, copy)
            if not any((copy / marker).exists() for marker in MARKERS):
                (copy / "setup.cfg").touch()
        found = made.files(copies[0])
        self.pool += [file._replace(path=f"{name}/{file.path}") for file in found]
        record = self.results["projects"].setdefault(name, {"runs": {}})
        file = _shown(found)
        record |= {
            "source": told,
            "files": len(found),
            "lines": sum(file.lines for file in found),
            "share": round(made.share(found), 4),
            "shown": file.lines,
        }
        session = Session(copies[0], scratch, self.installed, record["runs"], self.options.limit, file.path)
        session.shown = file.text
        session.plain = _plain(found, file)
        chosen = self._chosen(variants(jobs=self._can_be_told()), name)
        if record["lines"] > self.options.slow_lines:
            chosen = [variant for variant in chosen if variant.group != SLOW]
        self.sessions[name] = (session, chosen)
        self._say(f"{name}: {record['files']} files, {record['lines']} lines, {record['share']:.1%} about Celery")

    def _make(self, kind: str, count: int) -> None:
        scratch = self.work / kind / str(count)
        copy = scratch / "copy"
        lines = (made.make_project if kind == "files" else made.make_module)(self.pool, count, copy)
        record = self.results[kind].setdefault(str(count), {"runs": {}})
        record["lines"] = lines
        session = Session(copy, scratch, self.installed, record["runs"], self.options.limit)
        chosen = self._chosen(sizes() if kind == "files" else lengths(), kind)
        self.made[kind, count] = (session, chosen)

    def _chosen(self, every: Sequence[Variant], project: str) -> list[Variant]:
        skipped = [
            pattern for text in self.options.skip for name, _, pattern in [text.partition(":")] if name == project
        ]

        def matches(variant: Variant, patterns: Sequence[str]) -> bool:
            return any(fnmatch.fnmatch(text, p) for p in patterns for text in (variant.name, variant.group))

        return [
            variant
            for variant in every
            if variant.environment not in self.missing
            and (not self.options.only or matches(variant, self.options.only))
            and not matches(variant, skipped)
        ]

    def _round(self, number: int) -> bool:
        """One round over all projects; False when there is no time or nothing left to do."""
        more = number == 0
        for name, (session, chosen) in [
            *self.sessions.items(),
            *((f"{count} {kind}", pair) for (kind, count), pair in self.made.items()),
        ]:
            rounds = session.rounds(chosen, self.options.rounds, self.options.seconds)
            waiting = [v for v in chosen if session.done(v) < max(rounds[v.name], 1)]
            more = more or bool(waiting)  # what was run before is resumed in a later round
            left = [v for v in waiting if session.done(v) <= number]
            for told in session.round(left, backwards=number % 2 == 1):
                if (time.monotonic() - self.started) / 60 > self.options.minutes:
                    self._save()
                    self._say("the time is over")
                    return False
                self._say(f"round {number + 1}, {name}, {told}")
            self._save()
        return more

    def _save(self) -> None:
        self.options.results.write_text(page.lines(self.results), "utf-8")

    def _say(self, text: str) -> None:
        print(f"{time.monotonic() - self.started:6.0f} s  {text}", file=sys.stderr, flush=True)


def _git(folder: Path, *arguments: str) -> str:
    if not (folder / ".git").exists():
        return ""
    done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def _shown(found: Sequence[made.File]) -> made.File:
    """The file that an editor shows: of those about Celery, tests left out, the one nearest to 300 lines."""
    code = [file for file in found if "test" not in file.path]
    return min([f for f in code if f.celery] or code, key=lambda file: (abs(file.lines - 300), file.path))


def _plain(found: Sequence[made.File], shown: made.File) -> str:
    """The path of the file nearest to 300 lines that says nothing that has to do with Celery, or of the shown one."""
    code = [f for f in found if "test" not in f.path and not re.search(rb"(?i)celery|task|transaction|signal", f.text)]
    return min(code, key=lambda file: (abs(file.lines - 300), file.path), default=shown).path


if __name__ == "__main__":
    main()
