"""Golden digests: not theory, only a bell that rings when the same scenario and seed give another run.

A change that is meant goes into CHANGELOG.md under "streams and digests"; then
`python -m tests.golden.test_digests` prints the new table.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.scenario import load
from sim.simulation import simulate

ROOT = Path(__file__).parents[2]
TABLE = Path(__file__).with_name("digests.json")
NAMES = (
    "quickstart", "sawtooth", "seeding", "local-copy", "replay-cloudphysics", "replay-oltp", "primary-burns",
    "three-secondaries",
)  # fmt: skip


def digest(name: str) -> str:
    return simulate(load(ROOT / "scenarios" / f"{name}.scenario.yaml"), checking="off").digest


@pytest.mark.parametrize("name", NAMES)
def test_the_digest_is_the_one_on_record(name: str) -> None:
    assert digest(name) == json.loads(TABLE.read_text())[name]


if __name__ == "__main__":
    TABLE.write_text(json.dumps({name: digest(name) for name in NAMES}, indent=2) + "\n")
