"""Background tasks of web frameworks, and what work is too important for them.

The names are those in the documentation of FastAPI, Starlette, Litestar and the mail libraries.
"""

from __future__ import annotations

ADD_TASK: frozenset[str] = frozenset(
    {
        "fastapi.BackgroundTasks().add_task",
        "fastapi.background.BackgroundTasks().add_task",
        "starlette.background.BackgroundTasks().add_task",
    }
)

BACKGROUND_TASK: frozenset[str] = frozenset(
    {
        "fastapi.background.BackgroundTask",
        "starlette.background.BackgroundTask",
        "litestar.background_tasks.BackgroundTask",
    }
)

SENDS: frozenset[str] = frozenset(
    {
        "aiosmtplib.send",
        "emails.Message().send",
        "emails.html().send",
        "fastapi_mail.FastMail().send_message",
        "mailjet_rest.Client().send.create",
        "resend.Emails.send",
        "yagmail.SMTP().send",
    }
)
"""Calls that send a message to a person, beside those that `http_clients` knows."""

STORES: frozenset[str] = frozenset(
    {
        "bulk_write", "find_one_and_update", "insert_many", "insert_one", "put_object", "replace_one", "update_many",
        "update_one", "upload_blob", "upload_file", "upload_fileobj", "upload_from_file", "upload_from_filename",
        "upload_from_string",
    }
)  # fmt: skip
"""Methods that store an object or a document, whatever they are called on."""

MINOR_WORDS: frozenset[str] = frozenset(
    {
        "activity", "analytics", "audit", "cache", "clean", "cleanup", "clear", "close", "evict", "expire",
        "invalidate", "log", "logging", "metric", "metrics", "ping", "prefetch", "purge", "refresh",
        "remove", "seen", "stat", "statistics", "stats", "telemetry", "temp", "tmp", "touch", "trace", "track",
        "tracking", "unlink", "usage", "views", "visit", "warm", "warmup",
    }
)  # fmt: skip
"""Words in the names of functions whose work may be lost with the process."""
