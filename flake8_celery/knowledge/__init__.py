"""What is known about Celery and its neighbours, as data."""
