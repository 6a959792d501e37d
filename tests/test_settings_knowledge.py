"""The snapshot of Celery's setting names agrees with the Celery that is installed."""

from __future__ import annotations

import pytest

from flake8_celery.knowledge import settings

celery = pytest.importorskip("celery", minversion="5.7")


def test_modern_names() -> None:
    from celery.app.defaults import SETTING_KEYS

    assert settings.MODERN == SETTING_KEYS


def test_old_names() -> None:
    from celery.app.defaults import _TO_NEW_KEY

    assert settings.OLD_TO_MODERN == _TO_NEW_KEY
    assert settings.OLD_TO_MODERN["CELERYD_TASK_TIME_LIMIT"] == "task_time_limit"
    assert set(settings.OLD_TO_MODERN.values()) <= settings.MODERN


def test_options_that_fall_back_to_a_setting() -> None:
    from celery.app.task import Task

    assert settings.OPTION_TO_SETTING == dict(Task.from_config)
    assert set(settings.OPTION_TO_SETTING.values()) <= settings.MODERN
