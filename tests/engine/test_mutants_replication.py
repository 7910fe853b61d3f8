"""Every named mutant of C1-C15, T1-T5 and V1-V8 is applied and must die, by the test that it names."""

import inspect
from itertools import product

import pytest

from tests.engine.mutants_replication import MUTANTS

SLIPS = ("NameError", "AttributeError", "TypeError", "SyntaxError", "UnboundLocalError")
RULES = (
    {f"C{number}" for number in range(1, 16)}
    | {f"T{number}" for number in range(1, 6)}
    | {f"V{number}" for number in range(1, 9)}
    | {"S4"}
)


def run(proof, **fixtures):
    """Run a test function with each of its parameters."""
    marks = [mark for mark in getattr(proof, "pytestmark", []) if mark.name == "parametrize"]
    axes = [[named(mark.args[0], values) for values in mark.args[1]] for mark in marks]
    wanted = inspect.signature(proof).parameters
    for chosen in product(*axes):
        with pytest.MonkeyPatch.context() as patch:
            known = fixtures | {"monkeypatch": patch} | {name: value for each in chosen for name, value in each.items()}
            proof(**{name: known[name] for name in wanted if name in known})


def named(names, values):
    names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    return dict(zip(names, values if len(names) > 1 else [values], strict=True))


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_mutant_dies(mutant, monkeypatch, tmp_path):
    mutant.apply(monkeypatch)
    with pytest.raises((Exception, pytest.fail.Exception)) as death:
        run(mutant.proof, tmp_path=tmp_path)
    assert not any(slip in repr(death.value) for slip in SLIPS), f"the mutant is misspelt, not wrong: {death.value!r}"


def test_every_rule_has_a_mutant():
    assert {mutant.name.split()[0] for mutant in MUTANTS} == RULES
