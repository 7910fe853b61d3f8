"""The wire: links, ways over them, sessions, and transfers that share their bandwidth (no scenario is known here)."""

from sim.world.network.direction import Direction
from sim.world.network.feed import Feed
from sim.world.network.flow import Balance, Flow
from sim.world.network.network import Network
from sim.world.network.routes import Hop, Path
from sim.world.network.session import Session
from sim.world.network.spec import DirectionSpec, LinkSpec, ThrottleSpec
from sim.world.network.steps import Steps
from sim.world.network.trouble import Trouble
from sim.world.network.way import Way

__all__ = [
    "Balance", "Direction", "DirectionSpec", "Feed", "Flow", "Hop", "LinkSpec", "Network", "Path", "Session", "Steps",
    "ThrottleSpec", "Trouble", "Way",
]  # fmt: skip
