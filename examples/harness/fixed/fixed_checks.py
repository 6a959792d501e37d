"""The checks, and that this shop has a task that takes up what was left undone: beat sends it every five minutes."""

from checks import env, observe, reset  # noqa: F401

recover = "shop.resume"
