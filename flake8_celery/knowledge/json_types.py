"""Which values Celery's JSON serializer refuses.

Tried on kombu 5.7: dates, times, `Decimal`, `UUID` and `bytes` are taken, as are subclasses of `str`, `int`, `list`,
`tuple` and `dict`, lazy translations and what has a method `__json__`.
"""

from __future__ import annotations

REFUSED_CALLS: dict[str, str] = {
    "builtins.bytearray": "a `bytearray`",
    "builtins.complex": "a `complex`",
    "builtins.enumerate": "an `enumerate` iterator",
    "builtins.filter": "a `filter` iterator",
    "builtins.frozenset": "a `frozenset`",
    "builtins.iter": "an iterator",
    "builtins.map": "a `map` iterator",
    "builtins.memoryview": "a `memoryview`",
    "builtins.object": "an object",
    "builtins.open": "an open file",
    "builtins.range": "a `range`",
    "builtins.reversed": "an iterator",
    "builtins.set": "a `set`",
    "builtins.zip": "a `zip` iterator",
    "collections.deque": "a `deque`",
    "datetime.timedelta": "a `timedelta`",
    "io.BytesIO": "a `BytesIO`",
    "io.StringIO": "a `StringIO`",
    "pathlib.Path": "a `Path`",
    "pathlib.Path.cwd": "a `Path`",
    "pathlib.Path.home": "a `Path`",
    "pathlib.PosixPath": "a `Path`",
    "pathlib.PurePath": "a `Path`",
    "pathlib.PurePosixPath": "a `Path`",
    "subprocess.Popen": "a `Popen`",
    "subprocess.run": "a `CompletedProcess`",
    "types.SimpleNamespace": "a `SimpleNamespace`",
    # what libraries give
    "django.http.FileResponse": "a `FileResponse`",
    "django.http.HttpResponse": "an `HttpResponse`",
    "django.http.HttpResponseRedirect": "an `HttpResponse`",
    "django.http.JsonResponse": "a `JsonResponse`",
    "django.http.StreamingHttpResponse": "a `StreamingHttpResponse`",
    "django.http.response.HttpResponse": "an `HttpResponse`",
    "django.http.response.JsonResponse": "a `JsonResponse`",
    "django.shortcuts.redirect": "an `HttpResponse`",
    "django.shortcuts.render": "an `HttpResponse`",
    "fastapi.Response": "a `Response`",
    "fastapi.responses.HTMLResponse": "a `Response`",
    "fastapi.responses.JSONResponse": "a `Response`",
    "flask.Response": "a `Response`",
    "flask.jsonify": "a `Response`",
    "flask.make_response": "a `Response`",
    "flask.redirect": "a `Response`",
    "numpy.arange": "an `ndarray`",
    "numpy.array": "an `ndarray`",
    "numpy.asarray": "an `ndarray`",
    "numpy.concatenate": "an `ndarray`",
    "numpy.linspace": "an `ndarray`",
    "numpy.ones": "an `ndarray`",
    "numpy.zeros": "an `ndarray`",
    "pandas.DataFrame": "a `DataFrame`",
    "pandas.Series": "a `Series`",
    "pandas.concat": "a `DataFrame`",
    "pandas.merge": "a `DataFrame`",
    "polars.DataFrame": "a `DataFrame`",
    "rest_framework.response.Response": "a `Response`",
    **{
        f"{client}.{method}": "a `Response`"
        for client in ("requests", "requests.Session()", "requests.session()", "httpx", "httpx.Client()")
        for method in ("get", "post", "put", "patch", "delete", "head", "options", "request", "send")
    },
}
"""What the value of a call is that JSON cannot hold."""

TAKEN_BASES = frozenset(
    {
        *("builtins.bytes", "builtins.dict", "builtins.float", "builtins.int", "builtins.list", "builtins.str"),
        *("builtins.tuple", "collections.Counter", "collections.OrderedDict", "collections.defaultdict"),
        *("collections.namedtuple()", "datetime.date", "datetime.datetime", "datetime.time", "decimal.Decimal"),
        *("enum.IntEnum", "enum.IntFlag", "enum.StrEnum", "typing.Dict", "typing.List", "typing.NamedTuple"),
        *("typing.Tuple", "typing.TypedDict", "typing_extensions.NamedTuple", "typing_extensions.TypedDict"),
        "uuid.UUID",
    }
)
"""Classes whose instances JSON takes, those of subclasses too."""

PLAIN_BASES: dict[str, str] = {
    "abc.ABC": "",
    "builtins.object": "",
    "django.db.models.Model": "a model instance, ",
    "django.forms.Form": "a form, ",
    "django.forms.ModelForm": "a form, ",
    "enum.Enum": "an `Enum` member, ",
    "enum.Flag": "an `Enum` member, ",
    "pydantic.BaseModel": "a pydantic model, ",
    "sqlalchemy.ext.declarative.declarative_base()": "a model instance, ",
    "sqlalchemy.orm.DeclarativeBase": "a model instance, ",
    "sqlalchemy.orm.declarative_base()": "a model instance, ",
    "typing.Generic": "",
    "typing.Protocol": "",
}
"""Classes whose instances JSON refuses, and those of subclasses where no other base is taken."""

ROW_METHODS = frozenset({"create", "earliest", "first", "get", "last", "latest"})
"""Methods of managers and querysets that give one row."""
PAIR_METHODS = frozenset({"get_or_create", "update_or_create"})
"""Methods that give a row and a flag."""
RELATED_METHODS = frozenset(
    {
        *("all", "annotate", "defer", "distinct", "exclude", "filter", "first", "last", "only", "order_by"),
        *("prefetch_related", "select_for_update", "select_related"),
    }
)
"""Methods of a manager that tell it from other things."""
QUERY_METHODS = frozenset({"difference", "distinct", "intersection", "select_for_update", "union"})
"""Methods that give a queryset, beside those that leave its number of rows open."""
