"""Crontab schedules that fire too often, or that Celery refuses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from ...checks.crontabs import crontabs_in, expressions_in
from ...crontab import CRON_ORDER, FIELDS, CrontabError, fields_of, problem
from ...model import UNKNOWN
from .. import Fix, fixer
from ..imports import bring

if TYPE_CHECKING:
    from ...checks.crontabs import MadeCrontab
    from ...diagnostics import Diagnostic
    from ...model import Edit
    from .. import Context
    from ..text import Text

_FROM_ZERO = re.compile(r"0/(\d+)")
_TO_SUNDAY = re.compile(r"([2-6])-7")
"""Ranges that end on Sunday. One over the whole week may have been meant otherwise."""
_SUNDAY = 7
_EVERY = re.compile(r"\*/(\d+)")


# --- CEL701


@fixer("CEL701")
def every_minute(found: Diagnostic, context: Context) -> Fix | None:
    """Fire at the full hour; at midnight where days are given and no hour."""
    text = context.text
    made = next((c for c in crontabs_in(context.module, context.project) if c.call.span == found.span), None)
    node = text.node(found.span, cst.Call)
    if made is None or node is None or not node.args or any(a.keyword is None for a in node.args):
        return None
    if any(key in ("defaults", "create_defaults") for key, _ in made.call.keywords):
        return None
    zero = text.quoted("0") if made.row else "0"
    added = [f"minute={zero}"]
    if "hour" not in made.fields:
        if not made.fields.keys() & {"day_of_week", "day_of_month"}:
            return None
        added.append(f"hour={zero}")
    first = text.place_of(node.args[0])
    own_line = not text.lines[first.line - 1][: first.column].strip()
    gap = f",{text.source.newline}{text.indent(first.line)}" if own_line else ", "
    edit = text.insert_before(node.args[0], "".join(f"{part}{gap}" for part in added))
    return Fix(f"Add `{', '.join(added)}`", (edit,), "unsafe")


# --- CEL709


@fixer("CEL709")
def uneven_minutes(found: Diagnostic, context: Context) -> Fix | None:
    """An interval in the place of a crontab that says nothing but every how many minutes."""
    text, project = context.text, context.project
    made = next((c for c in crontabs_in(context.module, project) if c.call.span == found.span), None)
    node = text.node(found.span, cst.Call)
    if made is None or made.row or node is None or list(made.fields) != ["minute"] or len(node.args) != 1:
        return None
    value = project.value(made.scope, made.fields["minute"])
    step = _EVERY.fullmatch(value) if isinstance(value, str) else None
    brought = bring(text, "datetime", "timedelta")
    if step is None or brought is None or text.nodes_in(found.span, cst.Comment):
        return None
    interval = f"{brought.name}(minutes={int(step[1])})"
    return Fix(f"Use `{interval}`", (text.replace(node, interval), *brought.edits), "unsafe")


# --- CEL706


@fixer("CEL706")
def refused(found: Diagnostic, context: Context) -> Fix | None:
    """Write for Celery what cron and its relatives write otherwise."""
    project = context.project
    for made in crontabs_in(context.module, project):
        if made.call.span == found.span and not made.row:
            return _whole_expression(context, made) or _fields(context, made)
    for call, expression in expressions_in(context.module, project):
        if call.span == found.span:
            parts = expression.split()
            if len(parts) != len(CRON_ORDER):
                return None
            meant = " ".join(str(_meant(field, part)) for field, part in zip(CRON_ORDER, parts, strict=True))
            if _is_wrong(fields_of(meant)):
                return None
            node = context.text.node(call.span, cst.Call)
            arg = context.text.argument(node, "crontab", 0) if node is not None else None
            edit = _literal(context.text, arg, meant)
            return Fix(f"Write `{meant}`", (edit,)) if edit is not None else None
    return None


def _whole_expression(context: Context, made: MadeCrontab) -> Fix | None:
    """`crontab("0 3 * * *")`: the fields of the expression one by one, which every Celery takes."""
    text = context.text
    node = text.node(made.call.span, cst.Call)
    if node is None or len(node.args) != 1 or node.args[0].keyword is not None:
        return None
    value = node.args[0].value
    if not isinstance(value, cst.SimpleString) or not isinstance(value.evaluated_value, str):
        return None
    parts = value.evaluated_value.split()
    if len(parts) != len(CRON_ORDER):
        return None
    fields = {field: str(_meant(field, part)) for field, part in zip(CRON_ORDER, parts, strict=True)}
    if _is_wrong(fields):
        return None
    given = [f"{f}={text.quoted(fields[f])}" for f in FIELDS if f == "minute" or fields[f] != "*"]
    return Fix("Give the fields one by one", (text.replace(node.args[0], ", ".join(given)),))


def _fields(context: Context, made: MadeCrontab) -> Fix | None:
    text = context.text
    node = text.node(made.call.span, cst.Call)
    values = {field: context.project.value(made.scope, expr) for field, expr in made.fields.items()}
    if node is None or any(value is UNKNOWN for value in values.values()):
        return None
    meant = {field: _meant(field, value) for field, value in values.items()}
    if meant == values or _is_wrong(meant):
        return None
    edits = []
    for position, field in enumerate(FIELDS):
        if field in values and meant[field] != values[field]:
            edit = _literal(text, text.argument(node, field, position), meant[field])
            if edit is None:
                return None
            edits.append(edit)
    return Fix("Write " + " and ".join(f"`{f}={v!r}`" for f, v in meant.items() if v != values[f]), tuple(edits))


def _is_wrong(fields: dict[str, object] | dict[str, str]) -> bool:
    try:
        return problem(fields) is not None
    except CrontabError:
        return True


def _meant(field: str, value: object) -> object:
    """The value of a field as Celery takes it, where there is no doubt what is meant."""
    if isinstance(value, list | tuple) and value and all(isinstance(v, str) for v in value):
        value = ",".join(value)
    if isinstance(value, str):
        parts = [_part(field, part) for part in value.rstrip(",").split(",")]
        return ",".join(parts)
    if field == "day_of_week" and value == _SUNDAY and not isinstance(value, bool):
        return 0
    return value


def _part(field: str, text: str) -> str:
    if text == "?" and field.startswith("day_of"):
        return "*"
    first, _ = FIELDS[field]
    if first == 0 and (match := _FROM_ZERO.fullmatch(text)):
        return f"*/{match[1]}"
    if field == "day_of_week":
        if text == str(_SUNDAY):
            return "0"
        if match := _TO_SUNDAY.fullmatch(text):
            return f"{match[1]}-0"
    return text


def _literal(text: Text, arg: cst.Arg | None, value: object) -> Edit | None:
    """Another literal for one that stands in a call."""
    if arg is None or not isinstance(arg.value, cst.SimpleString | cst.Integer | cst.List | cst.Tuple):
        return None
    if isinstance(value, str) and isinstance(arg.value, cst.SimpleString):
        return text.replace(arg.value, f"{arg.value.quote}{value}{arg.value.quote}")
    if not isinstance(value, str | int) or arg.value.lpar:
        return None
    return text.replace(arg.value, text.quoted(value) if isinstance(value, str) else str(value))
