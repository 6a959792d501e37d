"""The snapshot of Celery's setting names agrees with the Celery that is installed."""

from __future__ import annotations

import pytest

from flake8_celery.knowledge import settings

pytest.importorskip("celery", minversion="5.7")
defaults = pytest.importorskip("celery.app.defaults")
task = pytest.importorskip("celery.app.task")


def test_modern_names() -> None:
    assert defaults.SETTING_KEYS == settings.MODERN


def test_old_names() -> None:
    assert defaults._TO_NEW_KEY == settings.OLD_TO_MODERN
    assert settings.OLD_TO_MODERN["CELERYD_TASK_TIME_LIMIT"] == "task_time_limit"
    assert set(settings.OLD_TO_MODERN.values()) <= settings.MODERN


def test_options_that_fall_back_to_a_setting() -> None:
    assert dict(task.Task.from_config) == settings.OPTION_TO_SETTING
    assert set(settings.OPTION_TO_SETTING.values()) <= settings.MODERN
