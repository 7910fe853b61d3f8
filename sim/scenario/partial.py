"""A part of a scenario in which something is wrong: what is right of it can be read, the rest raises NotUnderstood.

so rules see as much as there is, and none of them judges a value that nobody wrote
"""

from __future__ import annotations

from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import Discriminator, Tag, TypeAdapter, ValidationError

from sim.scenario.fields import Model


def part_of(annotation: Any, value: Any) -> Any:
    """What can be understood of a value, as the type that it should have; None where that is nothing."""
    try:
        return _adapter(annotation).validate_python(value, by_alias=True, by_name=False)
    except ValidationError:
        model = _model_of(annotation, value) if isinstance(value, dict) else None
        return None if model is None else _partly(model, value)


def each_part(annotation: Any, values: Any) -> dict[str, Any]:
    """What can be understood of each value of a map, by name."""
    found = {name: part_of(annotation, value) for name, value in values.items()} if isinstance(values, dict) else {}
    return {name: part for name, part in found.items() if part is not None}


def _partly(model: type[Model], value: dict[str, Any]) -> Model:
    """A model without the fields that are wrong or missing; keys that were written count as written all the same."""
    keys = {name: info.alias or name for name, info in model.model_fields.items()}
    part = model.model_construct({name for name, key in keys.items() if key in value})
    for name, key in keys.items():
        if key in value or model.model_fields[name].is_required():
            part.__dict__.pop(name, None)
            part.__dict__.update(_understood(model, name, value.get(key)))
    return part


def _understood(model: type[Model], name: str, value: Any) -> dict[str, Any]:
    """A field by its name, and nothing where it is wrong; a map of parts is never wrong, only its parts are."""
    annotation: Any = _present(model.model_fields[name].annotation)
    if get_origin(annotation) is dict:
        return {name: each_part(get_args(annotation)[1], value)}
    try:
        return {name: _field_adapter(model, name).validate_python(value, by_alias=True, by_name=False)}
    except ValidationError:
        if get_origin(annotation) is tuple and get_args(annotation)[-1] is Ellipsis:
            return _all_of(name, get_args(annotation)[0], value)
        inner = _model_of(annotation, value) if isinstance(value, dict) else None
        return {} if inner is None else {name: _partly(inner, value)}


def _present(annotation: Any) -> Any:
    """What a value that may be absent is where it is there; the type itself where it is not of that form."""
    if get_origin(annotation) not in (Union, UnionType):
        return annotation
    others = [one for one in get_args(annotation) if one is not NoneType]
    return _bare(others[0]) if len(others) == 1 else annotation


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _all_of(name: str, item: Any, value: Any) -> dict[str, Any]:
    """A list of parts by its name, as far as they are right; nothing where one of them is nothing at all."""
    parts = [part_of(item, one) for one in (value if isinstance(value, tuple) else (value,))]
    return {} if any(part is None for part in parts) else {name: tuple(parts)}


def _model_of(annotation: Any, value: dict[str, Any]) -> type[Model] | None:
    """The model that a value should have; where several are possible, the one that it chose."""
    if isinstance(annotation, type):
        return annotation if issubclass(annotation, Model) else None
    union, *extras = get_args(annotation) or (None,)
    choice = next((extra.discriminator for extra in extras if isinstance(extra, Discriminator)), None)
    tag = choice(value) if callable(choice) else None
    if tag is None:
        return None
    return next((get_args(arm)[0] for arm in get_args(union) if Tag(str(tag)) in get_args(arm)), None)


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


@cache
def _field_adapter(model: type[Model], name: str) -> TypeAdapter[Any]:
    info = model.model_fields[name]
    annotation: Any = Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
    return TypeAdapter(annotation)
