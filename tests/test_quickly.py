"""A fact that is made quickly is the fact that its own class would have made."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest

from sim import records
from sim.quickly import quickly
from sim.records import LinkStood, Record

KINDS = [
    kind
    for _, kind in sorted(vars(records).items())
    if isinstance(kind, type) and issubclass(kind, Record) and kind is not Record
]


def _values(kind: Any) -> dict[str, Any]:
    return {field.name: f"{field.name} of it" for field in fields(kind)}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_it_is_the_same_in_every_way(kind: Any) -> None:
    values = _values(kind)
    own, quick = kind(**values), quickly(kind)(**values)
    assert type(quick) is kind
    assert quick == own
    assert hash(quick) == hash(own)
    assert repr(quick) == repr(own)
    assert list(quick.items()) == list(own.items())
    assert replace(quick, time_ns=1) == replace(own, time_ns=1) != own


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_nobody_can_change_it(kind: Any) -> None:
    quick = quickly(kind)(**_values(kind))
    with pytest.raises(FrozenInstanceError):
        quick.time_ns = 1
    with pytest.raises(FrozenInstanceError):
        del quick.time_ns
    with pytest.raises((AttributeError, TypeError)):
        quick.more = 1
    assert quick.time_ns == "time_ns of it"


def test_what_is_left_out_has_its_default_or_is_missed() -> None:
    given: dict[str, Any] = {"time_ns": 0, "link": "wan", "bits_per_s": 8, "rtt_ns": 2}
    assert quickly(LinkStood)(**given) == LinkStood(**given)
    assert quickly(LinkStood)(**given).congestion == "ideal"
    del given["link"]
    with pytest.raises(TypeError, match="link"):
        quickly(LinkStood)(**given)
    with pytest.raises(TypeError, match="lines"):
        quickly(LinkStood)(**given | {"link": "wan", "lines": 1})


def test_a_kind_has_one_way_only() -> None:
    assert quickly(LinkStood) is quickly(LinkStood)
