"""Which files may call something, as far as their texts tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_celery.importers import Importers
from flake8_celery.sought import Sought, likely
from flake8_celery.source import SourceError

NOTIFY = Sought("shop/orders/notices", "notify")
TELL = Sought("shop/orders/notices", "Notice", "tell")


def calling(sought: Sought, text: str, path: str = "shop/orders/views.py") -> bool:
    data = text.encode()
    found = bool(Importers([path], lambda _: data).of(sought))
    assert not found or likely(path, data, [sought]) == [sought]
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from shop.orders.notices import notify", True),
        ("from .notices import other, notify as say", True),
        ("from .notices import (\n    other,  # why\n    notify,\n)", True),
        ("from .notices import *", True),
        ("def f():\n    from .notices import notify", True),
        ("from . import notices\nnotices.notify()", True),
        ("from shop import orders\norders.notices.notify()", True),
        ("import shop.orders.notices\nshop.orders.notices.notify()", True),
        ("import shop.orders.notices as n\nn . notify (1)", True),
        ("import notices\nnotices.notify()", True),
        ("from . import notices\nnotices.other()", False),
        ("from . import notices\nnotify()", False),
        ("from .notices import other", False),
        ("from .notices import notify_all", False),
        ("from .others import notify", False),
        ("from .notices import Notice\nNotice().tell()", False),
        ("notices.notify()", False),
        ("", False),
    ],
)
def test_a_function(text: str, expected: bool) -> None:
    assert calling(NOTIFY, text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from .notices import Notice\nNotice().tell()", True),
        ("from .notices import Notice as N\nN.tell()", True),
        ("from . import notices\nnotices.Notice.tell()", True),
        ("from . import notices\nnotices.make().tell()", True),
        ("from .notices import Notice\nNotice().other()", False),
        ("from .notices import Other\nOther().tell()", False),
        ("from .notices import Notice\ntell()", False),
    ],
)
def test_a_method(text: str, expected: bool) -> None:
    assert calling(TELL, text) is expected


FILES = {
    "shop/__init__.py": "from shop.orders import notify as announce\n",
    "shop/orders/__init__.py": "from .notices import notify\n",
    "shop/orders/notices.py": "def notify(): ...\n",
    "shop/a.py": "from shop import announce\n",
    "shop/b.py": "from shop.a import announce as say\n",
    "shop/c.py": "from shop.b import other\n",
    "lib/notices.py": "from shop.b import say\n",
}


def test_what_is_imported_from_where_it_was_imported() -> None:
    texts = dict(FILES)
    importers = Importers(texts, lambda path: texts[path].encode())
    through = ["lib/notices.py", "shop/__init__.py", "shop/a.py", "shop/b.py", "shop/orders/__init__.py"]
    assert importers.of(NOTIFY) == through
    assert Sought("shop/b", "say") in importers.names(NOTIFY)
    texts["shop/a.py"] = "from shop import something\n"
    importers.change(["shop/a.py"])
    assert importers.of(NOTIFY) == ["shop/__init__.py", "shop/orders/__init__.py"]


def test_files_that_cannot_be_read_call_nothing() -> None:
    def read(path: str) -> bytes:
        raise SourceError(path, 1, "gone")

    assert not Importers(["a.py"], read).of(NOTIFY)


_TEXTS = st.sampled_from(
    [
        "",
        "from shop.orders.notices import notify\n",
        "from shop.orders.notices import notify as announce\n",
        "from shop.a import announce\nfrom shop.c import *\n",
        "from shop.b import notify\n",
        "from shop import c\nc.notify()\n",
        "import shop.a\nshop.a.notify()\n",
    ]
)
_PATHS = ["shop/a.py", "shop/b.py", "shop/c.py", "shop/d.py"]


@given(st.lists(st.dictionaries(st.sampled_from(_PATHS), _TEXTS), min_size=1, max_size=5))
def test_what_is_followed_is_what_is_found_anew(steps: list[dict[str, str]]) -> None:
    texts: dict[str, str] = {}

    def read(path: str) -> bytes:
        return texts[path].encode()

    importers = Importers(texts, read)
    for number, step in enumerate(steps):
        texts.update(step)
        if number % 2:
            importers.change(step)
        importers.follow(texts, read, step)
        anew = Importers(texts, read)
        assert importers.of(NOTIFY) == anew.of(NOTIFY)
        assert set(importers.names(NOTIFY)) == set(anew.names(NOTIFY))
