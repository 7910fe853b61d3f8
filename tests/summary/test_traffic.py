"""What links carried, how busy they were, how full volumes and stores were, and when something lasted."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from sim import records
from sim.records import LinkStood
from sim.summary import fill, spans, traffic
from sim.summary.distribution import Distribution
from sim.summary.traffic import Traffic
from sim.summary.windows import Windows
from tests.summary.ledgers import S, Story

MB = 10**6


def seconds(story: Story, start: float, end: float) -> Windows:
    return Windows.of([(int(start * S), int(end * S))], story.read().until_ns)


@given(st.integers(0, 10**12), st.integers(0, 50), st.integers(0, 50), st.integers(0, 100))
def test_M8_windows_that_make_up_the_run_share_an_amount_without_loss(
    amount: int, start: int, length: int, border: int
) -> None:
    parts = [Windows.of([span], 100) for span in ((0, border), (border, 100))]
    shares = [traffic.share(amount, start, start + length, part) for part in parts]
    assert sum(shares) == amount


def test_M8_causes_sum_to_the_total_and_a_window_takes_its_share() -> None:
    story = Story(until=100).carried(4 * MB, 10, 20).carried(1 * MB, 18, 22, cause="retransmission")
    facts = story.read()
    whole = Traffic(facts).carried(Windows.whole(facts.until_ns), lambda transfer: transfer.cause)
    assert whole == {"delta_set": 4 * MB, "retransmission": MB}
    part = Traffic(facts).carried(seconds(story, 15, 20), lambda transfer: transfer.link)
    assert part == {"wan": 2 * MB + Fraction(MB, 2)}


def test_the_busier_direction_of_a_link_is_its_load() -> None:
    story = Story(until=100).carried(4 * MB, 10, 20).add(
        records.BytesCarried, 40, link="wan", source="lisbon", destination="madrid", cause="delta_set",
        began_ns=30 * S, carried_bytes=5 * MB,
    )  # fmt: skip
    facts = story.read()
    ways = Traffic(facts).by_direction("wan")
    assert traffic.busier(facts.of(LinkStood)[0], ways) == ("lisbon", "madrid")
    assert traffic.busier(LinkStood(time_ns=0, link="o", bits_per_s=1, rtt_ns=0, ends=("a", "b")), {}) == ("a", "b")


def test_a_narrow_way_back_is_busier_with_fewer_bytes() -> None:
    story = Story(until=100).carried(4 * MB, 10, 20).carried(1 * MB, 10, 20, way=("lisbon", "madrid"))
    link = LinkStood(time_ns=0, link="wan", bits_per_s=8 * MB, back_bits_per_s=MB, rtt_ns=0, ends=("madrid", "lisbon"))
    assert [traffic.capacity(link, way) for way in (link.ends, link.ends[::-1])] == [8 * MB, MB]
    assert traffic.busier(link, Traffic(story.read()).by_direction("wan")) == ("lisbon", "madrid")
    unlimited = LinkStood(time_ns=0, link="wan", bits_per_s=0, back_bits_per_s=0, rtt_ns=0, ends=("madrid", "lisbon"))
    assert traffic.capacity(unlimited, ("lisbon", "madrid")) == 0


def test_a_transfer_stands_still_while_its_link_is_cut_in_its_direction() -> None:
    """A post-mortem must not show a link half used through an outage that hit in mid-transfer."""
    story = Story(until=100).link("wan", ("madrid", "lisbon")).fault(20, 60, "wan").carried(20 * MB, 10, 70)
    found = Traffic(story.read())
    curve = found.rate(story.read().of(records.BytesCarried))
    expected = [(0, 10, 0), (10, 20, 8 * MB), (20, 60, 0), (60, 70, 8 * MB), (70, 100, 0)]
    assert [(begin / S, end / S, first) for begin, end, first, _ in curve.segments()] == expected
    assert found.carried(seconds(story, 20, 60), lambda transfer: transfer.link) == {"wan": 0}
    assert found.carried(seconds(story, 0, 15), lambda transfer: transfer.link) == {"wan": 5 * MB}
    other = Story(until=100).link("wan", ("madrid", "lisbon")).fault(20, 60, "wan", direction="lisbon -> madrid")
    other.carried(12 * MB, 10, 70)
    assert Traffic(other.read()).carried(seconds(other, 20, 60), lambda transfer: transfer.link) == {"wan": 8 * MB}


def test_what_a_link_that_was_cut_all_the_time_carried_is_spread_evenly_all_the_same() -> None:
    story = Story(until=100).link("wan", ("madrid", "lisbon")).fault(0, 60, "wan").carried(10 * MB, 10, 20)
    assert Traffic(story.read()).carried(seconds(story, 10, 15), lambda transfer: transfer.link) == {"wan": 5 * MB}


def test_transfers_at_the_same_time_add_up_to_the_load_of_a_link() -> None:
    story = Story(until=40).carried(10 * MB, 10, 20).carried(5 * MB, 15, 25).carried(3 * MB, 30, 30)
    curve = Traffic(story.read()).rate(story.read().of(records.BytesCarried))
    expected = [(0, 10, 0), (10, 15, 8 * MB), (15, 20, 12 * MB), (20, 25, 4 * MB), (25, 40, 0)]
    assert [(begin / S, end / S, first) for begin, end, first, _ in curve.segments()] == expected
    assert Distribution(curve).mean() == Fraction(15 * 8 * MB, 40)


def level(story: Story, at: float, used: int, *, site: str = "madrid", replication: str = "mirror") -> Story:
    return story.add(
        records.SaveVolumeChanged, at, site=site, replication=replication, used_bytes=used, capacity_bytes=100
    )


def test_a_save_volume_keeps_its_level_until_the_next_fact() -> None:
    story = level(level(level(Story(until=30), 10, 70), 10, 90), 20, 20)
    curve = fill.save_volumes(story.read())["madrid"]
    assert [(begin / S, end / S, first) for begin, end, first, _ in curve.segments()] == [
        (0, 10, 0),
        (10, 10, 70),
        (10, 20, 90),
        (20, 30, 20),
    ]


def test_save_volumes_of_several_replications_at_a_site_add_up() -> None:
    story = level(level(level(Story(until=40), 10, 70), 20, 30, replication="other"), 30, 10)
    curve = fill.save_volumes(story.read())["madrid"]
    assert [first for _, _, first, _ in curve.segments()] == [0, 70, 100, 40]
    assert fill.save_volume_capacities(story.read()) == {"madrid": 200}


def test_snapshot_stores_are_read_the_same_way() -> None:
    story = Story(until=30).add(
        records.SnapshotStoreChanged, 10, site="madrid", volume="home", used_bytes=5, capacity_bytes=9
    )
    assert fill.snapshot_stores(story.read())["madrid"].segments()[-1] == (10 * S, 30 * S, 5, 5)
    assert fill.snapshot_store_capacities(story.read()) == {"madrid": 9}


def test_what_has_not_ended_lasts_to_the_end_of_the_run() -> None:
    story = Story(until=100).add(records.WritesSuspended, 10, cause="save_volume_full")
    story.add(records.WritesResumed, 30, cause="save_volume_full", stalled_ns=20 * S)
    story.add(records.WritesSuspended, 90, cause="snapshot_store_full")
    assert [(span, began.cause) for span, began in spans.stalls(story.read())] == [
        ((10 * S, 30 * S), "save_volume_full"),
        ((90 * S, 100 * S), "snapshot_store_full"),
    ]


def test_each_secondary_and_site_has_its_own_spans() -> None:
    story = Story(until=100, secondaries=("lisbon", "porto"))
    story.add(records.ReplicationStopped, 10, secondary="lisbon").add(records.ReplicationStopped, 20, secondary="porto")
    story.add(records.ReplicationStarted, 30, secondary="porto").add(records.ReplicationStarted, 50, secondary="lisbon")
    story.add(records.NodeWentDown, 60, site="madrid").add(records.NodeCameUp, 65, site="madrid", down_ns=5 * S)
    assert [span for span, _ in spans.stops(story.read())] == [(10 * S, 50 * S), (20 * S, 30 * S)]
    assert [(span, down.site) for span, down in spans.node_outages(story.read())] == [((60 * S, 65 * S), "madrid")]
