"""The tree of routes: feeders, the fewest links, waypoints, local copies, and how it is printed."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario import load_text, routes_text
from sim.scenario import schema as s
from sim.scenario.errors import ScenarioError
from sim.scenario.roads import Roads
from sim.scenario.routes import Hop, NoRoute, ancestors, by_level, children, depth, descendants, tree


def world(links, replication, sites=()):
    """A scenario of these links (`name: a b`) and members."""
    ends = {name: two.split() for name, two in (line.split(": ") for line in links.split(", "))}
    places = dict.fromkeys([*(site for two in ends.values() for site in two), *sites])
    text = "version: 1\nname: routes\nrun: {until: 1 h}\n"
    text += f"sites: {{{', '.join(f'{site}: {{}}' for site in places)}}}\nlinks:\n"
    for name, (one, other) in ends.items():
        text += f"  {name}: {{between: [{one}, {other}], bandwidth: 1 Mbit/s, rtt: 5 ms}}\n"
    text += "volumes:\n  v: {size: 1 GiB}\nreplication:\n  r:\n    volume: v\n    primary: madrid\n"
    text += f"    initial_copy: done\n    save_volume: {{size: 1 GiB}}\n{replication}"
    return load_text(text)


def routes(links, secondaries, forwarders="{}", sites=()):
    return tree(world(links, f"    secondaries: {secondaries}\n    forwarders: {forwarders}\n", sites), "r")


def path(route, member):
    return " ".join(f"{link}:{source}>{destination}" for link, source, destination in route[member].path)


IBERIA = "iberia: madrid lisbon, atlantic: lisbon porto"


def test_without_via_the_primary_feeds_over_the_fewest_links():
    route = routes(IBERIA, "{porto: {}, lisbon: {}}")
    assert route["lisbon"] == Hop("lisbon", "madrid", "lisbon", (("iberia", "madrid", "lisbon"),))
    assert path(route, "porto") == "iberia:madrid>lisbon atlantic:lisbon>porto"
    assert route["porto"].links == ("iberia", "atlantic")


def test_of_ways_with_as_many_links_the_one_whose_links_come_first_by_name_is_taken():
    ways = "z: madrid faro, b: faro porto, a: madrid vigo, y: vigo porto"
    assert path(routes(ways, "{porto: {}}"), "porto") == "a:madrid>vigo y:vigo>porto"
    assert path(routes(f"{ways}, zz: madrid porto", "{porto: {}}"), "porto") == "zz:madrid>porto"


def test_a_member_named_first_in_via_is_the_feeder_be_it_a_secondary_or_a_forwarder():
    route = routes(IBERIA, "{lisbon: {}, porto: {via: lisbon}}")
    assert (route["porto"].feeder, path(route, "porto")) == ("lisbon", "atlantic:lisbon>porto")
    route = routes(IBERIA, "{porto: {via: hub}}", "{hub: {site: lisbon}}")
    assert (route["porto"].feeder, path(route, "porto")) == ("hub", "atlantic:lisbon>porto")
    assert list(route) == ["hub", "porto"], "feeders come first"


RING = f"{IBERIA}, north: madrid vigo, coast: vigo porto, spare: madrid faro, up: faro vigo"


@pytest.mark.parametrize(
    ("via", "feeder", "way"),
    [
        ("lisbon", "madrid", "iberia:madrid>lisbon atlantic:lisbon>porto"),
        ("[vigo]", "madrid", "north:madrid>vigo coast:vigo>porto"),
        ("[coast]", "madrid", "north:madrid>vigo coast:vigo>porto"),
        ("[spare, porto]", "madrid", "spare:madrid>faro up:faro>vigo coast:vigo>porto"),
        ("[madrid, north]", "madrid", "north:madrid>vigo coast:vigo>porto"),
        ("[hub, north]", "hub", "iberia:lisbon>madrid north:madrid>vigo coast:vigo>porto"),
        ("hub", "hub", "atlantic:lisbon>porto"),
    ],
)
def test_further_names_in_via_are_links_or_sites_that_are_passed_in_order(via, feeder, way):
    route = routes(RING, f"{{porto: {{via: {via}}}}}", "{hub: {site: lisbon}}")
    assert (route["porto"].feeder, path(route, "porto")) == (feeder, way)


def test_fig_18_a_forwarder_with_two_copies_at_its_own_site_shares_its_save_volume_with_both():
    route = routes(
        IBERIA, "{a: {site: lisbon, via: hub}, b: {site: lisbon, via: hub}, c: {site: porto}}", "{hub: {site: lisbon}}"
    )
    assert route["a"] == Hop("a", "hub", "lisbon", ())
    assert route["a"].local
    assert not route["hub"].local
    assert children(route, "hub") == ("a", "b")


def test_a_copy_at_the_primarys_site_or_at_a_secondarys_needs_no_link():
    route = routes(IBERIA, "{spare: {site: madrid}, lisbon: {}, again: {site: lisbon, via: lisbon}}")
    assert (route["spare"].path, route["spare"].feeder) == ((), "madrid")
    assert (route["again"].path, route["again"].feeder) == ((), "lisbon")


def test_depth_ancestors_children_and_descendants():
    route = routes(
        f"{IBERIA}, up: porto vigo, far: madrid faro",
        "{vigo: {via: porto}, faro: {}, porto: {via: hub}}",
        "{hub: {site: lisbon}}",
    )
    assert {name: depth(route, name) for name in route} == {"faro": 1, "hub": 1, "porto": 2, "vigo": 3}
    assert list(ancestors(route, "vigo")) == ["porto", "hub"]
    assert descendants(route, "hub") == ("porto", "vigo")
    assert descendants(route, "vigo") == ()
    assert children(route, "madrid") == ("faro", "hub")


def chain(length):
    sites = ["madrid", *(f"s{i}" for i in range(1, length + 1))]
    links = ", ".join(f"l{i}: {one} {other}" for i, (one, other) in enumerate(pairwise(sites)))
    via = [f"s{i}: {{via: s{i - 1}}}" if i > 1 else "s1: {}" for i in range(1, length + 1)]
    return links, f"{{{', '.join(via)}}}"


def test_t_tree_of_any_depth_fifty_hops_are_fine():
    route = routes(*chain(50))
    assert depth(route, "s50") == 50
    assert len(list(route)) == 50
    assert all(len(hop.path) == 1 for hop in route.values())


def test_sixty_four_links_in_one_hop_are_fine_and_one_more_is_not():
    links, _ = chain(65)
    assert len(routes(links, "{s64: {}}")["s64"].path) == 64
    with pytest.raises(ScenarioError, match="the way has 65 links; at most 64"):
        routes(links, "{s65: {}}")


def test_a_forwarder_that_feeds_nobody_is_noted_and_no_error():
    loaded = world(IBERIA, "    secondaries: {lisbon: {}}\n    forwarders: {hub: {site: porto}}\n")
    assert loaded.notes == ("replication.r.forwarders.hub feeds nobody: no via: names it first",)
    assert list(tree(loaded, "r")) == ["hub", "lisbon"]


def test_the_routes_are_printed_as_comments_a_line_for_every_end():
    loaded = world(
        f"{IBERIA}, up: porto vigo",
        "    secondaries: {porto: {via: hub}, copy: {site: lisbon, via: hub}, vigo: {}}\n"
        "    forwarders: {hub: {site: lisbon}}\n",
    )
    assert routes_text(loaded).splitlines() == [
        "# routes of r:",
        "#   madrid -> hub at lisbon (iberia, 5 ms) -> copy at lisbon (shared save volume)",
        "#   madrid -> hub at lisbon (iberia, 5 ms) -> porto (atlantic, 5 ms)",
        "#   madrid -> vigo (iberia + atlantic + up, 15 ms)",
    ]


def python_made(**members):
    made = world(IBERIA, "    secondaries: {lisbon: {}}\n")
    group = made.replication["r"].model_copy(update={"secondaries": members})
    return made.model_copy(update={"replication": {"r": group}})


def test_a_scenario_made_in_python_whose_members_cannot_be_reached_is_refused_with_words():
    with pytest.raises(NoRoute, match="replication r: no way leads to 'mars'"):
        tree(python_made(mars=s.Secondary()), "r")
    with pytest.raises(NoRoute, match="no way leads to 'lisbon'"):
        tree(python_made(lisbon=s.Secondary(via=("porto",)), porto=s.Secondary(via=("lisbon",))), "r")


def test_levels_leave_out_whoever_is_fed_in_a_circle():
    assert by_level({"b": None, "a": "b", "c": "d", "d": "c", "e": "c"}) == ["b", "a"]


def shortest_by_trying_all(ends, source, destination):
    """Every way that passes no site twice, the shortest, by name."""
    found, open_ways = [], [((), source, {source})]
    while open_ways:
        way, here, seen = open_ways.pop()
        if here == destination:
            found.append(way)
            continue
        for link, (one, other) in ends.items():
            there = other if here == one else one if here == other else None
            if there is not None and there not in seen:
                open_ways.append(((*way, (link, here, there)), there, seen | {there}))
    return min(found, key=lambda way: (len(way), [link for link, _, _ in way]), default=None)


@given(st.integers(0, 10**6))
def test_the_way_is_the_one_that_trying_all_of_them_finds(seed):
    luck = random.Random(seed)
    sites = [f"s{i}" for i in range(luck.randint(2, 6))]
    ends = {f"l{i:02d}": tuple(luck.sample(sites, 2)) for i in luck.sample(range(20), luck.randint(0, 9))}
    source, destination = luck.sample(sites, 2)
    assert Roads(ends).way(source, destination) == shortest_by_trying_all(ends, source, destination)


@given(st.integers(0, 10**6))
def test_a_way_past_waypoints_hangs_together_and_passes_them_in_order(seed):
    luck = random.Random(seed)
    sites = [f"s{i}" for i in range(5)]
    ends = {f"l{i}": tuple(luck.sample(sites, 2)) for i in range(7)}
    waypoints = luck.sample([*sites, *ends], luck.randint(0, 3))
    way = Roads(ends).way("s0", "s4", waypoints)
    if way is None:
        return
    passed = ["s0", *(name for link, _, there in way for name in (link, there))]
    assert all(one[2] == other[1] for one, other in pairwise(way))
    assert passed[-1] == "s4"
    assert all({source, there} == set(ends[link]) for link, source, there in way)
    rest = iter(passed)
    assert all(any(name == one for one in rest) for name in dict.fromkeys(waypoints)) or len(set(waypoints)) < len(
        waypoints
    )


def test_there_is_a_limit_on_links_and_it_is_said_where_they_are():
    links, _ = chain(2001)
    with pytest.raises(ScenarioError) as caught:
        world(links, "    secondaries: {s1: {}}\n")
    (fault,) = caught.value.faults
    assert (fault.path, fault.message) == ("links", "2,001 links; at most 2,000")
