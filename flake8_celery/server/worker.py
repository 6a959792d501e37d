"""The one thread in which files are parsed and checked, while the event loop goes on reading messages."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_STACK = 128 * 1024 * 1024
"""Deeply nested code is walked recursively: a thread's stack is small on some systems."""


class Worker:
    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lint")
        usual = threading.stack_size()
        try:
            threading.stack_size(_STACK)
        except (ValueError, RuntimeError):
            pass
        else:
            self._executor.submit(lambda: None).result()
            threading.stack_size(usual)

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns; one piece of work follows the other."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def stop(self) -> None:
        """Take on nothing more."""
        self._executor.shutdown(wait=False, cancel_futures=True)
