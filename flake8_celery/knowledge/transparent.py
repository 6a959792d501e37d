"""Decorators of other packages that pass on all arguments as they are."""

from __future__ import annotations

TRANSPARENT = frozenset(
    {
        "backoff.on_exception",
        "backoff.on_predicate",
        "django.db.transaction.atomic",
        "django.utils.translation.override",
        "sentry_sdk.trace",
        "tenacity.retry",
    }
)
