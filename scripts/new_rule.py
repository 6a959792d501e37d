"""Start a new rule: write the skeleton of its page and of its check."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from flake8_celery import __version__
from flake8_celery.rule import CODE, SEVERITIES

ROOT = Path(__file__).parents[1]
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")

PAGE = """\
---
name: {name}
severity: {severity}
fix: none
since: {version}
proof: none
---
# {name} ({code})

One sentence: what goes wrong at run time.

## Why

What happens on a real worker, with versions.

## Bad

```python
from celery import shared_task


@shared_task  # {code}
def send_report(report_id):
    ...
```

## Good

```python
from celery import shared_task


@shared_task
def send_report(report_id):
    ...
```

## How to fix

One sentence that the command line prints.

## When it does not apply

Which cases stay silent, and why.

## Proof

What was seen on a real worker for the bad and for the good code.

## Sources

- https://docs.celeryq.dev/en/stable/userguide/tasks.html
"""

MODULE = '''\
"""Checks: {area}."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..model import Finding
from ..rule import rule

if TYPE_CHECKING:
    from ..model import Module
    from ..project import Project
'''

CHECK = '''

@rule("{code}")
def {function}(module: Module, project: Project) -> Iterator[Finding]:
    """One line: what it reports."""
    for task in project.tasks_of(module):
        if False:
            yield Finding(task.span, f"`{{task.function.name}}` does what at run time")
'''


def create(root: Path, code: str, name: str, area: str, severity: str = "warning") -> tuple[Path, Path]:
    """Write the page and the check of a rule below `root`. Raises ValueError where that is no new rule."""
    if not CODE.fullmatch(code):
        raise ValueError(f"{code}: a code is CEL and three digits")
    if not NAME.fullmatch(name):
        raise ValueError(f"{name}: a name is lower-case words with hyphens between them")
    if not area.isidentifier():
        raise ValueError(f"{area}: not the name of a module")
    page, check = root / "rules" / f"{code}.md", root / "flake8_celery" / "checks" / f"{area}.py"
    for other in sorted((root / "rules").glob("CEL*.md")):
        if other == page or f"\nname: {name}\n" in other.read_text("utf-8"):
            raise ValueError(f"{other.name} has that code or name")
    page.write_text(PAGE.format(code=code, name=name, severity=severity, version=__version__), "utf-8")
    module = check.read_text("utf-8") if check.exists() else MODULE.format(area=area)
    check.write_text(module + CHECK.format(code=code, function=name.replace("-", "_")), "utf-8")
    return page, check


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("code", help="CEL409")
    parser.add_argument("name", help="the bad pattern: fork-shared-connection")
    parser.add_argument("area", help="the module in flake8_celery/checks that it belongs in: blocking")
    parser.add_argument("--severity", choices=SEVERITIES, default="warning")
    options = parser.parse_args()
    try:
        page, check = create(ROOT, options.code, options.name, options.area, options.severity)
    except ValueError as error:
        parser.error(str(error))
    print(f"{page.relative_to(ROOT)}\n{check.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
