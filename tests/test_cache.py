"""The cache: what holds, what is found out to have changed, and that nothing about it can ever hurt."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import flake8_celery
from flake8_celery import cache, packing
from flake8_celery.cache import NOT_KEPT, RACY_NS, Entry, Store, cache_folder, content_hash, fingerprint
from flake8_celery.model import Const, Module, Scope, Span, Value

FACTS = Module("a.py", (Scope("module", "", "", 0, -1, -1, Span(1, 0, 1, 0)),))
DATA = b"import celery\n"
OLD = (1_000_000_000, len(DATA))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.ENVIRONMENT, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "project"
    path.mkdir()
    return path


def no_read() -> bytes:
    raise AssertionError("the file was read")


def saved(root: Path) -> Store:
    store = Store.open(root)
    store.put("a.py", OLD, DATA, concerns=True, facts=FACTS)
    store.put("b.py", OLD, b"x" * OLD[1], concerns=False, transactions=True)
    store.put("c.py", OLD, b"y" * OLD[1], concerns=True, error=(3, "syntax error"))
    assert store.save()
    return Store.open(root)


def test_entries_are_kept(root: Path) -> None:
    store = saved(root)
    entry = store.lookup("a.py", OLD, no_read)
    assert entry is not None
    assert (entry.concerns, entry.error, entry.facts) == (True, None, FACTS)
    assert not entry.transactions
    entry = store.lookup("b.py", OLD, no_read)
    assert entry is not None
    assert (entry.concerns, entry.error, entry.facts) == (False, None, None)
    assert entry.transactions
    entry = store.lookup("c.py", OLD, no_read)
    assert entry is not None
    assert (entry.concerns, entry.error, entry.facts) == (True, (3, "syntax error"), None)
    assert store.lookup("d.py", OLD, no_read) is None
    assert sorted(store.paths()) == ["a.py", "b.py", "c.py"]
    assert store.silent([*store.paths(), "d.py"]) == ["b.py"]
    assert not store.changed
    assert not store.save()


def test_content_is_the_judge_where_the_time_differs(root: Path) -> None:
    store = saved(root)
    later = (OLD[0] + 1, OLD[1])
    assert store.lookup("a.py", later, lambda: DATA) is not None
    assert store.lookup("a.py", later, no_read) is not None
    assert store.changed
    assert store.save()
    assert Store.open(root).lookup("a.py", later, no_read) is not None
    assert store.lookup("b.py", later, lambda: b"z" * OLD[1]) is None
    assert store.lookup("c.py", (OLD[0], OLD[1] + 1), no_read) is None


@pytest.mark.parametrize("age", [0, RACY_NS // 2, -60_000_000_000])
def test_a_file_just_changed_is_verified_by_its_content(root: Path, age: int) -> None:
    """It may have been changed again since, within the same tick of the file system's clock."""
    now = (time.time_ns() - age, OLD[1])
    store = Store.open(root)
    assert store.lookup("a.py", now, no_read) is None
    store.put("a.py", now, DATA, concerns=True, facts=FACTS)
    assert store.lookup("a.py", now, lambda: b"z" * OLD[1]) is None
    assert store.lookup("a.py", now, lambda: DATA) is not None
    store.save()
    store = Store.open(root)
    assert store.lookup("a.py", now, lambda: b"z" * OLD[1]) is None
    assert store.lookup("a.py", now, lambda: DATA) is not None


def test_verifying_a_young_file_again_is_no_change(root: Path) -> None:
    now = (time.time_ns() + 60_000_000_000, OLD[1])
    store = Store.open(root)
    store.put("a.py", now, DATA, concerns=True)
    store.save()
    assert store.lookup("a.py", now, lambda: DATA) is not None
    assert not store.changed


def test_a_real_file_changed_within_the_tick_is_noticed(root: Path) -> None:
    path = root / "a.py"
    path.write_bytes(b"one")
    status = path.stat()
    key = (status.st_mtime_ns, status.st_size)
    store = Store.open(root)
    store.lookup("a.py", key, path.read_bytes)
    store.put("a.py", key, path.read_bytes(), concerns=False)
    store.save()
    path.write_bytes(b"two")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert Store.open(root).lookup("a.py", key, path.read_bytes) is None


def test_files_that_are_gone_are_forgotten(root: Path) -> None:
    store = saved(root)
    store.forget(["a.py", "b.py", "c.py", "new.py"])
    assert not store.save()
    store.forget(["a.py"])
    assert store.save()
    again = Store.open(root)
    assert list(again.paths()) == ["a.py"]
    assert len(again) == 1


def test_facts_are_decoded_only_when_asked_for(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = saved(root)
    monkeypatch.setattr(packing, "unpack", lambda _: pytest.fail("decoded"))
    entry = store.lookup("a.py", OLD, no_read)
    assert entry is not None
    store.put("z.py", OLD, b"", concerns=False)
    assert store.save()
    monkeypatch.undo()
    again = saved(root).lookup("a.py", OLD, no_read)
    assert again is not None
    assert again.facts == FACTS


@pytest.mark.parametrize(
    "facts",
    [Value("set", object()), object(), Const(10**5000), Const(b"x")],  # type: ignore[arg-type]
)
def test_facts_that_cannot_be_packed_are_left_out(root: Path, facts: object) -> None:
    store = Store.open(root)
    assert store.put("a.py", OLD, DATA, concerns=True, facts=facts).facts is None  # type: ignore[arg-type]
    assert store.save()
    entry = Store.open(root).lookup("a.py", OLD, no_read)
    assert entry is not None
    assert entry.facts is None


def test_odd_texts_and_names_survive(root: Path) -> None:
    name = "caf\udce9/\u2028 \n\"'.py"
    facts = Module(name, (Scope("function", "\ud800\0", "\n", 0, -1, -1, Span(1, 0, 1, 0)),))
    store = Store.open(root)
    store.put(name, OLD, DATA, concerns=True, facts=facts, error=(1, "\udc80\n"))
    assert store.save()
    entry = Store.open(root).lookup(name, OLD, no_read)
    assert entry is not None
    assert entry.facts == facts
    assert entry.error == (1, "\udc80\n")


def test_projects_have_files_of_their_own(tmp_path: Path, root: Path) -> None:
    saved(root)
    assert len(Store.open(tmp_path)) == 0
    assert Store.open(tmp_path).path != Store.open(root).path


def test_a_few_files_are_written_beside_the_others(root: Path) -> None:
    store = saved(root)
    assert store.path is not None
    whole = store.path.read_bytes()
    store.put("b.py", OLD, b"z" * OLD[1], concerns=True)
    store.put("new.py", OLD, DATA, concerns=True, facts=FACTS)
    assert store.save()
    assert store.path.read_bytes() == whole
    for known in (store, Store.open(root)):
        assert sorted(known.paths()) == ["a.py", "b.py", "c.py", "new.py"]
        entries = [known.lookup(path, OLD, no_read) for path in ("a.py", "b.py", "new.py")]
        assert [entry.concerns for entry in entries if entry is not None] == [True, True, True]
        assert [entry.facts for entry in entries if entry is not None] == [FACTS, None, FACTS]
    again = Store.open(root)
    again.forget(["a.py"])
    assert again.save()
    assert list(Store.open(root).paths()) == ["a.py"]
    assert [path.suffixes for path in store.path.parent.iterdir()] == [[".json"]]


def test_many_files_are_written_anew(root: Path) -> None:
    store = saved(root)
    for number in range(cache.MOST_LATE + 1):
        store.put(f"{number}.py", OLD, DATA, concerns=False)
    assert store.save()
    assert store.path is not None
    assert [path.suffixes for path in store.path.parent.iterdir()] == [[".json"]]
    assert len(Store.open(root)) == 3 + cache.MOST_LATE + 1


def test_what_goes_with_another_file_is_left(root: Path) -> None:
    """Of two processes, one may write all anew while the other adds to what was there before."""
    store, other = saved(root), saved(root)
    other.put("late.py", OLD, DATA, concerns=True)
    assert other.save()
    store.forget(["a.py"])
    beside = store.path.with_suffix(".late.json").read_bytes() if store.path is not None else b""
    assert store.save()
    assert store.path is not None
    store.path.with_suffix(".late.json").write_bytes(beside)
    assert list(Store.open(root).paths()) == ["a.py"]
    other.put("later.py", OLD, DATA, concerns=True)
    assert other.save()
    assert sorted(Store.open(root).paths()) == ["a.py", "b.py", "c.py", "late.py", "later.py"]


def test_facts_are_read_from_the_file_that_was_opened(root: Path) -> None:
    store, other = saved(root), saved(root)
    other.forget([])
    other.put("a.py", OLD, DATA, concerns=True)
    assert other.save()
    entry = store.lookup("a.py", OLD, no_read)
    assert entry is not None
    assert entry.facts == FACTS


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")
def test_forked_processes_read_the_same_file_at_once(root: Path) -> None:
    store = Store.open(root)
    facts = bytes(10_000_000)
    store.put("a.py", OLD, DATA, concerns=True, packed=facts)
    assert store.save()
    for _ in range(5):
        store = Store.open(root)
        entry = store.known("a.py")
        assert entry is not None
        readers = []
        for _ in range(4):
            reader = os.fork()
            if reader == 0:
                os._exit(entry.packed != facts)
            readers.append(reader)
        assert entry.packed == facts
        assert [os.waitpid(reader, 0)[1] for reader in readers] == [0] * 4


def test_facts_that_are_damaged_are_none(root: Path) -> None:
    path, whole = _cache_file(root)
    path.write_bytes(whole[:-4] + b"~~~~")
    store = Store.open(root)
    entry = store.lookup("a.py", OLD, no_read)
    assert entry is not None
    assert entry.facts is None
    assert entry.length
    assert not entry.by_libcst


# --- what makes it an empty one ---------------------------------------------------------------------------------------


def test_another_version_starts_anew(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(root)
    monkeypatch.setattr(cache, "__version__", "0.0.0")
    assert len(Store.open(root)) == 0


def test_another_code_base_starts_anew(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(root)
    monkeypatch.setattr(cache, "fingerprint", lambda: "other")
    assert len(Store.open(root)) == 0


def test_fingerprint_changes_with_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "checks").mkdir()
    source = tmp_path / "checks" / "a.py"
    source.write_text("x = 1", "utf-8")
    monkeypatch.setattr(cache, "__file__", str(tmp_path / "cache.py"))
    fingerprints = set()
    for text in ("x = 1", "x = 12", "y"):
        source.write_text(text, "utf-8")
        fingerprint.cache_clear()
        fingerprints.add(fingerprint())
    fingerprint.cache_clear()
    assert len(fingerprints) == 3


def test_a_file_of_another_project_is_not_taken(tmp_path: Path, root: Path) -> None:
    store, other = saved(root), Store.open(tmp_path)
    assert store.path is not None
    assert other.path is not None
    other.path.write_bytes(store.path.read_bytes())
    assert len(Store.open(tmp_path)) == 0


def _cache_file(root: Path) -> tuple[Path, bytes]:
    path = saved(root).path
    assert path is not None
    return path, path.read_bytes()


def _use(root: Path) -> None:
    """All that can be done with a store; nothing of it may raise."""
    store = Store.open(root)
    for path in [*store.paths(), "a.py"]:
        entry = store.lookup(path, OLD, lambda: DATA)
        if entry is not None:
            assert isinstance(entry, Entry)
            assert entry.facts is None or isinstance(entry.facts, Module)
    store.put("a.py", OLD, DATA, concerns=True, facts=FACTS)
    store.save()


def test_every_truncation_is_harmless(root: Path) -> None:
    path, whole = _cache_file(root)
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        assert len(Store.open(root)) == 0


_BYTES = st.binary(max_size=40)


@given(start=st.integers(0, 2000), length=st.integers(0, 30), junk=_BYTES)
@example(start=0, length=2000, junk=b"")
@example(start=0, length=2000, junk=b"[]\n")
@example(start=0, length=2000, junk=b"[[],0,{}]\n")
@example(start=0, length=2000, junk=b"\xff\xfe\n")
@example(start=0, length=2000, junk=b"[" * 100_000 + b"\n")
@example(start=0, length=2000, junk=b"9" * 10_000 + b"\n")
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_damage_is_harmless(root: Path, start: int, length: int, junk: bytes) -> None:
    path, whole = _cache_file(root)
    path.write_bytes(whole[:start] + junk + whole[start + length :])
    _use(root)


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=8,
)


@given(
    entries=_JUNK | st.dictionaries(st.text(max_size=3), _JUNK | st.lists(_JUNK, min_size=6, max_size=6)), body=_BYTES
)
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_forged_files_are_harmless(root: Path, entries: object, body: bytes) -> None:
    """The right header and checksum over anything."""
    path, _ = _cache_file(root)
    header = Store.open(root)._header()
    listing = json.dumps(entries).encode()
    sums = [zlib.crc32(listing), len(listing), zlib.crc32(body), len(body)]
    path.write_bytes(json.dumps([header, "", "", sums]).encode() + b"\n" + listing + body)
    _use(root)


def test_forged_facts_are_no_facts(root: Path) -> None:
    store = saved(root)
    entry = store.lookup("a.py", OLD, no_read)
    assert entry is not None
    for packed in (b"nonsense", b"[]", b'["Span",[1]]', b"[" * 100_000, b"\xff"):
        entry.held, entry.place = packed, None
        assert entry.facts is None


def test_facts_that_are_gone_are_no_facts(root: Path) -> None:
    store = saved(root)
    entry = store.lookup("a.py", OLD, no_read)
    assert entry is not None
    facts = entry.facts
    assert facts == FACTS
    if sys.platform == "win32":  # they are in memory
        return
    assert store.path is not None
    os.truncate(store.path, store.path.stat().st_size - 1)
    assert entry.packed == NOT_KEPT
    assert entry.facts is None
    store.changed, store._number = True, ""
    assert store.save()
    assert Store.open(root).lookup("c.py", OLD, no_read) is not None


def test_facts_that_vanish_while_they_are_written(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = saved(root)
    path, whole = _cache_file(root)
    told = iter([b"some facts"])
    monkeypatch.setattr(Entry, "packed", property(lambda entry: next(told, NOT_KEPT) if entry.length else b""))
    store.changed, store._number = True, ""
    assert not store.save()
    assert path.read_bytes() == whole


def test_a_folder_in_its_place_is_harmless(root: Path) -> None:
    path, _ = _cache_file(root)
    path.unlink()
    path.mkdir()
    _use(root)


def test_no_folder_no_cache(root: Path, folder: Path) -> None:
    folder.write_text("a file", "utf-8")
    store = Store.open(root)
    store.put("a.py", OLD, DATA, concerns=True)
    assert not store.save()
    with store.locked(0.1) as held:
        assert not held


def test_no_home_no_cache(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(cache, "cache_folder", fail)
    store = Store.open(root)
    store.put("a.py", OLD, DATA, concerns=True)
    assert not store.save()
    with store.locked(0.1) as held:
        assert not held


@pytest.mark.parametrize("function", ["write", "replace"])
def test_a_full_disk_leaves_the_old_file(root: Path, monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    path, whole = _cache_file(root)
    store = Store.open(root)
    store.put("new.py", OLD, DATA, concerns=True)

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace" if function == "replace" else "fdopen", fail)
    assert not store.save()
    monkeypatch.undo()
    assert path.read_bytes() == whole
    assert [p for p in path.parent.iterdir() if p.suffix == ".tmp"] == []


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_the_file_is_private(root: Path) -> None:
    path, _ = _cache_file(root)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_folder_is_that_of_the_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    platformdirs = pytest.importorskip("platformdirs")
    monkeypatch.delenv(cache.ENVIRONMENT)
    for value in ("", str(tmp_path), None):
        if value is None:
            monkeypatch.delenv("XDG_CACHE_HOME")
        else:
            monkeypatch.setenv("XDG_CACHE_HOME", value)
        assert cache_folder() == Path(platformdirs.user_cache_dir("flake8-celery"))


# --- several processes ------------------------------------------------------------------------------------------------


_WORKER = """
import sys, time
from pathlib import Path
from flake8_celery.cache import Store

store = Store.open(Path(sys.argv[1]))
with store.locked(60) as held:
    assert held
    store.reload()
    if store.lookup("a.py", (1, 1), lambda: b"") is None:
        print("built")
        time.sleep(0.2)
        store.put("a.py", (1, 1), b"x", concerns=True)
        assert store.save()
"""


def test_of_several_processes_one_builds(root: Path) -> None:
    workers = [
        subprocess.Popen([sys.executable, "-c", _WORKER, str(root)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    output = [worker.communicate(timeout=120)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 4
    assert sorted(output) == ["", "", "", "built\n"]


def test_the_lock_is_waited_for_no_longer_than_said(root: Path) -> None:
    store, other = Store.open(root), Store.open(root)
    with store.locked(1) as held:
        assert held
        start = time.monotonic()
        with other.locked(0.05) as second:
            assert not second
        assert time.monotonic() - start < 5
    with other.locked(0) as held:
        assert held


def test_the_lock_is_had_when_it_becomes_free(root: Path) -> None:
    store, other = Store.open(root), Store.open(root)
    taken, free = threading.Event(), threading.Event()

    def hold() -> None:
        with store.locked(1):
            taken.set()
            free.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    assert taken.wait(30)
    threading.Timer(0.05, free.set).start()
    with other.locked(30) as held:
        assert held
    thread.join()


def test_the_lock_is_released_after_an_error(root: Path) -> None:
    store = Store.open(root)
    with pytest.raises(KeyError), store.locked(1):
        raise KeyError
    with Store.open(root).locked(0) as held:
        assert held


def test_readers_never_see_half_a_file(root: Path) -> None:
    saved(root)
    done = threading.Event()

    def write() -> None:
        store = Store.open(root)
        for i in range(100):
            store.put("b.py", OLD, b"%d" % i, concerns=False)
            store.save()
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        assert len(Store.open(root)) == 3
    writer.join()


def test_content_hash() -> None:
    assert content_hash(b"a") != content_hash(b"b")
    assert len(content_hash(b"")) == 32
    assert flake8_celery.__version__
