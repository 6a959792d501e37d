"""Names of arguments whose values nobody but the callee should read.

A name counts by its last words: `password`, `db_password`, `access_token`, `card_number`; `password_hash`, `token_id`
and `secret_name` do not. The lists come from Celery's user guide, from the payment industry's words for card data and
from the names of arguments in public projects.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")

_SECRETS = frozenset({"apikey", "cvc", "cvv", "passphrase", "passwd", "password", "secret", "ssn", "token"})
_PAIRS = frozenset(
    {
        ("access", "key"),
        ("api", "key"),
        ("auth", "key"),
        ("card", "number"),
        ("credit", "card"),
        ("encryption", "key"),
        ("private", "key"),
        ("secret", "key"),
        ("signing", "key"),
    }
)
_HARMLESS_TOKENS = frozenset(
    {
        *("apns", "bos", "cancel", "cancellation", "chain", "continuation", "correlation", "csrf", "cursor", "dedup"),
        *("device", "end", "eos", "execution", "fcm", "fencing", "friendly", "idempotency", "lease", "lock", "mask"),
        *("next", "pad", "page", "prev", "previous", "public", "push", "registration", "resume", "run", "sep", "start"),
        *("stop", "sync", "task", "trace", "tracking", "unlock", "update"),
    }
)
"""Tokens that say where to go on, which lock is held, which run or page is meant, which device to notify: no right to
anything."""
_UNREADABLE = frozenset({"digest", "encrypted", "hash", "hashed", "masked", "redacted"})
_FLAGS = frozenset(
    {
        *("allow", "change", "check", "force", "generate", "has", "hide", "include", "is", "needs", "no", "require"),
        *("requires", "reset", "send", "set", "show", "skip", "use", "verify", "with", "without"),
    }
)


def is_secret(name: str) -> bool:
    """Whether the name of an argument says that its value is a secret."""
    words = [word.lower() for word in _WORD.findall(name)]
    while words and words[-1].isdigit():
        words.pop()  # password1, password2
    if not words or not _UNREADABLE.isdisjoint(words):
        return False
    last = words[-1]
    if last == "token":
        return len(words) < 2 or words[-2] not in _HARMLESS_TOKENS
    return (last in _SECRETS or tuple(words[-2:]) in _PAIRS) and words[0] not in _FLAGS
