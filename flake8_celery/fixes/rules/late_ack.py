"""Tasks that are lost when their worker dies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import Fix, fixer

if TYPE_CHECKING:
    from ...diagnostics import Diagnostic
    from ...model import Task
    from ...project import Project
    from .. import Context


@fixer("CEL309")
def early_ack_lost_work(found: Diagnostic, context: Context) -> Fix | None:
    """Acknowledge the task late, and send it again when its process dies: a limited number of times where the project's
    Celery can count them, from 5.7 on."""
    project = context.project
    decorator = context.text.decorator(found.span)
    task = next((t for t in project.tasks_of(context.module) if t.span == found.span), None)
    if decorator is None or task is None or task.wrappers or not task.complete:
        return None
    options = late_options(project, task)
    edit = context.text.add_decorator_argument(decorator, *options)
    return Fix(f"Add `{', '.join(options)}`", (edit,), "unsafe") if edit is not None else None


def late_options(project: Project, task: Task) -> list[str]:
    """The options with which a task outlives its worker and its process."""
    options = ["acks_late=True"]
    version = project.celery_version()
    survives = ("retry_on_worker_lost", "reject_on_worker_lost")
    if all(project.option(task, option).is_unset for option in survives):
        new = version is not None and not version.is_before(5, 7)
        options.append(f"{survives[0] if new else survives[1]}=True")
    return options
