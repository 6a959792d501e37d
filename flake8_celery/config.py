"""The project's own settings: `[tool.flake8-celery]` in the `pyproject.toml` of its root."""

from __future__ import annotations

import difflib
import sys
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TABLE = "tool.flake8-celery"


class ConfigError(Exception):
    """What is wrong with the settings, in one line that names the file and the key."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of a project; the keys are the names of the fields, with hyphens.

    `select`, `extend_select` and `ignore` are codes or their beginnings, `exclude` patterns as in a .gitignore file.
    `task_decorators` are dotted names of house decorators that make a function a task. `celery_app_path` is the file
    that the one app belongs in (CEL919).
    """

    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    task_decorators: tuple[str, ...] = ()
    celery_app_path: str | None = None


KEYS = {field.name.replace("_", "-"): field.name for field in fields(Config)}


def load(root: Path) -> Config:
    """The settings of the project at `root`. Raises `ConfigError`."""
    path = root / "pyproject.toml"
    try:
        data = path.read_bytes()
    except OSError:
        return Config()
    if b"flake8-celery" not in data:  # spares most projects the TOML parser
        return Config()
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None
    tool = document.get("tool")
    table = tool.get("flake8-celery", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: `{TABLE}` must be a table")
    return _read(table, f"{path}: `{TABLE}`")


def _read(table: dict[str, object], where: str) -> Config:
    values: dict[str, object] = {}
    for key, value in table.items():
        if key not in KEYS:
            raise ConfigError(f"{where}: unknown key `{key}`{did_you_mean(key, KEYS)}")
        name = KEYS[key]
        if isinstance(getattr(Config(), name), tuple):
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise ConfigError(f"{where}: `{key}` must be a list of strings")
            values[name] = tuple(value)
        elif not isinstance(value, str):
            raise ConfigError(f"{where}: `{key}` must be a string")
        else:
            values[name] = value
        if name in ("select", "extend_select", "ignore"):
            check_codes(values[name], f"{where}: `{key}`")  # type: ignore[arg-type]
    return Config(**values)  # type: ignore[arg-type]


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


def check_codes(prefixes: Iterable[str], where: str) -> None:
    """Raise `ConfigError` where a code, or the beginning of one, is that of no rule."""
    from .rule import codes

    known = codes()
    for prefix in prefixes:
        if not prefix or not any(code.startswith(prefix) for code in known):
            raise ConfigError(f"{where}: no rule's code begins with `{prefix}`{did_you_mean(prefix, known)}")


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """What to add to a complaint about `word` when one of `words` is close to it."""
    close = difflib.get_close_matches(word.upper() if word[:3].upper() == "CEL" else word, list(words), n=1)
    return f", did you mean `{close[0]}`?" if close else ""
