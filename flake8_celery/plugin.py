"""The flake8 plugin: an adapter that imports the engine only where a rule can be selected."""

from __future__ import annotations

import io
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from . import __version__

if TYPE_CHECKING:
    import argparse
    import ast
    from collections.abc import Iterator, Sequence

    from flake8.options.manager import OptionManager

    from .lint import Linter

    Result = tuple[int, int, str, type["Plugin"]]


class Plugin:
    name = "flake8-celery"
    version = __version__

    options: ClassVar[argparse.Namespace | None] = None
    linter: ClassVar[Linter | None] = None

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        self.filename = filename
        self.lines = lines

    @classmethod
    def add_options(cls, manager: OptionManager) -> None:
        manager.add_option(
            "--celery-task-decorators",
            comma_separated_list=True,
            parse_from_config=True,
            metavar="NAMES",
            help="Dotted names of decorators of your own that make a function a Celery task.",
        )
        manager.add_option(
            "--celery-app-path",
            parse_from_config=True,
            metavar="PATH",
            help="The file that the one Celery app belongs in (CEL919).",
        )

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        cls.options = options
        cls.linter = None

    def run(self) -> Iterator[Result]:
        """The findings in the file. Whatever goes wrong is a finding: an exception would end the user's whole run."""
        try:
            yield from self._findings()
        except Exception as error:  # noqa: BLE001
            from .config import ConfigError

            text = " ".join(str(error).split())
            if not isinstance(error, ConfigError):
                text = f"internal error, please report it: {type(error).__name__}: {text}"
            yield 1, 0, f"CEL000 {text}", type(self)
