"""The chart of the network, the tables that it is drawn from, and the lag of many secondaries on one page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from analysis import figures, tables, topology
from analysis.charts.layout import layered
from analysis.charts.network import size_of
from analysis.charts.shading import TROUBLES, Trouble, shade, spans
from analysis.charts.wan import COLOURS
from analysis.figures import draw_all
from sim.records import ReplicationBegan, ReplicationStopped
from sim.scenario.metrics import CAUSES
from sim.summary import Story as Read
from sim.summary import summarise
from tests.analysis.test_figures import words
from tests.summary.branches import AMERICA, EUROPE, offices
from tests.summary.ledgers import BLOCK, S, Story
from tests.summary.test_wan import forwarded_tree


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("charts")
    draw_all(offices(), folder)
    return folder


def rows(table: Any, **named: object) -> list[dict[str, Any]]:
    for column, value in named.items():
        table = table[table[column] == value]
    return list(table.to_dict("records"))


def test_links_have_a_row_for_each_direction_with_what_it_carried() -> None:
    table = topology.links(Read(forwarded_tree().run()))
    (there,) = rows(table, link="trunk", source="madrid")
    assert there["carried_bytes"] == 450 * BLOCK
    assert there["retransmitted_share"] == pytest.approx(50 / 450)
    assert there["utilisation"] == pytest.approx(450 * BLOCK * 8 / (100 * 8e6))
    assert there["down_seconds"] == 40
    (back,) = rows(table, link="direct", source="lisbon")
    assert (back["destination"], back["bits_per_s"], back["carried_bytes"]) == ("madrid", 4_000_000, 0)


def test_routes_have_a_row_for_each_way_with_the_sites_along_it_and_what_came_by() -> None:
    table = topology.routes(Read(forwarded_tree().run()))
    ways = [(row["feeder"], row["sites"], row["payload_bytes"] // BLOCK) for row in rows(table, member="lisbon")]
    assert ways == [
        ("hub", ("hub", "lisbon"), 200), ("madrid", ("madrid", "lisbon"), 200), ("hub", ("hub", "lisbon"), 0),
    ]  # fmt: skip
    assert [row["payload_bytes"] // BLOCK for row in rows(table, member="hub")] == [400]


def test_a_route_passes_the_sites_between_its_links() -> None:
    story = Story(until=40, links=False).link("first", ("madrid", "ceuta")).link("second", ("lisbon", "ceuta"))
    table = topology.routes(Read(story.route("lisbon", "madrid", "first", "second").run()))
    assert rows(table)[0]["sites"] == ("madrid", "ceuta", "lisbon")
    sites = topology.sites(Read(story.run()))
    assert dict(zip(sites["site"], sites["role"], strict=True)) == {
        "ceuta": "",
        "lisbon": "secondary",
        "madrid": "primary",
    }


def test_a_site_has_the_first_of_its_roles() -> None:
    sites = topology.sites(Read(forwarded_tree().run()))
    assert dict(zip(sites["site"], sites["role"], strict=True)) == {
        "hub": "forwarder", "lisbon": "secondary", "madrid": "primary", "porto": "secondary",
    }  # fmt: skip


def test_who_feeds_several_stands_in_the_middle_of_them_and_what_nobody_routes_to_has_its_place() -> None:
    steps = [("madrid", "hub"), ("hub", "lisbon"), ("hub", "porto"), ("madrid", "paris")]
    places = layered(["madrid"], steps, [("spare", "porto"), ("far", "away")])
    assert places["madrid"][0] == 0 and places["hub"][0] == places["paris"][0] == 1 and places["lisbon"][0] == 2
    assert places["hub"][1] == (places["lisbon"][1] + places["porto"][1]) / 2
    assert places["spare"] == (3, places["porto"][1])
    assert len(set(places.values())) == len(places) == 8
    assert layered(["a", "b"], [("a", "b"), ("b", "a")], []) == {"a": (0, 0), "b": (0, 1)}, "each feeds the other"


def test_the_chart_of_the_network_names_sites_links_what_they_carried_and_what_went_wrong(drawn: Path) -> None:
    said = words(drawn / "network.svg")
    for phrase in (
        "The network: how busy each link was, and who fed whom", "over 6 h", "madrid", "frankfurt", "milan",
        "to-milan · 6.91 % of 16 Mbit/s · 2.78 GiB", "backup · 50 Mbit/s, not used", "route of catalogue",
        "1.96 % sent again · cut for 30 min", "mean utilisation", "primary", "forwarder", "secondary",
    ):  # fmt: skip
        assert phrase in said
    assert (drawn / "network.svg").stat().st_size < 500_000


def test_a_way_past_a_forwarder_is_dashed(tmp_path: Path) -> None:
    draw_all(forwarded_tree().run(), tmp_path)
    assert "for a while, past a forwarder" in words(tmp_path / "network.svg")


def test_a_link_that_differs_by_direction_is_told_with_the_bandwidth_that_was_used(
    tmp_path: Path,
) -> None:
    story = Story(until=100, links=False).link("wan", ("lisbon", "madrid"), rate=8_000_000, back_bits_per_s=800_000)
    story.link("spare", ("madrid", "porto")).route("lisbon", "madrid", "wan").cut(1, 10, blocks=250)
    story.carried(2_500_000, 20, 45, link="wan", way=("madrid", "lisbon")).received(1, 45, blocks=250)
    draw_all(story.run(), tmp_path)
    assert "wan · 25 % of 800 kbit/s · " in words(tmp_path / "network.svg")


def test_the_more_links_leave_a_site_the_wider_is_the_chart_so_that_their_labels_have_room() -> None:
    def star(branches: int) -> tuple[float, float]:
        story = Story(until=100, links=False)
        for number in range(branches):
            story.link(f"line-{number}", ("madrid", f"office-{number}")).route(
                f"office-{number}", "madrid", f"line-{number}"
            )
        read = Read(story.run())
        return size_of(topology.sites(read), topology.links(read), topology.routes(read))

    narrow, wide = star(8), star(20)
    assert narrow[0] == star(6)[0] < wide[0]
    assert wide[0] - 2.8 > (wide[1] - 2.2) / 2, "no line is steeper than half a right angle"


def test_one_link_needs_no_chart_of_the_network(tmp_path: Path) -> None:
    story = Story(until=40).link("wan", ("madrid", "lisbon")).route("lisbon", "madrid", "wan").cut(1, 10)
    assert not [path for path in draw_all(story.run(), tmp_path) if path.stem in ("network", "lag_of_all")]


def test_the_lag_of_twelve_secondaries_is_on_one_page_with_what_was_the_matter(drawn: Path) -> None:
    said = words(drawn / "lag_of_all.svg")
    for phrase in (
        *EUROPE, *AMERICA, "How far behind each secondary was (min)", "simulated time (h)", "max 57.3 min", "lag",
        "target", "a link was cut", "a link was slow or bad", "a data mover was down", "given up as unreachable",
    ):  # fmt: skip
        assert phrase in said


def test_of_many_secondaries_those_furthest_behind_are_shown() -> None:
    story = Read(offices())
    summary = summarise(story)
    assert [name for _, _, name in figures.worst(story, summary, 2)] == ["austin", "miami"]
    assert [name for _, _, name in figures.worst(story, summary, 99)] == [*EUROPE, *AMERICA]


def test_only_what_happened_on_the_way_of_a_secondary_is_shaded() -> None:
    story = Read(offices())
    events = tables.events(story)
    ways = {name: figures.way_to(mirror, name) for mirror, name, _ in story.arms}
    assert ways["milan"] == {"madrid", "frankfurt", "milan", "europe", "to-milan"}

    def cut(name: str) -> list[tuple[float, float]]:
        own = events[events["entity"].isin(list(ways[name] or ()))]
        return [(start / S, end / S) for start, end in spans(own, trouble("a link was cut"), story.until_ns)]

    assert cut("berlin") == []
    assert cut("miami") == [(4_000, 7_000)]
    assert cut("milan") == [(9_000, 9_600), (10_200, 10_800), (11_400, 12_000)]


@pytest.mark.parametrize("label", ["given up as unreachable", "replication stopped"])
def test_what_was_the_matter_with_a_connection_is_over_when_another_generation_begins(label: str) -> None:
    """After a split brain the copy that took over was marked to the end of the run: nobody fed it ever again."""
    story = Story(until=100).unreachable(10, 20, None).add(ReplicationStopped, 20, secondary="lisbon")
    next_one = {"volume": "home", "secondaries": ("madrid",), "timeout_ns": 0, "high_water_mark_bytes": 0}
    began = {"primary": "lisbon", "generation": 2, "save_volume_bytes": 0, **next_one}
    another = story.add(ReplicationBegan, 40, **{**began, "replication": "another"})
    assert list(spans(tables.events(another.run()), trouble(label), 100 * S)) == [(20 * S, 100 * S)], "it is its own"
    events = tables.events(another.add(ReplicationBegan, 50, **began).run())
    assert list(spans(events, trouble(label), 100 * S)) == [(20 * S, 50 * S)]
    ax = Figure().subplots()
    ax.set_xlim(0, 100)
    shade(ax, events, S, 100 * S, "lisbon", {"madrid", "lisbon", "wan"})
    (drawn,) = [each for each in ax.collections if each.get_label() == label]
    (box,) = [path.get_extents() for path in drawn.get_paths()]
    assert (box.x0, box.x1) == pytest.approx((20, 50), abs=0.2), "also where only one secondary's way is shaded"


def trouble(label: str) -> Trouble:
    return next(one for one in TROUBLES if one.label == label)


def test_a_link_is_cut_while_any_of_several_faults_keeps_it_cut() -> None:
    story = Story(until=100).fault(10, 50, "wan", name="one").fault(20, 30, "wan", name="two")
    story.fault(40, 60, "wan", name="three", direction="a -> b").fault(80, 90, "wan", kind="link-slow")
    story.fault(70, 75, "lisbon", kind="reboot").fault(70, 75, "porto", kind="group-down").down(70, 75, "porto")
    events = tables.events(story.in_order().run())
    assert list(spans(events, trouble("a link was cut"), 100 * S)) == [(10 * S, 60 * S)]
    assert list(spans(events, trouble("a link was slow or bad"), 100 * S)) == [(80 * S, 90 * S)]


def test_faults_and_members_are_what_their_events_are_about() -> None:
    table = tables.events(forwarded_tree().run())
    fault = table[table["event"] == "fault_began"].iloc[0]
    assert (fault["entity"], fault["cause"], fault["time_ns"]) == ("trunk", "link-down", 20 * S)
    assert json.loads(fault["detail"]) == {"fault": "fault", "direction": "", "detail": "", "hit": []}
    about = table.drop_duplicates("event").set_index("event")["entity"]
    expected = {
        "route_stood": "hub", "route_changed": "lisbon", "member_unreachable": "hub", "set_forwarded": "hub",
        "chunks_discarded": "lisbon",
    }  # fmt: skip
    assert {event: about[event] for event in expected} == expected


def test_every_cause_of_bytes_has_a_colour_of_its_own() -> None:
    assert set(CAUSES) <= set(COLOURS)
    assert len(set(COLOURS.values())) == len(COLOURS)
