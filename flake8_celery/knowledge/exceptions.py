"""Which exception class derives from which, for the libraries whose errors tasks catch, raise and retry after.

Read from Celery 5.7, requests 2.34 and httpx 0.28; a test compares the table with the installed packages.
"""

from __future__ import annotations

import builtins

BASES: dict[str, str] = {}
"""The canonical name of an exception class → the class it derives from. Where there are two, the one that handlers
name more often; the other is in `ALSO`."""

ALSO: dict[str, tuple[str, ...]] = {
    "requests.exceptions.ConnectTimeout": ("requests.exceptions.Timeout",),
    "requests.exceptions.JSONDecodeError": ("json.decoder.JSONDecodeError", "json.JSONDecodeError", "ValueError"),
    "requests.exceptions.MissingSchema": ("ValueError",),
    "requests.exceptions.InvalidSchema": ("ValueError",),
    "requests.exceptions.InvalidURL": ("ValueError",),
    "requests.exceptions.InvalidHeader": ("ValueError",),
    "requests.exceptions.StreamConsumedError": ("TypeError",),
    "requests.exceptions.ContentDecodingError": ("urllib3.exceptions.HTTPError",),
    "celery.exceptions.NotRegistered": ("KeyError",),
    "celery.exceptions.QueueNotFound": ("KeyError",),
}

for _module, _tree in (
    (
        "celery.exceptions",
        """
        CeleryError: Exception
        TaskPredicate: CeleryError
        Retry Ignore Reject: TaskPredicate
        ImproperlyConfigured SecurityError TaskError: CeleryError
        QueueNotFound IncompleteStream NotRegistered AlreadyRegistered TimeoutError: TaskError
        MaxRetriesExceededError TaskRevokedError InvalidTaskError ChordError: TaskError
        SoftTimeLimitExceeded TimeLimitExceeded WorkerLostError Terminated: Exception
        BackendError: Exception
        """,
    ),
    (
        "requests.exceptions",
        """
        RequestException: OSError
        InvalidJSONError HTTPError ConnectionError Timeout URLRequired TooManyRedirects MissingSchema: RequestException
        InvalidSchema InvalidURL InvalidHeader ChunkedEncodingError ContentDecodingError: RequestException
        StreamConsumedError RetryError UnrewindableBodyError: RequestException
        JSONDecodeError: InvalidJSONError
        ProxyError SSLError ConnectTimeout: ConnectionError
        ReadTimeout: Timeout
        InvalidProxyURL: InvalidURL
        """,
    ),
    (
        "httpx",
        """
        HTTPError InvalidURL CookieConflict: Exception
        StreamError: RuntimeError
        RequestError HTTPStatusError: HTTPError
        TransportError DecodingError TooManyRedirects: RequestError
        TimeoutException NetworkError ProtocolError ProxyError UnsupportedProtocol: TransportError
        ConnectTimeout ReadTimeout WriteTimeout PoolTimeout: TimeoutException
        ConnectError ReadError WriteError CloseError: NetworkError
        LocalProtocolError RemoteProtocolError: ProtocolError
        """,
    ),
):
    _own = {_name for _line in _tree.split("\n") for _name in _line.partition(":")[0].split()}
    for _line in _tree.strip().split("\n"):
        _names, _, _base = (_part.strip() for _part in _line.partition(":"))
        for _name in _names.split():
            BASES[f"{_module}.{_name}"] = f"{_module}.{_base}" if _base in _own else _base

_ALIASES: dict[str, str] = {
    "celery.app.task.": "celery.exceptions.",
    "celery.Task.MaxRetriesExceededError": "celery.exceptions.MaxRetriesExceededError",
    "celery.Task().MaxRetriesExceededError": "celery.exceptions.MaxRetriesExceededError",
    "billiard.exceptions.": "celery.exceptions.",
    "httpx._exceptions.": "httpx.",
}
_REQUESTS = frozenset(
    {"RequestException", "HTTPError", "ConnectionError", "Timeout", "URLRequired", "TooManyRedirects", "ConnectTimeout"}
    | {"ReadTimeout", "JSONDecodeError"}
)
"""The exceptions that `requests` also has at its top."""

_NOT_EXCEPTION = frozenset({"BaseException", "BaseExceptionGroup", "KeyboardInterrupt", "SystemExit", "GeneratorExit"})

CONTROL: frozenset[str] = frozenset(f"celery.exceptions.{name}" for name in ("Retry", "Ignore", "Reject"))
"""What a task raises to tell the worker what to do with it."""


def canonical(name: str) -> str:
    """The name under which these tables know an exception class."""
    name = name.removeprefix("builtins.")
    if name in ("IOError", "EnvironmentError", "socket.error", "select.error"):
        return "OSError"
    if name == "socket.timeout":
        return "TimeoutError"
    if name.startswith("requests.") and name.removeprefix("requests.") in _REQUESTS:
        return f"requests.exceptions.{name.removeprefix('requests.')}"
    for alias, known in _ALIASES.items():
        if name.startswith(alias) and (known + name[len(alias) :] in BASES):
            return known + name[len(alias) :]
    return name


def ancestors(name: str) -> tuple[frozenset[str], bool]:
    """An exception class and all it derives from, and whether that is all of them."""
    found = {"BaseException"}
    pending = [canonical(name)]
    complete = True
    while pending:
        here = pending.pop()
        found.add(here)
        cls = getattr(builtins, here, None)
        if isinstance(cls, type) and issubclass(cls, BaseException):
            found.update(base.__name__ for base in cls.__mro__ if issubclass(base, BaseException))
        elif here in BASES:
            pending += [BASES[here], *ALSO.get(here, ())]
        else:
            complete = False
    if not complete and canonical(name) not in _NOT_EXCEPTION and not name.endswith(".CancelledError"):
        found.add("Exception")
    return frozenset(found), complete
