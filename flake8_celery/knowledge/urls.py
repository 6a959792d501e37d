"""URLs of brokers and result backends, and the passwords in them."""

from __future__ import annotations

import re
from collections.abc import Callable

_URL = re.compile(
    r"(?P<scheme>(?:py)?amqps?|librabbitmq|rediss?|sentinel|sqs|mongodb(?:\+srv)?|db\+[a-z][\w+]*)://"
    r"(?P<user>[^:/@\s]*):(?P<password>[^@\s]+)@(?P<host>\[[^\]\s]*\]|[^:/?#,;\s]*)",
    re.IGNORECASE,
)
_LOCAL_HOST = re.compile(
    r"(?:.*\.)?(?:localhost|test|invalid|example)|(?:.*\.)?example\.(?:com|net|org)|"
    r"host\.(?:docker|containers)\.internal|127(?:\.\d+){3}|0\.0\.0\.0|\[?::1\]?",
    re.IGNORECASE,
)
"""This machine, and names that nobody can own."""
_SHORT_HOST = re.compile(r"[^.]*(?:\.local)?", re.IGNORECASE)
_RANDOM = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])\S{8,}")
_VARIABLE = re.compile(r"[$<>{}\[\]]|%\(|%s")
_PLACEHOLDER = re.compile(
    r"x+|\*+|\.+|pass|pw|pwd|secret|guest|admin|test|user|redis|rabbitmq|rabbit|"
    r".*(?:passw|change|your|example|placeholder|dummy|todo|xxx|\*\*\*).*",
    re.IGNORECASE,
)
_AWS_KEY = re.compile(r"A[KS]IA[A-Z0-9]{16}")


def credentials_in(text: str, is_service: Callable[[str], bool] = lambda _: True) -> str | None:
    """What secret stands in a URL of a broker or backend, "the password of `user` at `host`"; None where there is none,
    or one that opens nothing: placeholders, variables, services of this machine or of a network of containers.

    A host without a dot may be such a service, as `is_service` tells; if it is none, a password that looks as if a
    machine had made it is a secret.
    """
    if "@" not in text or "://" not in text:
        return None
    for match in _URL.finditer(text):
        user, password, host = match["user"], match["password"], match["host"]
        if _VARIABLE.search(match[0]) or _PLACEHOLDER.fullmatch(password):
            continue
        if match["scheme"].lower() == "sqs":
            if _AWS_KEY.fullmatch(user) and "EXAMPLE" not in user:
                return f"the secret of the AWS key `{user[:4]}...`"
        elif not _LOCAL_HOST.fullmatch(host) and _opens(host, password, is_service):
            return f"the password of `{user}` at `{host}`" if user else f"the password of `{host}`"
    return None


def _opens(host: str, password: str, is_service: Callable[[str], bool]) -> bool:
    """Whether the host may be one that others can reach."""
    if _SHORT_HOST.fullmatch(host) is None:
        return True
    return bool(host) and _RANDOM.fullmatch(password) is not None and not is_service(host)
