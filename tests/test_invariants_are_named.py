"""Every invariant of this version is the name of at least one test (CORRECTNESS.md, section 1)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
NAMES = re.findall(r"def (test_\w+)", "\n".join(path.read_text() for path in sorted(TESTS.rglob("test_*.py"))))
IDS = {part for name in NAMES for part in name.split("_")}

INVARIANTS = [
    *(f"S{n}" for n in range(1, 18)),
    *(f"D{n}" for n in range(1, 10)),
    *(f"C{n}" for n in range(1, 12)),
    "C12", "C14", "C15",
    *(f"T{n}" for n in range(1, 15)),
    *(f"V{n}" for n in range(1, 9)),
    *(f"F{n}" for n in range(1, 12)),
    *(f"R{n}" for n in range(1, 15)),
    *(f"B{n}" for n in range(1, 9)),
    "M1", "M2", "M3", "M4", "M5", "M6", "M7", "M8", "M9", "M12",
]  # fmt: skip


@pytest.mark.parametrize("invariant", INVARIANTS)
def test_the_invariant_has_a_test_with_its_name(invariant: str) -> None:
    assert invariant in IDS
