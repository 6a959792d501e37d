"""Applications that get their settings only when Django has loaded its apps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import App, Attr, Call, Finding, Module, Scope
from ..per_project import per_project
from ..rule import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project import Project

_CONFIGS = frozenset({"django.apps.AppConfig", "django.apps.config.AppConfig"})


@rule("CEL115")
def app_configured_in_ready(module: Module, project: Project) -> Iterator[Finding]:
    """`config_from_object` in `AppConfig.ready()`, where nothing configures the application before."""
    for scope, call in _late(project):
        if scope.module is module:
            yield Finding(
                call.span,
                "the app has no settings until Django is set up: `celery call` or `purge`, scripts and the `ready()` "
                "of apps before this one use Celery's default broker and queue",
            )


@per_project
def _late(project: Project) -> list[tuple[Scope, Call]]:
    found: list[tuple[Scope, Call]] = []
    for app in project.apps:
        if app.factory is not None or _given(app):
            continue
        sources = list(_sources(project, app))
        if sources and all(_is_ready(project, scope) for scope, _ in sources):
            found.extend(sources)
    return found


def _given(app: App) -> bool:
    """Whether the application gets settings where it is made."""
    names = {key for key, _ in app.call.keywords}
    return app.call.has_spread or bool(names & {"backend", "broker", "changes", "config_source"})


def _sources(project: Project, app: App) -> Iterator[tuple[Scope, Call]]:
    """What configures the application: calls, and other writes to its settings."""
    for word in ("config_from_object", "config_from_envvar", "add_defaults"):
        for scope, call in project.calls.named(word):
            if isinstance(call.func, Attr) and project.app_of(scope, call.func.base) is app:
                yield scope, call
    for scope, call in project.calls.named("update"):
        if isinstance(call.func, Attr) and isinstance(call.func.base, Attr) and call.func.base.attr == "conf":
            if project.app_of(scope, call.func.base.base) is app:
                yield scope, call
    if any(written.app is app and written.kind in ("conf", "constructor") for written in project.written_settings):
        yield app.scope, app.call


def _is_ready(project: Project, scope: Scope) -> bool:
    """Whether a function is the `ready` of a Django app."""
    cls = scope.enclosing
    if scope.name != "ready" or cls is None or cls.kind != "class":
        return False
    return any(base is not None and base.name in _CONFIGS for base in project.names.ancestors(cls))
