"""Which keys the schema knows where, for suggestions: read off the models, written nowhere twice."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, get_args, get_origin

from pydantic import Tag

from sim.scenario.distributions import Wrapped
from sim.scenario.fields import Model
from sim.scenario.later import NOT_YET, key_is_later
from sim.scenario.nodes import Path

ANY, EACH = "*", "#"  # any name; every item of a list


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """The keys that one model allows at one kind of place; `tag` tells alternatives apart."""

    pattern: tuple[str, ...]
    tag: str
    keys: tuple[str, ...]

    def fits(self, path: Path) -> bool:
        """Whether `path` is such a place."""
        return len(path) == len(self.pattern) and all(
            p in (ANY, EACH, key) for p, key in zip(self.pattern, path, strict=True)
        )

    def title(self) -> str:
        """`replication.<name>`."""
        text = ".".join("<name>" if part == ANY else part for part in self.pattern)
        return text.replace(f".{EACH}", "[]") or "the top level"


@cache
def key_places() -> tuple[KeyPlace, ...]:
    """All places of the schema where keys are fixed."""
    from sim.scenario.schema import Scenario

    return tuple(_model(Scenario, (), ""))


def unknown_key(path: Path, key: str, tags: tuple[str, ...]) -> tuple[str, str]:
    """What to say of a key that is not allowed below `path`, and a hint; `tags`: the alternatives chosen on the way."""
    if key_is_later(path, key):
        return f"'{key}' {NOT_YET}", ""
    here = [place for place in key_places() if place.fits(path)]
    mine = [place for place in here if place.tag in tags] or here
    others = [place for place in here if place not in mine and key in place.keys]
    if others:
        return f"'{key}' does not go with the rest of this", f"it belongs to {' or '.join(_plain_tags(others))}"
    siblings = [name for place in mine for name in place.keys]
    if near := difflib.get_close_matches(key, siblings, n=1, cutoff=0.75):
        return f"unknown key '{key}'", f"did you mean '{near[0]}'?"
    elsewhere = sorted({place.title() for place in key_places() if key in place.keys})
    if elsewhere:
        return f"'{key}' is not allowed here", f"it belongs under {' or '.join(elsewhere[:3])}"
    if near := difflib.get_close_matches(key, siblings, n=1, cutoff=0.5):
        return f"unknown key '{key}'", f"did you mean '{near[0]}'?"
    return f"unknown key '{key[:60]}'", f"known here: {', '.join(siblings)}" if siblings else ""


def _plain_tags(places: list[KeyPlace]) -> list[str]:
    return [place.tag.strip("<>") for place in places]


def _model(model: type[Model], pattern: tuple[str, ...], tag: str) -> Iterator[KeyPlace]:
    keys = [info.alias or name for name, info in model.model_fields.items()]
    if issubclass(model, Wrapped):
        inner = tuple(key for key in keys if key not in model.beside)
        yield KeyPlace(pattern, tag, (model.word, *model.beside))
        yield KeyPlace((*pattern, model.word), tag, inner)
        return
    yield KeyPlace(pattern, tag, ("extends", *keys) if not pattern else tuple(keys))
    for key, info in zip(keys, model.model_fields.values(), strict=True):
        yield from _type(info.annotation, (*pattern, key), "")


def _type(annotation: Any, pattern: tuple[str, ...], tag: str) -> Iterator[KeyPlace]:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        tags = [extra.tag for extra in args[1:] if isinstance(extra, Tag)]
        yield from _type(args[0], pattern, tags[0] if tags else tag)
    elif origin is dict:
        yield from _type(args[1], (*pattern, ANY), tag)
    elif origin is tuple:
        yield from _type(args[0], (*pattern, EACH), tag)
    elif args:
        for arg in args:
            yield from _type(arg, pattern, tag)
    elif isinstance(annotation, type) and issubclass(annotation, Model):
        yield from _model(annotation, pattern, tag)
