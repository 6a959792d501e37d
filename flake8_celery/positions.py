"""Positions of the nodes that matter, from one pass of code generation.

libcst's own `PositionProvider` copies the tree and splits every token at newlines, for all nodes; this notes token
indices for the nodes that are wanted and resolves them once. It relies on libcst's private `CodegenState`, so a test
holds it equal to the provider, and any failure falls back to the provider.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from types import TracebackType

import libcst as cst  # noqa: TC002
from libcst._nodes.internal import CodegenState

from .model import Span

_NEWLINE = re.compile(r"\r\n?|\n")


class _Nothing:
    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


_NOTHING = _Nothing()


class _Noting:
    """Notes where the syntax of a node begins and ends, its parentheses and trivia left out."""

    __slots__ = ("key", "open_ended", "recorder", "start")

    def __init__(self, recorder: _Recorder, key: int, open_ended: bool) -> None:
        self.recorder = recorder
        self.key = key
        self.open_ended = open_ended

    def __enter__(self) -> None:
        self.start = len(self.recorder.tokens)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        end = self.start if self.open_ended else len(self.recorder.tokens)
        self.recorder.seen[self.key] = (self.start, end)


class _Recorder(CodegenState):
    """Keeps the index of the first token of each wanted node, and that after its last."""

    def __init__(self, module: cst.Module, wanted: set[int]) -> None:
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self.wanted = wanted
        self.seen: dict[int, tuple[int, int]] = {}
        self.starts: dict[int, int] = {}

    def before_codegen(self, node: cst.CSTNode) -> None:
        key = id(node)
        if key in self.wanted:
            self.starts[key] = len(self.tokens)

    def after_codegen(self, node: cst.CSTNode) -> None:
        key = id(node)
        if key in self.wanted and key not in self.seen:
            self.seen[key] = (self.starts[key], len(self.tokens))

    def record_syntactic_position(  # type: ignore[override]
        self,
        node: cst.CSTNode,
        *,
        start_node: cst.CSTNode | None = None,  # noqa: ARG002
        end_node: cst.CSTNode | None = None,
    ) -> _Nothing | _Noting:
        key = id(node)
        return _Noting(self, key, end_node is not None) if key in self.wanted else _NOTHING


def _recorded(module: cst.Module, nodes: list[cst.CSTNode]) -> list[Span]:
    recorder = _Recorder(module, {id(node) for node in nodes})
    module._codegen(recorder)
    offsets = list(accumulate(map(len, recorder.tokens), initial=0))
    starts = [0, *(m.end() for m in _NEWLINE.finditer("".join(recorder.tokens)))]

    def place(index: int) -> tuple[int, int]:
        # the generated text can lose a trailing newline token after an index was taken
        offset = offsets[min(index, len(offsets) - 1)]
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1]

    return [Span(*place(first), *place(last)) for first, last in (recorder.seen[id(node)] for node in nodes)]


def provided(module: cst.Module, nodes: Iterable[cst.CSTNode]) -> list[Span]:
    """The positions by libcst's own provider: slower by a factor of six."""
    from libcst.metadata import MetadataWrapper, PositionProvider

    ranges = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    found = [ranges[node] for node in nodes]
    return [Span(f.start.line, f.start.column, f.end.line, f.end.column) for f in found]


def positions(module: cst.Module, nodes: list[cst.CSTNode]) -> list[Span]:
    """The spans of some nodes of `module`, as `PositionProvider` gives them; for compound statements, whose end is
    that of their last statement, only the start is told."""
    try:
        return _recorded(module, nodes)
    except Exception:  # noqa: BLE001  whatever a later libcst changes
        return provided(module, nodes)
