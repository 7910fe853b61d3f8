"""A quicker way to make what is of a frozen dataclass, for kinds of which there are many.

what is made is of that very class, and nobody can tell: it is as frozen, equal, hashed and written
a frozen dataclass's own constructor stores each value past the class's refusal to store any: most of what it costs
here the values are stored while the thing is of a twin that refuses nothing, and is of its own class from then on
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def quickly(kind: Callable[P, T]) -> Callable[P, T]:
    """What can be called instead of `kind`, a frozen dataclass with slots and keywords only, and answers the same."""
    make: Callable[P, T] = _maker(kind)
    return make


@cache
def _maker(kind: Any) -> Any:
    names = [field.name for field in fields(kind)]
    stores = "".join(f"made.{name} = {name}; " for name in names)
    scope: dict[str, Any] = {"_twin": _twin(kind), "_kind": kind}
    text = f"def make(*, {', '.join(names)}):\n made = _twin(); {stores}made.__class__ = _kind\n return made"
    exec(text, scope)  # as dataclasses do: a loop over the names would cost what this saves
    make = scope["make"]
    make.__name__, make.__kwdefaults__ = kind.__name__, kind.__init__.__kwdefaults__
    return make


def _twin(kind: type) -> type:
    """A class of the same layout that stores what it is told to store."""
    refuses_nothing = {name: getattr(object, name) for name in ("__init__", "__setattr__", "__delattr__")}
    return type(kind.__name__, kind.__bases__, {"__slots__": kind.__slots__, **refuses_nothing})  # type: ignore[attr-defined]
