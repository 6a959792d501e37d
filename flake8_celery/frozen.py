"""Dataclasses that the type checker keeps from being changed.

Python's own frozen classes set each field by way of `object.__setattr__`, which takes three times as long, and a
project's facts are some hundred thousand objects. And what compares, hashes and shows the objects of a class is
compiled when that is asked for the first time: most classes are never compared, and all of it together would take
longer than the rest of a run over a project that has not changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    import dataclasses

    def dataclass(*, frozen, slots=False, eq=True):
        assert frozen

        def decorate(cls):
            # where there is nothing, `dataclass` writes the signature, which takes longer than all else that it does
            cls.__doc__ = cls.__doc__ or cls.__name__
            made = dataclasses.dataclass(slots=slots, eq=False, repr=False)(cls)
            made.__repr__ = _shows
            if eq:
                made.__eq__, made.__hash__ = _equals, _hashes
            return made

        return decorate

    def _equals(self, other):
        cls = type(self)
        own, others = _tuple(cls, "self", "compare"), _tuple(cls, "other", "compare")
        _write(cls, "__eq__", "self, other", f"{own} == {others} if other.__class__ is cls else NotImplemented")
        return self == other

    def _hashes(self):
        _write(type(self), "__hash__", "self", f"hash({_tuple(type(self), 'self', 'compare')})")
        return hash(self)

    def _shows(self):
        cls = type(self)
        shown = ", ".join(f"{name}={{self.{name}!r}}" for name in _fields(cls, "repr"))
        _write(cls, "__repr__", "self", f"f'{cls.__qualname__}({shown})'")
        return repr(self)

    def _tuple(cls, thing, role):
        return f"({''.join(f'{thing}.{name}, ' for name in _fields(cls, role))})"

    def _fields(cls, role):
        return [field.name for field in dataclasses.fields(cls) if getattr(field, role)]

    def _write(cls, name, parameters, value):
        scope = {"cls": cls}
        exec(f"def {name}({parameters}): return {value}", scope)  # noqa: S102 - nothing in it comes from outside
        setattr(cls, name, scope[name])


__all__ = ["dataclass"]
