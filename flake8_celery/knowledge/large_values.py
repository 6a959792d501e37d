"""What makes values whose size grows with the data: files, responses, data frames, querysets.

Source: the reference documentation of the libraries named.
"""

from __future__ import annotations

FILE_MAKERS: frozenset[str] = frozenset(
    {
        "builtins.open",
        "io.open",
        "codecs.open",
        "gzip.open",
        "bz2.open",
        "lzma.open",
        "pathlib.Path().open",
        "aiofiles.open",
    }
)
"""What opens a file, given its path first."""

FILE_METHODS: frozenset[str] = frozenset({"read", "readlines"})

PATHS: frozenset[str] = frozenset({"pathlib.Path().read_text", "pathlib.Path().read_bytes"})

UPLOADS: frozenset[str] = frozenset(
    {
        "fastapi.UploadFile",
        "starlette.datastructures.UploadFile",
        "fastapi.datastructures.UploadFile",
        "django.core.files.uploadedfile.UploadedFile",
        "django.core.files.uploadedfile.InMemoryUploadedFile",
        "django.core.files.uploadedfile.TemporaryUploadedFile",
        "werkzeug.datastructures.FileStorage",
    }
)
"""Classes of uploaded files, by which parameters are annotated."""

UPLOAD_TABLES: frozenset[str] = frozenset({"FILES", "files", "cleaned_data", "validated_data"})
"""What holds uploaded files by name in web requests, forms and serializers; whatever has a `read()` there is one."""

DOWNLOADS: frozenset[str] = frozenset(
    {
        "requests.get()",
        "requests.Session().get()",
        "requests.session().get()",
        "httpx.get()",
        "httpx.Client().get()",
        "httpx.AsyncClient().get()",
    }
)
"""Responses whose body is an attribute."""

DOWNLOAD_ATTRIBUTES: frozenset[str] = frozenset({"content", "text"})

DOWNLOAD_CALLS: frozenset[str] = frozenset(
    {
        "urllib.request.urlopen().read",
        "aiohttp.ClientSession().get().text",
        "aiohttp.ClientSession().get().read",
    }
)

FRAME_READERS: frozenset[str] = frozenset(
    {
        f"{package}.{reader}"
        for package in ("pandas", "polars")
        for reader in (
            "read_csv",
            "read_excel",
            "read_feather",
            "read_json",
            "read_ndjson",
            "read_parquet",
            "read_pickle",
            "read_sql_table",
            "read_table",
        )
    }
)
QUERY_READERS: frozenset[str] = frozenset(
    {"pandas.read_sql", "pandas.read_sql_query", "polars.read_database", "polars.read_database_uri"}
)
"""What reads the rows of a query, given first, into a data frame."""

FRAME_KEEPING: frozenset[str] = frozenset(
    {
        "assign",
        "astype",
        "convert_dtypes",
        "copy",
        "drop",
        "dropna",
        "ffill",
        "fillna",
        "rename",
        "replace",
        "reset_index",
        "set_index",
        "sort_values",
        "where",
    }
)
"""Methods of a data frame that give one of about the same size."""

FRAME_EXPORTS: frozenset[str] = frozenset(
    {"to_dict", "to_dicts", "to_json", "to_csv", "to_html", "to_string", "to_markdown", "write_csv", "write_json"}
)

ENCODERS: frozenset[str] = frozenset(
    {
        "json.dumps",
        "simplejson.dumps",
        "orjson.dumps",
        "ujson.dumps",
        "base64.b64encode",
        "base64.standard_b64encode",
        "base64.urlsafe_b64encode",
        "base64.encodebytes",
        "binascii.hexlify",
        "pickle.dumps",
        "builtins.str",
        "builtins.list",
        "builtins.tuple",
        "builtins.sorted",
    }
)
"""What keeps the size of its first argument, more or less."""

ENCODING_METHODS: frozenset[str] = frozenset({"decode", "encode", "hex", "strip", "rstrip", "splitlines", "copy"})
"""Methods that keep the size of what they are called on."""

MANAGERS: frozenset[str] = frozenset({"objects", "all_objects", "_default_manager", "_base_manager"})
"""Attributes of Django models that querysets start from."""

QUERY_STEPS: frozenset[str] = frozenset(
    {
        "all",
        "annotate",
        "defer",
        "exclude",
        "filter",
        "iterator",
        "only",
        "order_by",
        "prefetch_related",
        "reverse",
        "select_related",
        "using",
        "values",
        "values_list",
    }
)
"""Methods of a queryset that leave its number of rows open."""

ROW_MAKERS: frozenset[str] = frozenset(
    {"django.forms.models.model_to_dict", "django.forms.model_to_dict", "dataclasses.asdict"}
)
"""Functions that turn one object into a dict."""

ROW_METHODS: frozenset[str] = frozenset(
    {"to_dict", "as_dict", "asdict", "to_json", "as_json", "dict", "json", "model_dump", "serialize", "__dict__"}
)
"""Methods by which projects turn one object into a dict."""

FILLED: frozenset[str] = frozenset({"builtins.bytearray", "builtins.bytes", "os.urandom", "secrets.token_bytes"})
"""What makes as many bytes as it is told."""

LITERAL_LIMIT = 32 * 1024
"""Characters in a literal above which it is large."""
