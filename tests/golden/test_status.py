"""The seed's own status table (L2137-2196), from a ledger with its sets, times and blocks.

What the seed prints is transcribed below as it stands there, but for its typos: `1 /26` in row 9 is 11/26, and the
clocks of its two sites are one hour apart (CORRECTNESS.md, E51): the copy's 21:08:48 is the source's 20:08:48. Its
`DsinGroup` stands on the oldest set of a group: 14 is not outstanding, so it was replayed with 13.
The golden text is a bell for the rendering; `python -m tests.golden.test_status` writes it again.
"""

from __future__ import annotations

from pathlib import Path

from analysis.status import clock, table
from sim import records
from sim.summary import Story as Read
from sim.summary.stands import Status
from sim.summary.status import status
from tests.summary.ledgers import HandRun, S, Story

GOLDEN = Path(__file__).with_name("status-seed.txt")
NOW = 20 * 3600 + 15 * 60  # some instant at which set 15 was the newest
OFFSET = 3600  # seconds that the copy's clock was ahead

# Delta | Create Time | Dur | Blocks | Playback Time | Dur | Blocks | DsinGroup
PRINTED = """
15 20:11:56 0 1
14 20:01:56 0 1
13 19:51:56 0 1 21:08:48 0 1 2
12 19:41:56 0 1
11 19:31:56 0 1 20:48:48 0 1 2
10 19:21:56 0 1
9 19:11:56 0 1 20:28:28 0 1 2
8 18:52:40 0 1 20:08:09 0 1 1
7 18:42:40 0 1
6 18:32:40 0 1 19:48:09 0 1 2
5 18:22:39 0 1
4 18:12:39 0 1 19:28:08 0 1 2
3 18:02:39 0 4 19:07:23 0 4 1
"""
ROWS = [line.split() for line in PRINTED.strip().splitlines()]
CURRENT_BLOCKS = 1088
LAST_RATE, MEAN_RATE = 17.0667, 25.7444  # blocks a second


def seconds(told: str) -> int:
    hours, minutes, rest = map(int, told.split(":"))
    return hours * 3600 + minutes * 60 + rest


def seed() -> HandRun:
    """A ledger with these numbers; it begins at midnight of the source's clock.

    Nothing in the table says when a set arrived: it does so at the printed rates, once it is copied out.
    """
    blocks = {int(row[0]): int(row[3]) for row in ROWS}
    total_s, last_s = sum(blocks.values()) / MEAN_RATE, 1 / LAST_RATE
    per_block_s = (total_s - last_s) / (sum(blocks.values()) - 1)
    story = Story(until=86_400, timeout=600, replication="sfs10", secondaries=("pfs10",), links=False)
    story.link("ip", ("cel-sfs", "cel-ip2"), rate=0).route("pfs10", "madrid", "ip", site="cel-ip2")
    for number, created, _, size, *played in ROWS:
        at, newest = seconds(created), number == "15"
        story.cut(int(number), at, blocks=int(size)).add(
            records.CopyOutFinished, at, number=int(number), blocks_before_write=0
        )
        story.received(int(number), at + (last_s if newest else per_block_s * int(size)), to="pfs10", blocks=int(size))
        if played:
            _replay(story, int(number), played)
    story.look(16, NOW, new=CURRENT_BLOCKS)
    return story.in_order().run()


def _replay(story: Story, oldest: int, played: list[str]) -> None:
    newest, at = oldest + int(played[3]) - 1, seconds(played[0]) - OFFSET
    whole = {"secondary": "pfs10", "number": newest, "blocks": int(played[2])}
    story.add(records.ReplayBegan, at, first_number=oldest, **whole)
    story.add(records.SetReplayed, at, sets=int(played[3]), boundary_time_ns=story.cut_ns.get(newest, 0), **whole)


def asked() -> Status:
    return status(seed(), NOW * S)


def test_the_rows_are_those_of_the_seed_with_its_groups_on_their_oldest_sets() -> None:
    (one,) = asked().replications
    (there,) = one.destinations
    found = []
    for cut in one.sets:
        row = [str(cut.name.number), clock(cut.created_ns), str((cut.copying_ns or 0) // S), str(cut.blocks)]
        if replay := there.replays.get(cut.name):
            took = (replay.took_ns or 0) // S
            row += [clock(replay.ended_ns + OFFSET * S), str(took), str(replay.blocks), str(replay.sets)]
        found.append(row)
    assert found == ROWS


def test_fifteen_is_outstanding_and_sixteen_is_being_filled() -> None:
    (one,) = asked().replications
    (there,) = one.destinations
    assert (one.current.number, one.current_blocks) == (16, CURRENT_BLOCKS)
    assert [name.number for name in there.outstanding] == [15]
    assert there.received is not None and there.received.number == 15
    assert there.replayed is not None and there.replayed.number == 14
    assert f"{there.blocks_per_s:.4f}, {there.mean_blocks_per_s:.4f}" == f"{LAST_RATE}, {MEAN_RATE}"


def test_the_lag_is_4_7_to_16_9_minutes_once_the_clocks_agree() -> None:
    """NUMBERS.md, section 2: from the creation of the set that a row tells of to its replay."""
    (one,) = asked().replications
    created = {cut.name: cut.created_ns for cut in one.sets}
    waited = [replay.ended_ns - created[name] for name, replay in one.destinations[0].replays.items()]
    assert [round(wait / S / 60, 1) for wait in (min(waited), max(waited))] == [4.7, 16.9]
    lag = Read(seed()).mirrors[0].lag("pfs10")
    after_replays = {int(begin): int(age) for begin, age in zip(lag.begin_ns, lag.begin_value, strict=True)}
    for replay in one.destinations[0].replays.values():
        assert 4.7 * 60 * S < after_replays[replay.ended_ns] < 16.9 * 60 * S


def test_the_table_looks_as_it_did() -> None:
    assert table(asked()) + "\n" == GOLDEN.read_text(encoding="utf-8")


if __name__ == "__main__":
    GOLDEN.write_text(table(asked()) + "\n", encoding="utf-8")
