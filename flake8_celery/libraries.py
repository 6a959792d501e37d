"""What is never a module of the project, whatever its files are called."""

from __future__ import annotations

LIBRARIES = frozenset(
    {"celery", "kombu", "billiard", "amqp", "redis", "requests", "httpx", "aiohttp", "django", "flask", "fastapi"}
)
"""Names that mean the library, also beside a file of the project that is called the same (`proj/celery.py`)."""
