"""What opens database transactions, and what frameworks run inside one."""

from __future__ import annotations

ATOMIC = "django.db.transaction.atomic"

METHOD_DECORATOR = frozenset(
    {"django.utils.decorators.method_decorator", "django.utils.decorators.classonlymethod.method_decorator"}
)

NOT_ATOMIC = frozenset({"django.db.transaction.non_atomic_requests"})

CONTEXT_MANAGERS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})

BEGIN = frozenset({"begin", "begin_nested"})
"""Methods of SQLAlchemy's sessions, session factories, connections and engines that are transactions in a `with`."""

SQLALCHEMY = ("sqlalchemy.", "sqlmodel.", "flask_sqlalchemy.")

SESSION_NAMES = frozenset({"session", "db_session", "async_session", "sessionlocal", "session_factory"})
"""What sessions are called where nothing tells what they are, in lower case."""

ADMIN_METHODS = frozenset(
    {
        "save_form",
        "save_model",
        "save_formset",
        "save_related",
        "delete_model",
        "construct_change_message",
        "log_addition",
        "log_change",
        "response_add",
        "response_change",
        "response_delete",
    }
)
"""Methods of `ModelAdmin` that Django calls inside the transaction of a form; actions and `delete_queryset` are not
among them."""

LOCKING = "select_for_update"
"""Outside of a transaction the query of such a queryset fails."""

EVALUATING = frozenset({"get", "first", "last", "earliest", "latest", "get_or_create", "update_or_create", "exists"})

STORED = frozenset({"create", "earliest", "first", "get", "last", "latest"})
"""Methods of managers and querysets that give a row which is in the database."""

VIEW_METHODS = frozenset(
    {
        "dispatch",
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "create",
        "update",
        "partial_update",
        "destroy",
        "perform_create",
        "perform_update",
        "perform_destroy",
        "form_valid",
    }
)
VIEW_CLASSES = ("django.views.", "rest_framework.")

PYRAMID_TM = "pyramid_tm"
"""What a Pyramid application includes so that each request is a transaction."""

PYRAMID_VIEWS = ("pyramid.view.", "cornice.")
"""Where the decorators of its views come from."""

SESSION_WRITES = frozenset({"add", "add_all", "delete", "flush", "merge"})
"""Methods of a session of SQLAlchemy that write, now or with the commit."""

ASKING = frozenset({"in_atomic_block", "get_autocommit"})
"""Who asks for these tells a transaction from none."""

SIGNALS = {
    f"django.db.models.signals.{name}": name
    for name in ("pre_save", "post_save", "m2m_changed", "pre_delete", "post_delete")
}
"""`m2m_changed` and those of a deletion are sent inside a transaction that Django opens itself."""

MODELS = frozenset({"django.db.models.Model", "django.db.models.base.Model"})

WRITING = frozenset(
    {
        "abulk_create",
        "acreate",
        "add",
        "aget_or_create",
        "asave",
        "aupdate_or_create",
        "bulk_create",
        "bulk_update",
        "clear",
        "create",
        "delete",
        "execute",
        "get_or_create",
        "merge",
        "remove",
        "save",
        "set",
        "update",
        "update_or_create",
    }
)
"""Methods that write, as the object-relational mappers call them."""

READING = (
    "aget", "all", "annotate", "can_", "check", "count", "defer", "distinct", "exclude", "exists", "fetch", "filter",
    "find", "first", "get", "has_", "is_", "iter", "last", "list", "only", "order_by", "parse", "prefetch_related",
    "raise_if", "redirect", "render", "resolve", "reverse", "select_for_update", "select_related", "using", "validate",
    "values",
    "append", "capitalize", "decode", "encode", "extend", "format", "isoformat", "items", "join", "keys", "lower",
    "pop", "setdefault", "sort", "split", "strip", "total_seconds", "upper",
)  # fmt: skip
"""How the names of methods that only read begin, and those of Python's own values."""

SENDING = frozenset({"delay", "apply_async", "send_task", "delay_on_commit", "on_commit", "s", "si", "signature"})

LOGGERS = frozenset({"logger", "log", "logging", "messages", "LOGGER", "LOG", "_logger"})

HARMLESS = (
    "builtins.", "codecs.", "collections.", "contextlib.", "datetime.", "dateutil.", "django.conf.",
    "django.contrib.messages.", "django.core.cache.", "django.http.", "django.shortcuts.redirect",
    "django.shortcuts.render", "django.urls.", "django.utils.", "functools.", "itertools.", "json.", "logging.",
    "math.", "re.", "rest_framework.fields.", "rest_framework.response.", "time.", "typing.", "uuid.",
)  # fmt: skip
"""Functions that touch no database."""

EAGER = frozenset({"CELERY_TASK_ALWAYS_EAGER", "CELERY_ALWAYS_EAGER", "task_always_eager"})
