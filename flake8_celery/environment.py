"""Expressions that read an environment variable, and what they are where it is not set."""

from __future__ import annotations

from .frozen import dataclass
from .model import UNKNOWN, Attr, Call, CallRef, Const, Expr, Items, Op, Scope
from .names import Names

_PLAIN = frozenset({"os.environ.get", "os.getenv"})
_ENV = ("environ.Env()", "environ.FileAwareEnv()", "environs.Env()", "environs.FileAwareEnv()")
_CONFIG = frozenset({"decouple.config", "starlette.config.Config()", "decouple.Config()", "decouple.AutoConfig()"})
_CASTS = frozenset({"builtins.bool", "builtins.int", "builtins.str"})
_STRTOBOOL = frozenset({"distutils.util.strtobool", "setuptools._distutils.util.strtobool"})
_TRUE = frozenset({"true", "t", "yes", "y", "on", "1", "ok"})
_CASES = frozenset({"casefold", "lower", "strip", "title", "upper"})
_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Read:
    """`default` is the value of the whole expression where the environment does not set `variable`."""

    variable: str
    default: object


class Environment:
    def __init__(self, names: Names) -> None:
        self._names = names

    def read(self, scope: Scope, expr: Expr | None, depth: int = 0) -> Read | None:
        """The variable that an expression reads and nothing else but literals; None where it is no such expression, or
        its default cannot be told."""
        if expr is None or depth > _DEPTH:
            return None
        match expr:
            case Op(operator="not", operands=(operand,)):
                inner = self.read(scope, operand, depth + 1)
                return Read(inner.variable, not inner.default) if inner is not None else None
            case Op(operator="==" | "!=" | "in" | "not in" as operator, operands=(left, right)):
                inner = self.read(scope, left, depth + 1)
                other = self._names.value(scope, right)
                if inner is None or other is UNKNOWN:
                    return None
                return Read(inner.variable, _compared(operator, inner.default, other))
            case CallRef(index=index):
                return self._called(scope, scope.calls[index], depth)
        return None

    def _called(self, scope: Scope, call: Call, depth: int) -> Read | None:
        if call.has_spread:
            return None
        if isinstance(call.func, Attr) and call.attr in _CASES and not call.args:
            inner = self.read(scope, call.func.base, depth + 1)
            if inner is None or not isinstance(inner.default, str):
                return None
            method: str = getattr(inner.default, call.attr)()
            return Read(inner.variable, method)
        found = self._names.resolve(scope, call.func)
        name = found.name if found is not None else ""
        if name in _PLAIN:
            return self._with_default(scope, call, call.argument(1, "default"))
        if name in _CONFIG:
            read = self._with_default(scope, call, call.argument(1, "default"))
            return _cast(read) if read is not None and call.keyword("cast") is not None else read
        env = next((env for env in _ENV if name == env or name.startswith(f"{env}.")), None)
        if env is not None:
            return self._of_env(scope, call, name.removeprefix(env).removeprefix("."))
        if (name in _CASTS or name in _STRTOBOOL) and len(call.args) == 1:
            inner = self.read(scope, call.args[0], depth + 1)
            if inner is None:
                return None
            if name in _STRTOBOOL:
                return _cast(inner)
            return _converted(inner, name.removeprefix("builtins."))
        return None

    def _of_env(self, scope: Scope, call: Call, method: str) -> Read | None:
        """`env("X", default=True)`, `env.bool("X", True)`, and what `environ.Env(X=(bool, True))` declares."""
        if method not in ("", "bool", "str", "int"):
            return None
        given = call.argument(1, "default") if method else call.keyword("default")
        if given is not None:
            read = self._with_default(scope, call, given)
            return _cast(read) if method == "bool" and read is not None else read
        variable = self._names.value(scope, call.argument(0, "var"))
        maker = call.func.base if isinstance(call.func, Attr) else call.func
        made = self._names.resolve(scope, maker)
        if made is None or made.made is None or not isinstance(variable, str):
            return None
        declared = made.made[1].keyword(variable)
        if isinstance(declared, Items) and len(declared.items) == 2:
            default = self._names.value(made.made[0], declared.items[1])
            return Read(variable, default) if default is not UNKNOWN else None
        return None

    def _with_default(self, scope: Scope, call: Call, default: Expr | None) -> Read | None:
        variable = self._names.value(scope, call.args[0]) if call.args else None
        value = self._names.value(scope, default) if isinstance(default, Const) else UNKNOWN
        return Read(variable, value) if isinstance(variable, str) and value is not UNKNOWN else None


def _compared(operator: str, left: object, right: object) -> bool:
    if operator in ("==", "!="):
        return (left == right) is (operator == "==")
    try:
        return (left in right) is (operator == "in")  # type: ignore[operator]
    except TypeError:
        return False


def _cast(read: Read) -> Read:
    if isinstance(read.default, str):
        return Read(read.variable, read.default.lower() in _TRUE)
    return Read(read.variable, bool(read.default))


def _converted(read: Read, kind: str) -> Read | None:
    """What `bool(...)`, `int(...)` or `str(...)` makes of it."""
    value = read.default
    if kind == "bool":
        return Read(read.variable, bool(value))
    if kind == "str":
        return Read(read.variable, str(value))
    if isinstance(value, str | int | float):
        try:
            return Read(read.variable, int(value))
        except ValueError:
            pass
    return None


__all__ = ["Environment", "Read"]
