"""The JSON schema that editors complete and check scenario files with (`georep schema`)."""

from __future__ import annotations

from typing import Any

from sim.scenario.schema import Scenario


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a scenario file; keys that begin with `x-` are allowed everywhere."""
    schema = Scenario.model_json_schema(by_alias=True, mode="validation")
    _open_to_private_keys(schema)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "georep scenario"
    schema["properties"] = {
        "extends": {"type": "string", "description": "Another scenario file that this one is laid over."},
        **schema["properties"],
    }
    return schema


def _open_to_private_keys(part: Any) -> None:
    if isinstance(part, dict):
        if part.get("additionalProperties") is False:
            part["patternProperties"] = {"^x-": {}}
        for inner in part.values():
            _open_to_private_keys(inner)
    elif isinstance(part, list):
        for inner in part:
            _open_to_private_keys(inner)
