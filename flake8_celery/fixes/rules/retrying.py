"""Retries of tasks: after errors of the network, after a process that died, within a limit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from ...checks.acknowledgement import late, lost_effect, lost_with_process
from ...checks.idempotency import effects, mentions_key
from ...checks.network import failing_calls, mail_backends, unretried
from ...checks.retries import endless
from ...intent import may_run_twice, must_not_run_twice
from ...knowledge.http_clients import MAIL, RETRIED
from .. import Fix, fixer
from ..imports import Brought, bring
from .late_ack import late_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...checks.network import NetworkCall
    from ...diagnostics import Diagnostic
    from ...model import Edit, Import, Module, Task
    from ...project import Project
    from .. import Context
    from ..text import Text

_IDEMPOTENT = frozenset({"delete", "get", "head", "options", "put"})
_CONNECTING = frozenset({"create_connection", "ws_connect"})
_MANY_MAILS = frozenset({"django.core.mail.send_mass_mail"})
_PLAIN_MAIL = "django.core.mail.backends."
_LOOPS = ("for", "while", "comprehension")


# --- CEL301


@fixer("CEL301")
def external_call_without_retry(found: Diagnostic, context: Context) -> Fix | None:
    """Retry the task after the errors of the clients that it uses, later each time. Not where a second run may do
    harm."""
    text, project = context.text, context.project
    here = unretried(project, context.module)
    task = next((task for task, first in here if found.span == first.start(task, context.module)), None)
    if task is None:
        return None
    calls = list(failing_calls(project, task))
    decorator = text.decorator(task.span) if _takes_options(project, task) else None
    if decorator is None or not _may_run_again(project, task, calls):
        return None
    errors = _errors(project, context.module, calls)
    brought = _bring_all(text, errors) if errors is not None else None
    if brought is None:
        return None
    names = brought.name.split(", ")
    options = [f"autoretry_for=({brought.name}{',' if len(names) == 1 else ''})"]
    delayed = any(not project.option(task, option).is_unset for option in ("default_retry_delay", "retry_kwargs"))
    if not delayed and project.option(task, "retry_backoff").is_unset:
        options.append("retry_backoff=True")
    if lost_effect(project, task):  # a task that may run again need not be lost
        options += late_options(project, task)
    edit = text.add_decorator_argument(decorator, *options)
    return Fix(f"Add `{', '.join(options)}`", (edit, *brought.edits), "unsafe") if edit is not None else None


def _takes_options(project: Project, task: Task) -> bool:
    """Whether the decorator is known to hand its options to Celery, and says nothing against a retry."""
    if task.decorator is None or task.cls is not None or task.wrappers or not task.complete:
        return False
    return project.option(task, "autoretry_for").is_unset and project.option(task, "max_retries").number != 0


def _may_run_again(project: Project, task: Task, calls: Iterable[NetworkCall]) -> bool:
    """Whether a second run does no harm: the task says so, or nothing in it adds up and its calls only read or put a
    state, have a key that tells the second time, or all it does is to send one mail."""
    if may_run_twice(project, task):
        return True
    if must_not_run_twice(project, task) or any(effect.kind != "sends" for effect in effects(project, task)):
        return False
    scope = task.function
    sent = [c for c in scope.calls if project.dispatch(scope, c) is not None]
    requests = [made for made in calls if not _connects(made)]
    for made in requests:
        repeated = any(b.kind in _LOOPS for s, c in made.path for _, b in s.around(c.block))
        if made.name in MAIL:
            if repeated or len(requests) > 1 or made.name in _MANY_MAILS:
                return False
        elif not _is_idempotent(project, made) and not mentions_key(made.scope, made.call):
            return False
        start = made.path[0][1].span
        if sent and (repeated or any(c.span.line < start.line for c in sent)):
            return False
    return True


def _is_idempotent(project: Project, made: NetworkCall) -> bool:
    """Whether a request is one whose second time changes nothing more, as HTTP defines it."""
    method = made.name.rpartition(".")[2]
    if method == "urlopen":
        return made.call.argument(1, "data") is None
    if method in ("request", "stream"):
        given = project.value(made.scope, made.call.argument(0, "method"))
        return isinstance(given, str) and given.lower() in _IDEMPOTENT
    return method in _IDEMPOTENT or method == "urlretrieve"


def _connects(made: NetworkCall) -> bool:
    """Whether a call opens a connection and sends nothing yet."""
    method = made.name.rpartition(".")[2]
    return method in _CONNECTING or method[:1].isupper()


def _errors(project: Project, module: Module, calls: Iterable[NetworkCall]) -> list[str] | None:
    """The errors to retry after, in the order of the calls; None where one cannot be told, or where its library is
    loaded only when it is needed."""
    found: list[str] = []
    for made in calls:
        library = made.name.partition(".")[0]
        if library not in RETRIED or (library == "django" and not _sends_by_smtp(project)):
            return None
        if library in ("requests", "httpx", "aiohttp") and not _is_loaded(project, module, library, made):
            return None
        found += [error for error in RETRIED[library] if error not in found]
    if "OSError" in found and "requests.RequestException" in found:
        found.remove("requests.RequestException")  # is one
    return found


def _sends_by_smtp(project: Project) -> bool:
    return all(backend is not None and backend.startswith(_PLAIN_MAIL) for backend in mail_backends(project))


def _is_loaded(project: Project, module: Module, library: str, made: NetworkCall) -> bool:
    """Whether a library is imported whenever the module is: by itself or by what it imports to make the call."""
    here = module
    for scope, _ in made.path:
        if scope.module is not here:
            sources = {
                part for i in _at_once(here) for part in (i.target, i.target.rpartition(".")[0], i.loads) if part
            }
            if not any(project.path_of(source, here) == scope.module.path for source in sources):
                return False
            here = scope.module
        if any(i.target.partition(".")[0] == library for i in _at_once(here)):
            return True
    return False


def _at_once(module: Module) -> Iterator[Import]:
    return (i for i in module.body.imports if i.block < 0)


def _bring_all(text: Text, names: Iterable[str]) -> Brought | None:
    """Exceptions by dotted name, written one after another; None where one cannot be had."""
    written: list[str] = []
    edits: list[Edit] = []
    for name in names:
        module, _, last = name.rpartition(".")
        brought = Brought(last) if not module else bring(text, module, last)
        if brought is None:
            return None
        written.append(brought.name)
        edits += brought.edits
    return Brought(", ".join(written), tuple(edits))


# --- CEL307


@fixer("CEL307")
def late_ack_not_crash_safe(found: Diagnostic, context: Context) -> Fix | None:
    """Send the task again, a limited number of times, when its process dies: where late acknowledgement is set, and for
    no task that is acknowledged early. The option came with Celery 5.7; the older one has no limit."""
    project = context.project
    version = project.celery_version()
    place = next((p for p in lost_with_process(project).of(context.module) if p.span == found.span), None)
    if place is None or version is None or version.is_before(5, 7):
        return None
    tasks = place.tasks if place.own else project.tasks
    for task in tasks:
        limit = project.option(task, "max_retries")
        if late(project, task) is not True or not (limit.is_unset or limit.number is not None):
            return None
    value = project.option(place.tasks[0], "acks_late")
    line = value.origin.rpartition(":")[2]
    edit = _beside(context.text, int(line)) if line.isdigit() else None
    return Fix("Add `retry_on_worker_lost`", (edit,), "unsafe") if edit is not None else None


_LATE = re.compile(r"acks_late$", re.IGNORECASE)


def _beside(text: Text, line: int) -> Edit | None:
    """The option for dying processes beside that for late acknowledgement, set in a statement or call that begins at a
    line or spans it."""
    for call in text.nodes(cst.Call):
        place = text.place_of(call)
        if place.line <= line <= place.end_line:
            for arg in call.args:
                if arg.keyword is not None and arg.keyword.value in ("acks_late", "task_acks_late"):
                    return text.add_argument(call, f"{_LATE.sub('retry_on_worker_lost', arg.keyword.value)}=True")
    for statement in text.nodes(cst.SimpleStatementLine):
        assign = statement.body[0]
        if text.place_of(statement).line != line or len(statement.body) != 1 or not text.own_lines(statement):
            continue
        if isinstance(assign, cst.Assign) and len(assign.targets) == 1:
            target = text.code(assign.targets[0].target)
        elif isinstance(assign, cst.AnnAssign):
            target = text.code(assign.target)
        else:
            continue
        name = target.rpartition(".")[2]
        if _LATE.search(name) is None or (name.isupper() and not name.endswith("TASK_ACKS_LATE")):
            continue
        new = "RETRY_ON_WORKER_LOST" if name.isupper() else "retry_on_worker_lost"
        return text.lines_after(statement, f"{_LATE.sub(new, target)} = True")
    return None


# --- CEL306

_RETRIES = 50


@fixer("CEL306")
def infinite_retries(found: Diagnostic, context: Context) -> Fix | None:
    """Limit the retries of a task that has none by a number that outlasts an outage. In `retry()`, where None lifts no
    limit, nobody but the author knows what was meant."""
    place = next((p for p in endless(context.project).of(context.module) if p.span == found.span), None)
    value = context.project.option(place.tasks[0], "max_retries") if place is not None else None
    line = value.origin.rpartition(":")[2] if value is not None else ""
    none = _set_to_none(context.text, "max_retries", int(line)) if line.isdigit() else None
    if none is None:
        return None
    return Fix(f"Set `max_retries` to {_RETRIES}", (context.text.replace(none, str(_RETRIES)),), "unsafe")


def _set_to_none(text: Text, name: str, line: int) -> cst.BaseExpression | None:
    """The None that an option is set to, by an assignment or in a call that stands in a line."""
    found: list[cst.BaseExpression] = []
    for node in text.all_nodes():
        match node:
            case cst.Arg(keyword=cst.Name(value=key), value=cst.Name(value="None") as value) if key == name:
                call = text.around(node, cst.Call)
                place = text.place_of(call) if call is not None else None
                if place is not None and place.line <= line <= place.end_line:
                    found.append(value)
            case cst.Assign(
                targets=[cst.AssignTarget(target=cst.Name(value=key))], value=cst.Name(value="None") as value
            ):
                if key == name and text.place_of(node).line == line:
                    found.append(value)
            case cst.AnnAssign(target=cst.Name(value=key), value=cst.Name(value="None") as value):
                if key == name and text.place_of(node).line == line:
                    found.append(value)
            case _:
                pass
    return found[0] if len(found) == 1 else None


# --- CEL305


@fixer("CEL305")
def autoretry_defeated(found: Diagnostic, context: Context) -> Fix | None:
    """Raise the error again at the end of the handler. Not where the handler returns something instead, or belongs to
    a loop that goes on with the next item."""
    text = context.text
    handler = text.node(found.span, cst.ExceptHandler)
    if handler is None or not isinstance(handler.body, cst.IndentedBlock):
        return None
    for around in text.parents(handler):
        if isinstance(around, cst.For | cst.While):
            return None
        if isinstance(around, cst.FunctionDef):
            break
    inside = [part for line in text.nodes_in(text.place_of(handler), cst.SimpleStatementLine) for part in line.body]
    if any(isinstance(s, cst.Return | cst.Raise | cst.Break | cst.Continue) for s in inside):
        return None
    first = text.place_of(handler.body.body[0])
    if len(inside) == 1 and isinstance(inside[0], cst.Pass):
        return Fix("Raise the error again", (text.replace(inside[0], "raise"),), "unsafe")
    indent, newline = text.indent(first.line), text.source.newline
    end = max(text.place_of(s).end_line for s in inside)
    if end >= len(text.lines):
        edit = text.insert(end, len(text.lines[end - 1]), f"{newline}{indent}raise")
    else:
        edit = text.insert(end + 1, 0, f"{indent}raise{newline}")
    return Fix("Raise the error again", (edit,), "unsafe")
