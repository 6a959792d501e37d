"""The language server: `flake8-celery server`."""
