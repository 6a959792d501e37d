"""Rules: the registry of checks, and the pages that say everything else about them."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from .frozen import dataclass

if TYPE_CHECKING:
    from .model import Command, Finding, Mention, Module, Variable
    from .project import Project

    Check = Callable[[Module, Project], Iterable[Finding]]
    DeploymentCheck = Callable[[Project], Iterable["DeploymentFinding"]]

SEVERITIES = ("error", "warning", "advice")
CODE = re.compile(r"CEL[0-9]{3}")

_checks: dict[str, Check] = {}
_deployment_checks: dict[str, DeploymentCheck] = {}


@dataclass(frozen=True, slots=True)
class DeploymentFinding:
    """A finding in a deployment file: `at` is the command, mention or variable it is about. `remedy` and `cure` are
    those of a `Finding`."""

    at: Command | Mention | Variable
    message: str
    remedy: str = ""
    cure: str = ""


@dataclass(frozen=True)
class Rule:
    """A rule as its page describes it. `page` is the whole Markdown text.

    Raises ValueError, naming the page and the key, where the front matter lacks something or is wrong.
    """

    code: str
    page: str

    @cached_property
    def _front(self) -> dict[str, str]:
        head, _, rest = self.page.partition("\n---\n")
        if not head.startswith("---\n") or not rest:
            raise ValueError(f"{self.code}.md: no front matter between two lines of ---")
        front: dict[str, str] = {}
        for line in head.splitlines()[1:]:
            key, colon, value = line.partition(":")
            if not colon:
                raise ValueError(f"{self.code}.md: front matter line without a colon: {line!r}")
            front[key.strip()] = value.strip()
        for key in ("name", "severity", "fix", "since", "proof"):
            if not front.get(key):
                raise ValueError(f"{self.code}.md: front matter lacks the key {key!r}")
        if front["severity"] not in SEVERITIES:
            raise ValueError(f"{self.code}.md: severity: {front['severity']!r} is none of {', '.join(SEVERITIES)}")
        return front

    @property
    def body(self) -> str:
        """The page without its front matter."""
        return self.page.partition("\n---\n")[2].lstrip("\n")

    @property
    def name(self) -> str:
        return self._front["name"]

    @property
    def severity(self) -> str:
        return self._front["severity"]

    @property
    def fix(self) -> str:
        """ "none", "safe" or "unsafe"."""
        return self._front["fix"]

    @property
    def since(self) -> str:
        return self._front["since"]

    @property
    def proof(self) -> str:
        """How runtime can decide the claim: "worker", "client", "beat", "deployment" or "none"."""
        return self._front["proof"]

    @property
    def opt_in(self) -> bool:
        """Policies run only where they are named."""
        return self.code.startswith("CEL9")

    @property
    def url(self) -> str:
        """The page itself, which every installation brings: there is no site that could be out of date or offline."""
        return (pages_folder() / f"{self.code}.md").resolve().as_uri()

    @property
    def summary(self) -> str:
        """The first paragraph below the title, on one line."""
        text = re.sub(r"\A# .*\n+", "", self.body)
        return " ".join(text.split("\n\n", 1)[0].split())

    def section(self, title: str) -> str:
        """The text of the section `## title`, "" where there is none."""
        match = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", self.body, re.MULTILINE | re.DOTALL)
        return match[1].strip() if match else ""

    @property
    def how(self) -> str:
        """The first paragraph of *How to fix*, on one line."""
        return " ".join(self.section("How to fix").split("\n\n", 1)[0].split())


def rule(code: str) -> Callable[[Check], Check]:
    """Register a generator over `(module, project)` as the check of the rule `code`."""

    def register(check: Check) -> Check:
        if not CODE.fullmatch(code) or code in _checks:
            raise ValueError(f"{code}: not a new rule code")
        _checks[code] = check
        return check

    return register


def deployment_rule(code: str) -> Callable[[DeploymentCheck], DeploymentCheck]:
    """Register a generator over `project` that reports in deployment files as the check of the rule `code`."""

    def register(check: DeploymentCheck) -> DeploymentCheck:
        if not CODE.fullmatch(code) or code in _deployment_checks:
            raise ValueError(f"{code}: not a new rule code")
        _deployment_checks[code] = check
        return check

    return register


@cache
def _load_checks() -> None:
    from . import checks

    for info in pkgutil.iter_modules(checks.__path__):
        importlib.import_module(f"{checks.__name__}.{info.name}")


def checks() -> dict[str, Check]:
    """The checks over Python modules by code, in the order of their codes."""
    _load_checks()
    return dict(sorted(_checks.items()))


def deployment_checks() -> dict[str, DeploymentCheck]:
    """The checks over deployment files by code, in the order of their codes."""
    _load_checks()
    return dict(sorted(_deployment_checks.items()))


def pages_folder() -> Path:
    """Where the rule pages are: beside the package in a checkout, inside it when installed."""
    here = Path(__file__).parent
    installed = here / "pages"
    return installed if installed.is_dir() else here.parent / "rules"


def load(code: str) -> Rule:
    """The rule of that code. Raises KeyError where there is none."""
    path = pages_folder() / f"{code}.md"
    if not CODE.fullmatch(code) or not path.is_file():
        raise KeyError(code)
    return Rule(code, path.read_text("utf-8"))


def codes() -> list[str]:
    """The codes that have a page, in order."""
    return sorted(p.stem for p in pages_folder().glob("CEL*.md") if CODE.fullmatch(p.stem))


def rules() -> Iterator[Rule]:
    return (load(code) for code in codes())
