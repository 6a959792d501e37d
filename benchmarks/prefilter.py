"""Which findings the prefilter loses: those that are there when every file counts as one that concerns Celery.

    uv run python benchmarks/prefilter.py FOLDER...
    uv run python benchmarks/prefilter.py --write FOLDER...   keeps the result for docs/performance.md too

Each project is looked at twice, without a cache and with all rules: as ever, and with every file parsed. Prints the
findings that only one of the two has, and exits with 1 when there is any. The second look takes long.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from flake8_celery import index, lint, source
from flake8_celery.cli import main as flake8_celery

RESULTS = Path(__file__).parent / "results" / "prefilter.json"
_NAME = "concerns_celery"


class Finding(NamedTuple):
    path: str
    line: int
    code: str
    message: str


@contextlib.contextmanager
def every_file() -> Iterator[None]:
    """Every file counts as one that concerns Celery."""
    users = (source, lint, index)
    before = [getattr(user, _NAME) for user in users]
    try:
        for user in users:
            setattr(user, _NAME, lambda _data: True)
        yield
    finally:
        for user, function in zip(users, before, strict=True):
            setattr(user, _NAME, function)


def findings(project: Path) -> set[Finding]:
    """What all rules find in a project."""
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "findings.json")
        os.chdir(project)
        try:
            options = ["--no-cache", "--no-baseline", "--extend-select=CEL9", "--exit-zero"]
            code = flake8_celery(["check", *options, "--output-format=json-lines", f"--output-file={file}", "."])
        finally:
            os.chdir(here)
        if code:
            raise SystemExit(f"{project}: flake8-celery ends with {code}")
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    # What cannot be parsed has no code; a file that nobody looks at is not parsed.
    return {
        Finding(
            os.path.relpath(row["filename"], project.resolve()), row["location"]["row"], row["code"], row["message"]
        )
        for row in rows
        if row["code"]
    }


def compare(project: Path) -> tuple[set[Finding], set[Finding]]:
    """The findings as ever, and those with every file parsed."""
    usual = findings(project)
    with every_file():
        return usual, findings(project)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("projects", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--write", action="store_true", help=f"keep the result in {RESULTS.name}")
    options = parser.parse_args()
    differ = False
    for project in options.projects:
        begun = time.monotonic()
        usual, full = compare(project)
        seconds = time.monotonic() - begun
        print(f"{project.name}: {len(usual)} findings, {len(full)} with every file parsed; {seconds:.0f} s")
        for title, found in (("missed", full - usual), ("only with the prefilter", usual - full)):
            for finding in sorted(found):
                print(f"  {title}: {finding.path}:{finding.line}: {finding.code} {finding.message}")
        if options.write:
            known = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
            known[project.name] = {
                "with": len(usual),
                "every": len(full),
                "missed": sorted({f"{f.path}:{f.line} {f.code}" for f in full - usual}),
                "more": sorted({f"{f.path}:{f.line} {f.code}" for f in usual - full}),
            }
            RESULTS.write_text(json.dumps(known, indent=1) + "\n", "utf-8")
        differ |= usual != full
        sys.stdout.flush()
    return int(differ)


if __name__ == "__main__":
    sys.exit(main())
