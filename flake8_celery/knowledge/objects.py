"""Objects that belong to one process or request, by the names of what makes or holds them."""

from __future__ import annotations

DJANGO_SIGNALS = frozenset(
    f"django.db.models.signals.{name}"
    for name in ("pre_init", "post_init", "pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed")
)
"""Signals whose receivers get a row as `instance`."""

FOREIGN_KEYS = frozenset(
    f"django.db.models.{name}"
    for field in ("ForeignKey", "OneToOneField")
    for name in (field, f"fields.related.{field}", f"related.{field}")
)
"""Fields whose attribute is a row of another model."""

MANY_TO_MANY = frozenset(
    f"django.db.models.{name}"
    for name in ("ManyToManyField", "fields.related.ManyToManyField", "related.ManyToManyField")
)
"""Fields whose attribute is a manager of another model's rows."""

CHUNKERS = frozenset(
    {
        *("itertools.batched", "more_itertools.batched", "more_itertools.chunked", "more_itertools.ichunked"),
        *("more_itertools.divide", "more_itertools.sliced", "funcy.chunks", "funcy.lchunks"),
        *("boltons.iterutils.chunked", "boltons.iterutils.chunked_iter", "toolz.partition_all"),
        *("cytoolz.partition_all", "mitol.common.utils.chunks", "mitol.common.utils.collections.chunks"),
    }
)
"""Functions that cut what they are given, first or second, into parts of several elements."""

INSTANCES: dict[str, str] = {
    **dict.fromkeys(
        (
            *("django.http.HttpRequest", "django.http.request.HttpRequest", "django.core.handlers.wsgi.WSGIRequest"),
            *("rest_framework.request.Request", "fastapi.Request", "starlette.requests.Request", "flask.Request"),
        ),
        "the request",
    ),
    **dict.fromkeys(("fastapi.UploadFile", "starlette.datastructures.UploadFile"), "an uploaded file"),
    **dict.fromkeys(
        ("sqlalchemy.orm.Session", "sqlalchemy.orm.session.Session", "sqlalchemy.ext.asyncio.AsyncSession"),
        "a database session",
    ),
    **dict.fromkeys(
        ("django.contrib.auth.models.User", "django.contrib.auth.models.AbstractUser", "django.db.models.Model"),
        "a model instance",
    ),
}
"""What a parameter is that is annotated with one of these classes."""

LIVING: dict[str, str] = {
    "flask.request": "the request",
    "flask.session": "the session",
    "flask_login.current_user": "the user of the request",
    "django.contrib.auth.get_user": "the user of the request",
}
"""Names of objects of the current request."""

OPENING = frozenset({"builtins.open", "io.open", "tempfile.NamedTemporaryFile", "tempfile.TemporaryFile"})
"""What gives a file in a `with` statement."""

REQUEST_PARTS: dict[str, str] = {
    "FILES": "the uploaded files",
    "META": "the request's `META`",
    "session": "the session",
    "user": "the user of the request",
}
"""Attributes of Django's request that are no plain values."""

ROW_FUNCTIONS = frozenset(
    {
        "django.shortcuts.get_object_or_404",
        "django.shortcuts.aget_object_or_404",
        "rest_framework.generics.get_object_or_404",
    }
)
"""Functions that give one row."""

SAVING_BASES = frozenset(
    {
        *("django.forms.ModelForm", "django.forms.models.ModelForm", "django.contrib.auth.forms.UserCreationForm"),
        *("rest_framework.serializers.ModelSerializer", "rest_framework.serializers.HyperlinkedModelSerializer"),
    }
)
"""Classes whose `save()` gives the row."""

SQL_ROW_METHODS = frozenset(
    {
        *("first", "first_or_404", "get", "get_or_404", "one", "one_or_404", "one_or_none", "scalar_one"),
        *("scalar_one_or_none",),
    }
)
"""Methods of SQLAlchemy's queries that give one row."""

VIEW_MODULES = ("django.views.", "django.shortcuts.", "django.http.", "django.contrib.auth.", "rest_framework.")
"""Where the names come from that a module with Django's views imports."""
