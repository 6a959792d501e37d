"""Names that repairs need: those that are there, and imports of others."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from flake8_celery.fixes.engine import apply
from flake8_celery.fixes.imports import Brought, bring, imported, merged
from flake8_celery.fixes.text import Text
from flake8_celery.source import decode
from tests.projects import make


def text_of(folder: Path, code: str) -> Text:
    """The text of a file in a project that has a package `shop`."""
    project = make(folder, {"shop/__init__.py": "", "a.py": ""})
    return Text(decode("a.py", dedent(code).lstrip("\n").encode()), project)


def brought(text: Text, *names: tuple[str, str]) -> str:
    """The file after some names are brought."""
    found = [bring(text, module, name) for module, name in names]
    assert None not in found
    edits = merged(text, *(b for b in found if b is not None))
    return apply("a.py", text.source.text.encode(), edits).decode()


PARTIAL, TRANSACTION, TASK = ("functools", "partial"), ("django.db", "transaction"), ("shop.tasks", "pay")


@pytest.mark.parametrize("names", [(PARTIAL, TRANSACTION), (TRANSACTION, PARTIAL)])
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("from shop import a\n\nx = 1\n",
         "from functools import partial\n\nfrom django.db import transaction\n\nfrom shop import a\n\nx = 1\n"),
        ("import os\n\nfrom shop import a\n",
         "import os\nfrom functools import partial\n\nfrom django.db import transaction\n\nfrom shop import a\n"),
        ("from django.db import models\n\nx = 1\n",
         "from functools import partial\n\nfrom django.db import models, transaction\n\nx = 1\n"),
        ("from __future__ import annotations\n\nx = 1\n",
         ("from __future__ import annotations\n\nfrom functools import partial\n\n"
          "from django.db import transaction\n\nx = 1\n")),
    ],
)  # fmt: skip
def test_several_names_stand_in_the_order_of_imports(
    tmp_path: Path, names: tuple[tuple[str, str], ...], code: str, expected: str
) -> None:
    assert brought(text_of(tmp_path, code), *names) == expected


def test_each_name_is_imported_once(tmp_path: Path) -> None:
    text = text_of(tmp_path, "import os\n")
    found = bring(text, *PARTIAL)
    assert found is not None
    assert len(merged(text, found, found, Brought("os"))) == 1


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("from django.db import transaction", "transaction"),
        ("from django.db import models, transaction as tx", "tx"),
        ("import django.db", "django.db.transaction"),
        ("from django import db", None),
        ("def f():\n    from django.db import transaction", None),
        ("if x:\n    from django.db import transaction", None),
    ],
)
def test_what_is_imported(tmp_path: Path, code: str, name: str | None) -> None:
    assert imported(text_of(tmp_path, code), *TRANSACTION) == name


@pytest.mark.parametrize(
    ("lines", "width"),
    [(["x = 1"], 88), (["x = 1"] * 200, 79), (["#" * 99], 99), (["#" * 300], 120), (["#" * 82] * 200, 82)],
)
def test_width(tmp_path: Path, lines: list[str], width: int) -> None:
    assert text_of(tmp_path, "\n".join(lines)).width == width


@pytest.mark.parametrize(
    ("code", "unit"), [("if x:\n  y", "  "), ("if x:\n\ty", "\t"), ("x = 1", "    "), ("if x: y", "    ")]
)
def test_indent_unit(tmp_path: Path, code: str, unit: str) -> None:
    assert text_of(tmp_path, code).indent_unit == unit
