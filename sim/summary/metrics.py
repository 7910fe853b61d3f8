"""The one table of metrics: what each is called, where it stands, its unit and its formula.

In keys `<...>` is a name of the scenario and `[...]` is left out for the sum over all of it. A metric with a value at
every instant has one key for each of its statistics, written behind: `lag_seconds.lisbon.p95`. Percentiles and means
are time-weighted over all instants that have a value; `max` is the least upper bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sim.summary import counts, recovery, series, totals, wan
from sim.summary.amounts import Unit
from sim.summary.sample import Labels, OfRun, OfWindows

ALL: Final = ("p50", "p95", "p99", "max", "mean")
ENDS: Final = ("max", "mean")


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the table; either `curves` or `totals` measures it."""

    name: str | None  # what a check calls it; None where no check asks for it
    key: str
    unit: Unit
    formula: str
    nothing: int | None  # its value when nothing happened
    curves: OfRun | None = None
    totals: OfWindows | None = None
    statistics: tuple[str, ...] = ()

    def keys_for(self, labels: Labels) -> Iterator[str]:
        """Its keys in the summary for these labels, one for each statistic."""
        stem = render(self.key, labels)
        return (f"{stem}.{statistic}" for statistic in self.statistics) if self.statistics else iter([stem])


def render(key: str, labels: Labels) -> str:
    """A key with its labels put in; parts in brackets go where their label is not given."""
    for name, value in labels.items():
        key = re.sub(rf"\[\.<{name}>\]|\.<{name}>", lambda _: f".{value}", key)  # noqa: B023 - used at once
    return re.sub(r"\[\.<\w+>\]", "", key)


TABLE: Final = (
    Metric(
        "lag", "lag_seconds.<to>", "s",
        "now - boundary of the newest set that the secondary has replayed; while a copy is under way nothing can be "
        "served, which is no part of the summary's lag, and without limit for a check (`during steady` leaves it out)",
        None, curves=series.lag, statistics=ALL,
    ),
    Metric(
        None, "lag_seconds.<to>.above_target_seconds", "s",
        "for how long lag was above its target", 0, totals=totals.lag_above_target,
    ),
    Metric(
        None, "lag_seconds.<to>.target_seconds", "s",
        "the limit on this lag in `expect`, else twice the timeout plus the playback's own", None,
        totals=totals.lag_target,
    ),
    Metric(
        None, "lag_seconds.<to>.target_expected", "1",
        "1 where that is a limit in `expect`, 0 where it is twice the timeout", None, totals=totals.lag_target_expected,
    ),
    Metric(
        "lag_bytes", "lag_bytes.<to>", "B",
        "distinct blocks written after that boundary x block size", None, curves=series.lag_bytes, statistics=ALL,
    ),
    Metric(
        "lag_blocks", "lag_blocks.<to>", "1",
        "distinct blocks written after that boundary: exact at step instants, linear between", None,
        curves=series.lag_blocks, statistics=ALL,
    ),
    Metric(
        "lag_sets", "lag_sets.<to>", "1",
        "delta sets cut and not replayed", None, curves=series.lag_sets, statistics=ENDS,
    ),
    Metric(
        "backlog_bytes", "backlog_bytes.<to>", "B",
        "payload of the delta sets cut and not replayed", None, curves=series.backlog_bytes, statistics=ENDS,
    ),
    Metric(
        "catch_up", "catch_up_seconds.<to>", "s",
        "the longest from the end of an outage, or of a copy, through which a set waited, until every set that was cut "
        "had arrived; what is not caught up at the end counts as it stands", None, totals=wan.catch_up,
    ),
    Metric(
        "eta_error", "eta_error_seconds.<to>.<estimator>.max", "s",
        "the largest error of an estimate of when every set will have arrived: linear is backlog / payload rate of the "
        "narrowest link on the way, drain is backlog / (rate of receiving - rate of cutting, over the newest 8 sets); "
        "asked at the end of each outage and at each cut and arrival while behind, less what really happened", None,
        totals=wan.eta_error_max,
    ),
    Metric(
        None, "eta_error_seconds.<to>.<estimator>.mean", "s",
        "the mean of the same errors, without their signs", None, totals=wan.eta_error_mean,
    ),
    Metric(
        None, "eta_error_seconds.<to>.<estimator>.bias", "s",
        "the mean of the same errors with their signs: below 0 it took longer than foreseen", None,
        totals=wan.eta_error_bias,
    ),
    Metric(
        "unreachable", "unreachable_seconds.<to>", "s",
        "for how long a member could not be reached, from the first attempt that failed", 0,
        totals=wan.unreachable_time,
    ),
    Metric(
        None, "member_seconds.<to>", "s",
        "for how long it was a secondary of its replication: not before it joined, nor while it was the source", 0,
        totals=totals.member,
    ),
    Metric(
        None, "unreadable_seconds.<to>", "s",
        "for how long a copy was on its way, or the site lost, and nothing could be served; no part of lag in the "
        "summary, infinite lag for a check", 0, totals=totals.unreadable,
    ),
    Metric(
        "exposure", "exposure_seconds.<mode>[.<to>]", "s",
        "now - boundary that a failover would go on with: default the newest complete received set without a gap "
        "before it, now the newest replayed one (a replay that has begun counts), sync 0; everything, more than any "
        "number, while there is no copy to go on with; no value from a disaster to the promotion; without `to` the "
        "secondary that loses least, of several replications the oldest; a copy on the primary's own site survives no "
        "disaster there: it counts only where `to` names it, and then for the loss of its disk", None,
        curves=series.exposure, statistics=ALL,
    ),
    Metric(
        None, "exposure_seconds.<mode>[.<to>].above_target_seconds", "s",
        "for how long exposure was above the target of lag", 0, totals=totals.exposure_above_target,
    ),
    Metric(
        None, "exposure_everything_seconds.<mode>[.<to>]", "s",
        "for how long a disaster would have cost everything: no copy to go on with", 0,
        totals=totals.exposure_everything,
    ),
    Metric(
        None, "without_copy_off_site.<site>", "1",
        "replications of a primary's site whose copies all lie there: a disaster at the site costs everything", 0,
        totals=totals.without_copy_off_site,
    ),
    Metric(
        "exposure_bytes", "exposure_bytes.<mode>[.<to>]", "B",
        "distinct blocks written after that boundary x block size", None, curves=series.exposure_bytes, statistics=ALL,
    ),
    Metric(
        "exposure_blocks", "exposure_blocks.<mode>[.<to>]", "1",
        "distinct blocks written after that boundary: exact at step instants, linear between", None,
        curves=series.exposure_blocks, statistics=ALL,
    ),
    Metric(
        None, "exposure_writes.<mode>[.<to>]", "1",
        "raw writes after that boundary: exact at looks, between them an expectation", None,
        curves=series.exposure_writes, statistics=ALL,
    ),
    Metric(
        "save_volume", "save_volume_bytes.<site>", "B",
        "bytes that the save volumes of a site hold", None, curves=series.save_volume, statistics=ENDS,
    ),
    Metric(
        None, "save_volume_fill.<site>", "share",
        "the same over what they can hold", None, curves=series.save_volume_fill, statistics=ENDS,
    ),
    Metric(
        "snapshot_store", "snapshot_store_bytes.<site>", "B",
        "bytes of before-images at a site", None, curves=series.snapshot_store, statistics=ENDS,
    ),
    Metric(
        None, "snapshot_store_fill.<site>", "share",
        "the same over what they can hold", None, curves=series.snapshot_store_fill, statistics=ENDS,
    ),
    Metric(
        "link_utilisation", "link_utilisation.<link>", "share",
        "bits a second over bandwidth (the highest of a profile), in the direction that is used more; each transfer at "
        "its mean rate over the time in which its link was not cut", None,
        curves=series.link_utilisation, statistics=ENDS,
    ),
    Metric(
        "direction_utilisation", "direction_utilisation.<link>.<from>", "share",
        "the same for the direction that leaves a site", None, curves=series.direction_utilisation, statistics=ENDS,
    ),
    Metric("link_retransmitted_share", "link_retransmitted_share.<link>", "share",
           "bytes sent again / all bytes that the link carried", None, totals=wan.retransmitted_share),
    Metric("link_down", "link_down_seconds.<link>", "s",
           "for how long nothing passed a link, in one direction or both", 0, totals=wan.link_down),
    Metric("wan_bytes", "wan_bytes[.<cause>]", "B", "bytes that links carried, each hop for itself", 0,
           totals=totals.wan_bytes),
    Metric(None, "link_bytes.<link>.<cause>", "B", "bytes that one link carried", 0, totals=totals.link_bytes),
    Metric("primary_bytes", "primary_bytes.<replication>", "B", "bytes that left the primary's site", 0,
           totals=wan.primary_bytes),
    Metric("tree_bytes", "tree_bytes.<replication>", "B",
           "where there are forwarders: payload that each member received x links of the hop from its feeder (of whole "
           "copies: all links from the primary)", 0, totals=wan.tree_bytes),
    Metric("star_bytes", "star_bytes.<replication>", "B",
           "the same for a star: payload that each secondary received x all links on its way from the primary", 0,
           totals=wan.star_bytes),
    Metric("tree_primary_bytes", "tree_primary_bytes.<replication>", "B",
           "tree_bytes of the hops that begin at the primary, each once", 0, totals=wan.tree_primary_bytes),
    Metric("star_primary_bytes", "star_primary_bytes.<replication>", "B",
           "payload that secondaries off the primary's site received", 0, totals=wan.star_primary_bytes),
    Metric("written_bytes", "written_bytes", "B", "bytes that users wrote", 0, totals=totals.written_bytes),
    Metric("written_writes", "written_writes", "1", "writes of users", 0, totals=totals.written_writes),
    Metric("delta_sets", "delta_sets[.<cause>]", "1", "delta sets cut", 0, totals=counts.delta_sets),
    Metric("delta_set_bytes", "delta_set_bytes", "B", "payload of all cut sets", 0, totals=totals.delta_set_bytes),
    Metric(None, "unreceived_bytes.<to>", "B",
           "payload of the sets that were cut and have not arrived in whole at the end: waiting, or on their way", 0,
           totals=totals.unreceived),
    Metric("coalescing_ratio", "coalescing_ratio", "1", "written_bytes / delta_set_bytes", None,
           totals=totals.coalescing_ratio),
    Metric(None, "coalesced_bytes", "B", "written_bytes of the sets that were cut - delta_set_bytes", 0,
           totals=totals.coalesced_bytes),
    Metric("stall", "stall_seconds[.<cause>]", "s",
           "for how long writes stood still while users had service: outage and read_only tell of the rest", 0,
           totals=totals.stall),
    Metric("full_copies", "full_copies[.<cause>]", "1", "whole copies begun again", 0, totals=counts.full_copies),
    Metric("copies_begun", "copies_begun[.<cause>]", "1", "whole copies begun, the first ones among them", 0,
           totals=counts.copies_begun),
    Metric("copies_finished", "copies_finished[.<cause>]", "1", "whole copies that came to their end", 0,
           totals=counts.copies_finished),
    Metric("snapshots_taken", "snapshots_taken[.<cause>]", "1", "snapshots taken, those that copies need among them", 0,
           totals=counts.snapshots_taken),
    Metric("snapshots_deleted", "snapshots_deleted[.<cause>]", "1", "snapshots deleted because somebody wanted so", 0,
           totals=counts.snapshots_deleted),
    Metric("snapshots_given_up", "snapshots_given_up", "1", "snapshots that had to go because their store was full", 0,
           totals=counts.snapshots_given_up),
    Metric(None, "cut_delay_seconds.max", "s", "the longest that a cut waited after its trigger", 0,
           totals=totals.cut_delay),
    Metric("chunks_discarded", "chunks_discarded[.<cause>]", "1", "chunks that receivers threw away", 0,
           totals=counts.chunks_discarded),
    Metric("faults", "faults[.<kind>]", "1", "faults that began", 0, totals=wan.faults),
    Metric("bypasses", "bypasses", "1", "times at which a member was fed past a forwarder that had failed", 0,
           totals=wan.bypasses),
    Metric(None, "node_down_seconds.<site>", "s", "for how long a data mover was down", 0, totals=totals.node_down),
    Metric(None, "simulated_seconds", "s", "length of the run, or of the window", None, totals=totals.simulated),
    Metric("lost_writes", "lost_writes", "1", "acknowledged writes that failovers lost", 0,
           totals=recovery.lost("writes")),
    Metric("lost_blocks", "lost_blocks", "1", "distinct blocks that each failover lost", 0,
           totals=recovery.lost("blocks")),
    Metric("lost_bytes", "lost_bytes", "B", "lost_blocks x block size", 0, totals=recovery.lost("lost_bytes")),
    Metric("split_brain_writes", "split_brain_writes", "1",
           "writes at a source that went on after another was promoted: all of them are doomed", 0,
           totals=recovery.lost("writes", "doomed")),
    Metric("rpo", "rpo_seconds", "s",
           "age of what the last failover went on with, at the disaster; 0 exactly when no write was lost; of several "
           "replications the largest", None, totals=recovery.rpo),
    Metric("rto", "rto_seconds", "s",
           "from the disaster before the last failover to service: the exact sum of detect, decide, drain, snapshot "
           "and promote; of several replications the largest", None, totals=recovery.rto),
    Metric("phase_seconds", "rto_seconds.<phase>", "s",
           "each phase of that recovery: those five, then repair, undo, copy, catch_up and fail_back of the site that "
           "was lost", None, totals=recovery.phases),
    Metric("recovery", "recovery_seconds", "s",
           "from that disaster to the end of the failback: the sum of all ten; none while that has not come", None,
           totals=recovery.whole),
    Metric(None, "failover_rpo_seconds.<replication>.<recovery>", "s", "rpo_seconds of each failover", None,
           totals=recovery.rpo_of_each),
    Metric(None, "failover_rto_seconds.<replication>.<recovery>", "s", "rto_seconds of each failover", None,
           totals=recovery.rto_of_each),
    Metric(None, "failover_lost_writes.<replication>.<recovery>", "1", "lost_writes of each failover", None,
           totals=recovery.lost_writes_of_each),
    Metric("outage", "outage_seconds", "s",
           "for how long users had no service, from disaster to promotion or return; replications summed", 0,
           totals=recovery.outage),
    Metric("read_only", "read_only_seconds", "s",
           "for how long users could only read, before a failback, a swap or a failover that loses nothing; "
           "replications summed", 0, totals=recovery.read_only),
    Metric("resync_bytes", "resync_bytes[.<part>]", "B",
           "of all resyncs: payload of undo and copy, of merged (both, each block once) and of full (the alternative) "
           "as planned; sent, which is meant without a part, is what left the source for them, without what was sent "
           "again", 0, totals=recovery.resync_bytes),
    Metric(None, "resync_seconds", "s", "from the begin of each resync to its end, or the next plan", None,
           totals=recovery.resync_time),
    Metric(None, "resync_full_copy_seconds", "s",
           "resync_bytes.full / rate of each resync's own transfer, or of its line where it sent nothing", None,
           totals=recovery.resync_full_copy),
    Metric(None, "resyncs[.<way>]", "1", "resyncs that were planned: incremental, or full", 0,
           totals=recovery.resyncs_by_way),
    Metric(None, "failovers", "1", "failovers", 0, totals=recovery.failovers),
    Metric(None, "failbacks", "1", "failbacks that came to their end", 0, totals=recovery.commands_done("failback")),
    Metric(None, "swaps", "1", "changes of direction without a disaster", 0, totals=recovery.commands_done("swap")),
    Metric(None, "gave_up", "1",
           "failbacks, swaps and failovers that ended because more was written than the way could carry", 0,
           totals=recovery.gave_up),
    Metric(None, "refused", "1", "commands of recovery that could not be carried out", 0, totals=recovery.refused),
    Metric(
        "consistent_copies", "consistent_copies[.<replication>]", "1",
        "consistent copies of the volume, its source among them, sites that are down not; without a replication that "
        "with the fewest", None, curves=recovery.consistent_copies, statistics=("min",),
    ),
    Metric(None, "one_copy_seconds", "s", "for how long there was one consistent copy", 0,
           totals=recovery.with_copies(1)),
    Metric(None, "no_copy_seconds", "s", "for how long there was none", 0, totals=recovery.with_copies(0)),
)  # fmt: skip

BY_NAME: Final = {metric.name: metric for metric in TABLE if metric.name is not None}
