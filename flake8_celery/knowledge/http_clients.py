"""Which calls go out to the network, which of them wait for ever, and which errors they raise.

Signatures and defaults were read in CPython 3.11 and in the newest releases of the libraries, and tried against a
server that accepts and never answers (timeouts) and one that answers 503 (retries): requests 2.34, httpx 0.28,
aiohttp 3.14, urllib3 2.8, twilio 9.13, sendgrid 6.12, boto3 1.44, stripe 16, Django 5.2. kombu 5.7 was tried without a
broker: it knocks for six seconds, and raises then.
"""

from __future__ import annotations

import re
from functools import cache

_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")

ALIASES: dict[str, str] = {
    "requests.api.": "requests.",
    "requests.sessions.": "requests.",
    "requests.session()": "requests.Session()",
    "six.moves.urllib.request.": "urllib.request.",
    "django.core.mail.message.": "django.core.mail.",
    "django.core.mail.EmailMultiAlternatives()": "django.core.mail.EmailMessage()",
    "twilio.rest.TwilioClient()": "twilio.rest.Client()",
    "socket.socket.socket()": "socket.socket()",
    "kombu.messaging.": "kombu.",
    "kombu.connection.Connection": "kombu.Connection",
    "kombu.BrokerConnection": "kombu.Connection",
}
"""Other names of the same thing, by prefix."""

REQUESTS: frozenset[str] = frozenset(
    {
        "django.http.HttpRequest",
        "django.http.request.HttpRequest",
        "fastapi.Request",
        "flask.Request",
        "flask.wrappers.Request",
        "rest_framework.request.Request",
        "starlette.requests.Request",
        "werkzeug.Request",
        "werkzeug.wrappers.Request",
    }
)
"""The requests that web servers answer: in a worker there are none."""

MAIL: frozenset[str] = frozenset(
    {
        "django.core.mail.send_mail",
        "django.core.mail.send_mass_mail",
        "django.core.mail.EmailMessage().send",
        "flask_mail.Mail().send",
        "smtplib.SMTP().send_message",
        "smtplib.SMTP().sendmail",
        "smtplib.SMTP_SSL().send_message",
        "smtplib.SMTP_SSL().sendmail",
        "sendgrid.SendGridAPIClient().send",
        "twilio.rest.Client().messages.create",
    }
)
"""Calls that send a message to a person. Not here: `mail_admins` and `mail_managers`, which report on the work."""

NETWORK: frozenset[str] = MAIL | frozenset(
    [f"requests.{verb}" for verb in _VERBS]
    + [f"requests.Session().{verb}" for verb in (*_VERBS, "send")]
    + [f"httpx.{verb}" for verb in (*_VERBS, "stream")]
    + [f"httpx.{client}().{verb}" for client in ("Client", "AsyncClient") for verb in (*_VERBS, "send", "stream")]
    + [f"aiohttp.ClientSession().{verb}" for verb in (*_VERBS, "ws_connect")]
    + [
        "aiohttp.request",
        "urllib.request.urlopen",
        "urllib.request.urlretrieve",
        "http.client.HTTPConnection().request",
        "http.client.HTTPSConnection().request",
        "smtplib.SMTP",
        "smtplib.SMTP_SSL",
        "ftplib.FTP",
        "ftplib.FTP_TLS",
        "imaplib.IMAP4",
        "imaplib.IMAP4_SSL",
        "poplib.POP3",
        "poplib.POP3_SSL",
        "telnetlib.Telnet",
        "socket.create_connection",
        "paramiko.SSHClient().connect",
        "pysftp.Connection",
        "pywebpush.webpush",
        "kombu.Producer().publish",
        "kombu.Connection().Producer().publish",
        "kombu.pools.producers[].acquire().publish",
    ]
)
"""Calls that do not try again by themselves when the network fails.

Not here, because they do: boto3 and botocore (3 to 5 attempts), stripe (2 retries), urllib3's pool manager (3), the
SDKs of Google, OpenAI, Anthropic and Slack, PyGithub.
"""

RETRIES_BY: dict[str, str] = {
    name: "retry" for name in NETWORK if name.startswith("kombu.") and name.endswith(".publish")
}
"""Of these, calls that try again after all where they are given this keyword."""

NETWORK_PATTERNS: tuple[re.Pattern[str], ...] = (
    re.compile(r"twilio\.rest\.Client\(\)\.[\w.()]+\.(create|fetch|update|delete|list)"),
    re.compile(r"xmlrpc\.client\.ServerProxy\(\)\.[\w.]+"),
    re.compile(r"[\w.]*_pb2_grpc\.\w+Stub\(\)\.[A-Z]\w*"),
)

NO_TIMEOUT: dict[str, tuple[str | None, int | None]] = {
    **{f"requests.{verb}": ("timeout", None) for verb in _VERBS},
    **{f"requests.Session().{verb}": ("timeout", None) for verb in (*_VERBS, "send")},
    "requests.Session().request": ("timeout", 8),
    "urllib.request.urlopen": ("timeout", 2),
    "urllib.request.urlretrieve": (None, None),
    "smtplib.SMTP": ("timeout", 3),
    "smtplib.SMTP_SSL": ("timeout", 5),
    "ftplib.FTP": ("timeout", 4),
    "ftplib.FTP_TLS": ("timeout", 7),
    "imaplib.IMAP4": ("timeout", 2),
    "imaplib.IMAP4_SSL": ("timeout", 5),
    "poplib.POP3": ("timeout", 2),
    "poplib.POP3_SSL": ("timeout", 4),
    "telnetlib.Telnet": ("timeout", 2),
    "http.client.HTTPConnection": ("timeout", 2),
    "http.client.HTTPSConnection": ("timeout", 4),
    "socket.create_connection": ("timeout", 1),
    "urllib3.PoolManager().request": ("timeout", None),
    "urllib3.request": ("timeout", None),
}
"""Calls that wait for ever unless they are given a timeout: its keyword and its position among the arguments. Without a
keyword the call takes none."""

TIMEOUT_OFF: frozenset[str] = frozenset(
    [f"httpx.{verb}" for verb in (*_VERBS, "stream")]
    + [f"httpx.{client}().{verb}" for client in ("Client", "AsyncClient") for verb in (*_VERBS, "stream")]
    + [f"aiohttp.ClientSession().{verb}" for verb in _VERBS]
    + ["httpx.Client", "httpx.AsyncClient"]
)
"""Calls with a limit by default that `timeout=None` takes away. Not here: `aiohttp.ClientSession(timeout=None)`, which
keeps the default of five minutes."""

FOLLOWS_SOCKET_DEFAULT: frozenset[str] = frozenset(name for name in NO_TIMEOUT if not name.startswith("requests."))
"""Calls that `socket.setdefaulttimeout()` limits. requests hands the socket `None`, which overrules it."""

ERRORS: dict[str, tuple[str, ...]] = {
    "requests": ("requests.", "urllib3.", "OSError", "IOError", "EnvironmentError", "socket."),
    "httpx": ("httpx.", "httpcore."),
    "aiohttp": ("aiohttp.", "asyncio.", "TimeoutError", "OSError", "ConnectionError"),
    "urllib": ("urllib.", "http.client.", "socket.", "ssl.", "OSError", "IOError", "TimeoutError", "ConnectionError"),
    "http": ("http.client.", "socket.", "ssl.", "OSError", "IOError", "TimeoutError", "ConnectionError"),
    "socket": ("socket.", "OSError", "IOError", "TimeoutError", "ConnectionError"),
    "smtplib": ("smtplib.", "socket.", "ssl.", "OSError", "IOError", "TimeoutError", "ConnectionError"),
    "django": ("smtplib.", "socket.", "ssl.", "anymail.", "OSError", "IOError", "TimeoutError", "ConnectionError"),
    "flask_mail": ("smtplib.", "socket.", "ssl.", "OSError", "IOError", "TimeoutError", "ConnectionError"),
    "ftplib": ("ftplib.", "socket.", "ssl.", "OSError", "IOError", "EOFError", "TimeoutError", "ConnectionError"),
    "twilio": ("twilio.", "requests.", "OSError", "IOError"),
    "sendgrid": ("python_http_client.", "urllib.", "OSError", "IOError"),
    "stripe": ("stripe.",),
    "kombu": ("kombu.", "amqp.", "socket.", "OSError", "IOError", "TimeoutError", "ConnectionError"),
}
"""The names, or their beginnings, of the errors that the calls of a library raise when the network fails."""

RETRIED: dict[str, tuple[str, ...]] = {
    "requests": ("requests.RequestException",),
    "httpx": ("httpx.HTTPError",),
    "aiohttp": ("aiohttp.ClientError", "asyncio.TimeoutError"),
    "kombu": ("kombu.exceptions.OperationalError",),
    **dict.fromkeys(
        ("django", "flask_mail", "ftplib", "http", "imaplib", "poplib", "smtplib", "socket", "telnetlib", "urllib"),
        ("OSError",),
    ),
}
"""The errors after which calls of a library are worth a second try. Those of the standard library's clients derive from
OSError, or it is what they raise when they cannot connect."""

NOT_NETWORK_ERRORS: frozenset[str] = frozenset(
    {
        "ArithmeticError", "AssertionError", "AttributeError", "BadSignature", "DatabaseError", "DoesNotExist",
        "FileExistsError", "FileNotFoundError", "Http404", "ImportError", "IndexError", "IntegrityError",
        "InvalidOperation", "JSONDecodeError", "KeyError", "LookupError", "MemoryError", "ModuleNotFoundError",
        "MultipleObjectsReturned", "MultipleResultsFound", "NameError", "NoResultFound", "NotImplementedError",
        "ObjectDoesNotExist", "OperationalError", "ParseError", "PermissionDenied", "RecursionError",
        "SoftTimeLimitExceeded", "StopIteration", "TimeLimitExceeded", "TypeError", "UnicodeDecodeError",
        "UnicodeEncodeError", "UnicodeError", "ValidationError", "ValueError", "ZeroDivisionError",
    }
)  # fmt: skip
"""Last parts of the names of errors that a broken network does not raise."""


@cache
def canonical(name: str) -> str:
    """The name under which these tables know what `name` stands for."""
    for prefix, known in ALIASES.items():
        if name.startswith(prefix):
            name = known + name[len(prefix) :]
    return name


@cache
def is_network(name: str) -> bool:
    """Whether a call of this canonical name goes out to the network and does not retry by itself."""
    return name in NETWORK or any(p.fullmatch(name) for p in NETWORK_PATTERNS)


def may_be_raised(name: str, error: str | None) -> bool:
    """Whether a failed call of `name` may raise `error` or a subclass of it; True where that cannot be told."""
    if error is None:
        return True
    error = error.removeprefix("builtins.")
    if error in ("Exception", "BaseException"):
        return True
    if error.rpartition(".")[2] in NOT_NETWORK_ERRORS:
        return False
    known = ERRORS.get(name.partition(".")[0])
    if known is None:
        return True
    if any(error.startswith(k) if k.endswith(".") else error == k for k in known):
        return True
    # an error of another library that these tables know cannot come from this one
    return not any(error.startswith(k) for others in ERRORS.values() for k in others if k.endswith("."))
