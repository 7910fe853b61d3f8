"""Paths: the fewest links, then the names; past sites and links in order."""

from __future__ import annotations

import pytest

from sim.world.network.routes import shortest

RING = {"ab": ("a", "b"), "bc": ("b", "c"), "cd": ("c", "d"), "da": ("d", "a"), "other": ("a", "b")}


@pytest.mark.parametrize(
    ("source", "destination", "past", "links"),
    [
        ("a", "b", (), "ab"),  # before "other", by its name
        ("a", "b", ("other",), "other"),
        ("a", "c", (), "ab bc"),
        ("a", "c", ("d",), "da cd"),
        ("c", "a", (), "bc ab"),
        ("a", "c", ("da",), "da cd"),
        ("a", "b", ("cd",), "da cd bc"),
        ("a", "b", ("d", "c"), "da cd bc"),
        ("a", "a", (), ""),
        ("a", "nowhere", (), None),
        ("a", "b", ("nowhere",), None),
        ("a", "b", ("b", "a"), None),  # over one link twice in the same way
    ],
)
def test_paths(source: str, destination: str, past: tuple[str, ...], links: str | None) -> None:
    path = shortest(RING, source, destination, past)
    assert (None if path is None else " ".join(link for link, _, _ in path)) == links
    if path:
        ends = [end for hop in path for end in hop[1:]]
        assert ends[0] == source
        assert ends[-1] == destination
        assert ends[1:-1:2] == ends[2::2]


def test_names_decide_whatever_was_written_first() -> None:
    turned = dict(reversed(RING.items()))
    for source in "abcd":
        for destination in "abcd":
            assert shortest(RING, source, destination) == shortest(turned, source, destination)
