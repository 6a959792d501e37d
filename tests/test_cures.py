"""What is said to answer several findings does: it is written where it is said, and they are gone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flake8_celery.diagnostics import Diagnostic, Selection, lint_module
from tests.projects import make, write

DJANGO = {
    "shop/__init__.py": "",
    "shop/celery.py": """
        import os

        from celery import Celery

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
        app = Celery("shop")
        app.config_from_object("django.conf:settings", namespace="CELERY")
        app.autodiscover_tasks()
        """,
    "shop/settings.py": """
        INSTALLED_APPS = ["orders"]
        CELERY_BROKER_URL = "redis://localhost/0"
        """,
    "orders/__init__.py": "",
}
PLAIN = {
    "shop/__init__.py": "",
    "shop/celery.py": """
        from celery import Celery

        queue = Celery("shop", broker="redis://localhost/0", include=["shop.tasks"])
        """,
}
MODULE = {
    "shop/__init__.py": "",
    "shop/config.py": """
        broker_url = "redis://localhost/0"
        include = ["shop.tasks"]
        """,
    "shop/celery.py": """
        from celery import Celery

        app = Celery("shop")
        app.config_from_object("shop.config")
        """,
}
LATE = """
    from celery import shared_task


    @shared_task(acks_late=True)
    def ship(order):
        send(order)


    @shared_task(acks_late=True)
    def bill(order):
        charge(order)
    """
DELAYS = """
    from celery import shared_task


    @shared_task
    def remind(order):
        send(order)


    def ordered(order):
        remind.apply_async((order,), countdown=7200)
        remind.apply_async((order,), countdown=86400)
    """
RESULTS = """
    from celery import chord, shared_task


    @shared_task
    def price(order):
        return look_up(order)


    def total(order):
        return price.delay(order).get(timeout=5)


    def totals(orders):
        return chord([price.s(order) for order in orders])(price.s())
    """
OLD = {
    **MODULE,
    "shop/config.py": """
        BROKER_URL = "redis://localhost/0"
        CELERY_INCLUDE = ["shop.tasks"]
        task_acks_late = False
        worker_concurrency = 4
        task_ignore_result = True
        """,
}


def found(folder: Path, files: dict[str, str], codes: tuple[str, ...]) -> list[Diagnostic]:
    project = make(folder, files)
    return [d for module in project.modules for d in lint_module(module, project, Selection(codes))]


@pytest.mark.parametrize(
    ("files", "codes", "cure"),
    [
        (
            {**DJANGO, "orders/tasks.py": LATE},
            ("CEL307",),
            "write `CELERY_TASK_REJECT_ON_WORKER_LOST = True` in `shop/settings.py`",
        ),
        (
            {**PLAIN, "shop/tasks.py": LATE},
            ("CEL307",),
            "write `queue.conf.task_reject_on_worker_lost = True` in `shop/celery.py`",
        ),
        (
            {**MODULE, "shop/tasks.py": LATE},
            ("CEL307",),
            "write `task_reject_on_worker_lost = True` in `shop/config.py`",
        ),
        (
            {**MODULE, "shop/tasks.py": LATE, "requirements.txt": "celery>=5.7\n"},
            ("CEL307",),
            "write `task_retry_on_worker_lost = True` in `shop/config.py`",
        ),
        (
            {**MODULE, "shop/tasks.py": LATE.replace("(acks_late=True)", "")},
            ("CEL904",),
            "write `task_acks_late = True` in `shop/config.py`",
        ),
        (
            {**PLAIN, "shop/tasks.py": DELAYS},
            ("CEL411",),
            'write `queue.conf.broker_transport_options = {"visibility_timeout": 90000}` in `shop/celery.py`',
        ),
        (
            {**MODULE, "shop/tasks.py": RESULTS},
            ("CEL510", "CEL603"),
            'write `result_backend = "redis://..."` in `shop/config.py`',
        ),
    ],
)
def test_the_line_answers_all(files: dict[str, str], codes: tuple[str, ...], cure: str, tmp_path: Path) -> None:
    before = found(tmp_path, files, codes)
    assert len(before) == 2
    assert {d.cure for d in before} == {cure}
    match = re.fullmatch(r"write `(.+)` in `(.+)`", cure)
    assert match is not None
    path = tmp_path / match[2]
    path.write_text(path.read_text("utf-8") + match[1] + "\n", "utf-8")
    written = {str(p.relative_to(tmp_path)): p.read_text("utf-8") for p in tmp_path.rglob("*.py")}
    after = found(tmp_path, written, codes)
    # late acknowledgement is the first of two policies
    assert [d for d in after if d.cure == cure or d.code != "CEL904"] == []


@pytest.mark.parametrize(
    "files",
    [
        # two applications, either of which may run the tasks
        {
            **PLAIN,
            "shop/other.py": """
                from celery import Celery

                other = Celery("other", broker="redis://localhost/1", include=["shop.tasks"])
                """,
        },
        # an app that only a function makes
        {
            "shop/__init__.py": "",
            "shop/celery.py": """
                from celery import Celery


                def make():
                    app = Celery("shop", broker="redis://localhost/0", include=["shop.tasks"])
                    return app
                """,
        },
        # a dictionary of settings
        {
            "shop/__init__.py": "",
            "shop/celery.py": """
                from celery import Celery

                app = Celery("shop")
                SETTINGS = {"broker_url": "redis://localhost/0", "include": ["shop.tasks"]}
                app.config_from_object(SETTINGS)
                """,
        },
        # old names, beside which new ones may not stand
        {**MODULE, "shop/config.py": 'BROKER_URL = "redis://localhost/0"\nCELERY_IMPORTS = ["shop.tasks"]\n'},
    ],
)
def test_no_line_where_it_cannot_be_told(files: dict[str, str], tmp_path: Path) -> None:
    diagnostics = found(tmp_path, {**files, "shop/tasks.py": LATE}, ("CEL307",))
    assert len(diagnostics) == 2
    assert {d.cure for d in diagnostics} == {""}


@pytest.mark.parametrize(
    ("requirements", "message", "remedy"),
    [
        ("celery==5.4.0\n", "add `reject_on_worker_lost`", "Celery 5.4.0 has no `retry_on_worker_lost`"),
        (
            "celery>=5.3\n",
            "add `reject_on_worker_lost`",
            "Celery 5.3.0, which is allowed, has no `retry_on_worker_lost`",
        ),
        ("celery>=5.7\n", "add `retry_on_worker_lost`", ""),
        ("django\n", "add `retry_on_worker_lost` (Celery 5.7) or `reject_on_worker_lost`", ""),
    ],
)
def test_late_ack_is_repaired_with_what_the_celery_has(
    requirements: str, message: str, remedy: str, tmp_path: Path
) -> None:
    files = {**PLAIN, "shop/tasks.py": LATE, "requirements.txt": requirements}
    for diagnostic in found(tmp_path, files, ("CEL307",)):
        assert diagnostic.message.endswith(message)
        assert remedy in diagnostic.remedy
        assert bool(diagnostic.remedy) == bool(remedy)


HELPER = {
    **PLAIN,
    "shop/http.py": """
        import requests


        def fetch(url):
            return requests.get(url)
        """,
    "shop/tasks.py": """
        from celery import shared_task

        from shop.http import fetch


        @shared_task
        def one(url):
            fetch(url)


        @shared_task
        def two(url):
            fetch(url)
        """,
    "shop/more.py": """
        from celery import shared_task

        from shop.http import fetch


        @shared_task
        def three(url):
            fetch(url)
        """,
}


def test_a_helper_without_timeout_is_named_and_repaired_once(tmp_path: Path) -> None:
    diagnostics = found(tmp_path, HELPER, ("CEL402",))
    assert len(diagnostics) == 2
    assert all("`requests.get` (shop/http.py:5) has no timeout" in d.message for d in diagnostics)
    assert {d.cure for d in diagnostics} == {"pass a timeout to `requests.get` in shop/http.py:5"}
    fixed = {**HELPER, "shop/http.py": HELPER["shop/http.py"].replace("(url)\n        ", "(url, timeout=5)\n        ")}
    assert "timeout=5" in fixed["shop/http.py"]
    assert found(tmp_path, fixed, ("CEL402",)) == []


def test_a_helper_that_retries_answers_all_its_tasks(tmp_path: Path) -> None:
    diagnostics = found(tmp_path, HELPER, ("CEL301",))
    assert len(diagnostics) == 3
    assert {d.cure for d in diagnostics} == {"put a decorator that retries on `shop.http.fetch` (shop/http.py:4)"}
    head = "import requests\n        from tenacity import retry\n\n\n        @retry\n        def fetch"
    fixed = {**HELPER, "shop/http.py": re.sub(r"import requests\n+ *def fetch", head, HELPER["shop/http.py"])}
    assert "@retry" in fixed["shop/http.py"]
    assert found(tmp_path, fixed, ("CEL301",)) == []


LIMITS = """
    from celery import shared_task


    @shared_task(time_limit=60)
    def ship(order):
        send(order)


    @shared_task(time_limit=60, soft_time_limit=50)
    def bill(order):
        charge(order)
    """


def test_the_pool_of_all_tasks_is_chosen_in_one_place(tmp_path: Path) -> None:
    files = {**PLAIN, "shop/tasks.py": LIMITS, "Procfile": "worker: celery -A shop worker --pool threads\n"}
    one, both = found(tmp_path, files, ("CEL410",))
    cure = "run their workers with the prefork pool instead of threads (Procfile:1)"
    assert (one.cure, both.cure) == (cure, cure)
    assert one.message == ("`time_limit` of `ship` has no effect: its workers run the threads pool, which ignores it")
    assert both.message == (
        "`time_limit` and `soft_time_limit` of `bill` have no effect: its workers run the threads pool, which ignores "
        "them"
    )
    assert found(tmp_path, {**files, "Procfile": "worker: celery -A shop worker\n"}, ("CEL410",)) == []
    del files["Procfile"]
    (tmp_path / "Procfile").unlink()
    files["shop/celery.py"] += 'queue.conf.worker_pool = "solo"\n'
    assert found(tmp_path, files, ("CEL410",))[0].cure.endswith("instead of solo (shop/celery.py:4)")


def test_old_settings_are_renamed_by_one_command(tmp_path: Path) -> None:
    diagnostics = found(tmp_path, {**OLD, "shop/tasks.py": LATE}, ("CEL802",))
    assert len(diagnostics) == 2
    assert {d.cure for d in diagnostics} == {"run `celery upgrade settings shop/config.py`"}


def test_a_missing_time_limit_is_written_out(tmp_path: Path) -> None:
    (missing,) = found(tmp_path, {**DJANGO, "orders/tasks.py": LATE}, ("CEL401",))
    assert missing.remedy == (
        "Write `CELERY_TASK_TIME_LIMIT = 1800` in `shop/settings.py`, well above the longest run you expect, and "
        "`CELERY_TASK_SOFT_TIME_LIMIT = 1500` below it."
    )


@pytest.mark.parametrize(
    ("call", "options", "instead"),
    [
        ("ship.delay(1, eta=when)", "`eta` is an option", "apply_async(args=(...), eta=...)"),
        (
            "ship.delay(order=1, eta=when, queue='a')",
            "`eta` and `queue` are options",
            "apply_async(kwargs={...}, eta=..., queue=...)",
        ),
        (
            "ship.delay_on_commit(1, countdown=5)",
            "`countdown` is an option",
            "apply_async_on_commit(args=(...), countdown=...)",
        ),
        ("ship.si(1, queue='a')", "`queue` is an option", "signature(args=(...), queue=..., immutable=True)"),
        ("ship.delay(1, color=1)", "", ""),
        ("ship.apply_async((1, 2))", "", ""),
    ],
)
def test_options_given_to_delay_are_told_apart(call: str, options: str, instead: str, tmp_path: Path) -> None:
    write(tmp_path, {})
    views = f"from shop.tasks import ship\n\n\ndef f(when):\n    {call}\n"
    (wrong,) = found(tmp_path, {**PLAIN, "shop/tasks.py": LATE, "shop/views.py": views}, ("CEL504",))
    assert wrong.remedy.startswith(options)
    assert wrong.remedy.endswith(f": write `{instead}`." if instead else "")
    assert bool(wrong.remedy) == bool(instead)


@pytest.mark.parametrize(
    ("requirements", "call", "remedy"),
    [
        ("celery==5.4.0", "delay(instance.pk)", "Send with `task.delay_on_commit(...)`."),
        ("celery==5.4.0", "apply_async((instance.pk,))", "Send with `task.apply_async_on_commit(...)`."),
        ("celery==5.3.6", "delay(instance.pk)", "Hand `partial(task.delay, ...)` to `transaction.on_commit`."),
        ("celery==5.3.6", "apply_async((1,))", "Hand `partial(task.apply_async, ...)` to `transaction.on_commit`."),
        ("", "delay(instance.pk)", ""),
    ],
)
def test_sent_after_the_commit_with_what_the_celery_has(
    requirements: str, call: str, remedy: str, tmp_path: Path
) -> None:
    files = {
        **DJANGO,
        "requirements.txt": f"{requirements}\n",
        "orders/tasks.py": LATE,
        "orders/models.py": """
            from django.db import models


            class Order(models.Model):
                pass
            """,
        "orders/signals.py": f"""
            from django.db.models.signals import post_save
            from django.dispatch import receiver

            from orders.models import Order
            from orders.tasks import ship


            @receiver(post_save, sender=Order)
            def saved(sender, instance, **kwargs):
                ship.{call}
            """,
    }
    (sent,) = found(tmp_path, files, ("CEL514",))
    assert sent.remedy == remedy
