"""What Python files are for, by their places and names."""

from __future__ import annotations

import posixpath
from functools import cache

_TEST_FOLDERS = frozenset(
    {"test", "tests", "testing", "unittests", "unit_tests", "integration_tests", "testutils", "test_utils"}
)


@cache
def is_test_path(path: str) -> bool:
    """Whether a file, by its place and name, is part of the project's tests."""
    *folders, name = path.split("/")
    stem = name.removesuffix(".py")
    return (
        stem.startswith("test_")
        or stem.endswith(("_test", "_tests"))
        or stem in ("conftest", "tests", "test")
        or any(folder in _TEST_FOLDERS or folder.startswith("test_") for folder in folders)
    )


PLAIN_NAMES = ("test.py", "tests.py")
"""What may be called like tests without being any."""

_NOT_DEPLOYED = frozenset(
    {
        "bench", "benchmark", "benchmarks", "demo", "demos", "doc", "docs", "example", "examples", "notebooks",
        "sample", "samples", "scripts", "snippets", "tools", "tutorial", "tutorials",
    }
)  # fmt: skip
"""Folders whose code is no part of what runs in production."""


@cache
def is_deployed_path(path: str) -> bool:
    """Whether a file, by its place, is part of what runs in production."""
    return _NOT_DEPLOYED.isdisjoint(posixpath.dirname(path).lower().split("/"))


def module_place(path: str) -> str:
    """The path of a module or package without what follows its name: "shop/orders" for `shop/orders/__init__.py`."""
    return path.removesuffix(".py").removesuffix("/__init__")
