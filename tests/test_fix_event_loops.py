"""Which uses of an event loop become `asyncio.run()`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_fixes import repaired

_HEAD = (
    "import asyncio\nfrom asyncio import get_event_loop\n\nfrom celery import shared_task\n\n\n"
    "async def fetch(url):\n    return url\n\n\n@shared_task\ndef work(url):\n"
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "    loop = asyncio.get_event_loop()\n    return loop.run_until_complete(fetch(url))\n",
            "    return asyncio.run(fetch(url))\n",
        ),
        (
            "    loop = get_event_loop()\n    # now\n    loop.run_until_complete(\n        fetch(url),  # it\n    )\n",
            "    # now\n    asyncio.run(\n        fetch(url),  # it\n    )\n",
        ),
        ("    asyncio.get_event_loop().run_until_complete(fetch(url))\n", "    asyncio.run(fetch(url))\n"),
        ("    asyncio.get_event_loop().run_until_complete(asyncio.gather(fetch(url)))\n", None),
        ("    asyncio.get_event_loop().run_until_complete(url)\n", None),
        ("    loop = asyncio.get_event_loop()\n    loop.run_until_complete(fetch(url))\n    loop.close()\n", None),
        ("    loop = asyncio.get_event_loop()  # ours\n    loop.run_until_complete(fetch(url))\n", None),
        ("    loop = asyncio.get_event_loop(); loop.run_until_complete(fetch(url))\n", None),
        (
            "    loop = asyncio.get_event_loop()\n    loop.run_until_complete(fetch(url))\n    return lambda: loop\n",
            None,
        ),
        ("    asyncio.get_event_loop().create_task(fetch(url))\n", None),
    ],
)
def test_the_loop_that_runs_one_coroutine(body: str, expected: str | None, tmp_path: Path) -> None:
    after, outcomes = repaired(tmp_path, {"tasks.py": _HEAD + body}, "CEL405")
    assert not [failure for outcome in outcomes for failure in outcome.failures]
    assert after["tasks.py"] == _HEAD + (body if expected is None else expected)


_CLIENT = (
    "import asyncio\n\nimport httpx\nfrom celery import shared_task\n\nTIMEOUT = 5\n\n"
    "client = httpx.AsyncClient(timeout=TIMEOUT)\n\n\n"
    "async def fetch(url):\n{body}\n\n@shared_task\ndef work(url):\n    return asyncio.run(fetch(url))\n"
)


def _client(folder: Path, body: str, **files: str) -> str | None:
    text = _CLIENT.replace("{body}", body)
    after, outcomes = repaired(folder, {"tasks.py": text, **files}, "CEL404")
    assert not [failure for outcome in outcomes for failure in outcome.failures]
    assert {path: after[path] for path in files} == files
    if after["tasks.py"] == text:
        return None
    head, _, rest = after["tasks.py"].partition("async def fetch(url):\n")
    assert head == text.partition("client = ")[0] + "\n"
    return rest.partition("\n\n@shared_task")[0]


def _indented(text: str) -> str:
    return "".join(f"        {line}" if line.strip() else line for line in text.splitlines(keepends=True))


_WITH = "async with httpx.AsyncClient(timeout=TIMEOUT) as client:\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("    return await client.get(url)\n", f"    {_WITH}        return await client.get(url)\n"),
        (
            "    url += '/'\n    # ask\n    r = await client.get(\n        url,\n    )\n\n    if r: pass\n    # no\n",
            f"    url += '/'\n    {_WITH}"
            + _indented("# ask\nr = await client.get(\n    url,\n)\n\nif r: pass\n")
            + "    # no\n",
        ),
        ("    return await client.get('''\nx''')\n", None),
        ("    yield await client.get(url)\n", None),
        ("    TIMEOUT = 7\n    return await client.get(url, timeout=TIMEOUT)\n", None),
        ("    return await ask(client, url)\n", None),
        ("    other = client\n    return await client.get(url)\n", None),
        ("    return await asyncio.gather(*map(lambda u: client.get(u), [url]))\n", None),
    ],
)
def test_a_client_made_at_import(body: str, expected: str | None, tmp_path: Path) -> None:
    assert _client(tmp_path, body) == expected


@pytest.mark.parametrize(
    ("other", "kept"), [("from tasks import client\n", True), ("import tasks\n", False), ("client = 5\n", False)]
)
def test_a_client_that_others_may_use_stays(other: str, kept: bool, tmp_path: Path) -> None:
    files = {"other.py": other}
    assert (_client(tmp_path, "    return await client.get(url)\n", **files) is None) is kept


def test_a_client_that_is_never_closed(tmp_path: Path) -> None:
    head = "import asyncio\n\nimport aiohttp\nfrom celery import shared_task\n\n\nasync def fetch(url):\n\turl += '/'\n"
    tail = "\n\n@shared_task\ndef work(url):\n\treturn asyncio.run(fetch(url))\n"
    before = "\tsession = aiohttp.ClientSession()\n\n\t# ask\n\tr = await session.get(url)\n\treturn await r.text()\n"
    after = "\tasync with aiohttp.ClientSession() as session:\n"
    after += "\t\t# ask\n\t\tr = await session.get(url)\n\t\treturn await r.text()\n"
    changed, _ = repaired(tmp_path, {"tasks.py": (head + before + tail).replace("\n", "\r\n")}, "CEL404")
    assert changed["tasks.py"] == (head + after + tail).replace("\n", "\r\n")
