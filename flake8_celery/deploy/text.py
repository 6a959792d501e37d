"""Pieces of a file's text, and their division into shell words and commands."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..frozen import dataclass
from ..model import Span


class Lines:
    """From offsets in a text to lines and columns."""

    def __init__(self, text: str) -> None:
        self.starts = [0]
        find = text.find
        position = find("\n")
        while position >= 0:
            self.starts.append(position + 1)
            position = find("\n", position + 1)

    def span(self, start: int, end: int) -> Span:
        return Span(*self.position(start), *self.position(max(start, end)))

    def position(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1]


@dataclass(frozen=True, slots=True)
class Piece:
    """A text from a file: `places[i]` is the offset in the file of `text[i]`. `quoted` when a word holds quotes."""

    text: str
    places: Sequence[int]
    quoted: bool = False

    @classmethod
    def at(cls, text: str, start: int) -> Piece:
        return cls(text, range(start, start + len(text)))

    @property
    def start(self) -> int:
        return self.places[0] if self.places else 0

    @property
    def end(self) -> int:
        return self.places[-1] + 1 if self.places else 0

    def slice(self, start: int, end: int | None = None) -> Piece:
        return Piece(self.text[start:end], self.places[start:end], self.quoted)


@dataclass(frozen=True, slots=True)
class Simple:
    """A simple command of a shell text. `block` names the function and branches it stands in, "" at the top;
    `background` when the shell does not wait for it."""

    words: tuple[Piece, ...]
    background: bool
    block: str


@dataclass(frozen=True, slots=True)
class _Operator:
    text: str
    offset: int


_PLAIN = re.compile(r"[^\s'\"\\$`;&|()<>#{}]+")
_BRACES = re.compile(r"[{}\n]")
_DEEPEST = 200
"""How many blocks are told apart; text that nests deeper is no script that somebody wrote."""
_HEREDOC = re.compile(r"<<(-?)[ \t]*(?:'([^'\n]*)'|\"([^\"\n]*)\"|\\?([\w.!-]+))")
_SUBSTITUTION_END = re.compile(r"[()'\"\\`]")


def _substitution(text: str, start: int) -> int:
    """The offset behind the `)` that closes the parenthesis at `start`."""
    depth = 0
    position = start
    while True:
        match = _SUBSTITUTION_END.search(text, position)
        if match is None:
            return len(text)
        position = match.end()
        char = match[0]
        if char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return position
        elif char == "\\":
            position += 1
        elif char in "'`":
            end = text.find(char, position)
            position = len(text) if end < 0 else end + 1


def _expansion(text: str, start: int) -> int:
    """The offset behind an expansion that begins at `start` with `$`, a backquote or two braces."""
    following = text[start + 1 : start + 2]
    if text[start] == "`":
        end = text.find("`", start + 1)
        return len(text) if end < 0 else end + 1
    if text[start] == "{":
        end = text.find("}}", start)
        return start + 2 if end < 0 or "\n" in text[start:end] else end + 2
    if following == "(":
        return _substitution(text, start + 1)
    if following == "{":
        depth = 0
        for match in _BRACES.finditer(text, start):
            if match[0] == "\n":
                return match.start()
            depth += 1 if match[0] == "{" else -1
            if depth == 0:
                return match.end()
        return len(text)
    return start + 1


def _tokens(piece: Piece) -> Iterator[Piece | _Operator]:
    text, places = piece.text, piece.places
    length = len(text)
    position = 0
    chars: list[str] = []
    spots: list[int] = []
    started = quoted = False
    skip_word = False
    heredocs: list[tuple[str, bool]] = []

    def take(start: int, end: int) -> None:
        chars.append(text[start:end])
        spots.extend(places[start:end])

    def word() -> Iterator[Piece]:
        nonlocal started, quoted, skip_word
        if started:
            if not skip_word:
                yield Piece("".join(chars), tuple(spots), quoted)
            chars.clear()
            spots.clear()
            started = quoted = skip_word = False

    while position < length:
        char = text[position]
        plain = _PLAIN.match(text, position)
        if plain:
            started = True
            take(plain.start(), plain.end())
            position = plain.end()
        elif char == "\\":
            following = text[position + 1 : position + 2]
            if following == "\n":
                position += 2
            elif text.startswith("\r\n", position + 1):
                position += 3
            else:
                started = True
                take(position + 1, position + 2)
                position += 2
        elif char == "'":
            end = text.find("'", position + 1)
            end = length if end < 0 else end
            started = quoted = True
            take(position + 1, end)
            position = end + 1
        elif char == '"':
            started = quoted = True
            position += 1
            while position < length and text[position] != '"':
                if text[position] == "\\" and text[position + 1 : position + 2] in ('"', "\\", "$", "`", "\n"):
                    if text[position + 1] != "\n":
                        take(position + 1, position + 2)
                    position += 2
                elif text[position] in "$`" or text.startswith("{{", position):
                    end = _expansion(text, position)
                    take(position, end)
                    position = end
                else:
                    take(position, position + 1)
                    position += 1
            position += 1
        elif char in "$`" or text.startswith("{{", position):
            started = True
            end = _expansion(text, position)
            take(position, end)
            position = end
        elif char == "#" and not started:
            end = text.find("\n", position)
            position = length if end < 0 else end
        elif char in "<>":
            before = "".join(chars)
            if before.isdigit() and not quoted:
                chars.clear()
                spots.clear()
                started = False
            yield from word()
            heredoc = _HEREDOC.match(text, position)
            if text.startswith("(", position + 1):
                started = True
                end = _substitution(text, position + 1)
                take(position, end)
                position = end
            elif heredoc and not text.startswith("<<<", position):
                delimiter = heredoc[2] or heredoc[3] or heredoc[4] or ""
                heredocs.append((delimiter, bool(heredoc[1])))
                position = heredoc.end()
            else:
                while position < length and text[position] in "<>&|":
                    position += 1
                skip_word = True
        elif char == "\n":
            yield from word()
            skip_word = False
            yield _Operator("\n", places[position])
            position += 1
            for delimiter, indented in heredocs:
                position = _after_heredoc(text, position, delimiter, indented)
            heredocs.clear()
        elif char.isspace():
            yield from word()
            position += 1
        elif char == "(" and started and not quoted and text[position - 1] == "=":
            end = _substitution(text, position)  # an array
            take(position, end)
            position = end
        elif char in ";&|()":
            yield from word()
            skip_word = False
            if text.startswith("&>", position):
                position += 2
                skip_word = True
                continue
            width = 2 if text[position : position + 2] in (";;", "&&", "||", "|&") else 1
            yield _Operator(text[position : position + width], places[position])
            position += width
        else:
            started = True
            take(position, position + 1)
            position += 1
    yield from word()


def _after_heredoc(text: str, position: int, delimiter: str, indented: bool) -> int:
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        line = text[position:end].rstrip("\r")
        position = end + 1
        if (line.lstrip("\t") if indented else line) == delimiter:
            break
    return min(position, len(text))


def words(piece: Piece) -> list[Piece]:
    """The words of a text that no shell interprets: operators only separate them."""
    return [token for token in _tokens(piece) if isinstance(token, Piece)]


_CLOSERS = {"fi": "if", "done": "loop", "esac": "case", "}": "group"}


def commands(piece: Piece) -> list[Simple]:
    """The simple commands of a shell text."""
    return _Parser(piece).run()


class _Parser:
    def __init__(self, piece: Piece) -> None:
        self.tokens = _tokens(piece)
        self.found: list[Simple] = []
        # What is open: its kind, its label and how many commands were found before it.
        self.blocks: list[tuple[str, str, int]] = []
        self.words: list[Piece] = []
        self.closed: int | None = None
        self.function = ""
        self.names_function = False

    def simple(self, *, background: bool = False) -> None:
        if self.words:
            block = ":".join(label for _, label, _ in self.blocks if label)
            self.found.append(Simple(tuple(self.words), background, block))
            self.words = []
        elif background and self.closed is not None:
            # `( ... ) &`: all that was started in there
            self.found[self.closed :] = [replace(s, background=True) for s in self.found[self.closed :]]

    def run(self) -> list[Simple]:
        awaits_in = False
        for token in self.tokens:
            if awaits_in:
                awaits_in = not (isinstance(token, Piece) and token.text == "in")
            elif isinstance(token, Piece):
                if self.names_function:
                    self.function, self.names_function = token.text, False
                elif self.words or token.quoted or not self.keyword(token):
                    self.words.append(token)
                    self.closed = None
                awaits_in = token.text == "case" and not self.words
            else:
                self.operator(token.text)
        self.simple()
        return self.found

    def keyword(self, token: Piece) -> bool:
        word = token.text
        if word in ("if", "elif", "else", "while", "until", "for", "select", "case", "{"):
            if word in ("elif", "else"):
                self.close("if")
            kind = {"elif": "if", "else": "if", "case": "case", "{": "group"}.get(word, word)
            kind = "loop" if kind in ("while", "until", "for", "select") else kind
            label = f"{word}@{token.start}" if kind in ("if", "loop") else ""
            if word == "{" and self.function:
                label, self.function = self.function, ""
            self.open(kind, label)
            return True
        if word in _CLOSERS:
            self.close(_CLOSERS[word])
            return True
        self.names_function = word == "function"
        return word in ("then", "do", "!", "time", "function")

    def open(self, kind: str, label: str) -> None:
        if len(self.blocks) < _DEEPEST:
            self.blocks.append((kind, label, len(self.found)))

    def close(self, kind: str) -> None:
        for index in range(len(self.blocks) - 1, -1, -1):
            if self.blocks[index][0] == kind:
                self.closed = self.blocks[index][2]
                del self.blocks[index:]
                return

    def operator(self, operator: str) -> None:
        if operator == "(":
            if len(self.words) == 1:
                # `name()`: the parenthesis that follows closes nothing.
                self.function = self.words[0].text
                self.words = []
                self.open("parameters", "")
            else:
                self.simple()
                self.open("subshell", "")
        elif operator == ")":
            innermost = self.blocks[-1][0] if self.blocks else ""
            if innermost in ("parameters", "subshell"):
                self.simple()
                self.closed = self.blocks.pop()[2]
            elif innermost == "case":
                self.blocks[-1] = ("case", "|".join(w.text for w in self.words) or "case", len(self.found))
                self.words = []
            else:
                self.simple()
        elif operator == "|" and self.blocks and self.blocks[-1][:2] == ("case", ""):
            return  # between the patterns of a case
        elif operator == ";;":
            self.simple()
            self.close_case()
        else:
            self.simple(background=operator == "&")
            self.closed = None

    def close_case(self) -> None:
        for index in range(len(self.blocks) - 1, -1, -1):
            if self.blocks[index][0] == "case":
                del self.blocks[index + 1 :]
                self.blocks[index] = ("case", "", len(self.found))
                return
