"""Which tasks are made to retry by a repair, and which are left to their authors."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_fixes import repaired

_HEAD = "import requests\nfrom celery import shared_task\nfrom django.core.mail import send_mail, send_mass_mail\n\n\n"


def _decorator(folder: Path, decorator: str, body: str, head: str = _HEAD) -> str:
    text = f"{head}{decorator}\ndef work(urls, order):\n{body}"
    after, outcomes = repaired(folder, {"tasks.py": text}, "CEL301")
    assert not [failure for outcome in outcomes for failure in outcome.failures]
    changed = after["tasks.py"]
    assert changed.startswith(head)
    assert changed.endswith(f"\ndef work(urls, order):\n{body}")
    return changed.removeprefix(head).partition("\ndef work")[0]


def _lines(*options: str) -> str:
    return "@shared_task(\n" + "".join(f"    {option},\n" for option in options) + ")"


_HTTP = "autoretry_for=(requests.RequestException,), retry_backoff=True"


@pytest.mark.parametrize(
    ("decorator", "body", "expected"),
    [
        ("@shared_task", "    requests.get(urls)\n", f"@shared_task({_HTTP})"),
        ("@shared_task()", "    requests.put(urls)\n", f"@shared_task({_HTTP})"),
        (
            "@shared_task(max_retries=5, default_retry_delay=9)",
            "    requests.get(urls)\n",
            _lines("max_retries=5", "default_retry_delay=9", "autoretry_for=(requests.RequestException,)"),
        ),
        (
            "@shared_task",
            "    for url in urls:\n        requests.get(url)\n",
            f"@shared_task({_HTTP})",
        ),
        (
            "@shared_task",
            "    requests.post(urls, headers={'Idempotency-Key': order})\n",
            f"@shared_task({_HTTP})",
        ),
        ("@shared_task(idempotent=True)", "    requests.post(urls)\n", _lines("idempotent=True", *_HTTP.split(", "))),
        (
            "@shared_task(\n    name='work',  # as ever\n)",
            "    requests.request('GET', urls)\n",
            "@shared_task(\n    name='work',  # as ever\n    " + _HTTP.replace(", r", ",\n    r") + ",\n)",
        ),
        (
            "@shared_task",
            "    send_mail('a', 'b', None, [order])\n",
            "@shared_task(autoretry_for=(OSError,), retry_backoff=True)",
        ),
    ],
)
def test_is_retried(decorator: str, body: str, expected: str, tmp_path: Path) -> None:
    assert _decorator(tmp_path, decorator, body) == expected


@pytest.mark.parametrize(
    ("decorator", "body"),
    [
        ("@shared_task", "    requests.post(urls)\n"),
        ("@shared_task", "    requests.request('POST', urls)\n"),
        ("@shared_task", "    requests.request(order, urls)\n"),
        ("@shared_task(idempotent=False)", "    requests.get(urls)\n"),
        ("@shared_task(max_retries=0)", "    requests.get(urls)\n"),
        ("@shared_task", "    for url in urls:\n        send_mail('a', 'b', None, [url])\n"),
        ("@shared_task", "    send_mass_mail(urls)\n"),
        ("@shared_task", "    send_mail('a', 'b', None, [urls])\n    send_mail('a', 'b', None, [order])\n"),
        ("@shared_task", "    send_mail('a', requests.get(urls).text, None, [order])\n"),
        ("@shared_task", "    other.delay()\n    requests.get(urls)\n"),
        ("@shared_task", "    for url in urls:\n        requests.get(url)\n        other.delay()\n"),
        ("@shared_task", "    Order.objects.create(user=order)\n    requests.get(urls)\n"),
    ],
)
def test_is_left_alone(decorator: str, body: str, tmp_path: Path) -> None:
    head = f"{_HEAD}@shared_task\ndef other():\n    pass\n\n\n"
    assert _decorator(tmp_path, decorator, body, head) == decorator


def test_not_where_the_library_is_loaded_late(tmp_path: Path) -> None:
    head = "from celery import shared_task\n\n\n"
    body = "    import requests\n\n    requests.get(urls)\n"
    assert _decorator(tmp_path, "@shared_task", body, head) == "@shared_task"


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        ("'django.core.mail.backends.smtp.EmailBackend'", "@shared_task(autoretry_for=(OSError,), retry_backoff=True)"),
        ("'anymail.backends.mailgun.EmailBackend'", "@shared_task"),
        ("os.environ['EMAIL_BACKEND']", "@shared_task"),
    ],
)
def test_mail_by_what_it_is_sent_through(backend: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text(f"import os\n\nEMAIL_BACKEND = {backend}\n")
    assert _decorator(tmp_path, "@shared_task", "    send_mail('a', 'b', None, [order])\n") == expected


def _changed(folder: Path, code: str, text: str, **files: str) -> str:
    after, outcomes = repaired(folder, {"tasks.py": text, **files}, code)
    assert not [failure for outcome in outcomes for failure in outcome.failures]
    again, _ = repaired(folder, after, code)
    assert again == after
    return after["tasks.py"]


_LATE = "from celery import Celery\n\napp = Celery('a')\n{conf}\n\n@app.task{first}\ndef work(url):\n    store(url)\n"


@pytest.mark.parametrize(
    ("conf", "first", "expected"),
    [
        ("", "(acks_late=True)", "@app.task(acks_late=True, retry_on_worker_lost=True)\n"),
        (
            "",
            "(\n    acks_late=True,  # twice is fine\n)",
            "@app.task(\n    acks_late=True,  # twice is fine\n    retry_on_worker_lost=True,\n)\n",
        ),
        (
            "app.conf.task_acks_late = True  # all\n",
            "",
            "app.conf.task_acks_late = True  # all\napp.conf.task_retry_on_worker_lost = True\n",
        ),
        (
            "app.conf.update(\n    timezone='UTC',\n    task_acks_late=True,\n)\n",
            "",
            "    task_acks_late=True,\n    task_retry_on_worker_lost=True,\n)\n",
        ),
        ("", "(acks_late=True, max_retries=None)", None),
        ("app.conf['task_acks_late'] = True\n", "", None),
        ("app.conf.task_acks_late = True\n\n@app.task(acks_late=False)\ndef early(): send()\n", "", None),
    ],
)
@pytest.mark.parametrize("version", ["==5.7.1", ">=5.4", ""])
def test_dying_processes(version: str, conf: str, first: str, expected: str | None, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(f"celery{version}\n")
    text = _LATE.format(conf=conf, first=first)
    after = _changed(tmp_path, "CEL307", text)
    if expected is None or version != "==5.7.1":
        assert after == text
    else:
        assert expected in after
        assert after.count("worker_lost") == 1


_BROAD = (
    "from celery import shared_task\n\n\n@shared_task(autoretry_for=(OSError,))\ndef work(urls):\n"
    "{i}try:\n{i}{i}store(urls)\n{i}except Exception{handler}"
)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("handler", "added"),
    [
        (":\n{i}{i}log(urls)\n", "{i}{i}raise\n"),
        (":\n{i}{i}log(urls)", "\n{i}{i}raise"),
        (":\n{i}{i}if urls:\n{i}{i}{i}log(\n'''\nurls'''\n)  # why\n", "{i}{i}raise\n"),
        (" as e:\n{i}{i}with lock():\n{i}{i}{i}log(e); log(urls)\n", "{i}{i}raise\n"),
        (":\n{i}{i}return None\n", ""),
        (": log(urls)\n", ""),
    ],
)
def test_errors_get_out(handler: str, added: str, newline: str, tmp_path: Path) -> None:
    text, more = (
        part.replace("{i}", "\t").replace("\n", newline) for part in (_BROAD.replace("{handler}", handler), added)
    )
    assert _changed(tmp_path, "CEL305", text) == text + more


def test_errors_of_a_loop_are_left_alone(tmp_path: Path) -> None:
    text = (
        "from celery import shared_task\n\n\n@shared_task(autoretry_for=(OSError,))\ndef work(urls):\n"
        "    for url in urls:\n        try:\n            store(url)\n        except Exception:\n            log(url)\n"
    )
    assert _changed(tmp_path, "CEL305", text) == text


def test_an_empty_handler_raises(tmp_path: Path) -> None:
    text = _BROAD.replace("{handler}", ":\n{i}{i}pass  # never mind\n").replace("{i}", "  ")
    assert _changed(tmp_path, "CEL305", text) == text.replace("pass", "raise")
