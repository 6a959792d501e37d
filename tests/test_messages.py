"""Messages say no more than is known of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery import lint
from flake8_celery.diagnostics import lint_module
from flake8_celery.lint import Selection
from tests.projects import write


def messages(folder: Path, code: str, files: dict[str, str]) -> list[str]:
    project = lint.open_project(write(folder, files), use_cache=False)
    selection = Selection(select=(code,))
    return [found.message for module in project.modules for found in lint_module(module, project, selection)]


@pytest.mark.parametrize(
    ("app", "option", "until"),
    [
        ("", "", "for ever"),
        ("", "time_limit=60", "until its time limit ends it"),
        ("app.conf.task_soft_time_limit = 60", "", "until its time limit ends it"),
        ("app.conf.task_time_limit = 0", "", "for ever"),
        ("app.conf.task_time_limit = int(os.environ['LIMIT'])", "", "until its time limit ends it"),
        ("app.conf.update(load())", "", "for ever, unless a time limit ends it"),
        ("app.conf.worker_pool = 'threads'", "time_limit=60", "for ever"),
    ],
)
def test_how_long_a_call_without_timeout_hangs(tmp_path: Path, app: str, option: str, until: str) -> None:
    text = f"""
        import os

        import requests
        from celery import Celery

        app = Celery("shop", broker="redis://localhost/0")
        {app}

        @app.task({option})
        def sync_rates():
            return requests.get("https://rates.example.com/").json()
        """
    (message,) = messages(tmp_path, "CEL402", {"shop.py": text})
    assert message.endswith(f"the task hangs {until}")


@pytest.mark.parametrize(
    ("signal", "option", "outcome"),
    [
        ("post_save", "", "a worker can run it before the commit, and after a rollback it runs all the same"),
        (
            "post_save",
            "countdown=0",
            "a worker can run it before the commit, and after a rollback it runs all the same",
        ),
        (
            "post_save",
            "countdown=9",
            "it runs after a rollback too, and before a commit that takes longer than it waits",
        ),
        ("post_delete", "eta=at", "it runs after a rollback too, and before a commit that takes longer than it waits"),
        ("pre_save", "", "a worker can run it before, and after an error in writing it runs all the same"),
        ("pre_save", "countdown=9", "where that takes longer than it waits"),
    ],
)
def test_what_comes_of_sending_in_a_signal(tmp_path: Path, signal: str, option: str, outcome: str) -> None:
    text = f"""
        from celery import shared_task
        from django.db.models.signals import {signal}
        from django.dispatch import receiver

        @shared_task
        def index(pk):
            write_index(pk)

        @receiver({signal})
        def saved(sender, instance, **kwargs):
            index.apply_async((instance.pk,), {option})
        """
    (message,) = messages(tmp_path, "CEL514", {"shop.py": text})
    assert message.endswith(outcome)


@pytest.mark.parametrize(
    ("option", "outcome"),
    [
        ("", "a worker can run it before the commit, and after a rollback it runs all the same"),
        ("countdown=60", "it runs after a rollback too, and before a commit that takes longer than it waits"),
    ],
)
def test_what_comes_of_sending_in_a_transaction(tmp_path: Path, option: str, outcome: str) -> None:
    text = f"""
        from celery import shared_task
        from django.db import transaction

        @shared_task
        def confirm(pk):
            send_mail(pk)

        @transaction.atomic
        def pay(order):
            order.save()
            confirm.apply_async((order.pk,), {option})
        """
    (message,) = messages(tmp_path, "CEL503", {"shop.py": text})
    assert message.endswith(outcome)


@pytest.mark.parametrize(
    ("code", "where"),
    [
        ("", "the worker logs the text as WARNING"),
        ("@setup_logging.connect\ndef configure(**kwargs): ...", "the text goes to the worker's standard output"),
        ("@setup_logging.connect(weak=False)\ndef configure(**kwargs): ...", "the text goes to the worker's standard"),
        ("def configure(**kwargs): ...\nsetup_logging.connect(configure)", "the text goes to the worker's standard"),
        ("@after_setup_logger.connect\ndef configure(**kwargs): ...", "the worker logs the text as WARNING"),
        ("app.conf.worker_redirect_stdouts = False", "the text goes to the worker's standard output"),
    ],
)
def test_where_printed_text_goes(tmp_path: Path, code: str, where: str) -> None:
    imports = "from celery import Celery\nfrom celery.signals import after_setup_logger, setup_logging\n"
    head = f"{imports}app = Celery('shop')\n"
    text = f"{head}{code}\n\n@app.task\ndef ship(order_id):\n    print(order_id)\n"
    (message,) = messages(tmp_path, "CEL208", {"shop.py": text})
    assert where in message


def test_what_a_failed_call_costs(tmp_path: Path) -> None:
    text = """
        from celery import shared_task
        from django.core.mail import send_mail

        @shared_task
        def import_prices(path, email):
            for price in read(path):
                price.save()
            send_mail("Imported", "", None, [email])
        """
    (message,) = messages(tmp_path, "CEL301", {"shop.py": text})
    assert message.endswith("nothing retries it, so one failed connection fails the task for good")
