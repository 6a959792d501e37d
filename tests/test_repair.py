"""`flake8-celery check --fix` and `--diff`: what happens to the files."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from flake8_celery.cli import main
from flake8_celery.fixes.writing import write
from flake8_celery.source import SourceError

BAD = "from celery import shared_task\n\n\n@shared_task\ndef ship(self, order_id):\n    send(order_id)  # Grüße\n"
FIXED = BAD.replace("@shared_task\n", "@shared_task(bind=True)\n")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "setup.cfg").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(*arguments: str) -> int:
    return main(["check", "--no-cache", "--select", "CEL203", *arguments])


def test_fix(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "tasks.py").write_bytes(BAD.encode())
    assert check("--fix", ".") == 0
    assert (shop / "tasks.py").read_bytes() == FIXED.encode()
    out = capsys.readouterr().out
    assert "Repaired 1 finding in 1 file: CEL203" in out
    assert "No findings" in out
    assert check("--fix", ".") == 0
    assert "Repaired" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("encode", "expected"),
    [
        (lambda t: t.replace("\n", "\r\n").encode(), lambda t: t.replace("\n", "\r\n").encode()),
        (lambda t: b"\xef\xbb\xbf" + t.encode(), lambda t: b"\xef\xbb\xbf" + t.encode()),
        (
            lambda t: b"# coding: latin-1\n" + t.encode("latin-1"),
            lambda t: b"# coding: latin-1\n" + t.encode("latin-1"),
        ),
        (lambda t: t.rstrip("\n").encode(), lambda t: t.rstrip("\n").encode()),
        (lambda t: t.replace("    ", "\t").encode(), lambda t: t.replace("    ", "\t").encode()),
    ],
    ids=["CRLF", "BOM", "latin-1", "no newline at the end", "tabs"],
)
def test_form_is_kept(shop: Path, encode: object, expected: object) -> None:
    assert callable(encode)
    assert callable(expected)
    (shop / "tasks.py").write_bytes(encode(BAD))
    assert check("--fix", ".") == 0
    assert (shop / "tasks.py").read_bytes() == expected(FIXED)


def test_mode_and_link_are_kept(shop: Path) -> None:
    real = shop / "real.py"
    real.write_text(BAD, "utf-8")
    real.chmod(0o755)
    (shop / "tasks.py").symlink_to("real.py")
    assert check("--fix", "tasks.py") == 0
    assert real.read_text("utf-8") == FIXED
    assert (shop / "tasks.py").is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o755


def test_diff_writes_nothing_and_is_a_patch(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("a.py", BAD), ("b.py", BAD.replace("\n", "\r\n")), ("c.py", BAD.rstrip("\n"))):
        (shop / name).write_bytes(text.encode())
    assert check("--diff", ".") == 1
    captured = capsys.readouterr()
    assert "Would repair 3 findings in 3 files: CEL203 (3)" in captured.err
    assert (shop / "a.py").read_text("utf-8") == BAD
    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], input=captured.out.encode(), cwd=shop, check=True)
    assert (shop / "a.py").read_text("utf-8") == FIXED
    assert (shop / "b.py").read_bytes() == FIXED.replace("\n", "\r\n").encode()
    assert (shop / "c.py").read_text("utf-8") == FIXED.rstrip("\n")
    assert check("--diff", ".") == 0


def test_standard_input(shop: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flake8_celery", "check", "--fix", "--stdin-filename", "tasks.py", "-"],
        input=BAD.replace("\n", "\r\n").encode(),
        capture_output=True,
        cwd=shop,
        check=False,
    )
    assert done.stdout == FIXED.replace("\n", "\r\n").encode()
    assert b"Repaired 1 finding" in done.stderr
    assert done.returncode == 0
    assert list(shop.iterdir()) == [shop / "setup.cfg"]


def test_unsafe_ones_are_asked_for(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--unsafe-fixes", ".") == 2
    assert "--unsafe-fixes goes with --fix or --diff" in capsys.readouterr().err


def test_read_only_file(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "a.py").write_text(BAD, "utf-8")
    (shop / "a.py").chmod(0o444)
    (shop / "b.py").write_text(BAD, "utf-8")
    assert check("--fix", ".") == 2
    captured = capsys.readouterr()
    assert "a.py:1: not repaired: the file is read-only" in captured.err
    assert "Repaired 1 finding in 1 file" in captured.out
    assert "a.py:4:2: CEL203" in captured.out
    assert (shop / "a.py").read_text("utf-8") == BAD
    assert (shop / "b.py").read_text("utf-8") == FIXED


def test_file_changed_meanwhile(shop: Path) -> None:
    file = shop / "tasks.py"
    file.write_text("# somebody else\n", "utf-8")
    with pytest.raises(SourceError, match="changed meanwhile"):
        write(file, BAD.encode(), FIXED.encode())
    assert file.read_text("utf-8") == "# somebody else\n"
    assert list(shop.glob(".*")) == []


def test_full_disk(shop: Path) -> None:
    disk = shop / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("may not mount a file system")
    try:
        (disk / "setup.cfg").touch()
        (disk / "tasks.py").write_text(BAD, "utf-8")
        with contextlib.suppress(OSError), open(disk / "full", "wb") as file:
            file.write(b"x" * 65536)
        done = subprocess.run(
            [sys.executable, "-m", "flake8_celery", "check", "--fix", "--no-cache", "."],
            capture_output=True, cwd=disk, check=False, text=True,
        )  # fmt: skip
        assert done.returncode == 2
        assert "tasks.py:1: not repaired: No space left on device" in done.stderr
        assert (disk / "tasks.py").read_text("utf-8") == BAD
        assert sorted(os.listdir(disk)) == ["full", "setup.cfg", "tasks.py"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_two_at_once(shop: Path) -> None:
    for number in range(30):
        (shop / f"tasks{number}.py").write_text(BAD, "utf-8")
    command = [sys.executable, "-m", "flake8_celery", "check", "--fix", "--no-cache", "--select", "CEL203", "."]
    runs = [subprocess.Popen(command, cwd=shop, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    errors = [run.communicate()[1].decode() for run in runs]
    assert {run.returncode for run in runs} <= {0, 2}
    assert all("changed meanwhile" in line for error in errors for line in error.splitlines())
    for number in range(30):
        assert (shop / f"tasks{number}.py").read_text("utf-8") == FIXED
    assert not [path for path in shop.iterdir() if path.name.endswith(".tmp")]


def test_one_file_is_repaired_for_itself_and_for_another(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "app.py").write_text(
        'from celery import Celery\n\napp = Celery("shop", broker="redis://localhost/0")\n\n\n'
        "@app.task\ndef ship(order_id):\n    print(order_id)\n",
        "utf-8",
    )
    (shop / "views.py").write_text(
        "from app import ship\n\n\ndef buy(order_id):\n    ship.apply_async((order_id,), countdown=7200)\n", "utf-8"
    )
    main(["check", "--no-cache", "--fix", "--unsafe-fixes", "--select", "CEL208,CEL411", "."])
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "Repaired 2 findings in 1 file: CEL208, CEL411" in captured.out
    text = (shop / "app.py").read_text("utf-8")
    assert "visibility_timeout" in text
    assert "print" not in text
