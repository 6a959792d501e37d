"""What is run on each project: the tools, how they are called, and the state of the cache before each run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

RULES = Path(__file__).with_name("celery.semgrep.yml")
FLAKE8 = ("flake8", "--isolated", "--max-line-length=120", "--exit-zero")
"""Not the project's own configuration, and not a finding for each line that is longer than 79 characters."""
CHECK = ("flake8-celery", "check", "--exit-zero", "--output-format=concise")
RULE = "fixit.rules.no_redundant_lambda:NoRedundantLambda"
RUFF = ("ruff", "check", "--isolated", "--exit-zero", "--output-format=concise", "--no-cache", ".")
CACHE, NAME = "{cache}", "{name}"
"""Stand in commands for the folder of the variant's cache, and for the path of the file that an editor shows."""
LIMITED = frozenset({"peers", "bugbear", "slow"})
"""Groups that are stopped after a while."""
SLOW = "slow"
"""The group that runs once, and on small projects only."""


CHANGED = {
    "constant": "ours, one file changed",
    "function": "ours, one file changed, a function",
    "elsewhere": "ours, a file without Celery changed",
}
EDITED = {"constant": "ours on a file", "function": "ours on a file, a function"}


@dataclass(frozen=True)
class Variant:
    name: str
    group: str
    """Those of a group are compared, and so run equally often."""
    environment: str
    command: tuple[str, ...]
    cache: str = ""
    """Variants that name the same cache share it."""
    cold: bool = False
    """The cache is emptied before each run; otherwise it is filled before the first."""
    fill: tuple[str, ...] = ()
    """The command that fills it, where that is another one."""
    folder: str = "project"
    """Where it runs: the project, a copy in which a file is changed before each run, a project of that file, none."""
    edit: str = ""
    """How the file is changed, on disk or on standard input: a "constant" or a "function" above the first function or
    class of the one that an editor shows, or a function there in one without a word of Celery, "elsewhere"."""
    stdin: bool = False
    several: bool = False
    """Whether it starts processes, so that their memory together is looked up."""
    codes: tuple[int, ...] = (0,)


def _flake8(jobs: int) -> list[Variant]:
    name = f"flake8 -j{jobs}"
    plain = Variant(name, name, "flake8", (*FLAKE8, f"-j{jobs}", "."), several=jobs > 1)
    ours = replace(plain, environment="flake8-ours", cache=name)
    cold = replace(ours, name=f"{name} + ours, cold", cold=True, several=True)
    return [plain, cold, replace(ours, name=f"{name} + ours, warm")]


def _bare() -> list[Variant]:
    plain = Variant("bare flake8", "bare", "bare", (*FLAKE8, "-j1", "."))
    ours = replace(plain, environment="bare-ours", cache="bare")
    return [
        plain,
        replace(ours, name="bare flake8 + ours, cold", cold=True, several=True),
        replace(ours, name="bare flake8 + ours, warm"),
    ]


def _peers() -> list[Variant]:
    pie = Variant("flake8-pie -j1", "peers", "flake8-pie", (*FLAKE8, "-j1", "."))
    semgrep = Variant(
        "semgrep -j1",
        "peers",
        "semgrep",
        ("semgrep", "scan", "--metrics=off", "--disable-version-check", "--no-git-ignore", "--quiet", "--config",
         str(RULES), "--include=*.py", "-j1", "."),
        several=True,
    )  # fmt: skip
    return [
        pie,
        replace(pie, name="flake8-pie -j2", command=(*FLAKE8, "-j2", "."), several=True),
        semgrep,
        replace(semgrep, name="semgrep -j2", command=(*semgrep.command[:-2], "-j2", ".")),
        replace(pie, name="flake8-bugbear -j1", group="bugbear", environment="flake8-bugbear"),
    ]


def _slow() -> list[Variant]:
    return [
        Variant("flake8-async -j1", "slow", "flake8-async", (*FLAKE8, "-j1", ".")),
        Variant(
            "pylint with pylint-celery",
            "slow",
            "pylint",
            ("pylint", "--rcfile=/dev/null", "--load-plugins=pylint_celery", "--exit-zero", "--score=n", "-j1",
             "--recursive=y", "."),
        ),
        Variant(
            "fixit, one rule", "slow", "fixit", ("fixit", "--rules", RULE, "lint", "."), several=True, codes=(0, 1)
        ),
    ]  # fmt: skip


def _alone(*, jobs: bool) -> list[Variant]:
    cold = Variant("ours, cold", "alone", "flake8-ours", (*CHECK, "."), cache="ours", cold=True, several=True)
    ruff = Variant("ruff, no cache", "alone", "ruff", RUFF)
    alone = replace(cold, folder="alone", several=False, fill=())
    found = [
        cold,
        replace(cold, name="ours, warm", cold=False),
        *(
            replace(cold, name=name, cold=False, folder="changed", cache=f"changed-{edit}", edit=edit)
            for edit, name in CHANGED.items()
        ),
        replace(alone, name="ours, that file alone", cache="alone"),
        replace(alone, name="ours, an empty folder", cache="empty", folder="empty"),
        ruff,
        replace(ruff, name="ruff, warm", command=(*ruff.command[:-2], f"--cache-dir={CACHE}", "."), cache="ruff"),
    ]
    if jobs:
        for number in (1, 2):
            one = replace(cold, name=f"ours, cold, {number} process{'es' * (number > 1)}", cache=f"jobs{number}")
            found.append(replace(one, command=(*CHECK, f"--jobs={number}", "."), several=number > 1))
    return found


def _editor() -> list[Variant]:
    fill = (*CHECK, ".")
    python = Variant("python -c pass", "editor", "flake8-ours", ("python", "-c", "pass"))
    flake8 = Variant(
        "flake8 on a file",
        "editor",
        "flake8",
        (*FLAKE8, f"--stdin-display-name={NAME}", "-"),
        edit="constant",
        stdin=True,
    )
    ours = replace(flake8, name="flake8 + ours on a file", environment="flake8-ours", cache="editor", fill=fill)
    check = replace(ours, command=(*CHECK, f"--stdin-filename={NAME}", "-"))
    return [python, flake8, ours, *(replace(check, name=name, edit=edit) for edit, name in EDITED.items())]


def variants(*, jobs: bool) -> list[Variant]:
    """All there are; `jobs` tells whether our command line can be told how many processes to use."""
    return [*_alone(jobs=jobs), *_editor(), *_flake8(1), *_flake8(2), *_bare(), *_peers(), *_slow()]


def sizes() -> list[Variant]:
    """What is run on projects of different sizes."""
    every = {variant.name: variant for variant in _alone(jobs=False)}
    return [every[name] for name in ("ours, cold", "ours, warm", "ruff, no cache")]


def lengths() -> list[Variant]:
    """What is run on files of different lengths."""
    return [*(v for v in sizes() if v.name != "ours, warm"), *_flake8(1)[:2]]
