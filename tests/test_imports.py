"""Imports read from text: which files a file leads to."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_celery import imports, lint
from flake8_celery.discovered import graph, may_load, targets
from flake8_celery.imports import DynamicImportError, ImportGraph
from flake8_celery.project import Project


def project_of(folder: Path, **files: str) -> Project:
    """A project whose files are given as `shop__mail="..."` for `shop/mail.py`; "init" stands for `__init__`."""
    for name, text in files.items():
        place = name.replace("__", "/")
        path = folder / (place.removesuffix("init") + "__init__.py" if place.endswith("init") else f"{place}.py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (folder / "setup.cfg").touch()
    return lint.open_project(folder, use_cache=False)


def graph_of(folder: Path, **files: str) -> ImportGraph:
    return graph(project_of(folder, **files))


@pytest.mark.parametrize(
    "statement",
    [
        "import shop.mail",
        "import os, shop.mail as mail",
        "from shop import mail",
        "from shop import (\n    other,\n    mail,  # a comment\n)",
        "from shop import other, \\\n    mail",
        "from . import mail",
        "from .mail import welcome",
        "def f():\n    from shop.mail import welcome",
        "if True: import shop.mail",
        "x = 1; import shop.mail",
        "NAMES = ['shop.mail.welcome']",
        "import_module('.mail', __package__)",
        "import_module(f'{name}.mail')",
    ],
)
def test_forms_of_import(tmp_path: Path, statement: str) -> None:
    imports = graph_of(tmp_path, shop__init="", shop__mail="", shop__a=statement).of("shop/a.py")
    assert "shop/mail.py" in imports.ever
    assert not imports.dynamic


def test_packages_around_a_module_are_imported(tmp_path: Path) -> None:
    imports = graph_of(
        tmp_path, a="import shop.orders.tasks", shop__init="", shop__orders__init="", shop__orders__tasks=""
    )
    assert imports.of("a.py").at_import == {"shop/__init__.py", "shop/orders/__init__.py", "shop/orders/tasks.py"}


def test_only_unconditional_imports_happen_at_import(tmp_path: Path) -> None:
    found = graph_of(tmp_path, a="def f():\n    import b\n", b="").of("a.py")
    assert found.ever == {"b.py"}
    assert found.at_import == set()


@pytest.mark.parametrize(
    "statement",
    [
        "import_module(name)",
        "importlib.import_module(f'{name}')",
        "__import__(name)",
        "for m in pkgutil.iter_modules(__path__): pass",
        "autodiscover_modules(name)",
    ],
)
def test_computed_names(tmp_path: Path, statement: str) -> None:
    imports = graph_of(tmp_path, a=statement)
    assert imports.of("a.py").dynamic
    with pytest.raises(DynamicImportError):
        imports.reached(["a.py"])


@pytest.mark.parametrize(
    "statement",
    ["# import_module(name)", "import_module('shop.mail')", "import_module(settings.BACKEND)", "import modules"],
)
def test_names_that_are_not_computed(tmp_path: Path, statement: str) -> None:
    assert not graph_of(tmp_path, a=statement).of("a.py").dynamic


def test_a_name_means_the_nearest_of_several_modules(tmp_path: Path) -> None:
    imports = graph_of(
        tmp_path,
        one__jobs__init="",
        one__jobs__mail="",
        one__run="from jobs import mail",
        two__jobs__init="",
        two__jobs__mail="",
    )
    assert imports.of("one/run.py").at_import == {"one/jobs/__init__.py", "one/jobs/mail.py"}
    assert imports.paths("jobs.mail") >= {"one/jobs/mail.py", "two/jobs/mail.py"}


def test_libraries_are_not_modules_of_the_same_name(tmp_path: Path) -> None:
    imports = graph_of(tmp_path, shop__celery="from celery import Celery", shop__a="import celery")
    assert imports.of("shop/a.py").ever == set()


def test_names_in_a_folder_with_manage_py(tmp_path: Path) -> None:
    project = project_of(
        tmp_path, backend__init="", backend__manage="", backend__shop__init="", backend__shop__celery=""
    )
    assert targets(project, "shop") >= {"backend/shop/celery.py"}
    assert targets(project, "shop.celery:app") >= {"backend/shop/celery.py"}
    assert targets(project, "shop.celery.app") >= {"backend/shop/celery.py"}


def test_without_an_app_any_module_may_be_loaded(tmp_path: Path) -> None:
    assert may_load(project_of(tmp_path, shop__tasks="from celery import shared_task"), "shop/tasks.py")


_PIECES = (
    "import", " ", "\n", "from", "a.b", "*", "(", ")", ";", ":", "\\\n", "#", "x", "\t", ",", "as", "if 1:", "'''",
    "important", "\r\n",
)  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES), max_size=25).map("".join))
def test_lines_without_the_word_are_passed_over_and_no_others(text: str) -> None:
    found = [(match.span(), match.groupdict()) for match in imports.import_statements(text)]
    assert found == [(match.span(), match.groupdict()) for match in imports._IMPORT.finditer(text)]
