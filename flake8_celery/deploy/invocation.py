"""Which Celery program a command line starts, and with which options."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..frozen import dataclass
from ..knowledge.celery_cli import (
    GLOBAL,
    MULTI_STARTS,
    OLD_MANAGEMENT_COMMANDS,
    OLD_PROGRAMS,
    OPTIONS,
    SUBCOMMANDS,
    WORKER,
)
from ..knowledge.programs import CONTAINER_TOOLS, LOCKS, NOT_STARTING, SHELLS, TRANSPARENT, WRAPPERS

if TYPE_CHECKING:
    from .text import Piece

VARIABLE = re.compile(r"\$|`|\{\{|\{%|%\(|<%")
_CELERY_VARIABLE = re.compile(
    r"\$\{?(?:\w+_)?CELERY(?:_BIN|_PATH|_CMD|_COMMAND|_EXECUTABLE|_EXE)?\}?|\$\((?:\w+_)?CELERY(?:_BIN|_CMD)?\)"
)
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\+?=")

_RUNNING = frozenset({"run", "exec"})


@dataclass(frozen=True, slots=True)
class Invocation:
    """A start of Celery: `words` from the program's name on. `lock` names what lets only one copy of it run."""

    words: tuple[Piece, ...]
    app: str | None
    program: str
    options: tuple[tuple[str, str | None], ...]
    uncertain: bool
    environment: tuple[tuple[str, str], ...] = ()
    nodes: int | None = 1
    lock: str = ""


@dataclass(frozen=True, slots=True)
class OldProgram:
    """A start of a program that Celery no longer has: `word` is its name."""

    word: Piece
    name: str


def _name(word: Piece) -> str:
    return basename(word.text)


def basename(word: str) -> str:
    return word.rstrip("/").rpartition("/")[2]


def assignments(words: Sequence[Piece]) -> tuple[tuple[str, str], ...]:
    """The variables that are set in front of a command."""
    found = []
    for word in words:
        match = _ASSIGNMENT.match(word.text)
        if match is None:
            break
        found.append((match[1], word.text[match.end() :]))
    return tuple(found)


def exported(words: Sequence[Piece]) -> Iterator[tuple[Piece, int]]:
    """The words that set a variable, each with the place of its `=`: in front of a command, or after `export`."""
    lead = True
    for word in words:
        match = _ASSIGNMENT.match(word.text)
        if match is not None:
            yield word, match.end() - 1
        elif lead and word.text in ("export", "env", "declare", "set", "local", "readonly"):
            continue
        elif not word.text.startswith("-"):
            return
        lead = False


def _command(words: Sequence[Piece]) -> Sequence[Piece]:
    """The words without the variables set in front of them."""
    return words[len(assignments(words)) :]


def replaces_shell(words: Sequence[Piece]) -> bool:
    """Whether a command takes the place of the shell that reads it."""
    words = _command(words)
    return bool(words) and words[0].text == "exec"


def starts_something(words: Sequence[Piece]) -> bool:
    """Whether a command line may start Celery, by its first word."""
    words = _command(words)
    while words:
        first = basename(words[0].text.lstrip("@-+!:"))
        if first in CONTAINER_TOOLS:
            return any(w.text in _RUNNING for w in words[1:6])
        if first not in TRANSPARENT:
            return first not in NOT_STARTING
        words = words[1:]
        while words and words[0].text.startswith("-"):
            words = words[1:]
        words = _command(words)
    return False


def nested(words: Sequence[Piece]) -> list[Piece]:
    """The arguments that are command lines themselves: `sh -c "..."`, `watchfiles "..."`."""
    found = []
    for word in words:
        text = word.text
        if "celery" in text.lower() and any(c.isspace() for c in text):
            option = re.match(r"--?[\w-]+=", text)
            found.append(word.slice(option.end()) if option else word)
    return found


def is_shell(word: str) -> bool:
    return basename(word) in SHELLS


def _may_stand_here(words: Sequence[Piece], index: int) -> bool:
    """Whether the word at `index` is run, and not an argument of what stands before it."""
    if index == 0 or words[index - 1].text == "--":
        return True
    first = words[0].text.lstrip("@-+!:")
    return (
        basename(first) in WRAPPERS
        or basename(first) in CONTAINER_TOOLS
        or is_shell(first)
        or "/" in first
        or first.endswith(".sh")
        or bool(VARIABLE.match(first))
        or bool(re.match(r"(python|pypy)[\d.]*$", basename(first)))
    )


def find(words: Sequence[Piece]) -> Invocation | None:
    """The Celery program that a simple command starts."""
    if not starts_something(words):
        return None
    environment = assignments(words)
    words = _command(words)
    for index, word in enumerate(words):
        text = word.text.lstrip("@-+!:") if index == 0 else word.text
        name = basename(text)
        if name == "celery" or _CELERY_VARIABLE.fullmatch(text):
            names_app = index + 1 < len(words) and words[index + 1].text.startswith(("-A", "--app"))
            if names_app or _may_stand_here(words, index):
                found = _parse(words[index:], environment)
                if found is not None:
                    return replace(found, lock=next((n for n in map(_name, words[:index]) if n in LOCKS), ""))
        elif name in OLD_PROGRAMS and _is_old_program(words, index):
            found = _parse_old(words[index:], name, environment)
            if found is not None:
                return found
    return None


def find_old(words: Sequence[Piece]) -> OldProgram | None:
    """The start of a program, or of a Django management command, that Celery no longer has."""
    if not starts_something(words):
        return None
    words = _command(words)
    for index, word in enumerate(words):
        name = basename(word.text.lstrip("@-+!:") if index == 0 else word.text)
        if name in OLD_PROGRAMS and _is_old_program(words, index):
            return OldProgram(word, name)
        if name in OLD_MANAGEMENT_COMMANDS and index and _is_management(words, index):
            return OldProgram(word, f"manage.py {name}")
    return None


def _is_management(words: Sequence[Piece], index: int) -> bool:
    before = basename(words[index - 1].text)
    if before in ("manage.py", "django-admin", "django-admin.py"):
        return words[index].text == basename(words[index].text)
    return before == "django" and index > 1 and words[index - 2].text == "-m"


def _is_old_program(words: Sequence[Piece], index: int) -> bool:
    """Whether the word is the program, not a name of the project's own: a bare `celerybeat` is mostly a keyword of its
    entry point, and a path into its folders or /etc/init.d its own script."""
    text = words[index].text.lstrip("@-+!:")
    if "/" in text and not re.search(r"(^|/)bin/[^/]+$", text):
        return False
    if _is_management(words, index):
        return False
    has_options = any(re.match(r"--?[A-Za-z]", w.text) for w in words[index + 1 :])
    return has_options and (index == 0 or _may_stand_here(words, index)) and not _is_entry_point(words[:index])


def _is_entry_point(before: Sequence[Piece]) -> bool:
    """Whether a script of the project comes first: it may know a keyword of that name."""
    return any(
        w.text.endswith(".sh") or "entrypoint" in w.text or (w.text.startswith("/") and "bin/" not in w.text)
        for w in before
    )


def _parse_old(words: Sequence[Piece], name: str, environment: tuple[tuple[str, str], ...]) -> Invocation | None:
    program = OLD_PROGRAMS[name]
    if not program:
        return None
    options, uncertain, _ = _options(words[1:], program)
    return Invocation(tuple(words), dict(options).get("--app"), program, tuple(options), uncertain, environment)


def _parse(words: Sequence[Piece], environment: tuple[tuple[str, str], ...]) -> Invocation | None:
    """Read `celery ...`; None where the words do not fit Celery's grammar."""
    options: list[tuple[str, str | None]] = []
    index = 1
    uncertain = False
    program = ""
    while index < len(words):
        word = words[index].text
        if word.startswith("-") and word != "--":
            taken = _option(words, index, GLOBAL, options)
            index += taken or 1
            if not taken:
                return None
        elif VARIABLE.match(word):
            uncertain = True
            index += 1
        else:
            program = word
            index += 1
            break
    has_app = any(name == "--app" for name, _ in options)
    if not program:
        if not (has_app or uncertain) or (not options and not uncertain):
            return None
        return Invocation(tuple(words), dict(options).get("--app"), "", tuple(options), uncertain, environment)
    if program not in SUBCOMMANDS and not (has_app and re.fullmatch(r"[A-Za-z][\w-]*", program)):
        return None
    nodes: int | None = 1
    rest = words[index:]
    if program == "multi":
        if not rest or (rest[0].text not in MULTI_STARTS and not VARIABLE.search(rest[0].text)):
            return None
        given, unsure, names = _options(rest[1:], "multi")
        nodes = _nodes(names)
        program = "worker"
    else:
        given, unsure, _ = _options(rest, program)
    options += given
    return Invocation(
        tuple(words), dict(options).get("--app"), program, tuple(options), uncertain or unsure, environment, nodes
    )


def _nodes(names: Sequence[str]) -> int | None:
    """How many workers `celery multi start` starts for these node names."""
    if not names or any(VARIABLE.search(name) for name in names):
        return None
    if len(names) == 1 and names[0].isascii() and names[0].isdecimal():
        return int(names[0][:6])
    return len(names)


def _options(words: Sequence[Piece], program: str) -> tuple[list[tuple[str, str | None]], bool, list[str]]:
    """The options behind a sub-command, whether others may hide in a variable, and the words that are none."""
    table = GLOBAL | OPTIONS.get(program, {})
    if program == "multi":
        table = GLOBAL | WORKER
    options: list[tuple[str, str | None]] = []
    others: list[str] = []
    uncertain = False
    index = 0
    while index < len(words):
        word = words[index].text
        if word == "--":
            break
        if word.startswith("-") and len(word) > 1:
            index += _option(words, index, table, options) or _unknown_option(words, index, options)
            continue
        if VARIABLE.match(word):
            uncertain = True
        others.append(word)
        index += 1
    return options, uncertain, others


def _option(
    words: Sequence[Piece],
    index: int,
    table: dict[str, tuple[str, bool]],
    options: list[tuple[str, str | None]],
) -> int:
    """Read the option at `index`; returns how many words it takes, 0 where it is not in the table."""
    word = words[index].text
    following = words[index + 1].text if index + 1 < len(words) else None
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        known = table.get(name)
        if known is None:
            return 0
        if equals:
            options.append((known[0], value))
            return 1
        if not known[1]:
            options.append((known[0], None))
            return 1
        options.append((known[0], following or ""))
        return 2
    if word[:2] not in table:
        return 0
    position = 1
    while position < len(word):
        known = table.get(f"-{word[position]}")
        if known is None:
            return 1
        position += 1
        if not known[1]:
            options.append((known[0], None))
        elif position < len(word):
            options.append((known[0], word[position:].removeprefix("=")))
            return 1
        else:
            options.append((known[0], following or ""))
            return 2
    return 1


def _unknown_option(words: Sequence[Piece], index: int, options: list[tuple[str, str | None]]) -> int:
    """An option of another version or of a plugin: a word that follows is taken for its value."""
    name, equals, value = words[index].text.partition("=")
    if equals:
        options.append((name, value))
        return 1
    following = words[index + 1].text if index + 1 < len(words) else "-"
    if following.startswith("-"):
        options.append((name, None))
        return 1
    options.append((name, following))
    return 2
