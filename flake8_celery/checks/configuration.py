"""Settings that Celery does not read: misspelt, under old names, or in the wrong form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..knowledge.misnomers import SETTINGS
from ..knowledge.settings import MODERN, OLD_TO_MODERN, READ
from ..model import Attr, Call, Finding, Module, Name, Span
from ..per_project import per_project
from ..rule import rule
from ..source import SourceError
from ..spelling import nearest

if TYPE_CHECKING:
    from ..model import App
    from ..project import Project
    from ..settings import Written
    from ..versions import CeleryVersion

_FAMILIES = ("task_", "worker_", "beat_", "result_", "broker_")
_KNOWN = sorted(MODERN | READ)
_OLD = sorted(OLD_TO_MODERN)
_OLD_PREFIXES = ("CELERYD_", "CELERYBEAT_", "BROKER_")
_STORES = (
    *("arangodb_", "azureblockblob_", "cache_", "cassandra_", "cosmosdbsql_", "couchbase_", "couchdb_", "database_"),
    *("dynamodb_", "elasticsearch_", "gcs_", "mongodb_", "redis_", "s3_", "security_"),
)
"""How settings begin that a project has for its own use of a store, as Celery has for results."""
_READ_BY_OTHERS = frozenset({"enable_utc", "timezone"})
"""Settings that django-celery-beat reads from Django's itself."""
_COMPUTED = re.compile(rb"""["']CELERY_["'%{]""")
"""The beginning of a setting's name to which code adds the rest."""
_LOADERS = frozenset({"djcelery"})
"""Packages whose loader reads Django's settings without being told."""
_OTHERS = ("email_", "flower_", "once_", "redbeat_", "results_", "singleton_")
"""How the settings of packages beside Celery begin."""


def _rests() -> dict[str, tuple[str, ...]]:
    """What is left of a setting's name without its family, with the names it is left of."""
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(MODERN):
        if name.startswith(_FAMILIES):
            rest = name.partition("_")[2]
            if rest not in MODERN:
                found[rest] = (*found.get(rest, ()), name)
    return found


_RESTS = _rests()


class Ineffective:
    """A key that sets nothing, `meant` being the settings it may be meant for."""

    def __init__(self, written: Written, code: str, meant: tuple[str, ...], why: str) -> None:
        self.written = written
        self.code = code
        self.meant = meant
        self.message = f"`{written.key}` has no effect: {why}"


@rule("CEL801")
def unknown_setting(module: Module, project: Project) -> Iterator[Finding]:
    """Keys that are near to a setting, and none."""
    yield from _of(module, project, "CEL801")


@rule("CEL803")
def setting_without_effect(module: Module, project: Project) -> Iterator[Finding]:
    """Settings under a name that is right but for its form, and settings in a place that no application reads."""
    yield from _of(module, project, "CEL803")
    for other, span, key, message in _unread(project):
        if other is module:
            yield Finding(project.spot(module, span, key), message)


def _of(module: Module, project: Project, code: str) -> Iterator[Finding]:
    for found in ineffective(project):
        written = found.written
        if found.code == code and written.scope.module is module:
            yield Finding(project.spot(module, written.span, written.key), found.message)


@per_project
def ineffective(project: Project) -> list[Ineffective]:
    """The keys of the project's configuration that set nothing, where it can be told what they are meant for."""
    written = project.written_settings
    found = [i for w in written if w.name is None and w.namespace is not None for i in _judged(w, w.namespace)]
    if not found:
        return []
    effective = {w.name for w in written}
    found = [i for i in found if effective.isdisjoint(i.meant)]
    used = project.settings_used({i.written.key for i in found})
    return [
        i
        for i in found
        if i.written.key not in used
        and not (i.written.kind in ("object", "django") and project.names_used(i.written.scope.module, [i.written.key]))
    ]


@per_project
def _unread(project: Project) -> list[tuple[Module, Span, str, str]]:
    """Celery's settings among Django's, where all applications are known to read others: one for each module."""
    modules = project.django_settings
    if project.reads_django_settings is not False or not any(m.body.assigned("INSTALLED_APPS") for m in modules):
        return []
    version = project.celery_version()
    if (version is not None and version.is_before(4)) or _reads_otherwise(project):
        return []
    found = []
    for module in modules:
        keys = {
            assign.target.id: assign.span
            for assign in module.body.assigns
            if isinstance(assign.target, Name) and assign.operator == "=" and _is_celerys(assign.target.id)
        }
        used = project.settings_used(keys) | project.names_used(module, keys)
        unread = {key: span for key, span in keys.items() if key not in used}
        if unread:
            first = min(unread, key=lambda key: (unread[key].line, unread[key].column))
            app = project.where(project.apps[0].module, project.apps[0].call.span)
            others = f" and {len(unread) - 1} more settings have" if len(unread) > 1 else " has"
            message = f"`{first}`{others} no effect: no app of the project reads Django's settings ({app})"
            found.append((module, unread[first], first, message))
    return found


def _reads_otherwise(project: Project) -> bool:
    """Whether something in the project may read Django's settings for Celery in a way that is not followed."""
    for module in project.modules:
        if project.imports(module.path, _LOADERS):
            return True
        try:
            if project.index.questions.contains(module.path, _COMPUTED):
                return True
        except SourceError:
            return True
    return False


def _is_celerys(key: str) -> bool:
    """Whether a name among Django's settings can only be meant for Celery."""
    if not key.startswith("CELERY") or not key.isupper():
        return False
    name = OLD_TO_MODERN.get(key) or key.removeprefix("CELERY_").lower()
    return name in MODERN and name not in _READ_BY_OTHERS


def spelling(written: Written, name: str) -> str:
    """How a setting is written where that key stands."""
    capital = bool(written.namespace) and written.kind not in ("conf", "constructor")
    return f"{written.namespace}_{name.upper()}" if capital else name


def _judged(written: Written, namespace: str) -> Iterator[Ineffective]:
    """Why a key sets nothing, where that can be told."""
    key, direct = written.key, written.kind in ("conf", "constructor")
    if namespace and key.startswith(namespace + "_"):
        stem, prefix = key[len(namespace) + 1 :].lower(), namespace
    elif key.startswith("CELERY_") and key.isupper():
        stem, prefix = key[len("CELERY_") :].lower(), "CELERY"
    else:
        stem, prefix = key.lower(), ""
    if stem in READ or stem.startswith(_OTHERS) or not (key.isupper() or key.islower()):
        return

    def spelt(names: Iterable[str]) -> str:
        return " or ".join(f"`{spelling(written, n)}`" for n in names)

    if prefix == "" and not direct and not key.islower() and stem not in MODERN:
        # any name in capitals: only those that begin as Celery's once did can be meant for it
        old = nearest(key, _OLD) if key.startswith(_OLD_PREFIXES) else None
        if old is not None:
            yield Ineffective(written, "CEL801", (OLD_TO_MODERN[old],), f"Celery reads {spelt([OLD_TO_MODERN[old]])}")
        return
    if stem in MODERN:
        yield from _right_name(written, namespace, prefix, stem, spelt([stem]))
        return
    if written.kind == "django" and key.islower():
        return
    bare = stem.removeprefix("celery_") if direct else stem
    meant = _RESTS.get(bare, ())
    if meant and (prefix or direct or key.islower()):
        yield Ineffective(written, "CEL803", meant, f"the setting is called {spelt(meant)}")
    elif bare in MODERN:
        yield Ineffective(written, "CEL803", (bare,), f"the setting is called {spelt([bare])}")
    elif (found := _meant(key, stem)) is not None:
        why = f"Celery reads {spelt([found])} and takes any other key without a word"
        if not found:
            why = "Celery has no such setting, only an option of that name for each task"
        yield Ineffective(written, "CEL801", (found,) if found else (), why)


def _right_name(written: Written, namespace: str, prefix: str, name: str, spelt: str) -> Iterator[Ineffective]:
    """Why the right name sets nothing in the form it has."""
    if "_" not in name or (not prefix and written.kind == "django" and name.startswith(_STORES)):
        return
    if written.kind == "django" and written.key.islower():
        why = f"Django's settings are read in capitals only, this one as {spelt}"
    elif prefix and not namespace:
        why = f"the app reads its settings without a namespace, this one as `{name}`"
    elif namespace:
        why = f"under the namespace `{namespace}` Celery reads {spelt}"
    else:
        why = f"the setting is called {spelt}"
    yield Ineffective(written, "CEL803", (name,), why)


def _meant(key: str, stem: str) -> str | None:
    """The setting that a key is meant for, "" where Celery has none, None where that cannot be told."""
    if stem in SETTINGS:
        return SETTINGS[stem]
    if stem.startswith(_FAMILIES):
        other = _RESTS.get(stem.partition("_")[2], ())
        if len(other) == 1:
            return other[0]
    found = nearest(stem, _KNOWN)
    if found is None and key.isupper():
        old = nearest(key, _OLD)
        found = OLD_TO_MODERN[old] if old is not None else None
    return found


# --- CEL802


@rule("CEL802")
def old_setting_name(module: Module, project: Project) -> Iterator[Finding]:
    """Old names of settings: beside new ones, which Celery refuses, or alone, until Celery 6."""
    for written, message in old_names(project):
        if written.scope.module is module:
            yield Finding(project.spot(module, written.span, written.key), message, cure=_upgrade(written))


def _upgrade(written: Written) -> str:
    """The command of Celery that renames all settings in a file; the one prefix that it knows is `CELERY`."""
    if written.namespace not in ("", "CELERY"):
        return ""
    prefix = " --django" if written.namespace else ""
    return f"run `celery upgrade settings {written.scope.module.path}{prefix}`"


@per_project
def old_names(project: Project) -> list[tuple[Written, str]]:
    """The keys that are old names of settings, or new ones beside them, with what is wrong with each."""
    version = project.celery_version()
    if version is not None and version.is_before(4):
        return []  # the new names are not known there
    found: dict[tuple[str, int, str], tuple[Written, str]] = {}
    for app in project.apps:
        for written, message in _mixed(project, app):
            found[(written.scope.module.path, written.span.line, written.key)] = written, message
    old = [w for w in project.written_settings if w.key in OLD_TO_MODERN and w.namespace is not None]
    new = {_place(w) for w in old if w.namespace and w.key == _prefixed(w, w.namespace)}
    alone: dict[str, list[Written]] = {}
    for written in old:
        place = _place(written)
        if place in new or place in found:
            continue
        if written.namespace and written.kind in ("object", "django"):
            found[place] = written, _under_namespace(written, written.namespace, version)
        else:
            alone.setdefault(written.scope.module.path, []).append(written)
    for several in alone.values():
        # they can only be renamed together: one finding for all
        first = min(several, key=lambda w: (w.span.line, w.span.column))
        found.setdefault(_place(first), (first, _alone(first, len({w.key for w in several}))))
    return list(found.values())


def _place(written: Written) -> tuple[str, int, str]:
    return written.scope.module.path, written.span.line, written.key


def _prefixed(written: Written, namespace: str) -> str:
    return f"{namespace}_{OLD_TO_MODERN[written.key].upper()}"


def _under_namespace(written: Written, namespace: str, version: CeleryVersion | None) -> str:
    what = f"`{written.key}` is the old name of `{_prefixed(written, namespace)}`"
    if version is not None and not version.is_before(5, 7):
        return f"{what}: workers warn of it, and Celery 6 will not read it"
    if version is not None and version.pinned:
        return f"{what}: Celery {version} warns of it and, under a namespace, does not read it"
    return f"{what}: workers warn of it, and under a namespace Celery before 5.7 does not read it"


def _alone(first: Written, count: int) -> str:
    if count == 1:
        name = OLD_TO_MODERN[first.key]
        return f"`{first.key}` is the old name of `{name}`: workers warn of it, and Celery 6 will not read it"
    others = "another setting" if count == 2 else f"{count - 1} other settings"
    return f"`{first.key}` and {others} have old names: workers warn of each, and Celery 6 will not read them"


def _reads(call: Call) -> bool:
    """Whether a call is that of a method of a setting: `app.conf.beat_schedule.update(...)`."""
    setting = call.func.base if isinstance(call.func, Attr) else None
    return isinstance(setting, Attr) and isinstance(setting.base, Attr) and setting.base.attr == "conf"


def _mixed(project: Project, app: App) -> Iterator[tuple[Written, str]]:
    """The names that are to be changed where an application is configured with old and new ones."""
    own = [w for w in project.written_settings if w.app is app]
    kinds = {w.kind for w in own}
    if any(w.namespace != "" for w in own) or "django" in kinds:
        return
    if project.is_configured(app):
        own = [w for w in own if w.kind == "object"]
    else:
        # what is written after the configuration has been read is not compared any more
        if any(_reads(call) for call in app.module.body.calls):
            return
        own = [w for w in own if w.kind == "conf" and w.scope is app.module.body]
    have = {w.key for w in own}
    new, old = have & MODERN, have & OLD_TO_MODERN.keys()
    if not new or not old:
        return
    rename = {name: OLD_TO_MODERN[name] for name in old}
    if len(old) > len(new):
        left = {n for n in new if not any(o in have for o, m in OLD_TO_MODERN.items() if m == n)}
        beside = "old"
    else:
        left = {name for name in old if rename[name] not in have}
        beside = "new"
    for written in own:
        if written.key in left and not written.conditional:
            why = "Celery raises ImproperlyConfigured when it reads the configuration"
            yield written, f"`{written.key}` beside {beside} names of settings: {why}"
