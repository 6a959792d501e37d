"""Finds what makes Celery projects lose work, and proves each claim on a real worker."""

from __future__ import annotations

__version__ = "0.1.0"
