"""What the sub-commands of `flake8-celery` do."""
