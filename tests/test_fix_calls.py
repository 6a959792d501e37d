"""Repairs of calls that send tasks, in layouts that nobody writes on purpose, and where they must not be made."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_fixes import repaired

TASKS = """
from celery import shared_task


@shared_task
def confirm(order_id=0, *, note=""): ...
"""
IMPORTS = "from django.db import transaction\n\nfrom shop.tasks import confirm\n\n\n"
PARTIAL = "from functools import partial\n\n"


def fixed(folder: Path, text: str, code: str, **files: str) -> str:
    """The text of `shop/orders.py` after the repairs of one rule; a second run must change nothing."""
    others = {"shop/tasks.py": TASKS, **files}
    found, outcomes = repaired(folder, {"shop/orders.py": text, **others}, code)
    assert not [failure for outcome in outcomes for failure in outcome.failures]
    again, _ = repaired(folder, found, code)
    assert again == found
    return found["shop/orders.py"]


def in_transaction(folder: Path, code: str) -> str:
    """What becomes of the function `send` that sends in a transaction; imports are left out."""
    found = fixed(folder, IMPORTS + dedent(code).lstrip("\n"), "CEL503")
    return found[found.index("def send") :]


SEND = """
def send(order):
    with transaction.atomic():
        order.save()
        {}
"""


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("confirm.delay()", "transaction.on_commit(confirm.delay)"),
        ("confirm.delay(order.pk)", "transaction.on_commit(partial(confirm.delay, order.pk))"),
        ("confirm.delay(order.pk,)", "transaction.on_commit(partial(confirm.delay, order.pk,))"),
        ("confirm . delay ( order.pk )", "transaction.on_commit(partial(confirm . delay, order.pk))"),
        ("confirm.delay(*order.ids, **order.more)",
         "transaction.on_commit(partial(confirm.delay, *order.ids, **order.more))"),
        ("order.log(); confirm.delay(1); order.log()",
         "order.log(); transaction.on_commit(partial(confirm.delay, 1)); order.log()"),
        ("if order: confirm.delay(1)", "if order: transaction.on_commit(partial(confirm.delay, 1))"),
        ("confirm.si(1).delay()", "transaction.on_commit(confirm.si(1).delay)"),
        ('confirm.delay(f"{order[\'a\']}")', 'transaction.on_commit(partial(confirm.delay, f"{order[\'a\']}"))'),
    ],
)  # fmt: skip
def test_one_line(tmp_path: Path, call: str, expected: str) -> None:
    assert in_transaction(tmp_path, SEND.format(call)) == SEND.format(expected).lstrip("\n")


def test_several_lines(tmp_path: Path) -> None:
    code = """
    def send(order):
        with transaction.atomic():
            order.save()
            confirm.apply_async(
                # the key alone
                args=(order.pk,),
                kwargs={
                    "note": "x",
                }
            )  # soon
            confirm.delay(order.pk,
                          note="y")
            confirm.delay(
                order.pk,
                note=\"\"\"
    a
    \"\"\",
            )
    """
    expected = """
    def send(order):
        with transaction.atomic():
            order.save()
            transaction.on_commit(
                partial(
                    confirm.apply_async,
                    # the key alone
                    args=(order.pk,),
                    kwargs={
                        "note": "x",
                    }
                )
            )  # soon
            transaction.on_commit(partial(confirm.delay, order.pk,
                          note="y"))
            transaction.on_commit(partial(
                confirm.delay,
                order.pk,
                note=\"\"\"
    a
    \"\"\",
            ))
    """
    assert in_transaction(tmp_path, code) == dedent(expected).lstrip("\n")


def test_lines_that_get_too_long(tmp_path: Path) -> None:
    code = """
    def send(order):
        with transaction.atomic():
            order.save()
            confirm.delay(order.customer.primary_key_of_customer, note="from here")
            confirm.delay(order.customer.primary_key, note="from here to there, and on")
            confirm.delay(order.customer.primary_key_of_customer, note="from here to over there!")
    """
    expected = """
    def send(order):
        with transaction.atomic():
            order.save()
            transaction.on_commit(
                partial(confirm.delay, order.customer.primary_key_of_customer, note="from here")
            )
            transaction.on_commit(
                partial(
                    confirm.delay, order.customer.primary_key, note="from here to there, and on"
                )
            )
            transaction.on_commit(
                partial(
                    confirm.delay,
                    order.customer.primary_key_of_customer,
                    note="from here to over there!",
                )
            )
    """
    assert in_transaction(tmp_path, code) == dedent(expected).lstrip("\n")


def test_arguments_on_a_line_of_their_own(tmp_path: Path) -> None:
    before = SEND.format('confirm.delay(\n            order.pk, note="a"\n        )')
    inner = 'confirm.delay, order.pk, note="a"'
    call = f"transaction.on_commit(\n            partial(\n                {inner}\n            )\n        )"
    assert in_transaction(tmp_path, before) == SEND.format(call).lstrip("\n")


def test_no_arguments_on_several_lines(tmp_path: Path) -> None:
    assert in_transaction(tmp_path / "a", SEND.format("confirm.delay(\n\n)")) == SEND.format(
        "transaction.on_commit(\n            confirm.delay\n        )"
    ).lstrip("\n")
    text = SEND.format("confirm.delay(\n# nothing yet\n)")
    assert in_transaction(tmp_path / "b", text) == text.lstrip("\n")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("indent", ["\t", "  ", "    "])
def test_newlines_and_indents_are_kept(tmp_path: Path, newline: str, indent: str) -> None:
    def written(call: str) -> str:
        lines = ["def send(order):", "\twith transaction.atomic():", "\t\torder.save()", *call.split("\n"), ""]
        return newline.join(lines).replace("\t", indent)

    before = IMPORTS.replace("\n", newline) + written("\t\tconfirm.delay(\n\t\t\t1,\n\t\t\tnote=2,\n\t\t)")
    given_ = "\n\t\t\t\tconfirm.delay,\n\t\t\t\t1,\n\t\t\t\tnote=2,\n\t\t\t"
    call = f"\t\ttransaction.on_commit(\n\t\t\tpartial({given_})\n\t\t)"
    after = (PARTIAL + IMPORTS).replace("\n", newline) + written(call)
    assert fixed(tmp_path, before, "CEL503") == after


@pytest.mark.parametrize(
    ("imports", "expected"),
    [
        ("from functools import partial as bind\n", "transaction.on_commit(bind(confirm.delay, 1))"),
        ("import functools\n", "transaction.on_commit(functools.partial(confirm.delay, 1))"),
        ("from tools import partial\n", "transaction.on_commit(functools.partial(confirm.delay, 1))"),
        ("from django.db.transaction import on_commit\n", "on_commit(partial(confirm.delay, 1))"),
    ],
)
def test_names_that_are_there(tmp_path: Path, imports: str, expected: str) -> None:
    assert expected in fixed(tmp_path, imports + IMPORTS + SEND.format("confirm.delay(1)"), "CEL503")


@pytest.mark.parametrize(
    "body",
    [
        "job = confirm.delay(1)",
        "return confirm.delay(1)",
        "confirm.delay(1).forget()",
        "[confirm.delay(i) for i in order.ids]",
        "confirm.delay(1)\n  raise Stop",
        "confirm.delay(1)\n  transaction.set_rollback(True)",
        "try:\n   confirm.delay(1)\n  except OSError: pass",
        "try:\n   order.pay()\n  except KeyError:\n   confirm.delay(1)",
        "with suppress(OSError):\n   confirm.delay(1)",
    ],
)
def test_what_is_left_alone(tmp_path: Path, body: str) -> None:
    text = f"{IMPORTS}def send(order):\n with transaction.atomic():\n  order.save()\n  {body}\n"
    assert fixed(tmp_path, text, "CEL503") == text


@pytest.mark.parametrize(
    "start",
    [
        "async def send(order):\n with transaction.atomic():",
        "def send(order):\n with transaction.atomic(using=name()):",
    ],
)
def test_where_it_is_left_alone(tmp_path: Path, start: str) -> None:
    text = f"{IMPORTS}{start}\n  order.save()\n  confirm.delay(1)\n"
    assert fixed(tmp_path, text, "CEL503") == text


def test_errors_of_other_things_may_be_caught(tmp_path: Path) -> None:
    body = "try:\n   order.pay()\n   confirm.delay(1)\n  except Order.DoesNotExist:\n   pass"
    text = f"{IMPORTS}def send(order):\n with transaction.atomic():\n  order.save()\n  {body}\n"
    assert "on_commit(partial(confirm.delay, 1))" in fixed(tmp_path, text, "CEL503")


def test_a_name_that_means_something_else_in_the_function(tmp_path: Path) -> None:
    text = dedent("""
        from django.db import transaction
        from django.db.models.signals import post_save
        from django.dispatch import receiver

        from shop.tasks import confirm


        @receiver(post_save)
        def saved(sender, instance, **kwargs):
            transaction = instance.transaction
            confirm.delay(transaction.pk)
    """)
    assert fixed(tmp_path, text, "CEL514") == text


def test_the_database_of_a_signal(tmp_path: Path) -> None:
    text = dedent("""
        from django.db.models.signals import post_save
        from django.dispatch import receiver

        from shop.tasks import confirm


        @receiver(post_save)
        def saved(sender, instance, using, **kwargs):
            confirm.delay(instance.pk)
    """)
    assert "on_commit(partial(confirm.delay, instance.pk), using=using)" in fixed(tmp_path, text, "CEL514")


@pytest.mark.parametrize(("routers", "is_fixed"), [("[]", True), ('["shop.routers.Router"]', False)])
def test_a_router_decides_about_the_database(tmp_path: Path, routers: str, is_fixed: bool) -> None:
    text = dedent("""
        from django.db.models.signals import post_save
        from django.dispatch import receiver

        from shop.tasks import confirm


        @receiver(post_save)
        def saved(sender, instance, **kwargs):
            confirm.delay(instance.pk)
    """)
    settings = f'INSTALLED_APPS = ["shop"]\nCELERY_BROKER_URL = "redis://"\nDATABASE_ROUTERS = {routers}\n'
    found = fixed(tmp_path, text, "CEL514", **{"shop/settings.py": settings})
    assert (found != text) == is_fixed


ARGUMENTS = st.sampled_from(
    ["1", "order.pk", "(order.pk)", '"a, b"', "f'{order}'", "[1,\n 2]", "{'a': 1}", "lambda: 0", "x if y else z"]
)
GAPS = st.sampled_from(["", " ", "\n", "  # why (\n", "\n\n   "])


@st.composite
def calls(draw: st.DrawFn) -> str:
    """A call of `delay` with arguments, comments and lines anywhere."""
    arguments = draw(st.lists(ARGUMENTS, min_size=1, max_size=3))
    text = "confirm.delay("
    for number, argument in enumerate(arguments):
        text += f"{draw(GAPS)}{argument}{draw(GAPS)}"
        text += "," if number + 1 < len(arguments) or draw(st.booleans()) else ""
    return text + draw(GAPS) + ")"


@settings(max_examples=25, deadline=None)
@given(call=calls())
def test_any_layout_survives(call: str) -> None:
    """It compiles, the finding is gone, no other comes, and nothing but the call and the imports changes."""
    before = "# start\n" + IMPORTS + SEND.format(call).lstrip("\n") + "        order.log()\n# end\n"
    with TemporaryDirectory() as folder:
        tasks = TASKS.replace("order_id=0, *, note=''", "*args").replace('order_id=0, *, note=""', "*args")
        after = fixed(Path(folder), before, "CEL503", **{"shop/tasks.py": tasks})
    compile(after, "orders.py", "exec")
    assert "on_commit" in after
    head, _, tail = before.partition(call)
    assert after.endswith(tail)
    assert after.replace(PARTIAL, "").startswith(head)
    squeezed = _squeezed(call).removeprefix("confirm.delay(").removesuffix(")").rstrip(",")
    assert squeezed in _squeezed(after)
    assert call.count("# why (") == after.count("# why (")


def _squeezed(code: str) -> str:
    return re.sub(r"\s", "", code.replace("# why (", ""))


# --- arguments


SENT = """from shop.tasks import confirm


def send(order):
    confirm.apply_async({})
"""


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("order.pk", "(order.pk,)"),
        ("(order.pk)", "(order.pk,)"),
        ("((order.pk))", "((order.pk,))"),
        ("args=(\n        order.pk  # the key\n    )", "args=(\n        order.pk,  # the key\n    )"),
        ("args=(order.pk), countdown=5", "args=(order.pk,), countdown=5"),
        ('("a" "b")', '("a" "b",)'),
        ("str(order)", "(str(order),)"),
        ("{order.pk}", "[order.pk]"),
        ('{"order_id": order.pk}', 'kwargs={"order_id": order.pk}'),
        ('args={"order_id": order.pk}, countdown=5', 'kwargs={"order_id": order.pk}, countdown=5'),
        ('{"key": order.pk}', '{"key": order.pk}'),
        ("(order.pk,), note=order.note, countdown=5", '(order.pk,), kwargs={"note": order.note}, countdown=5'),
        ("(order.pk,), countdown=5, note=(yield)", '(order.pk,), countdown=5, kwargs={"note": (yield)}'),
        ("(order.pk,), {'a': 1}, note=1", "(order.pk,), {'a': 1}, note=1"),
        ("0", "0"),
        ("(0)", "(0,)"),
    ],
)
def test_arguments(tmp_path: Path, given_: str, expected: str) -> None:
    found = fixed(tmp_path, SENT.format(given_), "CEL505")
    assert found == SENT.format(expected)


def test_a_call_that_is_like_delay(tmp_path: Path) -> None:
    assert "confirm.delay(note=order.note)" in fixed(tmp_path, SENT.format("note=order.note"), "CEL505")
    assert "confirm.apply_async(5, 6)" in fixed(tmp_path, SENT.format("5, 6"), "CEL505")
