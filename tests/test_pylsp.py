"""The flake8 plugin in an editor: through python-lsp-server, which runs flake8 over each buffer."""

from __future__ import annotations

import sys
from pathlib import Path

from .lsp import Pipe
from .projects import write

TASKS = """\
from celery import shared_task


@shared_task
def charge(order):
    print(order)
"""
FLAKE8 = str(Path(sys.executable).with_name("flake8"))
SETTINGS = {
    "pylsp": {
        "plugins": {
            "flake8": {"enabled": True, "executable": FLAKE8, "select": ["CEL208"]},
            "pycodestyle": {"enabled": False},
            "pyflakes": {"enabled": False},
            "mccabe": {"enabled": False},
        }
    }
}


def test_python_lsp_server_shows_what_the_plugin_finds(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"tasks.py": TASKS, "pyproject.toml": "[project]\nname = 'shop'\n"})
    pipe = Pipe(root, (sys.executable, "-m", "pylsp"))
    try:
        pipe.start()
        pipe.notify("workspace/didChangeConfiguration", {"settings": SETTINGS})
        pipe.open(TASKS)
        (found,) = pipe.published()["diagnostics"]
        assert found["code"] == "CEL208"
        assert found["source"] == "flake8"
        assert found["range"]["start"] == {"line": 5, "character": 4}
        # what is not saved, too
        change = {"text": TASKS.replace("print", "str")}
        document = {"uri": (root / "tasks.py").as_uri(), "version": 2}
        pipe.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
        assert pipe.published()["diagnostics"] == []
    finally:
        pipe.end()
