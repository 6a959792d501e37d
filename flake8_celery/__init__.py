"""Finds what makes Celery projects lose work, and proves each claim on a real worker."""

__version__ = "0.1.0"
