"""The language server in a real Helix, in a terminal that nobody sees."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .editors import PRINTING, SILENCED, TASKS, cache, place
from .lsp import COMMAND, PATIENCE
from .projects import write

HELIX = shutil.which("hx") or shutil.which("helix")
TMUX = shutil.which("tmux")
pytestmark = pytest.mark.skipif(HELIX is None or TMUX is None, reason="`hx` or `tmux` is not on PATH")

LANGUAGES = """\
[language-server.flake8-celery]
command = {command}
args = {arguments}

[[language]]
name = "python"
language-servers = ["flake8-celery"]
"""


class Terminal:
    """A terminal with a server of its own, so that nobody's sessions are touched."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "tmux"
        self._environment = {name: value for name, value in os.environ.items() if name != "TMUX"}
        self._environment |= {"LC_ALL": "C.UTF-8"}

    def _tmux(self, *words: str) -> str:
        assert TMUX is not None
        done = subprocess.run(
            [TMUX, "-u", "-f", os.devnull, "-S", str(self._socket), *words],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return done.stdout

    def start(self, *command: str, environment: dict[str, str]) -> None:
        settings = [word for name, value in environment.items() for word in ("-e", f"{name}={value}")]
        self._tmux("new-session", "-d", "-x", "160", "-y", "40", *settings, *command)

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    def until(self, holds: Callable[[str], bool]) -> str:
        """Wait until the screen is as it should be."""
        end = time.monotonic() + PATIENCE
        while not holds(screen := self.screen()):
            assert time.monotonic() < end, screen
            time.sleep(0.05)
        return screen

    def press(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def write(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)

    def run(self, command: str) -> None:
        """Run one of Helix's commands."""
        self.write(f":{command}")
        self.press("Enter")

    def end(self) -> None:
        self._tmux("kill-server")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    here = Terminal(tmp_path)
    yield here
    here.end()


def test_in_helix(tmp_path: Path, terminal: Terminal) -> None:
    root = place(tmp_path)
    command, *arguments = COMMAND
    languages = LANGUAGES.format(command=json.dumps(command), arguments=json.dumps(arguments))
    write(tmp_path / "config" / "helix", {"languages.toml": languages})
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    environment |= cache(tmp_path)
    if "PYTHONPATH" in os.environ:
        environment["PYTHONPATH"] = os.environ["PYTHONPATH"]
    assert HELIX is not None
    terminal.start(HELIX, "-w", str(root), f"{root / 'tasks.py'}:6:17", environment=environment)
    terminal.until(lambda screen: "(CEL208)" in screen)

    terminal.press("Space", "k")
    terminal.until(lambda screen: "print-in-task" in screen)
    terminal.press("Escape")
    terminal.until(lambda screen: "print-in-task" not in screen)

    terminal.write("5ggglhi, amount")
    terminal.press("Escape")
    terminal.until(lambda screen: "def charge(order, amount):" in screen)
    terminal.run(f"open {root / 'views.py'}:5:5")
    terminal.until(lambda screen: "(CEL504)" in screen)
    terminal.run(f"open {root / 'tasks.py'}")
    terminal.until(lambda screen: "def charge" in screen)
    terminal.write("u")
    terminal.until(lambda screen: "def charge(order):" in screen)
    terminal.run(f"open {root / 'views.py'}")
    terminal.until(lambda screen: "charge.delay" in screen and "CEL504" not in screen)

    terminal.run(f"open {root / 'tasks.py'}:6:17")
    terminal.until(lambda screen: "(CEL208)" in screen)
    terminal.press("Space", "a")
    terminal.until(lambda screen: "Disable CEL208 for this line" in screen)
    terminal.press("Down")
    terminal.press("Enter")
    terminal.until(lambda screen: "# noqa: CEL208" in screen and "(CEL208)" not in screen)
    terminal.run("write-quit-all")
    terminal.until(lambda screen: not screen.strip())
    assert (root / "tasks.py").read_text("utf-8") == TASKS.replace(PRINTING, SILENCED)
