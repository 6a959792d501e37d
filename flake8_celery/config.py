"""The project's own settings: `[tool.flake8-celery]` in the `pyproject.toml` of its root."""

from __future__ import annotations

import re
import sys
from dataclasses import field, fields, replace
from typing import TYPE_CHECKING, Any

from .frozen import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

TABLE = "tool.flake8-celery"
BASELINE = "flake8-celery-baseline.json"
"""The baseline of a project that names none, where the file is there."""


class ConfigError(Exception):
    """What is wrong with the settings, in one line that names the file and the key."""


@dataclass(frozen=True, slots=True)
class Key:
    """What there is to say about a key besides its name and its default.

    `metavar` and `help` are those of an option. `item` is what a value, or an item of a list, is called, and `shape`
    what it looks like; both are "" where anything goes. `flake8` names flake8's own options that stand for the key.
    """

    metavar: str
    help: str
    item: str = ""
    shape: str = ""
    flake8: tuple[str, ...] = ()


CODE = "code or its beginning"
_WORD = r"[^\s.:/\\@(),;=\"'<>]+"
"""A part of a dotted name, with wildcards. Expressions here are such as JSON Schema has, too."""


def _list(key: Key) -> Any:
    return field(default=(), metadata={"key": key})


def _text(key: Key) -> Any:
    return field(default=None, metadata={"key": key})


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of a project; the keys are the names of the fields, with hyphens.

    `select`, `extend_select` and `ignore` are codes or their beginnings, `exclude` patterns as in a .gitignore file.
    `baseline` is the path of a file, from the root, "" for none; None stands for `BASELINE` where that file is there.
    `task_decorators` are dotted names of house decorators that make a function a task. `celery_app_path` is the file
    that the one app belongs in (CEL919).

    The others declare an intent, with the wildcards of a shell: `idempotent_tasks` are names of tasks that may run
    twice, `extra_apps` dotted paths of applications that are meant to be there beside the first,
    `default_queue_tasks` names of tasks that belong in the default queue (CEL906), `banned_decorators` dotted names
    (CEL909), `plain_text_hosts` hosts that may be reached without TLS (CEL913).
    """

    select: tuple[str, ...] = _list(Key("CODES", "run these rules only", CODE, flake8=("--select",)))
    extend_select: tuple[str, ...] = _list(
        Key("CODES", "run these rules too, such as the policies of CEL9", CODE, flake8=("--extend-select",))
    )
    ignore: tuple[str, ...] = _list(Key("CODES", "leave these rules out", CODE, flake8=("--ignore", "--extend-ignore")))
    exclude: tuple[str, ...] = _list(Key("PATTERNS", "leave out what matches, as in a .gitignore file"))
    baseline: str | None = _text(Key("FILE", "keep quiet about the findings that the file lists"))
    task_decorators: tuple[str, ...] = _list(
        Key("NAMES", "dotted names of decorators of your own that make a function a task")
    )
    celery_app_path: str | None = _text(
        Key("PATH", "the file that the one Celery app belongs in (CEL919)", flake8=("--celery-app-path",))
    )
    idempotent_tasks: tuple[str, ...] = _list(
        Key("NAMES", "names of tasks, with wildcards, that may run twice", "name of a task", r".+")
    )
    extra_apps: tuple[str, ...] = _list(
        Key(
            "NAMES",
            "dotted paths, with wildcards, of Celery apps that are meant to be there beside the first",
            "dotted path",
            rf"{_WORD}([.:]{_WORD})*",
        )
    )
    default_queue_tasks: tuple[str, ...] = _list(
        Key(
            "NAMES",
            "names of tasks, with wildcards, that belong in the default queue (CEL906)",
            "name of a task",
            r".+",
        )
    )
    banned_decorators: tuple[str, ...] = _list(
        Key(
            "NAMES",
            "dotted names, with wildcards, of decorators that no task may have (CEL909)",
            "dotted name",
            rf"{_WORD}(\.{_WORD})*",
        )
    )
    plain_text_hosts: tuple[str, ...] = _list(
        Key("HOSTS", "hosts, with wildcards, that may be reached without TLS (CEL913)", "host", r"[^\s/@]+")
    )


KEYS = {each.name.replace("_", "-"): each.name for each in fields(Config)}
ABOUT: dict[str, Key] = {each.name: each.metadata["key"] for each in fields(Config)}
"""By the name of the field."""
LISTS = frozenset(each.name for each in fields(Config) if each.default == ())
CODES = tuple(name for name, key in ABOUT.items() if key.item == CODE)
OTHERS = tuple(name for name in ABOUT if name not in CODES)


def option(name: str) -> str:
    """The option of the command line for a field: `--` and its key."""
    return f"--{name.replace('_', '-')}"


def flake8_options(name: str) -> tuple[str, ...]:
    """The options of flake8 for a field: its own, or `--celery-` and the key."""
    return ABOUT[name].flake8 or (f"--celery-{name.replace('_', '-')}",)


def load(root: Path) -> Config:
    """The settings of the project at `root`. Raises `ConfigError`."""
    return _read(table(root), f"{root / 'pyproject.toml'}: `{TABLE}`")


def table(root: Path) -> dict[str, object]:
    """The table in the `pyproject.toml` of `root` as it stands there, {} where there is none. Raises `ConfigError`."""
    path = root / "pyproject.toml"
    try:
        data = path.read_bytes()
    except OSError:
        return {}
    if b"flake8-celery" not in data:  # spares most projects the TOML parser
        return {}
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None
    tool = document.get("tool")
    found = tool.get("flake8-celery", {}) if isinstance(tool, dict) else {}
    if not isinstance(found, dict):
        raise ConfigError(f"{path}: `{TABLE}` must be a table")
    return found


def _read(entries: dict[str, object], where: str) -> Config:
    values: dict[str, Any] = {}
    for key, value in entries.items():
        if key not in KEYS:
            raise ConfigError(f"{where}: unknown key `{key}`{did_you_mean(key, KEYS)}")
        name = KEYS[key]
        if name in LISTS:
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise ConfigError(f"{where}: `{key}` must be a list of strings")
            values[name] = tuple(value)
            check_items(name, value, f"{where}: `{key}`")
        elif not isinstance(value, str):
            raise ConfigError(f"{where}: `{key}` must be a string")
        else:
            values[name] = value
    return Config(**values)


def with_codes(
    config: Config, select: Iterable[str] = (), extend_select: Iterable[str] = (), ignore: Iterable[str] = ()
) -> Config:
    """`config` under what a command line says: its `select` starts afresh, the other two are stronger than `config`."""
    select, extend_select, ignore = tuple(select), tuple(extend_select), tuple(ignore)
    if select:
        return replace(config, select=select, extend_select=extend_select, ignore=ignore)

    def without(codes: tuple[str, ...], stronger: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(code for code in codes if not code.startswith(stronger or "-"))

    kept = without(config.select, ignore)
    if config.select and not kept:
        ignore = (*ignore, "CEL")  # an empty selection would be that of all rules
    return replace(
        config,
        select=kept,
        extend_select=(*without(config.extend_select, ignore), *extend_select),
        ignore=(*without(config.ignore, extend_select), *ignore),
    )


def with_given(config: Config, given: Mapping[str, Sequence[str] | str | None], where: Callable[[str], str]) -> Config:
    """`config` with what options give for other fields than codes, None for those that are not given.

    A given list takes the place of the configured one, but what `exclude` names is left out besides. `where` says what
    an option is called. Raises ConfigError.
    """
    values: dict[str, Any] = {}
    for name, value in given.items():
        if value is None:
            continue
        if name in LISTS:
            check_items(name, value, where(name))
            values[name] = (*config.exclude, *value) if name == "exclude" else tuple(value)
        else:
            values[name] = value
    return replace(config, **values)


def check_codes(prefixes: Iterable[str], where: str) -> None:
    """Raise `ConfigError` where a code, or the beginning of one, is that of no rule."""
    from .rule import codes

    known = codes()
    for prefix in prefixes:
        if not prefix or not any(code.startswith(prefix) for code in known):
            raise ConfigError(f"{where}: no rule's code begins with `{prefix}`{did_you_mean(prefix, known)}")


def check_items(name: str, items: Iterable[str], where: str) -> None:
    """Raise `ConfigError` where an item of the list `name`, a field of `Config`, cannot mean anything."""
    key = ABOUT[name]
    if name in CODES:
        check_codes(items, where)
    elif key.shape:
        for item in items:
            if not re.fullmatch(key.shape, item):
                raise ConfigError(f"{where}: `{item}` is no {key.item}")


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """What to add to a complaint about `word` when one of `words` is close to it."""
    import difflib

    close = difflib.get_close_matches(word.upper() if word[:3].upper() == "CEL" else word, list(words), n=1)
    return f", did you mean `{close[0]}`?" if close else ""
