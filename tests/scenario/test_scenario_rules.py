"""Rules across the parts of a scenario: each has a crime in the corpus of bad files that only it catches."""

from pathlib import Path

from sim.scenario import load, loading
from sim.scenario.errors import ScenarioError
from sim.scenario.rules import RULES

CORPUS = sorted((Path(__file__).parents[1] / "hostile" / "scenarios").glob("*.scenario.yaml"))


def caught_by(path, monkeypatch):
    """The rules that report something in a file, by name."""
    found = {}

    def watching(rule):
        def watched(draft, report):
            def said(*args, **kwargs):
                found[name_of(rule)] = True
                report(*args, **kwargs)

            said.include = lambda faults: (found.update({name_of(rule): True}), report.include(faults))
            rule(draft, said)

        return watched

    monkeypatch.setattr(loading, "RULES", tuple(watching(rule) for rule in RULES))
    try:
        load(path)
    except ScenarioError:
        return set(found)
    raise AssertionError(f"{path.name} is good")


def name_of(rule):
    return f"{rule.__module__.rsplit('.', 1)[-1]}.{rule.__name__}"


def test_each_rule_has_a_file_that_only_this_rule_refuses(monkeypatch):
    alone = {name for path in CORPUS if len(names := caught_by(path, monkeypatch)) == 1 for name in names}
    assert alone == {name_of(rule) for rule in RULES}
