"""Options of tasks that Celery does not read, and rate limits that it cannot read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from ...checks.options import unknown_options
from ...checks.rate_limits import is_rate
from ...knowledge.misnomers import DISTINCT_OLD_OPTIONS
from ...model import UNKNOWN
from .. import Fix, fixer
from ..declarations import statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...checks.options import Unknown
    from ...diagnostics import Diagnostic
    from ...model import Span
    from .. import Context
    from ..text import Text

_FLAGS = frozenset(
    {
        *("acks_late", "acks_on_failure", "acks_on_failure_or_timeout", "acks_on_timeout", "bind", "ignore_result"),
        *("reject_on_worker_lost", "retry_jitter", "retry_on_worker_lost", "shared", "store_errors_even_if_ignored"),
        *("track_started", "trail", "typing"),
    }
)
_NUMBERS = frozenset(
    {
        *("default_retry_delay", "expires", "max_retries", "priority", "retry_backoff_max", "soft_time_limit"),
        "time_limit",
    }
)
_TEXTS = frozenset({"exchange", "name", "queue", "routing_key", "serializer"})
_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
}
_RATE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:/|\bper\b)\s*([a-z]+)\s*", re.IGNORECASE)


# --- CEL204


@fixer("CEL204")
def unknown_option(found: Diagnostic, context: Context) -> Fix | None:
    """Write the option that was meant, which is in force from then on, where the value is one that it can have; take
    away what Celery no longer reads, and what stands in the place of `Task.retry`."""
    project, text = context.project, context.text
    for unknown in unknown_options(project):
        if unknown.scope.module is not context.module:
            continue
        span = unknown.span if unknown.is_attribute else project.spot(context.module, unknown.span, unknown.option)
        if span != found.span or text.at(span) != unknown.option:
            continue
        name = text.node(span, cst.Name)
        if name is None:
            return None
        if unknown.meant:
            fits = not _has(unknown, unknown.meant) and _fits(unknown.meant, unknown.value)
            title = f"Rename `{unknown.option}` → `{unknown.meant}`"
            return Fix(title, (text.replace(name, unknown.meant),), "unsafe") if fits else None
        return _without(text, unknown, name)
    return None


def _has(unknown: Unknown, option: str) -> bool:
    """Whether the task or the class has the option that is meant, too."""
    if unknown.is_attribute:
        return bool(unknown.scope.assigned(option)) or any(c.name == option for c in unknown.scope.children)
    return option in unknown.task.options


def _fits(option: str, value: object) -> bool:
    """Whether a value, as far as it is known, may be that of the option."""
    if option == "autoretry_for":
        return isinstance(value, list | tuple)
    if value is UNKNOWN or value is None:
        return value is UNKNOWN or option not in _FLAGS
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if option in _FLAGS:
        return isinstance(value, bool)
    if option in _NUMBERS:
        return number
    if option in _TEXTS:
        return isinstance(value, str)
    if option == "retry_backoff":
        return number or isinstance(value, bool)
    if option == "rate_limit":
        return number or (isinstance(value, str) and is_rate(value))
    return False


def _without(text: Text, unknown: Unknown, name: cst.Name) -> Fix | None:
    gone = unknown.option in DISTINCT_OLD_OPTIONS
    if not gone and not (unknown.option == "retry" and isinstance(unknown.value, bool)):
        return None
    title = f"Remove `{unknown.option}`"
    if unknown.is_attribute:
        assign = text.around(name, cst.Assign)
        edit = text.remove_statement(assign) if assign is not None else None
    else:
        arg, decorator = text.around(name, cst.Arg), text.around(name, cst.Decorator)
        call = decorator.decorator if decorator is not None else None
        if arg is None or decorator is None or not isinstance(call, cst.Call) or arg not in call.args:
            return None
        edit = text.remove_decorator_argument(decorator, arg)
    return Fix(title, (edit,), "safe" if gone else "unsafe") if edit is not None else None


# --- CEL209


@fixer("CEL209")
def unreadable_rate(found: Diagnostic, context: Context) -> Fix | None:
    """Write the unit as one letter, where the text names one that Celery has: no worker has started with it."""
    text = context.text
    edits = []
    for node in _rates(text, found.span):
        rate = _readable(node.evaluated_value)
        if rate is None:
            return None
        edits.append(text.replace(node, f"{node.quote}{rate}{node.quote}"))
    return Fix("Write the unit as one letter", tuple(edits)) if edits else None


def _readable(value: str | bytes | None) -> str | None:
    match = _RATE.fullmatch(value) if isinstance(value, str) else None
    unit = _UNITS.get(match[2].lower()) if match is not None else None
    return f"{match[1]}/{unit}" if match is not None and unit is not None else None


def _rates(text: Text, span: Span) -> Iterator[cst.SimpleString]:
    """The rate limits that cannot be read in the statement, decorator or class at a place."""
    place = next((text.place_of(n) for n in text.nodes(cst.ClassDef) if text.place_of(n.name) == span), None)
    for node in text.nodes_in(place or statement(text, span), cst.SimpleString):
        value = node.evaluated_value
        if isinstance(value, str) and not is_rate(value) and _is_rate_limit(text, node):
            yield node


def _is_rate_limit(text: Text, node: cst.SimpleString) -> bool:
    match next(text.parents(node), None):
        case cst.Arg(keyword=cst.Name(value=key)):
            return key in ("rate_limit", "task_default_rate_limit")
        case cst.Arg() as arg:
            call = text.around(arg, cst.Call)
            func = call.func if call is not None else None
            is_second = call is not None and arg in call.args[1:2]
            return is_second and isinstance(func, cst.Attribute) and func.attr.value == "rate_limit"
        case cst.DictElement(key=cst.SimpleString() as key, value=value):
            return value is node and key.evaluated_value in (
                "rate_limit",
                "task_default_rate_limit",
                "CELERY_TASK_DEFAULT_RATE_LIMIT",
            )
        case cst.Assign(targets=[cst.AssignTarget(target=target)]):
            return text.code(target).strip("\"'[]").lower().endswith("rate_limit")
        case cst.AnnAssign(target=target):
            return text.code(target).lower().endswith("rate_limit")
    return False
