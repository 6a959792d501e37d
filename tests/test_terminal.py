"""The width of the terminal is what the standard library says."""

from __future__ import annotations

import os
import shutil

import pytest

from flake8_celery.terminal import columns


@pytest.mark.parametrize("told", [None, "", "0", "-3", "x", "41"])
@pytest.mark.parametrize("real", [None, 0, 133])
def test_columns(monkeypatch: pytest.MonkeyPatch, told: str | None, real: int | None) -> None:
    def size(_: int) -> os.terminal_size:
        if real is None:
            raise OSError
        return os.terminal_size((real, 20))

    monkeypatch.setattr(os, "get_terminal_size", size)
    if told is None:
        monkeypatch.delenv("COLUMNS", raising=False)
    else:
        monkeypatch.setenv("COLUMNS", told)
    assert columns() == shutil.get_terminal_size().columns
