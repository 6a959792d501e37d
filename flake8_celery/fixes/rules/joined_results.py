"""Results that a chord waits for and that are not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...checks.result_backend import ignoring, joined
from ...model import Span
from ...source import SourceError
from .. import Fix, fixer
from ..declarations import option

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import Edit, Task
    from .. import Context
    from ..text import Text


@fixer("CEL510")
def not_kept(found: Diagnostic, context: Context) -> Fix | None:
    """Keep the results of the tasks in the header, where they or their signatures are told to ignore them."""
    project = context.project
    for canvas, _ in project.canvases(context.module):
        for header, span in joined(canvas):
            if span != found.span:
                continue
            parts = list(ignoring(project, header))
            edits = _in_signatures(context.text, span)
            tasks = {id(task): task for _, task, given in parts if not given and task is not None}
            if len(edits) != sum(given for _, _, given in parts) or not parts:
                return None
            return _in_decorators(context, list(tasks.values()), edits)
    return None


def _in_signatures(text: Text, span: Span) -> tuple[Edit, ...]:
    """The edits of `ignore_result=True` where the header is written."""
    found = [a for a in text.nodes_in(span, cst.Arg) if a.keyword is not None and a.keyword.value == "ignore_result"]
    return tuple(
        text.replace(a.value, "False") for a in found if isinstance(a.value, cst.Name) and text.code(a.value) == "True"
    )


def _in_decorators(context: Context, tasks: list[Task], edits: tuple[Edit, ...]) -> Fix | None:
    """The edits with those of the decorators of tasks, all in one file."""
    paths = {task.module.path for task in tasks} or {context.module.path}
    if len(paths) != 1 or (edits and paths != {context.module.path}):
        return None
    path = paths.pop()
    try:
        text = context.text if path == context.module.path else context.other(path)
        for task in tasks:
            decorator = text.decorator(task.decorator.span) if task.decorator is not None else None
            given = option(text, decorator, "ignore_result") if decorator is not None else None
            if given is None or not isinstance(given.value, cst.Name) or given.value.value != "True":
                return None
            edits = (*edits, text.replace(given.value, "False"))
    except SourceError:
        return None
    return Fix("Keep the results that the chord waits for", edits, "unsafe", path)
