"""Write what the linter knows of Celery's own names, read from the Celery packages themselves.

    python scripts/generate_knowledge.py            write settings, options, removed and transports of knowledge
    python scripts/generate_knowledge.py --check    fail where one of them is not what would be written

Each version is installed into a temporary folder and read by a process of its own. Two versions that no longer run on
today's Python tell by their text what has been removed since. The linter never imports Celery: the result is checked
in, and a test compares the part of the Celery that is installed.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import inspect
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import CodeType
from typing import Any

TARGET = Path(__file__).parents[1] / "flake8_celery" / "knowledge"
PINS = {
    "5.3": ("celery==5.3.6", "kombu==5.3.7"),
    "5.4": ("celery==5.4.0", "kombu==5.3.7"),
    "5.5": ("celery==5.5.3", "kombu==5.5.4"),
    "5.6": ("celery==5.6.3", "kombu==5.6.2"),
    "5.7": ("celery==5.7.0", "kombu==5.7.0"),
}
OLD_PINS = {
    "3.1": ("celery==3.1.26.post2", "kombu==3.0.37"),
    "4.4": ("celery==4.4.7", "kombu==4.6.11"),
}
WIDTH = 118


# --- what an installed Celery says ------------------------------------------------------------------------------------


def probe() -> dict[str, Any]:
    """All that the Celery of this interpreter says of its names."""
    import celery
    from celery.app import defaults
    from celery.app.amqp import AMQP
    from celery.app.backends import BACKEND_ALIASES
    from celery.app.base import Celery
    from celery.app.task import Task
    from kombu.messaging import Producer
    from kombu.transport import TRANSPORT_ALIASES

    folder = Path(celery.__file__).parent
    members = {name: inspect.getattr_static(Task, name) for name in dir(Task) if not name.startswith("_")}
    methods = {n for n, member in members.items() if callable(member) or isinstance(member, classmethod | staticmethod)}
    settings = {name: _type(option) for name, option in defaults.flatten(defaults.NAMESPACES)}
    return {
        "version": celery.__version__,
        "settings": settings,
        "old_settings": dict(defaults._TO_NEW_KEY),
        "read_settings": sorted(_read_settings(folder) - settings.keys()),
        "task_attributes": sorted(members.keys() - methods),
        "task_methods": sorted(methods),
        "option_settings": dict(Task.from_config),
        "execution_options": sorted(_execution_options(folder)),
        "autoretry_options": sorted(_consts_of_calls(folder / "app" / "autoretry.py", "options", ("get",))),
        "decorator_options": sorted(
            (_parameters(Celery._task_from_fun) | _parameters(_inner(Celery.task, "inner_create_task_cls")))
            - {"self", "fun", "options", "opts"}
        ),
        "apply_async": sorted(
            _named(Task.apply_async)
            | _named(Celery.send_task)
            | _named(AMQP.as_task_v1)
            | _named(AMQP.as_task_v2)
            | _named(_inner(AMQP._create_task_sender, "send_task_message"))
            | _named(Producer.publish)
            | _execution_options(folder)
            | _consts_of_calls(folder / "app" / "base.py", "options", ("get", "pop"))
            | _properties()
        ),
        "transports": sorted(TRANSPORT_ALIASES),
        "backends": sorted(BACKEND_ALIASES),
        "modules": sorted(_modules(folder)),
        "exports": {name: sorted(_exported(path)) for name, path in _files(folder)},
        "names": {name: sorted(_bound(path)) for name, path in _files(folder)} | {"celery": sorted(celery.__all__)},
    }


def _type(option: Any) -> str:
    return option.type if isinstance(option.type, str) else option.type.__name__


def _read_settings(folder: Path) -> set[str]:
    """Settings that the code reads without declaring them: `conf.get("x")`, `conf["x"]`."""
    found: set[str] = set()
    for _, path in _files(folder):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=base, attr="get" | "get_by_parts"), args=[ast.Constant(str(name)), *_]
                ):
                    if _last(base) in ("conf", "config"):
                        found.add(name)
                case ast.Call(func=ast.Name("_get"), args=[ast.Constant(str(name)), *_]):
                    found.add(name)
                case ast.Call(func=ast.Name("getattr"), args=[base, ast.Constant(str(name)), *_]) if (
                    _last(base) == "conf"
                ):
                    found.add(name)
                case ast.Subscript(value=base, slice=ast.Constant(str(name))) if _last(base) == "conf":
                    found.add(name)
                case ast.Attribute(value=base, attr=name) if _last(base) == "conf" and _is_read(node):
                    found.add(name)
    from celery.app.utils import Settings

    # what has no underscore is a key of the dictionary that a setting holds
    return {n for n in found if n.islower() and "_" in n.strip("_") == n and not hasattr(Settings, n)}


def _is_read(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Load)


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _execution_options(folder: Path) -> set[str]:
    """The attributes of a task that are sent with its messages."""
    for node in ast.walk(ast.parse((folder / "app" / "task.py").read_text("utf-8"))):
        match node:
            case ast.Assign(targets=[ast.Name("extract_exec_options")], value=ast.Call(args=args)):
                return {a.value for a in args if isinstance(a, ast.Constant) and isinstance(a.value, str)}
    raise SystemExit("celery/app/task.py: no extract_exec_options")


def _consts_of_calls(path: Path, receiver: str, methods: Iterable[str]) -> set[str]:
    """The names that a file asks a dictionary for: `options.get("x")`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(name), attr=attr), args=[ast.Constant(str(key)), *_]):
                if name == receiver and attr in methods:
                    found.add(key)
    return found


def _parameters(function: Callable[..., Any] | CodeType) -> set[str]:
    code = function if isinstance(function, CodeType) else inspect.unwrap(function).__code__
    return set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])


def _named(function: Callable[..., Any] | CodeType) -> set[str]:
    """The options among the parameters: what is not the message itself."""
    own = {"self", "name", "args", "kwargs", "producer_", "message", "body", "task_args", "task_kwargs", "now"}
    return _parameters(function) - own


def _inner(function: Callable[..., Any], name: str) -> CodeType:
    """The code of a function that is defined in another."""
    pending = [inspect.unwrap(function).__code__]
    while pending:
        code = pending.pop()
        for const in code.co_consts:
            if isinstance(const, CodeType):
                if const.co_name == name:
                    return const
                pending.append(const)
    raise SystemExit(f"{function.__qualname__}: no function {name} in it")


def _properties() -> set[str]:
    """Properties of a message: AMQP's, and those that the transports of kombu look for."""
    import kombu.transport
    from amqp.basic_message import Message

    found = {name for name, _ in Message.PROPERTIES}
    for path in Path(kombu.transport.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case (
                    ast.Subscript(value=ast.Subscript(slice=ast.Constant("properties")), slice=ast.Constant(str(name)))
                    | ast.Call(
                        func=ast.Attribute(value=ast.Subscript(slice=ast.Constant("properties")), attr="get" | "pop"),
                        args=[ast.Constant(str(name)), *_],
                    )
                    | ast.Compare(
                        left=ast.Constant(str(name)), comparators=[ast.Subscript(slice=ast.Constant("properties"))]
                    )
                ):
                    found.add(name)
    return found


# --- the text of a Celery ---------------------------------------------------------------------------------------------


def read(folder: Path) -> dict[str, Any]:
    """What the text of a Celery tells that this Python cannot import."""
    classes = [
        node
        for path in (folder / "app" / "task.py", folder / "task" / "base.py")
        for node in ast.walk(_parse(path))
        if isinstance(node, ast.ClassDef) and node.name in ("Task", "PeriodicTask")
    ]
    members = [statement for cls in classes for statement in cls.body]
    attributes = {
        target.id
        for statement in members
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    methods = {statement.name for statement in members if isinstance(statement, ast.FunctionDef)}
    return {
        "modules": sorted(_modules(folder)),
        "exports": {name: sorted(_exported(path)) for name, path in _files(folder)},
        "transports": sorted(_aliases(folder.parent / "kombu" / "transport" / "__init__.py")),
        "backends": sorted(_aliases(folder / "app" / "backends.py", folder / "backends" / "__init__.py")),
        "task_attributes": sorted(n for n in attributes if not n.startswith("_")),
        "task_methods": sorted(n for n in methods if not n.startswith("_")),
    }


def _parse(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_text("utf-8"))
    except SyntaxError:  # Python 2 only
        return ast.Module([], [])


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """The public modules below a package's folder, by their dotted names."""
    for path in sorted(folder.rglob("*.py")):
        parts = [folder.name, *path.relative_to(folder).with_suffix("").parts]
        if parts[-1] == "__init__":
            parts.pop()
        if not any(p.startswith("_") or p == "tests" for p in parts):
            yield ".".join(parts), path


def _modules(folder: Path) -> set[str]:
    """The modules that can be imported: files, and those that Celery makes up for compatibility."""
    found = {name for name, _ in _files(folder)}
    for name in ("local.py", "five.py"):
        if (folder / name).exists():
            for node in ast.walk(_parse(folder / name)):
                match node:
                    case ast.Assign(targets=[ast.Name("COMPAT_MODULES")], value=ast.Dict() as value):
                        for key, inner in zip(value.keys, value.values, strict=True):
                            if key is not None and isinstance(inner, ast.Dict):
                                found |= {f"{_text(key)}.{_text(k)}" for k in inner.keys if k is not None}
    return found


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _aliases(*paths: Path) -> set[str]:
    """The keys of the tables of transports or backends in the first of these files that has one."""
    for path in paths:
        for node in ast.walk(_parse(path) if path.exists() else ast.Module([], [])):
            match node:
                case ast.Assign(targets=[ast.Name("TRANSPORT_ALIASES" | "BACKEND_ALIASES")], value=ast.Dict(keys=keys)):
                    return {_text(key) for key in keys if key is not None}
    raise SystemExit(f"{paths[0]}: no table of aliases")


def _exported(path: Path) -> set[str]:
    """What a module names in `__all__`."""
    found: set[str] = set()
    for node in _parse(path).body:
        match node:
            case ast.Assign(targets=[ast.Name("__all__")], value=ast.List(elts=elements) | ast.Tuple(elts=elements)):
                found |= {e.value for e in elements if isinstance(e, ast.Constant) and isinstance(e.value, str)}
    return found


def _bound(path: Path) -> set[str]:
    """The public names that a module binds, whatever the branch."""
    found: set[str] = set()
    pending: list[ast.stmt] = list(_parse(path).body)
    while pending:
        node = pending.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.add(node.name)
            case ast.Import() | ast.ImportFrom():
                found |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
            case ast.Assign():
                found |= {n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)}
            case ast.AnnAssign(target=ast.Name(name)):
                found.add(name)
            case _:
                for field in ("body", "orelse", "finalbody"):
                    pending += getattr(node, field, [])
                for handler in getattr(node, "handlers", []):
                    pending += handler.body
    return {name for name in found | _exported(path) if not name.startswith("_")}


# --- all versions -----------------------------------------------------------------------------------------------------


def gather() -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """What each pinned version says, the oldest first, and what the text of the old ones does."""
    with tempfile.TemporaryDirectory() as temporary:
        found = {}
        for minor, pins in PINS.items():
            folder = Path(temporary, minor)
            _install(folder, *pins)
            environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
            command = [sys.executable, __file__, "--probe"]
            done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)  # noqa: S603
            found[minor] = json.loads(done.stdout)
            if f"celery=={found[minor]['version']}" not in pins:
                raise SystemExit(f"{minor}: read {found[minor]['version']} in place of {pins[0]}")
        old = {}
        for minor, packages in OLD_PINS.items():
            folder = Path(temporary, minor)
            _install(folder, "--no-deps", *packages)
            old[minor] = read(folder / "celery")
        return found, old


def _install(folder: Path, *what: str) -> None:
    uv = shutil.which("uv")
    command = [uv, "pip", "install"] if uv else [sys.executable, "-m", "pip", "install"]
    target = ["--python", sys.executable] if uv else []
    subprocess.run([*command, "--quiet", *target, "--target", str(folder), *what], check=True)  # noqa: S603


def union(found: dict[str, dict[str, Any]], key: str) -> set[str]:
    """The names that any version has."""
    return {name for said in found.values() for name in said[key]}


def since(found: dict[str, dict[str, Any]], *keys: str) -> dict[str, tuple[int, int]]:
    """The names that the oldest version lacks, with the first that has them."""
    first: dict[str, tuple[int, int]] = {}
    oldest = next(iter(found))
    for minor, said in found.items():
        for name in sorted({name for key in keys for name in said[key]}):
            first.setdefault(name, _numbers(minor))
    return {name: numbers for name, numbers in sorted(first.items()) if numbers > _numbers(oldest)}


def _numbers(minor: str) -> tuple[int, int]:
    major, _, rest = minor.partition(".")
    return int(major), int(rest)


# --- the modules ------------------------------------------------------------------------------------------------------


def render(found: dict[str, dict[str, Any]], old: dict[str, dict[str, Any]]) -> dict[str, str]:
    """The text of each module of knowledge by its name."""
    versions = ", ".join(said["version"] for said in found.values())
    return {
        "settings.py": _settings(found, versions),
        "options.py": _options(found, old, versions),
        "removed.py": _removed(found, old, versions),
        "transports.py": _transports(found, old, versions),
    }


def _settings(found: dict[str, dict[str, Any]], versions: str) -> str:
    types = {name: kind for said in found.values() for name, kind in said["settings"].items()}
    modern = {name: new for said in found.values() for name, new in said["old_settings"].items()}
    fallback = {name: setting for said in found.values() for name, setting in said["option_settings"].items()}
    newer = since(found, "settings", "read_settings")
    read_only = union(found, "read_settings") - types.keys()
    return _module(
        f"Names of settings: those of Celery {versions}.",
        _map("SETTINGS", "str", types, "The lower-case names that Celery declares, with the type of each."),
        _set("READ", read_only, "Further names that Celery reads without declaring them."),
        _map("OLD_TO_MODERN", "str", modern, "The upper-case names, as read without a namespace, and the modern ones."),
        _map("OPTION_TO_SETTING", "str", fallback, "The task options that fall back to a setting, with that setting."),
        _map("SINCE", "tuple[int, int]", newer, "The first version of the settings that the oldest one lacks."),
        'MODERN: frozenset[str] = frozenset(SETTINGS)\n"""The lower-case names that Celery declares."""',
    )


def _options(found: dict[str, dict[str, Any]], old: dict[str, dict[str, Any]], versions: str) -> str:
    kinds = ("task_attributes", "execution_options", "decorator_options", "autoretry_options")
    accepted = {name for kind in kinds for name in union(found, kind)}
    methods, calls = union(found, "task_methods"), union(found, "apply_async")
    lost = union(old, "task_attributes") - accepted - methods
    call_since = since(found, "apply_async")
    return _module(
        f"Names of options of tasks and of calls: those of Celery {versions}.",
        _set("TASK_OPTIONS", accepted, "What a task decorator takes, or a task class says, and Celery reads."),
        _set("TASK_METHODS", methods, "Methods of a task, which an option of that name replaces."),
        _set("CALL_OPTIONS", calls, "What `apply_async`, `send_task` and the message take."),
        _map("SINCE", "tuple[int, int]", since(found, *kinds), "The first version of newer task options."),
        _map("CALL_SINCE", "tuple[int, int]", call_since, "The first version of newer call options."),
        _set("OLD_OPTIONS", lost, f"What tasks of Celery {' and '.join(old)} had besides."),
    )


def _transports(found: dict[str, dict[str, Any]], old: dict[str, dict[str, Any]], versions: str) -> str:
    transports, backends = union(found, "transports"), union(found, "backends")
    newer = since(found, "transports", "backends")
    before = " and ".join(old)
    return _module(
        f"Names of broker transports and result backends: those of Celery {versions}.",
        _set("TRANSPORTS", transports, "The schemes of broker URLs."),
        _set("BACKENDS", backends, "The schemes of result backend URLs, before a `+`."),
        _set("OLD_TRANSPORTS", union(old, "transports") - transports, f"Further ones that Celery {before} had."),
        _set("OLD_BACKENDS", union(old, "backends") - backends, f"Further ones that Celery {before} had."),
        _map("SINCE", "tuple[int, int]", newer, "The first version of those that the oldest one lacks."),
    )


def _removed(found: dict[str, dict[str, Any]], old: dict[str, dict[str, Any]], versions: str) -> str:
    newest = found[list(found)[-1]]
    last: dict[str, str] = {}
    for minor, said in {**old, **found}.items():
        last.update(dict.fromkeys(set(said["modules"]) - set(newest["modules"]), minor))
    # a module that is gone takes what is below it along
    modules = {name: _after(minor) for name, minor in last.items() if not any(_below(name, other) for other in last)}
    names: dict[str, tuple[int, int]] = {}
    for minor, said in {**old, **found}.items():
        for module, exported in said["exports"].items():
            if module in newest["names"]:
                inner = {m.rpartition(".")[2] for m in newest["modules"] if _below(m, module)}
                lost = set(exported) - set(newest["names"][module]) - inner
                names.update({f"{module}.{name}": _after(minor) for name in lost})
    methods: dict[str, tuple[int, int]] = {}
    for minor, said in old.items():
        lost = set(said["task_methods"]) - set(newest["task_methods"]) - set(newest["task_attributes"])
        methods.update({name: _after(minor) for name in lost})
    return _module(
        f"What Celery {newest['version']} no longer has: {', '.join(OLD_PINS)}, {versions} compared.",
        _map("MODULES", "tuple[int, int]", modules, "Modules, with the version that no longer has them."),
        _map("NAMES", "tuple[int, int]", names, "Names that modules which still exist exported, likewise."),
        _map("TASK_METHODS", "tuple[int, int]", methods, "Methods of tasks, likewise."),
    )


def _below(name: str, module: str) -> bool:
    return name.startswith(module + ".")


def _after(minor: str) -> tuple[int, int]:
    """The version that follows the last one that had a name."""
    following = {"3.1": (4, 0), "4.4": (5, 0)}
    major, rest = _numbers(minor)
    return following.get(minor, (major, rest + 1))


def _module(title: str, *parts: str) -> str:
    head = f'"""{title}\n\nWritten by scripts/generate_knowledge.py from the packages themselves: do not edit.\n"""\n'
    body = "\n\n".join(part for part in parts if part)
    return f"{head}\n# fmt: off\nfrom __future__ import annotations\n\n{body}\n"


def _set(name: str, values: Iterable[str], says: str) -> str:
    items = [f"{_quoted(value)}," for value in sorted(values)]
    return f'{name}: frozenset[str] = frozenset({{\n{_filled(items)}\n}})\n"""{says}"""'


def _map(name: str, kind: str, values: dict[str, Any], says: str) -> str:
    items = [f"{_quoted(key)}: {_quoted(value)}," for key, value in sorted(values.items())]
    return f'{name}: dict[str, {kind}] = {{\n{_filled(items)}\n}}\n"""{says}"""'


def _filled(words: list[str]) -> str:
    """The words in lines of even length."""
    lines, line = [], "   "
    for word in words:
        if len(line) + 1 + len(word) > WIDTH:
            lines.append(line)
            line = "   "
        line += f" {word}"
    return "\n".join([*lines, line])


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where something would change")
    parser.add_argument("--probe", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.probe:
        json.dump(probe(), sys.stdout)
        return 0
    changed = 0
    for name, text in render(*gather()).items():
        path = TARGET / name
        before = path.read_text("utf-8") if path.exists() else ""
        if before == text:
            continue
        changed += 1
        if options.check:
            sys.stdout.writelines(
                difflib.unified_diff(before.splitlines(True), text.splitlines(True), name, "generated")
            )
        else:
            path.write_text(text, "utf-8")
            print(f"{name}: written", file=sys.stderr)
    return 1 if options.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
