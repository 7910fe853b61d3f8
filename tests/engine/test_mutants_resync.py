"""Every wrong way to fail over and to come back dies in the search, after the shortest history that can tell."""

import pytest

from tests.engine.mutants_resync import MUTANTS, FreeOnReceipt
from tests.engine.recovery_search import Found, search
from tests.engine.recovery_sites import Sites
from tests.engine.test_mutants_replication import SLIPS


def hunt(mutant):
    return search(mutant.depth, mutant.start, mutant.words.split(), mutant.sites, **mutant.options)


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_mutant_dies(mutant, monkeypatch):
    mutant.apply(monkeypatch)
    with pytest.raises(Found) as death:
        hunt(mutant)
    print(f"{mutant.name}: {death.value}")
    assert not any(slip in repr(death.value.error) for slip in SLIPS), f"misspelt, not wrong: {death.value.error!r}"
    assert death.value.history == mutant.trace
    assert mutant.rule in str(death.value.error)


def test_finding_4_what_is_freed_on_receipt_is_missed_by_a_now_failover():
    """Received, given back, overwritten, and not replayed when `now` promotes: nobody knows what to undo any more."""
    history = "w0 w1 c s w0 c fn w0 c R"
    assert "c" not in Sites(capacity=2).run("w0 w1 c s w0").possible(), "there is no room before the replay"
    with pytest.raises(AssertionError, match="R5: a needless full copy, because of save_volume_overwritten"):
        FreeOnReceipt(capacity=2).run(history, check=False)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_without_the_mutant_the_same_search_finds_nothing(mutant):
    assert search(mutant.depth, mutant.start, mutant.words.split(), **mutant.options) > 0


def test_the_findings_and_the_named_mutants_are_all_here():
    named = {" ".join(mutant.name.split()[:2]) for mutant in MUTANTS if mutant.name.startswith("finding")}
    assert named == {f"finding {number}" for number in (1, 2, 3, 4)}
    rules = {mutant.name.split()[0] for mutant in MUTANTS}
    assert rules >= {"F1", "F2", "F3", "F7", "F8", "R1", "R3", "R4", "R6", "R7", "R8", "R9", "R11", "B1", "B2", "B7"}
    assert any("E8" in mutant.name for mutant in MUTANTS)
