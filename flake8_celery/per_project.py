"""Answers about a whole project, kept for as long as it lives."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from .project import Project

    T = TypeVar("T")


def per_project(compute: Callable[[Project], T]) -> Callable[[Project], T]:
    """Ask once: a check asks for each module. The project itself keeps the answer, which may lead back to it."""

    def answer(project: Project) -> T:
        known = project.answers
        if compute not in known:
            known[compute] = compute(project)
        return known[compute]  # type: ignore[return-value]

    return answer
