"""The flake8 plugin: an adapter that imports the engine only where a rule can be selected."""

from __future__ import annotations

import io
import tokenize
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from . import __version__

if TYPE_CHECKING:
    import argparse
    import ast
    from collections.abc import Iterator, Sequence

    from flake8.options.manager import OptionManager

    from .config import Config
    from .lint import Linter


class Plugin:
    name = "flake8-celery"
    version = __version__

    _options: ClassVar[argparse.Namespace | None] = None
    _linter: ClassVar[Linter | None] = None
    _wanted: ClassVar[bool] = True

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:  # noqa: ARG002
        """`tree` is not used: asking for it is what makes flake8 call the plugin once for each file that parses."""
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
        """Keep the options. flake8 calls this in each of its processes; the engine is set up when a file needs it."""
        cls._options = options
        cls._linter = None
        cls._wanted = _can_select(options)

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """The findings in the file. Whatever goes wrong is a finding: an exception would end the user's whole run."""
        if not self._wanted:
            return
        try:
            for line, column, text in self._findings():
                yield line, column, text, type(self)
        except Exception as error:  # noqa: BLE001
            yield 1, 0, f"CEL000 {_failure(error)}", type(self)

    def _findings(self) -> Iterator[tuple[int, int, str]]:
        from .lint import Linter
        from .source import SourceError

        if Plugin._linter is None:
            from multiprocessing.util import Finalize

            Plugin._linter = Linter(override=self._override, for_flake8=True)
            Finalize(None, Plugin._linter.finish, exitpriority=1)  # flake8 does not say when it ends
        data = _encoded(self.lines) if self._is_stdin() else None
        try:
            found = Plugin._linter.lint_file(Path(self.filename), data)
        except SourceError:  # what Python itself cannot read is flake8's E902 or E999
            return
        for diagnostic in found:
            yield diagnostic.span.line, diagnostic.span.column, f"{diagnostic.code} {diagnostic.message}"

    def _is_stdin(self) -> bool:
        options = self._options
        return options is not None and "-" in options.filenames and self.filename == options.stdin_display_name

    @classmethod
    def _override(cls, config: Config) -> Config:
        """The project's settings under flake8's options. What flake8 selects and ignores besides, it filters itself."""
        from .config import with_codes

        options = cls._options
        if options is None:
            return config
        config = with_codes(
            config,
            _ours(options.select),
            _ours(options.extend_select),
            [*_ours(options.ignore), *_ours(options.extend_ignore)],
        )
        if options.celery_task_decorators is not None:
            config = replace(config, task_decorators=tuple(options.celery_task_decorators))
        if options.celery_app_path is not None:
            config = replace(config, celery_app_path=options.celery_app_path)
        return config


def _ours(codes: Sequence[str] | None) -> list[str]:
    return [code for code in codes or () if code.startswith("CEL")]


def _can_select(options: argparse.Namespace) -> bool:
    """Whether flake8 shows any of our codes."""
    from flake8.style_guide import Decision, DecisionEngine

    from .rule import codes

    decide = DecisionEngine(options).decision_for
    return any(decide(code) is Decision.Selected for code in ("CEL000", *codes()))


def _encoded(lines: Sequence[str]) -> bytes:
    """The bytes of what flake8 read from standard input, in the encoding that the text declares."""
    data = "".join(lines).encode("utf-8", "surrogatepass")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return "".join(lines).encode(encoding)
    except (SyntaxError, UnicodeError):
        return data


def _failure(error: Exception) -> str:
    from .config import ConfigError

    text = " ".join(str(error).split())
    if isinstance(error, ConfigError):
        return text
    return f"internal error, please report it: {type(error).__name__}: {text}"
