"""What holds for every repair, however the code around it is written."""

from __future__ import annotations

import io
import tempfile
import tokenize
from collections import Counter
from collections.abc import Mapping
from difflib import SequenceMatcher
from pathlib import Path

import libcst as cst
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from libcst.metadata import MetadataWrapper, PositionProvider

from flake8_celery import lint
from flake8_celery.fixes import Fix
from flake8_celery.fixes.engine import Outcome, apply, compiles, repair
from tests.pages import Case
from tests.test_fixes import BAD, CODES, PAGES
from tests.variations import VARIATIONS, varied

_TAKES_COMMENTS = {"CEL990"}
"""Its findings are comments."""


def shown(code: str) -> list[Case]:
    """The bad cases of a rule that its page shows repaired."""
    titles = {c.title.replace("Fixed", "Bad", 1) for c in PAGES[code] if c.section == "Fixed"}
    return [case for case in BAD if case.page == code and case.title in titles]


def comments(path: str, text: str) -> Counter[str]:
    if not path.endswith(".py"):
        return Counter(line.strip() for line in text.splitlines() if line.lstrip().startswith("#"))
    return Counter(t.string for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.type == tokenize.COMMENT)


def statements(path: str, text: str) -> list[tuple[int, int]]:
    """The first and the last line of each simple statement, and of each head of a compound one; in other files than
    Python's each line."""
    if not path.endswith(".py"):
        return [(number, number) for number, _ in enumerate(text.splitlines(), 1)]
    places = MetadataWrapper(cst.parse_module(text.removeprefix("\ufeff"))).resolve(PositionProvider)
    found = []
    for node, place in places.items():
        if isinstance(node, cst.SimpleStatementLine | cst.SimpleStatementSuite | cst.Decorator):
            found.append((place.start.line, place.end.line))
        elif isinstance(node, cst.BaseCompoundStatement | cst.ExceptHandler | cst.Else | cst.Finally):
            first = node.cases[0] if isinstance(node, cst.Match) else node.body
            found.append((place.start.line, places[first].start.line))
    return found


def check_lines(path: str, before: str, after: str, edited: list[tuple[int, int]]) -> None:
    """All that is in no edited statement is still there, line by line and in its order."""
    touched = {
        line
        for first, last in statements(path, before)
        if any(first <= end and start <= last for start, end in edited)
        for line in range(first, last + 1)
    }
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for tag, start, end, *_ in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag in ("replace", "delete"):
            lost = [n for n in range(start + 1, end + 1) if n not in touched and old[n - 1].rstrip("\r\n") not in after]
            assert not lost, f"lines {lost} are in no edited statement"


class Run:
    """What is found in files, and what their repairs make of them."""

    def __init__(self, folder: Path, code: str, files: Mapping[str, str]) -> None:
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(text.encode())
        (folder / "setup.cfg").touch()
        self.folder, self.code = folder, code
        self.linter = lint.Linter(lint.Selection(extend_select=(code,)), use_cache=False)
        tree = self.linter.project(folder).index.tree
        self.paths = [path for path in files if path.endswith(".py") or path in tree.deployment]
        self.texts: dict[str, bytes] = {}

    def look(self, path: str, texts: Mapping[str, bytes]) -> tuple[list[lint.Diagnostic], dict[lint.Diagnostic, Fix]]:
        """The findings of all rules in a file, and the repairs of the one rule."""
        found, fixes = self.linter.repairs(self.folder / path, {self.folder / p: t for p, t in texts.items()})
        return found, {diagnostic: fix for diagnostic, fix in fixes.items() if diagnostic.code == self.code}

    def codes(self) -> Counter[str]:
        """How many findings of each rule there are."""
        return Counter(d.code for path in self.paths for d in self.look(path, {})[0])

    def read(self, path: str) -> bytes:
        return self.texts[path] if path in self.texts else (self.folder / path).read_bytes()

    def repair(self, path: str) -> Outcome:
        outcome = repair(path, self.read, lambda texts: self.look(path, {**self.texts, **texts}), unsafe=True)
        self.texts |= outcome.texts
        return outcome


def check(code: str, files: dict[str, str]) -> int:
    """Repair the files, and say how many repairs were made."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        run = Run(Path(one), code, files)
        assert [compiles(path, files[path].encode()) for path in run.paths] == [None] * len(run.paths)
        before = run.codes()
        for path in run.paths:
            for fix in run.look(path, {})[1].values():
                place = fix.path or path
                alone = apply(place, files[place].encode(), fix.edits)
                check_lines(place, files[place], alone.decode(), [(e.span.line, e.span.end_line) for e in fix.edits])
        outcomes = [run.repair(path) for path in run.paths]
        made = sum(len(outcome.fixed) for outcome in outcomes)
        fixed = files | {path: data.decode() for path, data in run.texts.items()}
        again = Run(Path(two), code, fixed)
        after = again.codes()
        left = [again.repair(path).texts for path in run.paths]
    assert [(f.diagnostic, f.reason) for outcome in outcomes for f in outcome.failures] == []
    assert not any(left), "a second run repairs more"
    assert after <= before - Counter({code: made}), f"new findings: {after - before}"
    assert bool(made) == (fixed != files)
    for path in run.paths:
        assert compiles(path, fixed[path].encode()) is None
        if code not in _TAKES_COMMENTS:
            assert comments(path, files[path]) <= comments(path, fixed[path])
    return made


@pytest.mark.parametrize("code", CODES)
def test_repairs_hold_in_other_words(code: str) -> None:
    cases = shown(code)
    made = 0

    @settings(max_examples=4, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(
        case=st.sampled_from(cases),
        names=st.sets(st.sampled_from(sorted(VARIATIONS)), min_size=1, max_size=4),
        number=st.integers(0, 1000),
    )
    def hold(case: Case, names: set[str], number: int) -> None:
        nonlocal made
        made += check(code, varied(case.unmarked, names, number))

    hold()
    assert made, "no repair was ever made"


EXAMPLES = {
    "CEL101": """
from celery import Celery

app = Celery("shop", broker="redis://localhost/0")
mails = Celery("shop", broker="redis://localhost/0")
""",
    "CEL407": """
from multiprocessing import Pool, Process

from celery import shared_task


@shared_task
def convert(paths):
    with Pool(4) as pool:
        pool.map(load, paths)
    Process(target=load).start()
""",
    "CEL512": """
from celery import group, shared_task


@shared_task
def pay(order_id=0): ...


@shared_task
def notify(payment=None): ...


def checkout(order):
    group((pay), notify).delay()
    return (pay) | (notify.s)
""",
    "CEL514": """
from celery import shared_task
from django.db.models.signals import post_save
from django.dispatch import receiver


@shared_task
def index(pk): ...


@receiver(post_save, sender="shop.Order")
def saved(sender, instance, **kwargs):
    match instance.state:
        case "paid":
            index.delay(instance.pk)
""",
}
"""Repairs that were wrong once."""

LEFT_ALONE = {
    "CEL101": """
from celery import Celery

app = Celery("shop", broker="redis://localhost/0")
mails = Celery(
    "shop",
    broker="redis://localhost/0",  # the same server
)
""",
    "CEL805": """
from celery import Celery

app = Celery("shop", broker="redis://localhost/0")
app.conf.task_serializer = "pickle"
app.conf.accept_content = [
    "json",
    "pickle",  # what is still in the queues
]
""",
    "CEL901": """
from celery import Celery

app = Celery("shop", broker="redis://localhost/0")


def timed(function):
    def inner(*args):
        return function(*args)

    return inner


@app.task
@timed
def confirm(order_id): ...


@app.task
@timed
def remind(order_id): ...
""",
}
"""Findings whose repair would do harm."""


@pytest.mark.parametrize("code", EXAMPLES)
def test_examples(code: str) -> None:
    assert check(code, {"shop/tasks.py": EXAMPLES[code]})


@pytest.mark.parametrize("code", LEFT_ALONE)
def test_left_alone(code: str) -> None:
    assert not check(code, {"shop/tasks.py": LEFT_ALONE[code]})
