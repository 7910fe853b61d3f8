"""The JSON schema that editors complete and check scenario files with (`georep schema`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sim.scenario.distributions import Wrapped
from sim.scenario.fields import Model
from sim.scenario.schema import Scenario


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a scenario file; keys that begin with `x-` are allowed everywhere."""
    schema = Scenario.model_json_schema(by_alias=True, mode="validation")
    _open_to_private_keys(schema)
    _write_defaults(schema)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "georep scenario"
    schema["properties"] = {
        "extends": {"type": "string", "description": "Another scenario file that this one is laid over."},
        **schema["properties"],
    }
    return schema


def _open_to_private_keys(part: Any) -> None:
    if isinstance(part, dict):
        if part.get("type") == "object":
            part["patternProperties"] = {"^x-": {}, **part.get("patternProperties", {})}
        for inner in part.values():
            _open_to_private_keys(inner)
    elif isinstance(part, list):
        for inner in part:
            _open_to_private_keys(inner)


def _write_defaults(schema: dict[str, Any]) -> None:
    """Defaults as a file would write them: 8 KiB, not 8192."""
    for model in _models(Model):
        part = schema if model is Scenario else schema["$defs"].get(model.__name__, {})
        written = model.model_construct().model_dump(mode="json", by_alias=True) if _has_defaults(model, part) else {}
        for key, value in written.items():
            if "default" in part["properties"].get(key, {}):
                part["properties"][key]["default"] = value


def _has_defaults(model: type[Model], part: dict[str, Any]) -> bool:
    """Whether a model has defaults in the form of its fields; those of the wrapped ones are all null."""
    return not issubclass(model, Wrapped) and any("default" in value for value in part.get("properties", {}).values())


def _models(base: type[Model]) -> Iterator[type[Model]]:
    for model in base.__subclasses__():
        yield model
        yield from _models(model)
