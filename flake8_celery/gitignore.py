"""The rules of `.gitignore` files.

`pathspec` does the same, but its import alone takes longer than a whole run over a project that has not changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_SPECIAL = frozenset("*?[\\")
_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": " \\t-\\r",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}


class Ignore:
    """The rules of one file, for paths below `folder` ("" or with a slash at the end).

    Rules from above the root of these paths come with `above`, what the paths lack in front."""

    def __init__(self, lines: Iterable[str], folder: str = "", above: str = "") -> None:
        rules = [rule for rule in map(_rule, lines) if rule is not None]
        self._cut = len(folder)
        self._above = above
        self._files = _Matcher([rule for rule in rules if not rule.only_folders])
        self._folders = _Matcher(rules)

    def verdict(self, path: str, is_folder: bool) -> bool | None:
        """True: ignored; False: explicitly not; None: no rule matches.

        What lies in an ignored folder is ignored as well, but not known here.
        """
        return (self._folders if is_folder else self._files).verdict(self._above + path[self._cut :])


def ignored(ignores: Sequence[Ignore], path: str, is_folder: bool) -> bool:
    """Whether git ignores a path whose parent folders it does not ignore; the last of the files has the last word."""
    for ignore in reversed(ignores):
        verdict = ignore.verdict(path, is_folder)
        if verdict is not None:
            return verdict
    return False


class _Rule(NamedTuple):
    pattern: str
    keeps: bool
    only_folders: bool
    by_name: bool
    """Whether it is the name alone that has to match, wherever it is."""
    regex: str
    """"" where the pattern is a path or a name as it is, but for one asterisk in a name."""


class _Matcher:
    """The last rule that matches decides. Most of them need no regular expression, which would have to be compiled."""

    def __init__(self, rules: Sequence[_Rule]) -> None:
        self._keeps = [rule.keeps for rule in rules]
        self._whole: tuple[dict[str, int], dict[str, int]] = {}, {}
        self._parts: list[tuple[str, str, int]] = []
        for number, rule in enumerate(rules):
            begin, asterisk, end = rule.pattern.partition("*")
            if not rule.regex and asterisk:
                self._parts.append((begin, end, number))
            elif not rule.regex:
                self._whole[rule.by_name][rule.pattern] = number
        self._begins = tuple(begin for begin, _, _ in self._parts if begin)
        self._ends = tuple(end for begin, end, _ in self._parts if not begin)
        self._like_name, self._name_numbers = _alternation(rules, True)
        self._like_path, self._path_numbers = _alternation(rules, False)

    def verdict(self, path: str) -> bool | None:
        start = path.rfind("/") + 1
        name = path[start:]
        paths, names = self._whole
        last = names.get(name, -1)
        if path in paths:
            last = max(last, paths[path])
        if name.endswith(self._ends) or name.startswith(self._begins):
            last = max(last, self._partly(name))
        if self._like_name is not None and (match := self._like_name.match(path, start)) is not None:
            last = max(last, self._name_numbers[(match.lastindex or 0) - 1])
        if self._like_path is not None and (match := self._like_path.match(path)) is not None:
            last = max(last, self._path_numbers[(match.lastindex or 0) - 1])
        return None if last < 0 else not self._keeps[last]

    def _partly(self, name: str) -> int:
        """The last rule for names that begin and end in a certain way, -1 without one."""
        fitting = (n for begin, end, n in self._parts if name.startswith(begin) and name[len(begin) :].endswith(end))
        return max(fitting, default=-1)


def _alternation(rules: Sequence[_Rule], by_name: bool) -> tuple[re.Pattern[str] | None, list[int]]:
    """The patterns of rules as one, the last of them first, None where there are none; their numbers by its groups."""
    chosen = [(rule.regex, number) for number, rule in enumerate(rules) if rule.regex and rule.by_name == by_name][::-1]
    if not chosen:
        return None, []
    # An empty group at the end of each alternative tells which one it was.
    regex = "|".join(f"{regex}()" for regex, _ in chosen)
    return re.compile(rf"(?:{regex})\Z", re.DOTALL), [number for _, number in chosen]


def _rule(line: str) -> _Rule | None:
    pattern = line.removesuffix("\n").removesuffix("\r")
    if pattern.endswith(" "):
        pattern = re.sub(r"(?<!\\)((?:\\\\)*) +\Z", r"\1", pattern)
    if not pattern or pattern.startswith("#"):
        return None
    keeps = pattern.startswith("!")
    pattern = pattern.removeprefix("!") if keeps else pattern
    only_folders = pattern.endswith("/")
    pattern = pattern.removesuffix("/")
    by_name = "/" not in pattern
    pattern = pattern.removeprefix("/")
    if not pattern:
        return None
    if _SPECIAL.isdisjoint(pattern.replace("*", "", 1) if by_name else pattern):
        return _Rule(pattern, keeps, only_folders, by_name, "")
    regex = _translate(pattern, by_name)
    return _Rule(pattern, keeps, only_folders, by_name, regex) if regex is not None else None


def _translate(pattern: str, by_name: bool) -> str | None:
    """A glob with git's meaning as a regular expression; None where git lets it match nothing."""
    found = []
    i = 0
    while i < len(pattern):
        char = pattern[i]
        i += 1
        if char == "*":
            start = i - 1
            while pattern[i : i + 1] == "*":
                i += 1
            bounded = not by_name and i - start > 1 and (not start or pattern[start - 1] == "/")
            if bounded and pattern[i : i + 1] == "/":
                i += 1
                while pattern.startswith("**/", i):  # says nothing new, but squares the time to match
                    i += 3
                found.append("(?:.*/)?")
            elif bounded and i == len(pattern):
                found.append(".+" if start else ".*")
            else:
                found.append("[^/]*")
        elif char == "?":
            found.append("[^/]")
        elif char == "[":
            end, group = _class(pattern, i)
            if group is None:
                return None
            found.append(group)
            i = end
        elif char == "\\":
            if i == len(pattern):
                return None
            found.append(re.escape(pattern[i]))
            i += 1
        else:
            found.append(re.escape(char))
    return "".join(found)


def _class(pattern: str, i: int) -> tuple[int, str | None]:
    """The end of a bracket expression that begins before `i`, and its regular expression."""
    negated = pattern[i : i + 1] in ("!", "^")
    i += negated
    members: list[str] = []
    first = True
    while True:
        char = pattern[i : i + 1]
        if not char:
            return i, None
        if char == "]" and not first:
            break
        first = False
        if char == "[" and pattern[i + 1 : i + 2] == ":":
            end = pattern.find("]", i + 2)
            if end < 0:
                return i, None
            if end > i + 2 and pattern[end - 1] == ":":
                name = pattern[i + 2 : end - 1]
                if name not in _CLASSES:
                    return i, None
                members.append(_CLASSES[name])
                i = end + 1
                continue
        low, i = _member(pattern, i)
        if pattern[i : i + 1] == "-" and pattern[i + 1 : i + 2] not in ("]", ""):
            high, i = _member(pattern, i + 1)
            members.append(f"{re.escape(low)}-{re.escape(high)}" if low <= high else re.escape(low))
        else:
            members.append(re.escape(low))
    return i + 1, f"(?!/)[{'^' if negated else ''}{''.join(members)}]"


def _member(pattern: str, i: int) -> tuple[str, int]:
    """The character of a bracket expression at `i`, which may be escaped, and where the next one is."""
    if pattern[i] == "\\" and i + 1 < len(pattern):
        return pattern[i + 1], i + 2
    return pattern[i], i + 1
