"""What a person reads after a run."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from analysis import terminal
from analysis.wording import cost
from sim.scenario.expect import parse_check
from sim.summary import Measured, evaluate, judge, summarise
from tests.summary.branches import offices
from tests.summary.ledgers import Story, said, sawtooth, scenario
from tests.summary.test_summarise import eventful
from tests.summary.test_wan import forwarded_tree


def row(text: str, start: str) -> list[str]:
    return next(line.split() for line in text.splitlines() if line.strip().startswith(start))


def test_the_headline_says_how_far_behind_and_what_a_disaster_would_have_cost() -> None:
    text = terminal.summary(summarise(sawtooth(900, 300, 50).run(), start_ns=1200 * 10**9))
    columns = "12.5 min 19.2 min 19.9 min 20 min 12.5 min 0 s 30 min default"
    assert " ".join(row(text, "lisbon")) == f"lisbon {columns}"
    assert " ".join(row(text, "at once: time")).endswith("time 12.5 min 19.2 min 19.9 min 20 min 12.5 min")
    assert " ".join(row(text, "at once: data")) == "at once: data nothing nothing nothing nothing nothing"
    assert "sync" not in text


def test_everything_that_happened_has_its_line_with_causes() -> None:
    text = terminal.summary(summarise(eventful().run()))
    for line in (
        "save volumes    madrid at most 2.93 KiB (75 % full)",
        "over the links  4.77 MiB (5 MB): delta set 1.91 MiB, full copy 2.86 MiB",
        "written         2.03 MiB (2.13 MB) in 260 writes by users",
        "coalescing      3.71 bytes written for each that a delta set carries: 1.02 MiB saved",
        "delta sets      2: high water mark 1, timeout 1; 560 KiB (573 kB), each 280 KiB (287 kB) on average",
        "writes          stood still for 20 s: a set did not fit in the save volume",
        "snapshots       3 taken: copy 1, schedule 2; 1 deleted; 1 given up because their store was full",
        "copies          1 begun, 1 finished",
        "full copies     1: a set did not fit in the save volume",
        "lisbon had nothing to serve for 5 s",
        "  over 95 of 100 s",
        "no copy to go on with for 5 of 100 s: it would have cost everything",
    ):
        assert line in text


def test_where_there_was_no_copy_to_go_on_with_the_cells_say_everything() -> None:
    text = terminal.summary(summarise(eventful().run()))
    assert " ".join(row(text, "with all received: time")) == (
        "with all received: time 35 s 80 s everything everything everything"
    )
    assert row(text, "at once: data")[-2:] == ["everything", "everything"]


def test_without_a_copy_off_site_one_line_says_so_in_place_of_the_table() -> None:
    told = scenario("max(lag) < 6 min", mirror=said(reports={"site": "madrid"}))
    text = terminal.summary(summarise(Story(until=40, secondaries=("reports",)).run(scenario=told)))
    assert "no copy off site: a disaster at madrid costs everything" in text
    assert "a disaster would have cost" not in text
    assert row(text, "reports")[-3:] == ["6", "min", "expected"]


def test_copies_that_never_finish_are_said() -> None:
    story = Story(until=100)
    for number in range(59):
        story.copy_began(1 + number)
    text = terminal.summary(summarise(story.run()))
    assert "59 full copies begun, none finished: the link cannot carry a copy in time" in " ".join(text.split())
    once = terminal.summary(summarise(Story(until=100).copy_began(99).run()))
    assert "1 copy begun, not finished by the end of the run" in once


def test_what_is_cut_is_what_travelled_and_what_still_waits() -> None:
    story = Story(until=100).cut(1, 10, blocks=300).carried(300 * 8192, 10, 20).received(1, 20).cut(2, 90, blocks=100)
    text = terminal.summary(summarise(story.run()))
    assert "over the links  2.34 MiB (2.46 MB): delta set 2.34 MiB" in text
    assert "at the end      800 KiB (819 kB) of delta sets not yet in lisbon: waiting, or on the way" in text
    assert "delta sets      2: timeout 2; 3.12 MiB (3.28 MB), each 1.56 MiB (1.64 MB) on average" in text


def test_writes_smaller_than_a_block_make_delta_sets_larger_than_what_was_written() -> None:
    found = {"coalescing_ratio": 0.25, "coalesced_bytes": -(2**30)}
    assert "1 GiB more than written: writes are smaller than blocks" in " ".join(terminal.summary(found).split())
    assert "nothing saved" in terminal.summary({"coalescing_ratio": 1.0, "coalesced_bytes": 0})


def test_less_than_a_rounding_of_it_is_nothing() -> None:
    assert [cost(1e-12, "s"), cost(0.0, "B"), cost(1e-9, "s"), cost(0.4, "s")] == [
        "nothing",
        "nothing",
        "1 ns",
        "400 ms",
    ]


def plain(text: str) -> str:
    return " ".join(text.split())


def test_what_went_wrong_in_the_network_has_its_lines() -> None:
    text = plain(terminal.summary(summarise(forwarded_tree().run())))
    for line in (
        "links trunk 3.69 % busy, 11.1 % sent again, cut for 40 s",
        "star or tree 4.69 MiB left the primary, without forwarders 6.25 MiB; over all links 9.38 MiB, "
        "without 10.9 MiB",
        "faults 1: link down 1",
        "unreachable hub for 35 s, members fed past a forwarder once",
        "catching up at most 20 s (porto) from the end of an outage; foreseen within 17.5 s by backlog over bandwidth, "
        "12.5 s by the observed rates",
        "discarded 5 chunks: corrupt 3, duplicate 2",
    ):
        assert line in text


def test_of_many_links_those_that_were_cut_longest_are_named() -> None:
    text = plain(terminal.summary(summarise(offices())))
    assert "links america 0.55 % busy, 1.96 % sent again, cut for 50 min; to-milan" in text
    assert "cut for 30 min; europe 0.55 % busy, 1.96 % sent again; and 11 more" in text
    found = {f"link_down_seconds.l{number}": 60.0 + number for number in range(7)}
    assert "links l6 cut for 66 s; l5 cut" in plain(terminal.summary(found))
    assert "l2 cut for 62 s; and 2 more" in plain(terminal.summary(found))


def test_where_nothing_is_the_matter_with_the_network_nothing_is_said_of_it() -> None:
    text = terminal.summary(summarise(sawtooth(900, 300, 5).run()))
    for label in ("\nlinks", "star or tree", "faults", "unreachable", "catching up", "discarded"):
        assert label not in text
    assert terminal.routes(Story(until=40).route("lisbon", "madrid", "wan").run().ledger) == ""
    assert terminal.routes(sawtooth(900, 300, 5).run().ledger) == ""


def test_the_tree_of_routes_has_a_line_a_member_with_its_role_and_its_links() -> None:
    story = forwarded_tree()
    lines = terminal.routes(story.run().ledger).splitlines()
    assert [plain(line) for line in lines] == [
        "who feeds whom in mirror role fed",
        "madrid primary",
        "└ hub forwarder over trunk",
        "├ lisbon secondary over west",
        "└ porto secondary over south",
    ]
    far = Story(until=40).route("copy", "madrid", "first", "second", site="lisbon").route("desk", "copy", site="lisbon")
    assert [plain(line) for line in terminal.routes(far.run().ledger).splitlines()][2:] == [
        "└ copy at lisbon secondary over first, second",
        "└ desk at lisbon secondary beside its feeder",
    ]
    for width in WIDTHS:
        assert max(map(len, terminal.routes(offices().ledger, width=width).splitlines())) <= width


WIDTHS = (40, 50, 60, 80, 120)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_terminal_of_any_width_shows_whole_numbers_and_whole_words(width: int) -> None:
    run = eventful().run()
    found = summarise(run)
    checked = [evaluate(parse_check(f"max(lag{{to=lisbon}}) < 10 min{more}"), run) for more in ("", " during steady")]
    wide = terminal.summary(summarise(offices()), width=width)
    for text in (wide, terminal.summary(found, width=width), terminal.replications([found, found], width=width),
                 terminal.checks(checked, width=width)):  # fmt: skip
        assert max(map(len, text.splitlines())) <= width
        assert "…" not in text
        assert not any(re.search(r"\d$", line) for line in re.findall(r".*(?=\n +(?:[KMG]iB|[kMG]B|%|min|s)\b)", text))
    told = terminal.summary(found, width=width)
    for word in ("80 s", "everything", "20 s default", "lisbon", "4.77 MiB", "a disaster would have cost"):
        assert any(word in line for line in told.splitlines()), word
    measured = terminal.checks(checked, width=width)
    assert "measured nothing to serve" in " ".join(measured.split())


def test_a_narrow_table_loses_columns_before_it_becomes_lines() -> None:
    found = summarise(sawtooth(900, 300, 50).run())
    assert "mean" in terminal.summary(found, width=100).splitlines()[0]
    at_80 = terminal.summary(found, width=80).splitlines()[0].split()
    assert "p95" in at_80 and "max" in at_80 and "mean" not in at_80
    assert "  p95: 19.2 min" in terminal.summary(found, width=50).splitlines()


def test_what_did_not_happen_is_said_or_left_out() -> None:
    text = terminal.summary(summarise(Story(until=40).run()))
    assert "writes          never stood still" in text
    assert "full copies     none" in text
    assert "coalescing" not in text
    assert "nothing to serve" not in text


def test_text_for_a_pipe_has_no_colours_and_fits_its_width() -> None:
    text = terminal.summary(summarise(eventful().run()), width=100)
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 100
    assert "\x1b" in terminal.summary(summarise(eventful().run()), colour=True)


def test_of_several_runs_the_mean_is_shown_and_how_far_they_differ() -> None:
    found = summarise(sawtooth(900, 300, 50).run())
    found |= {"lag_seconds.lisbon.max.across_min": 1100.0, "lag_seconds.lisbon.max.across_max": 1300.0}
    found |= {"wan_bytes": 2048, "wan_bytes.across_min": 1024, "wan_bytes.across_max": 4096}
    text = terminal.summary(found)
    assert "21.7 min" in " ".join(row(text, "greatest of all runs"))
    assert "over the links  2 KiB (1 KiB to 4 KiB)" in text
    assert sum(line.strip().startswith("lisbon") for line in text.splitlines()) == 1


def test_checks_have_a_mark_and_the_measured_value() -> None:
    run = sawtooth(900, 300, 5).run()
    texts = ["max(lag) <= 20 min", "max(lag) < 10 min", "coalescing_ratio > 1"]
    lines = terminal.checks([evaluate(parse_check(text), run) for text in texts]).splitlines()
    assert lines[0].split() == ["✓", "max(lag)", "<=", "20", "min", "measured", "20", "min"]
    assert lines[1].split() == ["✗", "max(lag)", "<", "10", "min", "measured", "20", "min"]
    assert lines[2].startswith("?")
    assert "unknown: there is no coalescing_ratio" in lines[2]


def test_a_soft_check_that_fails_is_only_a_warning_and_the_runs_that_fail_are_counted() -> None:
    verdict = judge(parse_check("stall == 0", soft=True), [Measured(Fraction(0)), Measured(Fraction(5))])
    assert "measured 5 s, 1 of 2 runs fail, only a warning" in terminal.checks([verdict])
    assert terminal.checks([]) == ""


def test_replications_are_told_with_their_uncertainty() -> None:
    summaries = [summarise(sawtooth(900, ship, 5).run()) for ship in (290, 300, 310)] + [summarise(eventful().run())]
    text = terminal.replications(summaries)
    assert "over 4 runs" in text
    assert "runs with a full copy" in text
    assert "1: 25 % (4.56 % to 69.9 %)" in text
    assert "lag_seconds.lisbon.p50" in text
    assert "everything in 1 of 4 runs" in text
    assert "over 0 runs" in terminal.replications([])
