"""Every named mutant of S1-S17 and D1-D9 is applied and must die.

That the same proofs hold for the engine as it is, the tests of the laws and of the enumeration show.
"""

import inspect

import pytest

from tests.engine.enumeration_snapshots import search
from tests.engine.mutants_snapshots import MUTANTS, SEARCH

DEPTH = 5
SLIPS = ("NameError", "AttributeError", "TypeError", "SyntaxError", "UnboundLocalError")
RULES = {f"S{number}" for number in range(1, 18)} | {f"D{number}" for number in range(1, 10)}


def prove(proof, monkeypatch, granularities=(1, 2)):
    if proof == SEARCH:
        for granularity in granularities:
            search(DEPTH, granularity)
    elif inspect.signature(proof).parameters:
        proof(monkeypatch)
    else:
        proof()


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_mutant_dies(mutant, monkeypatch):
    mutant.apply(monkeypatch)
    with pytest.raises((Exception, pytest.fail.Exception)) as death:
        prove(mutant.proof, monkeypatch, mutant.granularities)
    assert not any(slip in repr(death.value) for slip in SLIPS), "the mutant is misspelt, not wrong"


def test_every_rule_has_a_mutant():
    assert {mutant.name.split()[0] for mutant in MUTANTS} == RULES
