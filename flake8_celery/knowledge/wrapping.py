"""Decorators of other packages that put a plain function of their own in place of what they decorate.

Not here: those that return what they were given (`receiver`, `app.route`), and those built on `wrapt`, whose objects
pass attributes on.
"""

from __future__ import annotations

WRAPPING = frozenset(
    {
        "asgiref.sync.async_to_sync",
        "asgiref.sync.sync_to_async",
        "backoff.on_exception",
        "backoff.on_predicate",
        "cachetools.cached",
        "contextlib.asynccontextmanager",
        "contextlib.contextmanager",
        "django.contrib.auth.decorators.login_required",
        "django.contrib.auth.decorators.permission_required",
        "django.contrib.auth.decorators.user_passes_test",
        "django.db.transaction.atomic",
        "django.test.override_settings",
        "django.test.utils.override_settings",
        "django.utils.decorators.method_decorator",
        "django.utils.timezone.override",
        "django.utils.translation.override",
        "django.views.decorators.cache.cache_page",
        "django.views.decorators.cache.never_cache",
        "django.views.decorators.csrf.csrf_exempt",
        "django.views.decorators.http.require_GET",
        "django.views.decorators.http.require_POST",
        "django.views.decorators.http.require_http_methods",
        "functools.cache",
        "functools.lru_cache",
        "functools.singledispatch",
        "retrying.retry",
        "stamina.retry",
        "tenacity.retry",
    }
)
