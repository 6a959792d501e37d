"""Settings under other names than Celery's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ...checks.configuration import ineffective, old_names, spelling
from ...checks.misplaced_visibility import misplaced
from ...knowledge.settings import OLD_TO_MODERN, SETTINGS
from ...mentions import named, used
from ...model import UNKNOWN
from .. import Fix, fixer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...diagnostics import Diagnostic
    from ...model import Edit, Span
    from ...project import Project
    from ...settings import Written
    from .. import Context, Safety
    from ..text import Text

_TYPES: dict[str, tuple[type, ...]] = {"bool": (bool, int), "float": (int, float), "int": (int,), "string": (str,)}
_ADDRESSES = ("broker_read_url", "broker_url", "broker_write_url", "result_backend")


# --- CEL801


@fixer("CEL801")
def misspelt_setting(found: Diagnostic, context: Context) -> Fix | None:
    """Write the setting that was meant, where the value is one that it can have. From then on it is in force."""
    project = context.project
    for key in ineffective(project):
        written = key.written
        if key.code != found.code or written.scope.module is not context.module or len(key.meant) != 1:
            continue
        if project.spot(context.module, written.span, written.key) != found.span:
            continue
        (name,) = key.meant
        if not _fits(project, written, name):
            return None
        return _renamed(context, [(written, spelling(written, name))], "unsafe")
    return None


def _fits(project: Project, written: Written, name: str) -> bool:
    """Whether the value, where it is written out, may be that of the setting."""
    value = written.value
    if value is UNKNOWN:
        given = [a.value for a in written.scope.assigns if a.span == written.span]
        value = project.value(written.scope, given[0]) if len(given) == 1 else UNKNOWN
    if value is UNKNOWN or value is None:
        return True
    if name in _ADDRESSES:
        return isinstance(value, str) and ("://" in value or value == "django-db")
    kinds = _TYPES.get(SETTINGS.get(name, ""))
    return kinds is None or (isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool)))


# --- CEL802


@fixer("CEL802")
def old_name(found: Diagnostic, context: Context) -> Fix | None:
    """Write new names for old ones: for this one under a namespace, else for all at once, since Celery refuses both
    beside each other. Before Celery 5.7 a name under a namespace comes into force with that."""
    project = context.project
    for written, _ in old_names(project):
        if written.scope.module is not context.module or written.namespace is None:
            continue
        if project.spot(context.module, written.span, written.key) != found.span:
            continue
        if written.namespace and written.kind in ("object", "django"):
            version = project.celery_version()
            certain = version is not None and not version.is_before(5, 7)
            name = f"{written.namespace}_{OLD_TO_MODERN[written.key].upper()}"
            same = [w for w in _own_keys(context) if w.key == written.key and w.kind == written.kind]
            return _renamed(context, [(w, name) for w in same], "safe" if certain else "unsafe")
        old = [w for w in project.written_settings if w.key in OLD_TO_MODERN and w.app is written.app]
        if any(w.namespace != "" or w.kind == "django" or w.scope.module is not context.module for w in old):
            return None
        return _renamed(context, [(w, OLD_TO_MODERN[w.key]) for w in old], "safe")
    return None


def _own_keys(context: Context) -> Iterator[Written]:
    return (w for w in context.project.written_settings if w.scope.module is context.module)


# --- CEL813


@fixer("CEL813")
def misplaced_timeout(found: Diagnostic, context: Context) -> Fix | None:
    """Give the options to the broker, where they hold nothing else. From then on the timeout is in force."""
    project = context.project
    for written in misplaced(project):
        if written.scope.module is not context.module or not isinstance(written.value, dict):
            continue
        if len(written.value) == 1 and project.spot(context.module, written.span, written.key) == found.span:
            return _renamed(context, [(written, spelling(written, "broker_transport_options"))], "unsafe")
    return None


# --- renaming


def _renamed(context: Context, names: list[tuple[Written, str]], grade: Safety) -> Fix | None:
    """Other names for some keys, everywhere in the file; None where the project uses one of them elsewhere, or has the
    new one already."""
    index = context.project.index
    pairs = dict.fromkeys((written.key, new) for written, new in names)
    keys, new_names = {key for key, _ in pairs}, [new for _, new in pairs]
    if len(set(new_names)) != len(new_names):
        return None
    here, others = [context.module.path], [p for p in index.tree.python if p != context.module.path]
    if used(index, [*here, *others], keys) or named(index, others, keys):
        return None
    if not {w.key for w in context.project.written_settings}.isdisjoint(new_names):
        return None
    edits: dict[Edit, None] = {}
    for written, new in names:
        found = _edits(context, written, new)
        if not found:
            return None
        edits |= dict.fromkeys(found)
    title = ", ".join(f"`{key}` → `{new}`" for key, new in list(pairs)[:2]) + (", …" if len(pairs) > 2 else "")
    return Fix(f"Rename {title}", tuple(edits), grade)


def _edits(context: Context, written: Written, new: str) -> list[Edit]:
    """The edits that give one key another name; none where it is not found as it should be."""
    text, key = context.text, written.key
    span = context.project.spot(context.module, written.span, key)
    code = text.at(span)
    name = text.node(span, cst.Name)
    if code == key and name is not None:
        if isinstance(next(text.parents(name), None), cst.Arg):
            return [text.replace(name, new)]
        taken = any(n.value == new for n in text.nodes(cst.Name))
        return [] if taken else [text.replace(n, new) for n in _names(text, key)]
    attribute = text.node(span, cst.Attribute)
    if attribute is not None and attribute.attr.value == key and text.place_of(attribute) == span:
        return [text.replace(attribute.attr, new)]
    strings = [n for n in _strings(text, span) if n.evaluated_value == key]
    return [text.replace(strings[0], text.code(strings[0]).replace(key, new))] if len(strings) == 1 else []


def _strings(text: Text, span: Span) -> Iterable[cst.SimpleString]:
    exact = text.node(span, cst.SimpleString)
    return [exact] if exact is not None and text.place_of(exact) == span else text.nodes_in(span, cst.SimpleString)


def _names(text: Text, name: str) -> Iterator[cst.Name]:
    """The places where a file uses a plain name."""
    for node in text.nodes(cst.Name):
        parent = next(text.parents(node), None)
        if node.value != name or (isinstance(parent, cst.Attribute) and parent.attr is node):
            continue
        if not (isinstance(parent, cst.Arg) and parent.keyword is node):
            yield node
