"""The plan of an `ideal` connection: no ramp, no losses, no headers. What is left takes its time at the share."""

from __future__ import annotations

from sim.world.tcp.path import NS_PER_S, PathView
from sim.world.tcp.plan import Plan


def plan_straight(plan: Plan, size_bytes: int, path: PathView, now_ns: int) -> None:
    """One straight line from the plan's last knot to its end, rounded up to whole nanoseconds."""
    share = path.bits_per_s
    left = (size_bytes - plan.payload_bytes[-1]) * 8 * NS_PER_S * share.denominator
    plan.end_ns = now_ns + (-(-left // share.numerator) if share else 0)
    plan.add(plan.end_ns, size_bytes, 0)
