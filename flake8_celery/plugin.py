"""The flake8 plugin: an adapter that imports the engine only where a rule can be selected."""

from __future__ import annotations

import io
import os
import tokenize
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
    _stdin: ClassVar[str | None] = None
    """What flake8 calls the text that it reads from standard input, None where it does not."""

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:  # noqa: ARG002
        """`tree` is not used: asking for it is what makes flake8 call the plugin once for each file that parses."""
        self.filename = filename
        self.lines = lines

    @classmethod
    def add_options(cls, manager: OptionManager) -> None:
        from .config import ABOUT, LISTS, OTHERS, flake8_options

        for name in OTHERS:
            key = ABOUT[name]
            manager.add_option(
                *flake8_options(name),
                comma_separated_list=name in LISTS,
                normalize_paths=name == "baseline",
                parse_from_config=True,
                metavar=key.metavar,
                help=f"{key.help[0].upper()}{key.help[1:]}.",
            )

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Keep the options. flake8 calls this in each of its processes; the engine is set up when a file needs it."""
        cls._options = options
        cls._linter = None
        cls._wanted = _can_select(options)
        cls._stdin = options.stdin_display_name if "-" in options.filenames else None

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """The findings in the file. Whatever goes wrong is a finding: an exception would end the user's whole run."""
        if not self._wanted:
            return
        linter = Plugin._linter
        if linter is not None and self.filename != self._stdin and linter.is_clean(self.filename):
            return
        try:
            for line, column, text in self._findings():
                yield line, column, text, type(self)
        except Exception as error:  # noqa: BLE001
            yield 1, 0, f"CEL000 {_failure(error)}", type(self)

    def _findings(self) -> Iterator[tuple[int, int, str]]:
        from .garbage import keep, settled, uncollected
        from .lint import Linter
        from .source import SourceError

        if Plugin._linter is None:
            from multiprocessing.util import Finalize

            noqa = self._options is None or not self._options.disable_noqa
            Plugin._linter = Linter(
                override=self._override, for_flake8=True, noqa=noqa, folders=self._folders(), jobs=self._jobs()
            )
            keep(Plugin._linter)
            Finalize(None, Plugin._linter.finish, exitpriority=1)  # flake8 does not say when it ends
        data = _encoded(self.lines) if self.filename == self._stdin else None
        try:
            with settled() if data is not None else uncollected():
                found = Plugin._linter.lint_file(Path(self.filename), data)
        except SourceError:  # what Python itself cannot read is flake8's E902 or E999
            return
        for diagnostic in found:
            yield diagnostic.span.line, diagnostic.span.column, f"{diagnostic.code} {diagnostic.message}"

    @classmethod
    def _folders(cls) -> list[str]:
        """The folders that flake8 was told to look through."""
        options = cls._options
        return [] if options is None else [name for name in options.filenames or ["."] if os.path.isdir(name)]

    @classmethod
    def _jobs(cls) -> int | None:
        """How many processes flake8 has, None for one for each processor."""
        jobs = cls._options.jobs if cls._options is not None else None
        return 1 if jobs is None else None if jobs.is_auto else max(1, jobs.n_jobs)

    @classmethod
    def _override(cls, config: Config) -> Config:
        """The project's settings under flake8's options. What flake8 selects and ignores besides, it filters itself."""
        from .config import OTHERS, flake8_options, with_codes, with_given

        options = cls._options
        if options is None:
            return config
        select = _ours(options.select)
        if "CEL" in select:  # all of ours: which ones these are, the project says
            select, more = [], [code for code in select if code != "CEL"]
        else:
            more = []
        config = with_codes(
            config,
            select,
            [*more, *_ours(options.extend_select)],
            [*_ours(options.ignore), *_ours(options.extend_ignore)],
        )
        given = {name: getattr(options, flake8_options(name)[0][2:].replace("-", "_")) for name in OTHERS}
        return with_given(config, given, lambda name: flake8_options(name)[0])


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
