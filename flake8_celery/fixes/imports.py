"""Names that a fix needs: those that a file imports already, and imports of others, where its style puts them."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import libcst as cst
from libcst.helpers import get_full_name_for_node

from ..frozen import dataclass
from ..model import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterator, Mapping

    from .text import Text


@dataclass(frozen=True, slots=True)
class Brought:
    """How a name is written in a file, and the edits that import it."""

    name: str
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    """An import at the top level of a file: `names` are the imported and the local names."""

    statement: cst.SimpleStatementLine
    node: cst.Import | cst.ImportFrom
    module: str
    names: tuple[tuple[str, str], ...]
    section: int


_WIDEST = 100
"""A longer line of imports is not made longer: a second line beside it is always right."""

_FUTURE, _STANDARD, _OTHERS, _OWN = range(4)


def bring(text: Text, module: str, name: str) -> Brought | None:
    """The name `module.name` for use in the file: as it is imported already, else with a new import at the top. None
    where the file uses the name for something else.

    An import within a function, or below a condition, counts for nothing.
    """
    known = imported(text, module, name)
    if known is not None:
        return Brought(known)
    lines = list(_lines(text))
    if is_bound(text, name):
        return None
    for line in lines:
        if isinstance(line.node, cst.ImportFrom) and line.module == module:
            edit = _extended(text, line, name)
            if edit is not None:
                return Brought(name, (edit,))
    edit = _new_line(text, lines, module, f"from {module} import {name}")
    return Brought(name, (edit,)) if edit is not None else None


def new_import(text: Text, module: str, name: str, local: str) -> Brought | None:
    """A line that imports `module.name` as `local`, which the file is to use in the place of something of its own."""
    statement = f"from {module} import {name}" + (f" as {local}" if local != name else "")
    edit = _new_line(text, list(_lines(text)), module, statement)
    return Brought(local, (edit,)) if edit is not None else None


def merged(text: Text, *brought: Brought) -> tuple[Edit, ...]:
    """The edits of several names that are brought at once: what is new at one place stands there in the order of
    imports."""
    edits = list(dict.fromkeys(edit for b in brought for edit in b.edits))
    found: dict[Span, list[Edit]] = {}
    for edit in edits:
        found.setdefault(edit.span, []).append(edit)
    return tuple(Edit(span, _in_order(text, [e.text for e in same])) for span, same in found.items())


def _in_order(text: Text, additions: list[str]) -> str:
    """Imports that are added at one place, each with the empty lines that it would have alone."""

    def place(addition: str) -> tuple[int, bool, str]:
        words = addition.split()
        is_from = words[0] == "from"
        return _section(text, words[1]), is_from, addition.strip().lower()

    if len(additions) == 1 or not all(a.split()[0] in ("from", "import") for a in additions):
        return "".join(additions)
    additions = _of_one_module(additions)
    first, *rest = sorted(additions, key=place)
    newline = text.source.newline
    made = first
    for before, addition in zip([first, *rest], rest, strict=False):
        if _section(text, before.split()[1]) == _section(text, addition.split()[1]):
            made = made.rstrip("\r\n") + newline + addition.lstrip("\r\n")
        elif made.endswith(newline * 3):
            made = made.rstrip("\r\n") + newline * 2 + addition
        else:
            made += addition
    return made


def _of_one_module(additions: list[str]) -> list[str]:
    """Imports of several names of a module as one."""
    made: dict[str, str] = {}
    for addition in additions:
        head, joint, name = addition.partition(" import ")
        is_from = addition.strip().startswith("from ")
        key = head.strip() if is_from and joint else addition
        if key in made and key != addition:
            before = made[key].rstrip("\r\n")
            _, _, known = before.partition(" import ")
            names = sorted({*known.split(", "), name.strip()}, key=_key)
            made[key] = before[: -len(known)] + ", ".join(names) + made[key][len(before) :]
        else:
            made[key] = addition
    return list(made.values())


def imported(text: Text, module: str, name: str) -> str | None:
    """How `module.name` is written in the file, where it is imported at the top level already."""
    for line in _lines(text):
        for given, local in line.names:
            if isinstance(line.node, cst.ImportFrom) and line.module == module and given == name:
                return local
            if isinstance(line.node, cst.Import) and given == module:
                return f"{local}.{name}"
    return None


def bring_module(text: Text, module: str) -> Brought | None:
    """The module for use in the file, by `import module`; as `bring` otherwise."""
    lines = list(_lines(text))
    parent, _, last = module.rpartition(".")
    for line in lines:
        for imported, local in line.names:
            if (isinstance(line.node, cst.Import) and imported == module) or (
                isinstance(line.node, cst.ImportFrom) and parent and line.module == parent and imported == last
            ):
                return Brought(local)
    if is_bound(text, module.partition(".")[0]):
        return None
    edit = _new_line(text, lines, module, f"import {module}")
    return Brought(module, (edit,)) if edit is not None else None


def after_imports(text: Text, brought: Brought, statement: str) -> tuple[Edit, ...] | None:
    """The edits that put a statement below the imports at the top of the file, with those of a name that it needs;
    None where there are no imports, or the file goes on behind the last one in its line."""
    last = None
    for node in text.tree.body:
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            break
        if _imports_only(node):
            last = node
    if last is None:
        return None
    place = text.place_of(last)
    end = place.end_line
    if isinstance(last, cst.SimpleStatementLine) and not text.own_lines(last):
        return None
    newline = text.source.newline
    added = f"{newline}{statement}{newline}"
    if end < len(text.lines) and text.lines[end].strip():
        added += newline
    if end >= len(text.lines):
        at, added = (end, len(text.lines[end - 1])), newline + added.rstrip("\r\n")
    else:
        at = (end + 1, 0)
    edits = list(brought.edits)
    for number, edit in enumerate(edits):
        if (edit.span.line, edit.span.column) == at:
            edits[number] = Edit(edit.span, edit.text + added)
            return tuple(edits)
    return (*edits, text.insert(*at, added))


def _imports_only(node: cst.CSTNode) -> bool:
    """Whether a statement does nothing but import, also where an import that fails is caught."""
    match node:
        case cst.SimpleStatementLine():
            return all(isinstance(part, cst.Import | cst.ImportFrom) for part in node.body)
        case cst.Try(body=cst.IndentedBlock(body=body)):
            return bool(body) and all(_imports_only(inner) for inner in body)
    return False


def dropped(text: Text, name: str, uses: Container[cst.CSTNode] = ()) -> tuple[Edit, ...]:
    """The edits that take the import of `name` away, where nothing but the nodes in `uses` needs it: none where
    something else may, or where the import shares its line."""
    holders = []
    for node in text.all_nodes():
        match node:
            case cst.Name(value=value) if value == name and node not in uses:
                parent = next(text.parents(node), None)
                if isinstance(parent, cst.ImportAlias | cst.AsName):
                    alias = parent if isinstance(parent, cst.ImportAlias) else text.around(parent, cst.ImportAlias)
                    if alias is None or _name(alias)[1] != name:
                        if isinstance(parent, cst.AsName):
                            return ()
                        continue
                    holders.append(alias)
                elif not (isinstance(parent, cst.Attribute) and parent.attr is node) and not (
                    isinstance(parent, cst.Arg) and parent.keyword is node
                ):
                    return ()
            case cst.SimpleString() if re.search(rf"\b{re.escape(name)}\b", node.raw_value):
                parent = next(text.parents(node), None)
                if not isinstance(parent, cst.Expr) and not isinstance(parent, cst.Arg):
                    return ()  # `__all__`, or an annotation
            case _:
                pass
    if len(holders) != 1:
        return ()
    alias = holders[0]
    statement = text.around(alias, cst.ImportFrom) or text.around(alias, cst.Import)
    if statement is None or isinstance(statement.names, cst.ImportStar):
        return ()
    line = next(text.parents(statement), None)
    if line not in text.tree.body or "noqa" in text.lines[text.place_of(statement).line - 1]:
        return ()
    if len(statement.names) > 1:
        return (without(text, statement, alias),)
    edit = text.remove_statement(statement)
    if edit is None:
        return ()
    above, below = edit.span.line - 1, edit.span.end_line
    alone = above == 0 or not text.lines[above - 1].strip()
    if alone and below < len(text.lines) and not text.lines[below - 1].strip():
        edit = Edit(Span(edit.span.line, 0, below + 1, 0), "")  # nothing is left of the section
    return (edit,)


def unneeded(text: Text, names: Mapping[str, Collection[cst.CSTNode]]) -> list[Edit]:
    """The edits that take the imports of names away which nothing but these nodes uses: of each line all of them, or
    one."""
    found = {name: edits[0] for name, nodes in names.items() if (edits := dropped(text, name, nodes))}
    drops = []
    for line in text.tree.body:
        statement = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
        if not isinstance(statement, cst.Import | cst.ImportFrom) or isinstance(statement.names, cst.ImportStar):
            continue
        gone = [local for _, local in map(_name, statement.names) if local in found]
        whole = text.remove_statement(statement) if len(gone) == len(statement.names) > 1 else None
        drops += [whole] if whole is not None else [found[name] for name in gone[:1]]
    return drops


def exchanged(brought: Brought, drops: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The edits of a name that is brought and of imports that are dropped: what would be put where an import goes
    takes its place."""
    if len(drops) != 1:
        return (*drops, *brought.edits)
    old = drops[0].span
    inside = [e for e in brought.edits if (old.line, old.column) < (e.span.line, 0) < (old.end_line, old.end_column)]
    if not inside:
        return (*drops, *brought.edits)
    new, rest = inside[0], [edit for edit in brought.edits if edit is not inside[0]]
    line = new.text.lstrip("\r\n")
    return (Edit(Span(old.line, 0, new.span.line, 0), line), *rest)


def without(text: Text, statement: cst.Import | cst.ImportFrom, alias: cst.ImportAlias) -> Edit:
    """One name taken out of an import of several, with its line where it has one of its own."""
    assert not isinstance(statement.names, cst.ImportStar)
    index = list(statement.names).index(alias)
    place = text.place_of(alias)
    start = text.offset(place.line, place.column)
    if isinstance(alias.comma, cst.Comma):
        comma = text.place_of(alias.comma)
        end = text.offset(comma.end_line, comma.end_column)
        rest = text.source.text[end:]
        newline = re.match(r"[ \t]*(?:\r\n?|\n)", rest)
        if newline is not None and not text.lines[place.line - 1][: place.column].strip():
            return Edit(text.span(text.offset(place.line, 0), end + newline.end()), "")
        blank = re.match(r"[ \t]*", rest)
        if index + 1 < len(statement.names):
            return Edit(text.span(start, end + (blank.end() if blank is not None else 0)), "")
        return Edit(text.span(start, end), "")
    before = statement.names[index - 1].comma
    assert isinstance(before, cst.Comma)
    comma = text.place_of(before)
    return Edit(text.span(text.offset(comma.line, comma.column), text.offset(place.end_line, place.end_column)), "")


def is_bound(text: Text, name: str) -> bool:
    """Whether a file gives that name to anything, anywhere, or imports all that another module has."""
    for node in text.all_nodes():
        match node:
            case cst.FunctionDef() | cst.ClassDef() if node.name.value == name:
                return True
            case cst.Param() if node.name.value == name:
                return True
            case cst.AssignTarget(target=cst.Name(value=bound)) | cst.AnnAssign(target=cst.Name(value=bound)) if (
                bound == name
            ):
                return True
            case cst.NamedExpr(target=cst.Name(value=bound)) | cst.For(target=cst.Name(value=bound)) if bound == name:
                return True
            case cst.AsName(name=cst.Name(value=bound)) if bound == name:
                return True
            case cst.ImportAlias(name=cst.Name(value=bound), asname=None) if bound == name:
                return True
            case cst.ImportAlias(name=cst.Attribute(), asname=None) if (
                get_full_name_for_node(node.name) or ""
            ).partition(".")[0] == name:
                return True
            case cst.ImportStar():
                return True
            case cst.Global() | cst.Nonlocal() if any(item.name.value == name for item in node.names):
                return True
            case cst.Tuple() | cst.List() if _is_target(text, node) and any(
                isinstance(e.value, cst.Name) and e.value.value == name for e in node.elements
            ):
                return True
            case _:
                pass
    return False


def _is_target(text: Text, node: cst.CSTNode) -> bool:
    parent = next(text.parents(node), None)
    return isinstance(parent, cst.AssignTarget | cst.For | cst.CompFor | cst.Element)


def _lines(text: Text) -> Iterator[_Line]:
    for statement in text.tree.body:
        if not isinstance(statement, cst.SimpleStatementLine):
            continue
        for node in statement.body:
            if isinstance(node, cst.Import):
                names = tuple(_name(alias) for alias in node.names)
                first = names[0][0] if names else ""
                yield _Line(statement, node, first, names, _section(text, first))
            elif isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
                dotted = get_full_name_for_node(node.module) or "" if node.module is not None else ""
                module = "." * len(node.relative) + dotted
                yield _Line(statement, node, module, tuple(_name(a) for a in node.names), _section(text, module))


def _name(alias: cst.ImportAlias) -> tuple[str, str]:
    imported = get_full_name_for_node(alias.name) or ""
    if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
        return imported, alias.asname.name.value
    return imported, imported


def _section(text: Text, module: str) -> int:
    top = module.partition(".")[0]
    if top == "__future__":
        return _FUTURE
    if not top or text.project.index.has(top):
        return _OWN
    return _STANDARD if top in sys.stdlib_module_names else _OTHERS


def _extended(text: Text, line: _Line, name: str) -> Edit | None:
    """`name` added to a `from … import` that has names already: in its order where it is sorted, else at the end."""
    node = line.node
    if not isinstance(node, cst.ImportFrom) or isinstance(node.names, cst.ImportStar) or node.relative:
        return None
    places = [text.place_of(alias) for alias in node.names]
    imported = [n for n, _ in line.names]
    if len(places) > 1 and any(p.line != places[0].line for p in places):
        one_each = len({p.line for p in places}) == len(places)
        if not one_each:
            return None
        before = next((i for i, n in enumerate(imported) if _key(n) > _key(name)), None) if _sorted(imported) else None
        if before is not None:
            place = places[before]
            return text.insert(place.line, place.column, f"{name},{text.source.newline}{text.indent(place.line)}")
        last = places[-1]
        comma = isinstance(node.names[-1].comma, cst.Comma)
        indent = text.indent(last.line)
        newline = text.source.newline
        if comma:
            place = text.place_of(node.names[-1].comma)  # type: ignore[arg-type]
            return text.insert(place.end_line, place.end_column, f"{newline}{indent}{name},")
        return text.insert(last.end_line, last.end_column, f",{newline}{indent}{name}")
    if text.place_of(node).line != text.place_of(node).end_line:
        return None
    if (
        len(text.lines[places[0].line - 1]) + len(name) + 2 > max(100, len(text.lines[places[0].line - 1]))
        and not node.lpar
    ):
        return None
    before = next((i for i, n in enumerate(imported) if _key(n) > _key(name)), None) if _sorted(imported) else None
    if before is not None:
        return text.insert_before(node.names[before], f"{name}, ")
    return text.insert_after(node.names[-1], f", {name}")


def _sorted(names: list[str]) -> bool:
    return names == sorted(names, key=_key)


def _key(name: str) -> tuple[int, str]:
    """The order that isort gives to imported names: constants, classes, the rest."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name


def _new_line(text: Text, lines: list[_Line], module: str, statement: str) -> Edit | None:
    section = _section(text, module)
    newline = text.source.newline
    block = _first_block(text, lines)
    is_from = statement.startswith("from ")
    same = [line for line in block if line.section == section]
    if same:
        before = None
        for line in same:
            if (isinstance(line.node, cst.ImportFrom), line.module.lower()) < (is_from, module.lower()):
                before = line
        if before is not None:
            return _below(text, before, f"{statement}{newline}")
        return _above(text, same[0], f"{statement}{newline}")
    earlier = [line for line in block if line.section < section]
    if earlier:
        last = earlier[-1]
        return _below(text, last, f"{newline}{statement}{newline}")
    if block:
        return _above(text, block[0], f"{statement}{newline}{newline}")
    return _at_the_top(text, statement)


def _first_block(text: Text, lines: list[_Line]) -> list[_Line]:
    """The imports above the first statement that is neither an import nor a docstring."""
    block: list[_Line] = []
    by_statement = {id(line.statement): line for line in lines}
    for number, statement in enumerate(text.tree.body):
        line = by_statement.get(id(statement))
        if line is not None and len(line.statement.body) == 1:
            block.append(line)
        elif not (number == 0 and _is_docstring(statement)):
            break
    return block


def _is_docstring(statement: cst.CSTNode) -> bool:
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and isinstance(statement.body[0], cst.Expr)
        and isinstance(statement.body[0].value, cst.SimpleString | cst.ConcatenatedString)
    )


def _below(text: Text, line: _Line, addition: str) -> Edit:
    end = text.place_of(line.statement).end_line
    if end >= len(text.lines):  # the file ends without a newline
        return text.insert(end, len(text.lines[end - 1]), text.source.newline + addition.rstrip("\r\n"))
    return text.insert(end + 1, 0, addition)


def _above(text: Text, line: _Line, addition: str) -> Edit:
    return text.insert(text.place_of(line.statement).line, 0, addition)


def _at_the_top(text: Text, statement: str) -> Edit | None:
    newline = text.source.newline
    body = text.tree.body
    if not body:
        return None
    first = body[0]
    if _is_docstring(first):
        end = text.place_of(first).end_line
        if end >= len(text.lines):
            return None
        return text.insert(end + 1, 0, f"{newline}{statement}{newline}")
    place = text.place_of(first)
    line = place.line
    if isinstance(first, cst.FunctionDef | cst.ClassDef) and first.decorators:
        line = text.place_of(first.decorators[0]).line
    comments = [leading for leading in getattr(first, "leading_lines", ()) if leading.comment is not None]
    line -= len(comments) and len(first.leading_lines)
    gap = newline * 2 if isinstance(first, cst.FunctionDef | cst.ClassDef) else newline
    return text.insert(max(line, 1), 0, f"{statement}{newline}{gap}")
