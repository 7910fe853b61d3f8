"""The charts of a recovery: a timeline for each replication that a disaster or a change of source befell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from matplotlib.figure import Figure

from analysis import recovering
from analysis.charts.recovery import Episode, recovery_timeline
from analysis.charts.resync import resync_bytes
from analysis.style import figure
from analysis.wording import CAUSES
from sim.summary import Story, amount
from sim.summary.mirror import Mirror
from sim.summary.recoveries import Recovery


def charts(story: Story) -> Iterator[tuple[str, Figure]]:
    """Each chart with its name; none of a run in which nothing was lost and the source never changed."""
    told = [(mirror, episode) for mirror in story.mirrors if (episode := episode_of(story, mirror)) is not None]
    for mirror, episode in told:
        drawn = figure()
        newest = _newest(story, mirror)
        recovery_timeline(episode, drawn, heading=_heading(mirror, newest), note=_note(newest))
        yield "recovery" if len(told) == 1 else f"recovery_{mirror.name}", drawn
    if story.resyncs:
        rows = recovering.resyncs([story])
        drawn = figure(height=2.3)
        resync_bytes(rows, drawn.subplots(), note=_why(rows))
        yield "resync_bytes", drawn


def episode_of(story: Story, mirror: Mirror) -> Episode | None:
    """What there is to draw of a replication: its last failover and what followed, else all that happened to it."""
    marks = recovering.marks(story, mirror)
    if marks.empty:
        return None
    newest = _newest(story, mirror)
    if newest is not None:
        begin, phases = newest.began_ns, recovering.phases(newest)
        last = max([newest.promoted.time_ns, int(marks["time_ns"].iloc[-1]), *phases["end_ns"]])
        end = last if newest.over_ns is None else newest.over_ns
    else:
        begin, end = int(marks["time_ns"].iloc[0]), int(marks["time_ns"].iloc[-1])
        end = max(end, begin + 1) if mirror.service.writable.holds(end) else story.until_ns
        phases = recovering.no_phases()
    roles, copies = recovering.roles(story, mirror), recovering.copies(mirror)
    return Episode(roles, recovering.service(story, mirror), phases, copies, marks, begin, end, story.until_ns)


def _newest(story: Story, mirror: Mirror) -> Recovery | None:
    own = [one for one in story.recoveries if one.replication == mirror.name]
    return own[-1] if own else None


def _heading(mirror: Mirror, newest: Recovery | None) -> str:
    if newest is not None:
        return f"How {mirror.name} was recovered"
    changed = len({one.began.primary for one in mirror.generations}) > 1
    return f"How {mirror.name} changed its source" if changed else f"What happened to {mirror.name}"


def _note(newest: Recovery | None) -> str:
    if newest is None:
        return ""
    told = [f"service back after {amount(newest.rto_ns / 1e9, 's')}"]
    if newest.loss is not None:
        lost = f"{amount(newest.loss.rpo_ns / 1e9, 's')} of work lost" if newest.loss.writes else "nothing lost"
        told.append(lost)
    told.append("not failed back" if newest.whole_ns is None else f"whole in {amount(newest.whole_ns / 1e9, 's')}")
    return " · ".join(told)


def _why(rows: Any) -> str:
    causes = [CAUSES.get(cause, cause) for cause in dict.fromkeys(rows["cause"]) if cause]
    return "; ".join(causes) or "incremental"
