"""What Celery no longer has, from where it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
from libcst.helpers import get_full_name_for_node

from ...knowledge.replacements import REPLACEMENTS
from .. import Fix, fixer
from ..imports import bring, without

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import Edit
    from .. import Context
    from ..text import Text


@fixer("CEL809")
def removed_api(found: Diagnostic, context: Context) -> Fix | None:
    """Take the name from where it is now: no process has started with the import as it is."""
    text = context.text
    alias = text.node(found.span, cst.ImportAlias)
    if alias is not None:
        return _imported(text, alias)
    call = text.node(found.span, cst.Call)
    if call is not None and isinstance(call.func, cst.Attribute) and call.func.attr.value == "get_logger":
        return _logger(text, call)
    for node in text.nodes_in(found.span, cst.Attribute):
        if text.code(node) == "celery.task":
            return Fix("Use `celery.shared_task`", (text.replace(node.attr, "shared_task"),))
    return None


def _logger(text: Text, call: cst.Call) -> Fix | None:
    brought = bring(text, "celery.utils.log", "get_task_logger") if not call.args else None
    if brought is None:
        return None
    return Fix("Use `get_task_logger`", (text.replace(call, f"{brought.name}(__name__)"), *brought.edits))


def _imported(text: Text, alias: cst.ImportAlias) -> Fix | None:
    statement = text.around(alias, cst.ImportFrom)
    if statement is None or statement.module is None or isinstance(statement.names, cst.ImportStar):
        return None
    module, name = get_full_name_for_node(statement.module), get_full_name_for_node(alias.name)
    new = REPLACEMENTS.get(f"{module}.{name}")
    if new is None or statement.relative:
        return None
    title = f"Take `{new[1]}` from `{new[0]}`"
    local = alias.asname.name.value if alias.asname is not None and isinstance(alias.asname.name, cst.Name) else name
    known = bring(text, *new)
    used = _decorators(text, str(local)) if alias.asname is None and name != new[1] else None
    if len(statement.names) > 1 and module != new[0]:
        # the others stay where they are, and are reported themselves if need be
        if known is None or (known.name != local and used is None):
            return None
        renamed = [text.replace(n, known.name) for n in used or ()]
        return Fix(title, (without(text, statement, alias), *known.edits, *renamed))
    if known is not None and not known.edits and used is not None and len(statement.names) == 1:
        edit = text.remove_statement(statement)
        return Fix(title, (edit, *(text.replace(n, known.name) for n in used))) if edit is not None else None
    edits: list[Edit] = [text.replace(statement.module, new[0])] if module != new[0] else []
    if name == new[1]:
        return Fix(title, tuple(edits))
    if used is not None and known is not None:
        return Fix(title, (*edits, text.replace(alias.name, new[1]), *(text.replace(n, new[1]) for n in used)))
    changed = new[1] if alias.asname is not None else f"{new[1]} as {name}"
    return Fix(title, (*edits, text.replace(alias.name, changed)))


def _decorators(text: Text, name: str) -> list[cst.Name] | None:
    """The places where decorators use a name; None where anything else does."""
    found = []
    for node in text.nodes(cst.Name):
        parent = next(text.parents(node), None)
        if node.value != name or isinstance(parent, cst.ImportAlias):
            continue
        if (isinstance(parent, cst.Attribute) and parent.attr is node) or (
            isinstance(parent, cst.Arg) and parent.keyword is node
        ):
            continue
        decorated = isinstance(parent, cst.Decorator) or (
            isinstance(parent, cst.Call)
            and parent.func is node
            and isinstance(next(text.parents(parent), None), cst.Decorator)
        )
        if not decorated:
            return None
        found.append(node)
    return found
