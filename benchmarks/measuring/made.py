"""Projects and files of any size, made of real ones, and how much of a project is about Celery."""

from __future__ import annotations

import ast
import os
import shutil
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

T = TypeVar("T")

LONG_AGO = 1_500_000_000
"""The time of the files that are made: what has changed just now is read again by every tool."""
_SKIPPED = frozenset({".git", ".hg", "node_modules", "__pycache__", ".venv", "venv", ".tox", ".mypy_cache"})
_PACKAGES = frozenset({"celery", "kombu", "django_celery_beat", "django_celery_results", "celery_once", "redbeat"})
_SENDS = frozenset({"delay", "apply_async", "send_task", "delay_on_commit", "apply_async_on_commit"})


class File(NamedTuple):
    path: str
    """In its project, with "/"."""
    text: bytes
    celery: bool

    @property
    def lines(self) -> int:
        return self.text.count(b"\n")


def copy(project: Path, target: Path) -> None:
    """A copy without what no tool reads, so that the project stays as it is."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(project, target, symlinks=True, ignore=lambda _, names: [n for n in names if n in _SKIPPED])


def files(project: Path) -> list[File]:
    """The Python files, in the order of their paths."""
    found = []
    for folder, folders, names in os.walk(project):
        folders[:] = [name for name in folders if name not in _SKIPPED]
        for name in names:
            path = Path(folder, name)
            if name.endswith(".py") and path.is_file():
                text = path.read_bytes()
                found.append(File(path.relative_to(project).as_posix(), text, is_about_celery(text)))
    return sorted(found)


def is_about_celery(text: bytes) -> bool:
    """Whether the syntax tree of a file imports Celery, decorates a function as a task or sends one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return any(map(_is_about_celery, ast.walk(tree)))


def _is_about_celery(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name.partition(".")[0] in _PACKAGES for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return not node.level and (node.module or "").partition(".")[0] in _PACKAGES
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr in _SENDS
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return any(_last_name(decorator).lower().endswith("task") for decorator in node.decorator_list)
    return False


def _last_name(decorator: ast.expr) -> str:
    if isinstance(decorator, ast.Call):
        decorator = decorator.func
    return decorator.attr if isinstance(decorator, ast.Attribute) else getattr(decorator, "id", "")


def share(found: Sequence[File]) -> float:
    """How much of the lines are in files that are about Celery."""
    return sum(f.lines for f in found if f.celery) / max(sum(f.lines for f in found), 1)


def spread(values: Sequence[T]) -> list[T]:
    """The values in an order of which every beginning is spread evenly over all of them (van der Corput's)."""
    bits = max(len(values) - 1, 1).bit_length()
    order = (int(f"{number:0{bits}b}"[::-1], 2) for number in range(1 << bits))
    return [values[place] for place in order if place < len(values)]


def make_project(pool: Sequence[File], count: int, target: Path) -> int:
    """A project of `count` files, with small and large ones and those about Celery in the same parts as the pool; its
    lines. Where the pool is too small, its files come again in other folders."""
    shutil.rmtree(target, ignore_errors=True)
    ordered = spread(sorted(pool, key=lambda file: (file.celery, len(file.text), file.path)))
    lines = 0
    for number in range(count):
        again, place = divmod(number, len(ordered))
        file = ordered[place]
        _write(target / (f"again{again}" if again else "") / file.path, file.text)
        lines += file.lines
    _write(target / "setup.cfg", b"")
    return lines


def make_module(pool: Sequence[File], count: int, target: Path) -> int:
    """A project of one file: statements of real files about Celery, one file after the other, up to `count` lines."""
    shutil.rmtree(target, ignore_errors=True)
    taken: list[str] = []
    length = 0
    for statement in _statements(spread(sorted((f for f in pool if f.celery), key=lambda f: (len(f.text), f.path)))):
        size = statement.count("\n") + 1
        if length + size > count:
            if length >= count * 0.98:
                break
            continue
        taken.append(statement)
        length += size
    _write(target / "module.py", "".join(f"{statement}\n" for statement in taken).encode())
    _write(target / "setup.cfg", b"")
    return length


def _statements(ordered: Sequence[File]) -> Iterator[str]:
    """The top-level statements of the files, again and again, without those that must stand first in a file."""
    texts = []
    for file in ordered:
        try:
            text = file.text.decode()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                texts.append((text.splitlines(), ast.parse(text).body))
        except (SyntaxError, ValueError):  # noqa: PERF203
            continue
    for _ in range(1000):
        for lines, body in texts:
            for node in body:
                future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
                shared = "\f" in "".join(lines) or (node.end_lineno or 0) > len(lines)
                if not future and not shared:
                    decorators = getattr(node, "decorator_list", [])
                    first = min([node.lineno, *(d.lineno for d in decorators)])
                    yield "\n".join(lines[first - 1 : node.end_lineno])


def _write(path: Path, text: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    os.utime(path, (LONG_AGO, LONG_AGO))
