"""The schema for editors: it accepts what the loader accepts, and knows every key."""

import json
import re
from pathlib import Path

import pytest
import yaml

from sim.scenario import first_scenario, json_schema, load_text, resolve_text
from sim.scenario.known import key_places
from sim.scenario.later import KEYS_LATER

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SCHEMA = json_schema()

TYPES = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict,
    "null": type(None),
}  # fmt: skip


def errors(value, schema=SCHEMA, path="$"):
    """What an editor would underline: as much of JSON Schema as ours uses."""
    if "$ref" in schema:
        yield from errors(value, SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]], path)
    for word in ("anyOf", "oneOf"):
        if word in schema:
            fitting = sum(not list(errors(value, part, path)) for part in schema[word])
            if fitting != 1 and (word == "oneOf" or not fitting):
                yield f"{path}: {fitting} of {word} fit {value!r}"
    if "const" in schema and value != schema["const"]:
        yield f"{path}: {value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value!r} is not of {schema['enum']}"
    if "type" in schema and (
        not isinstance(value, TYPES[schema["type"]]) or isinstance(value, bool) != (schema["type"] == "boolean")
    ):
        yield f"{path}: {value!r} is no {schema['type']}"
        return
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{path}: {value!r} does not match"
    if isinstance(value, int | float) and value < schema.get("minimum", value):
        yield f"{path}: {value!r} is too small"
    if isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            yield f"{path}: {len(value)} items are too few"
        for i, item in enumerate(value):
            parts = schema.get("prefixItems", [])
            yield from errors(item, parts[i] if i < len(parts) else schema.get("items", {}), f"{path}[{i}]")
    if isinstance(value, dict):
        yield from of_map(value, schema, path)


def of_map(value, schema, path):
    yield from (f"{path}: {key} is missing" for key in schema.get("required", ()) if key not in value)
    for key, inner in value.items():
        if key in schema.get("properties", {}):
            yield from errors(inner, schema["properties"][key], f"{path}.{key}")
        elif fitting := [
            part for pattern, part in schema.get("patternProperties", {}).items() if re.search(pattern, key)
        ]:
            for part in fitting:
                yield from errors(inner, part, f"{path}.{key}")
        elif schema.get("additionalProperties") is False:
            yield f"{path}: unknown key {key}"
        elif isinstance(schema.get("additionalProperties"), dict):
            yield from errors(inner, schema["additionalProperties"], f"{path}.{key}")


def as_editors_read(text):
    """YAML 1.2 core, as far as our files need it: PyYAML's booleans and times are none."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


GOOD = [first_scenario(), *(path.read_text("utf-8") for path in sorted(SCENARIOS.glob("*.scenario.yaml")))]


@pytest.mark.parametrize("text", GOOD, ids=lambda text: re.search("name: (.*)", text)[1])
def test_an_editor_underlines_nothing_in_a_good_scenario(text):
    if "\nextends:" not in text:  # what is laid over another file is no whole scenario
        assert list(errors(as_editors_read(text))) == []
    resolved = resolve_text(load_text(text, base_dir=SCENARIOS))
    assert list(errors(as_editors_read(resolved))) == []


WORKLOADS = """
- {writes: 300 /s, locality: uniform}
- {writes: 10 /min, locality: {sequential: true, over: 1 GiB, at: 1 GiB}, arrivals: even, rewrite: 5 %}
- {writes: 300 /s, locality: {zipf: 1.1}, write_size: 16 KiB, x-note: whatever}
- {writes: 300 /s, locality: {hot: {space: 10 %, writes: 90 %}, over: 1 GiB}}
- {writes: 300 /s, bursts: {every: {exponential: 1 h}, for: {lognormal: {median: 20 s, p95: 4 min}}, factor: 10}}
- {writes: 300 /s, bursts: {every: {uniform: [1 h, 2 h]}, for: {choice: {1 s: 70 %, 5 s: 30 %}}, factor: 2.5}}
- {writes: 300 /s, bursts: {every: {weibull: {shape: 1.5, scale: 1 h}}, for: 1 h 30 min, factor: 10}}
- {trace: traces/sample.msr.csv, format: msr, repeat: loop, time_scale: 0.5, at: 0}
- {churn: 1 /s, extent: 1 MiB}
"""


@pytest.mark.parametrize("workload", yaml.safe_load(WORKLOADS), ids=str)
def test_an_editor_and_the_loader_agree_on_every_form_of_a_workload(workload):
    data = as_editors_read(first_scenario())
    data["volumes"]["home"]["workload"]["office"] = workload
    assert list(errors(data)) == []
    assert load_text(json.dumps(data).replace('"true"', "true"), base_dir=SCENARIOS).name == "first"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("run.until", 600), ("run.until", "5m"), ("run.until", "0"), ("run.seed", "7"), ("run.seed", -1),
        ("name", "a b"), ("volumes.home.size", "10 Mb"), ("volumes.home.size", 100), ("volumes.home.in_use", 0.6),
        ("links.iberia.queue", "1 MB"), ("links.iberia.loss", 0.01), ("links.iberia.bandwidth", "100 Mbps"),
        ("links.iberia", {"between": ["madrid", "lisbon"]}), ("links.iberia.compression", 0.5),
        ("links.iberia.back", {"rtt": "1 ms"}), ("links.iberia.throttle", {"burst": "1 MiB"}),
        ("replication.home-mirror.bypass", "yes"), ("groups", {"iberia": []}),
        ("faults", {"flaps": {"kind": "flap", "link": "iberia", "mtbf": "1 h", "mttr": "1 s"}}),
        ("timeline", [{"at": "1 h", "kind": "link-down", "link": "iberia"}]), ("sites", ["madrid"]),
        ("replication.home-mirror.initial_copy", "doen"), ("timeline", [{"at": "1 h", "kind": "cut-nwo"}]),
        ("expect", [{"check": "stall == 0", "sfot": True}]), ("version", 2),
        ("volumes.home.workload.office.locality", {"zipf": 1.1, "bogus": 1}),
        ("volumes.home.workload.office.locality", {"exponent": 1.1}),
        ("volumes.home.workload.office.locality", "zipf"),
    ],
)  # fmt: skip
def test_an_editor_underlines_what_the_loader_refuses(path, value):
    data = as_editors_read(first_scenario())
    *way, last = path.split(".")
    here = data
    for key in way:
        here = here[key]
    here[last] = value
    assert list(errors(data))


def test_defaults_are_shown_as_files_write_them():
    defs = SCHEMA["$defs"]
    assert defs["Volume"]["properties"]["block"]["default"] == "8 KiB"
    assert defs["Replication"]["properties"]["timeout"]["default"] == "10 min"
    assert defs["Disk"]["properties"]["read"]["default"] == "400 MB/s"


def test_the_schema_knows_every_key_and_allows_private_ones():
    schema = json_schema()
    assert schema["properties"].keys() >= {"version", "extends", "sites", "timeline"}
    defs = schema["$defs"]
    assert all(part["patternProperties"]["^x-"] == {} for part in defs.values() if part.get("type") == "object")
    assert "extent" in defs["Churn"]["properties"]
    assert defs["Volume"]["properties"]["size"]["description"]


def test_the_schema_describes_values_as_files_write_them():
    defs = json_schema()["$defs"]
    size = re.compile(defs["Volume"]["properties"]["size"]["pattern"])
    assert all(size.match(text) for text in ("1 TiB", "600MB", "1.5 KiB"))
    assert not any(size.match(text) for text in ("600", "10 Mb", "5 min", "1 TiB x"))
    duration = re.compile(defs["RunOptions"]["properties"]["until"]["pattern"])
    assert all(duration.match(text) for text in ("24 h", "1 h 30 min", "1h30min"))
    assert not duration.match("5m")


def test_every_key_has_a_description_for_editors():
    for name, part in SCHEMA["$defs"].items():
        for key, value in part.get("properties", {}).items():
            meant = SCHEMA["$defs"][value["$ref"].rsplit("/", 1)[1]] if "$ref" in value else value
            assert "description" in json.dumps(meant) or key == "kind", f"{name}.{key}"


def test_keys_of_later_versions_are_not_keys_of_this_one():
    for pattern, keys in KEYS_LATER.items():
        known = [key for place in key_places() if place.fits(pattern) for key in place.keys]
        assert not keys & set(known), pattern
