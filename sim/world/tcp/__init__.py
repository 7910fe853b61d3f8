"""What one TCP connection does with a transfer: arithmetic outside the event queue, no clock, no SimPy, no scenario.

A `Connection` answers a `Plan`: how many payload bytes have left the bottleneck by when, as a piecewise-linear curve.
"""

from sim.world.tcp.connection import Connection
from sim.world.tcp.path import Congestion, PathView
from sim.world.tcp.plan import Plan
from sim.world.tcp.response import steady_bits_per_s, weight

__all__ = ["Congestion", "Connection", "PathView", "Plan", "steady_bits_per_s", "weight"]
